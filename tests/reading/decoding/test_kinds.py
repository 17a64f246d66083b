"""Numbers of a known kind, as rows are read where it is told what they are."""

import time

import numpy as np
import pytest

from inkdigits.reading.decoding.alignment import align_strings
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow
from inkdigits.reading.decoding.gaps import Gap
from inkdigits.reading.decoding.kinds import read_kinds
from inkdigits.types import Line, Number
from inkdigits.values import ValueKind, ValueRules
from tests.reading.decoding.written import read_text

MISFITS = [("date", "30/02/2021"), ("time", "1260"), ("integer", "12.5"), ("fraction", "3+4"), ("amount", "1234.567")]


def read_as(kind: ValueKind, text: str, doubts: dict[int, str] | None = None, **rules: object) -> Line:
    return read_text(text, Expected(values=ValueRules(kind, **rules)), doubts)  # type: ignore[arg-type]


def get_value(number: Number) -> str:
    return str(number.value.value) if number.value else ""


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("date", "25/05/2021", ["2021-05-25"]),
        ("date", "25.5.21 26.5.21", ["2021-05-25", "2021-05-26"]),
        ("date", "25 5 2021", ["2021-05-25"]),
        ("date", "25052021", ["2021-05-25"]),
        ("time", "12:30 13:45", ["12:30:00", "13:45:00"]),
        ("fraction", "3/4", ["3/4"]),
        ("integer", "1 234", ["1234"]),
        ("decimal", "3.75 4,5", ["3.75", "4.5"]),
        ("amount", "29500/-", ["29500"]),
        ("amount", "1.234,50", ["1234.50"]),
        ("amount", "12 13", ["12", "13"]),
    ],
)
def test_what_is_known_of_numbers_says_where_they_end_and_what_they_mean(
    kind: ValueKind, text: str, values: list[str]
) -> None:
    line = read_as(kind, text)
    assert [get_value(number) for number in line.numbers] == values
    assert line.text == text and not line.signs
    assert all(number.fits is True and number.accepted and number.confidence > 0.9 for number in line.numbers)


@pytest.mark.parametrize(("kind", "values"), [("amount", ["", "", "12"]), ("integer", ["138", "45", "12"])])
def test_a_number_beside_a_slash_is_no_amount(kind: ValueKind, values: list[str]) -> None:
    """It is a part of something else, or the slash is a 1: 138145 was 138, without a doubt."""
    line = read_as(kind, "138/45 12")
    assert line.text == "138/45 12" and [get_value(number) for number in line.numbers] == values


@pytest.mark.parametrize(
    ("kind", "text", "doubts", "read"),
    [
        ("date", "25/15/2021", {3: "0"}, "25/05/2021"),
        ("time", "12.75", {3: "1"}, "12.15"),
        ("integer", "1,2345", {1: "7"}, None),
        ("amount", "12-50", {2: "."}, "12.50"),
    ],
)
def test_a_digit_or_sign_in_doubt_is_read_as_what_gives_a_value(
    kind: ValueKind, text: str, doubts: dict[int, str], read: str | None
) -> None:
    (number,) = read_as(kind, text, doubts).numbers
    assert number.fits is True and number.value is not None and number.value.kind != "fraction"
    assert read is None or number.text == read
    plain = read_text(text, doubts=doubts)
    assert all(each.value is None or each.text != number.text for each in plain.numbers)


@pytest.mark.parametrize(("kind", "text"), MISFITS)
def test_what_cannot_be_of_the_kind_keeps_its_plain_reading_and_has_no_value(kind: ValueKind, text: str) -> None:
    """As one number or several; not one digit, sign or space is invented for its sake."""
    line, plain = read_as(kind, text), read_text(text)
    assert line.text == plain.text == text
    assert all(number.fits is False and number.value is None for number in line.numbers)


def test_a_number_that_cannot_be_takes_nothing_from_the_next() -> None:
    """25:00 is no time, and 00 12:30 is none either."""
    line = read_as("time", "25:00 12:30")
    assert [get_value(number) for number in line.numbers] == ["", "12:30:00"]
    assert [number.text for number in read_as("integer", "3.5 4").numbers] == ["3.5", "4"]


def test_an_order_or_mark_that_is_told_decides_what_would_be_open() -> None:
    assert get_value(read_as("date", "06/05/2021").numbers[0]) == ""
    assert get_value(read_as("date", "06/05/2021", date_order="mdy").numbers[0]) == "2021-06-05"
    assert get_value(read_as("decimal", "1.234").numbers[0]) == ""
    assert get_value(read_as("decimal", "1.234", decimal="comma").numbers[0]) == "1234"
    assert get_value(read_as("decimal", "1,234", decimals=3).numbers[0]) == "1.234"


def test_amounts_prefer_two_decimals_where_a_gap_is_in_doubt() -> None:
    """Whether 12 and 50 are one number or two: as an amount rather one."""
    (number,) = read_as("amount", "12 50", {2: "."}).numbers
    assert number.text == "12.50" and number.fits is True


def test_a_form_counts_the_digits_of_numbers_of_a_kind() -> None:
    expected = Expected(Form(length=8), ValueRules("date", date_order="dmy"))
    (number,) = read_text("25/05/2021", expected).numbers
    assert number.fits is True and get_value(number) == "2021-05-25"
    assert [each.fits for each in read_text("25/05/21", expected).numbers] == [False]
    assert expected.weigh("25/05/2021") == 1 and expected.weigh("25/05/21") == expected.weigh("30/02/2021") == 0


@pytest.mark.parametrize(
    ("text", "holds"), [("476+473=949", True), ("476+473=948", False), ("476+473", None), ("-3+4=1", True)]
)
def test_a_line_that_is_a_sum_holds_or_not(text: str, holds: bool | None) -> None:
    line = read_as("expression", text)
    assert line.text == text and line.checked is holds
    assert read_text(text).checked is None, "only where it is asked"
    assert all(number.fits is None and number.value is not None for number in line.numbers)


def test_a_sum_that_fails_because_of_a_sign_in_doubt_is_open() -> None:
    for text in ("3+4=7", "3-4=-1"):
        line = read_as("expression", text, {1: "-" if "+" in text else "+"})
        assert line.checked is (True if line.text == text else None)
    assert read_as("expression", "3+4=8", {1: "-"}).checked is None


def test_what_is_not_sure_has_no_value_and_a_sum_with_it_is_open() -> None:
    unsure = read_as("expression", "3+4=7", {0: "8"})
    assert "?" in unsure.text and unsure.checked is None and unsure.numbers[0].value is None


def test_rows_on_which_everything_is_in_doubt_take_bounded_time() -> None:
    strings, count = ("1", "7", "4"), 12
    piece = FusedPiece(strings, np.array([0.5, 0.3, 0.2]), "1", align_strings(strings, "1"), (), lambda _: ())
    gaps = [Gap((("", 0.5), ("/", 0.3), ("-", 0.2)))] * (count + 1)
    row, splits = FusedRow((piece,) * count, np.full(count - 1, 0.5)), np.full(count - 1, 0.5)
    start = time.thread_time()
    numbers = read_kinds(row, splits, gaps, ValueRules("date").weigh)
    assert time.thread_time() - start < 5
    assert sum(len(number.digits) for number in numbers) == count and all(number.fits for number in numbers)


@pytest.mark.parametrize(
    ("form", "text", "read", "fits"),
    [
        (Form(range="0..100"), "12.50 7 120", "12.50 7 120", [True, True, False]),
        (Form(range="0..100"), "-5", "-5", [False]),
        (Form(range="0..5"), "3+4", "3+4", [True, True]),
        (Form(pattern="dd.dd.dddd"), "17.04.2019", "17.04.2019", [True]),
        (Form(pattern="dd.dd.dddd"), "17/04.2019", "17/04.2019", [False]),
        (Form(pattern="dd/dd/dddd"), "17/04/2019", "17/04/2019", [True]),
        (Form(pattern="dddd dddd"), "1234 5678", "12345678", [True]),
    ],
)
def test_forms_know_of_signs(form: Form, text: str, read: str, fits: list[bool]) -> None:
    line = read_text(text, Expected(form))
    assert line.text == read and [number.fits for number in line.numbers] == fits


def test_of_signs_that_are_open_a_pattern_takes_its_own() -> None:
    assert read_text("17,04.2019", Expected(Form(pattern="dd.dd.dddd")), {2: "."}).text == "17.04.2019"


def test_a_number_longer_than_any_has_its_plain_reading_and_is_not_joined_to_the_next() -> None:
    line = read_as("amount", "1" * 21 + " 42")
    assert [number.text for number in line.numbers] == ["1" * 21, "42"]


@pytest.mark.parametrize("kind", ["integer", "amount", "date"])
@pytest.mark.parametrize("probability", [0.75, 0.99])
def test_no_number_has_an_operator_in_it(kind: ValueKind, probability: float) -> None:
    line = read_text("8+3", Expected(values=ValueRules(kind)), probability=probability)
    assert line.text == "8+3" and [number.text for number in line.numbers] == ["8", "3"]
