"""Signs, values and sums on drawn pages, with the packaged networks; and pages made of nothing but signs.

What is asked is what any good network reads; how well this one does is measured in bench/.
"""

import re
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

import inkdigits
from inkdigits.errors import UsageError
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.reader import Reader
from inkdigits.types import Reading
from inkdigits.values import ValueKind, ValueRules
from tests.reading.drawing import Pixels, draw_lines
from tests.reading.test_hostile import draw_text

WRITTEN = ("12.50", "-45,8", "29500/-", "476+473=949", "25/05/2021", "12:30", "(3+8)×2")


@pytest.fixture(scope="module")
def page() -> Pixels:
    """In a clear hand: how often signs are read right in any is measured by bench.signs."""
    return draw_lines(WRITTEN, seed=3)


@pytest.fixture(scope="module")
def reading(reader: Reader, page: Pixels) -> Reading:
    return reader.read(page)


def test_lines_are_read_as_they_are_written(reading: Reading) -> None:
    lines = [line.text for line in reading.lines]
    assert len(lines) == len(WRITTEN) and sum(a == b for a, b in zip(lines, WRITTEN, strict=True)) >= 5


def test_signs_cost_no_digit(reader: Reader, page: Pixels, reading: Reading) -> None:
    dropped = reader.read(page, signs="drop")
    assert re.fullmatch(r"[0-9? \n]+", dropped.text)
    assert [line.text for line in dropped.lines] == [
        " ".join("".join(digit.text for digit in number.digits) for number in line.numbers) for line in reading.lines
    ]
    assert not any(each.signs for line in dropped.lines for each in (line, *line.numbers))


def test_signs_have_boxes_on_their_own_line(reading: Reading) -> None:
    for line in reading.lines:
        for sign in (*line.signs, *(sign for number in line.numbers for sign in number.signs)):
            assert line.box.x - line.box.height < sign.box.x < line.box.right + line.box.height
            assert line.box.y - line.box.height / 2 < sign.box.y < line.box.bottom
            assert sign.box.height <= 1.5 * line.box.height and 0 < sign.confidence <= 1


def test_values_are_those_of_what_is_printed(reading: Reading) -> None:
    for number in reading.numbers:
        assert number.value is None or number.value == ValueRules().parse(number.text)
        assert number.value is None or number.confidence >= 0.5
    assert sum(number.value is not None for number in reading.numbers) >= 8
    assert Reading.from_dict(reading.as_dict()).as_dict() == reading.as_dict()


@pytest.mark.parametrize(
    ("kind", "line", "value"), [("date", 4, "2021-05-25"), ("time", 5, "12:30:00"), ("amount", 0, "12.50")]
)
def test_numbers_of_a_kind_are_one_number_each(
    reader: Reader, page: Pixels, kind: ValueKind, line: int, value: str
) -> None:
    """Read with a wrong value they never are."""
    read = reader.read(page[136 * line : 136 * (line + 1)], values=ValueRules(kind))
    (number,) = read.numbers
    assert number.fits is True
    assert number.value is None or number.as_dict()["value"] == value


def test_a_known_length_joins_nothing_over_an_operator(reader: Reader) -> None:
    read = reader.read(draw_lines(["8+3", "12+7"], seed=7), form=Form(length=2))
    assert read.text.split() == ["8+3", "12+7"]
    assert [number.fits for line in read.lines for number in line.numbers] == [False, False, True, False]


def test_a_sum_holds_and_no_number_is_needed_to_see_it(reader: Reader, page: Pixels) -> None:
    (line,) = reader.read(page[136 * 3 : 136 * 4], values=ValueRules("expression")).lines
    assert line.checked is (True if line.text == WRITTEN[3] else None)


def test_the_module_and_every_way_to_read_take_the_same_options(reader: Reader, page: Pixels) -> None:
    part = page[: 136 * 1]
    values = ValueRules("amount", decimals=2)
    read = inkdigits.read(part, values=values)
    assert read.numbers[0].fits is not None and read.numbers[0].fits == ("." in read.text)
    for pages in (inkdigits.read_pages(part, values=values), reader.attempt(part, values=values)):
        (other,) = pages
        assert isinstance(other, Reading) and other.lines == read.lines


def draw_points() -> Pixels:
    """Two digits and forty points between them."""
    paper = np.full((120, 2000), 245, np.uint8)
    draw_text(paper, "12", (20, 80), 1.5, 3)
    draw_text(paper, "34", (1830, 80), 1.5, 3)
    for place in range(40):
        cv2.circle(paper, (110 + place * 42, 78), 4, 20, -1, cv2.LINE_AA)
    return paper


def draw_dashes() -> Pixels:
    paper = np.full((120, 1800), 245, np.uint8)
    for place in range(30):
        cv2.line(paper, (30 + place * 58, 60), (60 + place * 58, 60), 20, 4, cv2.LINE_AA)
    return paper


def draw_bar() -> Pixels:
    """A fraction whose bar is as wide as the page."""
    paper = np.full((400, 800), 245, np.uint8)
    cv2.line(paper, (5, 200), (795, 202), 20, 5, cv2.LINE_AA)
    draw_text(paper, "35", (350, 150), 2, 4)
    draw_text(paper, "48", (350, 300), 2, 4)
    return paper


@pytest.mark.parametrize(("draw", "digits"), [(draw_points, "1234"), (draw_dashes, ""), (draw_bar, "3548")])
@pytest.mark.parametrize("kind", [None, "date"])
def test_pages_full_of_signs_have_no_digits_more_and_no_value_that_is_not_there(
    reader: Reader, draw: Callable[[], Pixels], digits: str, kind: ValueKind | None
) -> None:
    read = reader.read(draw(), values=None if kind is None else ValueRules(kind))
    assert "".join(str(digit.digit) for digit in read.digits) == digits
    assert not read.lines or max(len(line.text) for line in read.lines) < 60
    values = [number.value for number in read.numbers if number.value is not None]
    assert all(kind is None and value.value in (12, 34, 35, 48) for value in values)


def test_a_date_that_cannot_be_is_read_as_it_stands_without_a_value(reader: Reader) -> None:
    page = draw_lines(["30/02/21"], seed=4)
    read, plain = reader.read(page, values=ValueRules("date")), reader.read(page)
    assert read.text == plain.text
    assert all(number.value is None for number in read.numbers)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"single": True, "values": ValueRules("date")}, "A single digit is no date or amount"),
        ({"signs": "drop", "values": ValueRules("date")}, "Without signs nobody can tell what numbers mean"),
        ({"signs": "few"}, "give keep or drop, not 'few'"),
    ],
)
def test_options_that_contradict_each_other_are_refused_in_one_sentence(
    reader: Reader, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+\.$") as raised:
        reader.read(np.full((40, 40), 255, np.uint8), **options)
    assert said in str(raised.value)
