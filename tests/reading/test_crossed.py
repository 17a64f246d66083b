"""What is crossed out is not read, and said; what only looks like it is read."""

import cv2
import numpy as np
import pytest

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.marks import Box
from inkdigits.reading import hints
from inkdigits.reading.crossed import reject_crossed_out
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.output.write import format_csv_rows, format_text, format_tsv_rows
from inkdigits.reading.reader import Reader
from inkdigits.types import Reading
from tests.reading.drawing import Pixels

INK = (40, 40, 40)


@pytest.fixture(scope="module")
def written() -> Pixels:
    return draw_page(load("test").slice(0, 4000), ("1984 2026", "70 36 88"), seed=2).image


@pytest.fixture(scope="module")
def box(reader: Reader, written: Pixels) -> Box:
    """Around the first number."""
    return reader.read(written).numbers[0].box


def strike(page: Pixels, box: Box, slant: float = 0.0, overhang: float = 0.3) -> Pixels:
    """The page with a stroke through the middle of a box, `slant` and `overhang` of its height."""
    page, y, x = page.copy(), box.centre_y, overhang * box.height
    start = (round(box.x - x), round(y + slant * box.height / 2))
    end = (round(box.right + x), round(y - slant * box.height / 2))
    cv2.line(page, start, end, INK, 5, cv2.LINE_AA)
    return page


@pytest.mark.parametrize("slant", [0.0, 0.4, -0.4, 1.0, -1.3])
def test_a_number_with_a_stroke_through_it(reader: Reader, written: Pixels, box: Box, slant: float) -> None:
    reading = reader.read(strike(written, box, slant))
    assert reading.text == "\n".join(["2026", "70 36 88"])
    (first, *others) = reading.lines[0].numbers
    assert first.rejected == "crossed out" and not first.accepted and first.text == ""
    assert first.box.x < box.right - box.width / 2 and not any(other.rejected for other in others)
    assert Reading.from_dict(reading.as_dict()).as_dict() == reading.as_dict()
    assert ",1,1,," in format_csv_rows(reading) and format_text(reading).startswith("2026\n")
    assert "?" not in format_tsv_rows(reading)


def test_a_number_with_a_cross_over_it(reader: Reader, written: Pixels, box: Box) -> None:
    assert reader.read(strike(strike(written, box, 1.1), box, -1.1)).text == "2026\n70 36 88"


def test_where_all_is_crossed_out(reader: Reader, written: Pixels, box: Box) -> None:
    page = strike(written, box)[: box.bottom + 20, : box.right + 35]
    assert reader.read(page).hint == hints.ALL_CROSSED_OUT


def test_a_rule_through_numbers_crosses_nothing_out(reader: Reader, written: Pixels, box: Box) -> None:
    assert not any(number.rejected for number in reader.read(strike(written, box, overhang=9)).numbers)


@pytest.mark.parametrize("where", ["above", "below"])
def test_a_line_above_or_below_crosses_nothing_out(reader: Reader, written: Pixels, box: Box, where: str) -> None:
    y = box.y - box.height if where == "above" else box.y + box.height // 2 + 3
    assert not any(n.rejected for n in reader.read(strike(written, Box(box.x, y, box.width, box.height))).numbers)


def test_barred_sevens_and_dashes_are_read(reader: Reader) -> None:
    page = np.full((200, 700), 245, np.uint8)
    for index in range(5):  # sevens whose bars nearly meet
        x = 60 + 60 * index
        cv2.polylines(page, [np.array([(x, 60), (x + 40, 60), (x + 15, 140)])], False, 20, 5, cv2.LINE_AA)
        cv2.line(page, (x + 5, 100), (x + 45, 100), 20, 5, cv2.LINE_AA)
    cv2.line(page, (380, 100), (440, 100), 20, 5, cv2.LINE_AA)
    assert not any(number.rejected for number in reader.read(page).numbers)


def test_a_number_marked_by_a_broad_pen_is_not_crossed_out(reader: Reader, written: Pixels, box: Box) -> None:
    lines = reader.read(written).lines
    marked, struck = np.zeros((2, *written.shape[:2]), np.uint8)
    marked[box.y : box.bottom, box.x - 8 : box.right + 8] = 1
    struck[box.y + box.height // 2 - 3 : box.y + box.height // 2 + 3, box.x - 8 : box.right + 8] = 1
    for mask, is_struck in ((marked, False), (struck, True)):
        (first, *others) = reject_crossed_out(lines, Ink(mask, mask), 1.0)[0].numbers
        assert bool(first.rejected) == is_struck and not any(other.rejected for other in others)


@pytest.mark.parametrize(
    ("number", "overhang", "is_struck"), [("36", 0.0, False), ("36", 0.3, True), ("1984", 0.0, True)]
)
def test_a_stroke_within_two_digits_that_touch_crosses_nothing_out(
    reader: Reader, written: Pixels, number: str, overhang: float, is_struck: bool
) -> None:
    lines = reader.read(written).lines
    (box,) = (own.box for line in lines for own in line.numbers if own.text == number)
    mask = np.zeros(written.shape[:2], np.uint8)
    left, right = round(box.x - overhang * box.height), round(box.right + overhang * box.height)
    mask[box.y + box.height // 2 - 3 : box.y + box.height // 2 + 3, left:right] = 1
    rejected = [own.text for line in reject_crossed_out(lines, Ink(mask, mask), 1.0) for own in line.numbers]
    assert (number not in rejected) == is_struck
