"""Pages on their side and upside down are read, and their boxes stay where the ink is."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.marks import Box
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.output.hocr import format_page
from inkdigits.reading.reader import Reader
from inkdigits.reading.turning import is_better_turned, is_clearly_more, runs_across, turn_lines_back, turn_page
from inkdigits.types import Digit, Line, Number, Reading
from tests.reading.drawing import Pixels


@pytest.fixture(scope="module")
def written() -> Pixels:
    """A page whose digits are none upside down: 0, 1, 6, 8 and 9 would be."""
    return draw_page(load("test").slice(0, 4000), ("2347 5432", "74352735 4", "72 34 53"), seed=1).image


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_page_is_read_as_the_upright_one(reader: Reader, written: Pixels, quarters: int) -> None:
    upright, turned = reader.read(written), reader.read(np.rot90(written, quarters))
    assert upright.turned_degrees == 0 and turned.turned_degrees == 90 * quarters
    assert turned.text == upright.text
    assert (turned.width, turned.height) == np.rot90(written, quarters).shape[1::-1]
    assert Reading.from_dict(turned.as_dict()).turned_degrees == 90 * quarters
    assert f"; textangle {90 * quarters}" in format_page(turned) and "textangle" not in format_page(upright)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_digits_that_are_some_upside_down_too_are_turned(reader: Reader, quarters: int) -> None:
    """0, 1, 6, 8 and 9 read well upside down, 2 and 5 not badly: what tells is how much like digits all glyphs look."""
    page = draw_page(load("test").slice(0, 4000), ("1968 2065", "981 0623", "58 1260 9"), seed=4).image
    upright, turned = reader.read(page), reader.read(np.rot90(page, quarters))
    assert upright.turned_degrees == 0 and turned.turned_degrees == 90 * quarters
    assert turned.text == upright.text


@pytest.mark.parametrize("quarters", range(4))
def test_boxes_are_turned_back(quarters: int) -> None:
    image = np.zeros((40, 60), np.uint8)
    image[5:9, 20:30] = 255
    page = Picture("a", 1, 1, image)
    rows, columns = np.nonzero(turn_page(page, quarters).image)
    box = Box(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    lines = (Line((Number((Digit(1, 1.0, 1.0, True, box, ((1, 1.0),)),)),)),)
    assert turn_lines_back(lines, quarters, page)[0].box == Box(20, 5, 10, 4)


@pytest.mark.parametrize("text", ["6", "9", "66", "699", "9068", "1"])
def test_a_short_number_is_not_turned(reader: Reader, text: str) -> None:
    for quarters in range(4):
        page = draw_page(load("test").slice(0, 1000), (text,), seed=2).image
        assert reader.read(np.rot90(page, quarters)).turned_degrees == 0


def print_page(handwriting: Pixels) -> Pixels:
    """A page of printed words, and a number written by hand below them."""
    rng, font = np.random.default_rng(1), ImageFont.load_default(size=44)
    page = Image.new("L", (1700, 2200), 250)
    for row in range(30):
        words = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(2, 10))) for _ in range(16)]
        ImageDraw.Draw(page).text((100, 100 + 62 * row), " ".join(words)[:65], fill=40, font=font)
    image = np.asarray(page).copy()
    height, width = handwriting.shape[:2]
    image[2020 : 2020 + height, 300 : 300 + width] = handwriting.mean(axis=2)
    return image


def test_a_number_below_printed_text_is_found_and_the_page_not_turned(reader: Reader) -> None:
    """Letters on their side look like digits."""
    number = draw_page(load("test").slice(0, 4000), ("74352",), seed=1).image[20:200:2, ::2]
    reading = reader.read(print_page(number))
    assert reading.turned_degrees == 0 and "74352" in reading.text.split()


def test_lines_run_across_where_most_stand_beside_each_other() -> None:
    boxes = np.array([[60 * x, 100 * y, 40, 60] for x in range(5) for y in range(3)], np.float64)
    assert runs_across(boxes) and not runs_across(boxes[:, [1, 0, 3, 2]])
    assert not runs_across(boxes[:1])  # one tells nothing


def test_more_is_clear_only_where_it_is_much() -> None:
    assert not is_clearly_more(3.9, 0) and is_clearly_more(5, 0) and not is_clearly_more(20, 15)


@pytest.mark.parametrize(("accepted_count", "quarters", "is_better"), [(5, 1, True), (5, 2, False), (6, 2, True)])
def test_letters_upside_down_are_no_reason_to_turn(accepted_count: int, quarters: int, is_better: bool) -> None:
    """Some look like digits, but so turned, a page of words has many a `?`; of eight digits here."""
    box = Box(0, 0, 10, 20)
    digits = tuple(Digit(1, 1.0, 1.0, index < accepted_count, box, ((1, 1.0),)) for index in range(8))
    assert is_better_turned((Line((Number(digits),)),), (), quarters) is is_better
