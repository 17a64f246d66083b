"""Readings as JSON has them, and back again."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.errors import UsageError
from inkdigits.marks import Box, Sign
from inkdigits.types import Digit, Line, Number, Reading
from inkdigits.values import Value
from tests.reading.output.test_write import EMPTY, READING, number

BOX = Box(40, 7, 30, 25)
VALUES = (
    None,
    Value("integer", -4),
    Value("decimal", Decimal("12.50")),
    Value("date", date(1999, 12, 31)),
    Value("time", time(9, 5)),
    Value("fraction", Fraction(3, 4)),
)


@st.composite
def draw_signs(draw: st.DrawFn, count: int, characters: str) -> tuple[Sign, ...]:
    """Signs among so many digits or numbers."""
    places = draw(st.lists(st.tuples(st.sampled_from(characters), st.integers(0, count)), max_size=4))
    return tuple(Sign(text, before, 0.123456, BOX) for text, before in places)


@st.composite
def draw_lines(draw: st.DrawFn) -> Line:
    """A line of numbers, with signs in them and between them."""
    numbers = []
    for digits in draw(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=3)):
        made = tuple(Digit(digit, 0.98765, 1.0, digit != 3, BOX, ((digit, 0.98765), (0, 0.1))) for digit in digits)
        signs = draw(draw_signs(len(digits), ".,'-#"))
        numbers.append(Number(made, signs, 0.876543, value=draw(st.sampled_from(VALUES))))
    signs = draw(draw_signs(len(numbers), "+-×÷=()%^"))
    return Line(tuple(numbers), signs, draw(st.sampled_from([None, True, False])))


@settings(max_examples=20)
@given(st.lists(draw_lines(), max_size=2))
def test_signs_and_values_come_back_from_json(lines: list[Line]) -> None:
    reading = replace(READING, lines=tuple(lines))
    written = json.loads(json.dumps(reading.as_dict()))
    back = Reading.from_dict(written)
    assert back.as_dict() == written and back.text == reading.text
    assert [each.value for each in back.numbers] == [each.value for each in reading.numbers]
    assert [line.checked for line in back.lines] == [line.checked for line in lines]


def test_a_reading_from_before_there_were_signs_still_comes_back() -> None:
    written = READING.as_dict()
    for line in written["lines"]:
        del line["signs"], line["checked"]
        for each in line["numbers"]:
            del each["signs"], each["kind"], each["value"]
    assert Reading.from_dict(written).text == READING.text


def sign(text: str, before: int) -> Sign:
    return Sign(text, before, 0.9, Box(0, 0, 1, 1))


def test_a_number_is_written_with_its_signs_in_their_places() -> None:
    signs = (sign("-", 0), sign(",", 1), sign(".", 4), sign("-", 6))
    written = replace(number("123456", 0), signs=signs)
    assert written.text == "-1,234.56-" and written.gaps == (1, 4)
    assert replace(number("12", 0), signs=(sign(".", 2),)).gaps == ()
    assert replace(number("12?", 0), signs=(sign(".", 2),)).text == "12.?"
    assert replace(written, rejected="crossed out").text == ""


def test_a_line_is_written_with_signs_between_numbers_and_spaces_where_there_are_none() -> None:
    numbers = (number("3", 0), number("4", 20), number("7", 40))
    assert Line(numbers).text == "3 4 7"
    assert Line(numbers, (sign("(", 0), sign("+", 1), sign(")", 2), sign("=", 2))).text == "(3+4)=7"
    assert Line(numbers[:1], (sign("%", 1),)).text == "3%"
    assert Line((replace(numbers[0], rejected="crossed out"), *numbers[1:])).text == "4 7"
    assert Line((replace(numbers[0], rejected="crossed out"),), (sign("+", 1),)).text == ""


@pytest.mark.parametrize("reading", [READING, EMPTY])
def test_a_reading_comes_back_from_its_json(reading: Reading) -> None:
    written = json.loads(json.dumps(reading.as_dict()))
    back = Reading.from_dict(written)
    assert back.as_dict() == written
    assert back.text == reading.text and [digit.box for digit in back.digits] == [digit.box for digit in reading.digits]


def spoil(**changes: Any) -> dict[str, Any]:
    """A reading whose first number says something else."""
    written: dict[str, Any] = json.loads(json.dumps(READING.as_dict()))
    written["lines"][0]["numbers"][0] |= changes
    return written


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"file": "a.png"},
        READING.as_dict() | {"lines": [{"numbers": 3}]},
        READING.as_dict() | {"lines": [{"numbers": []}]},
        READING.as_dict() | {"lines": [{"numbers": [{"digits": [], "confidence": 1}]}]},
        spoil(kind="money", value="3"),
        spoil(kind="integer", value="three"),
        spoil(kind="decimal", value="1.2.3"),
        spoil(kind="date", value="2021-02-30"),
        spoil(kind="fraction", value="1/0"),
        spoil(kind="fraction", value="1e10000000"),
        spoil(row="b"),
        spoil(column=10**6),
        spoil(signs=[sign(".", 3).as_dict()]),
        spoil(signs=[sign(".", -1).as_dict()]),
        spoil(signs=[{"text": "."}]),
    ],
)
def test_what_is_no_reading_is_said(broken: Mapping[str, Any]) -> None:
    with pytest.raises(UsageError, match="not a reading as `as_dict` writes it"):
        Reading.from_dict(broken)


@pytest.mark.parametrize(
    ("place", "value"),
    [("confidence", math.nan), ("confidence", 7.0), ("digitness", -0.5), ("box", [0, 0, 10**400, 5])],
)
def test_no_number_comes_back_that_none_can_be(place: str, value: Any) -> None:
    written = json.loads(json.dumps(READING.as_dict()))
    digit = written["lines"][0]["numbers"][0]["digits"][0]
    assert place in digit
    digit[place] = value
    with pytest.raises(UsageError, match="not a reading"):
        Reading.from_dict(written)


@pytest.mark.parametrize("page", [math.nan, -1, 10**400])
def test_no_page_comes_back_that_none_can_be(page: float) -> None:
    with pytest.raises(UsageError, match="not a reading"):
        Reading.from_dict({**READING.as_dict(), "page": page})
