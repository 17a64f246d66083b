"""Plain strokes are ones where they are all that a page has, and in a list of numbers."""

import cv2
import numpy as np
import pytest

from bench.strips import draw_strips
from inkdigits.data.sets.mnist import load
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.reader import Reader
from tests.reading.drawing import Pixels

PAPER, INK = 235, 40  # grey levels


def draw_strokes(count: int, seed: int, pitch: float = 0.45, paper: int = PAPER, ink: int = INK) -> Pixels:
    """Upright strokes as people draw them, `pitch` heights apart: uint8 300×500."""
    rng, page = np.random.default_rng(seed), np.full((300, 500), paper, np.uint8)
    height, slant, x = rng.uniform(60, 100), rng.normal(0.1, 0.1), 80.0
    for _ in range(count):
        foot, rise = 200 + rng.normal(0, 3), height * rng.uniform(0.9, 1.1)
        top = round(x + slant * rise + rng.normal(0, 2)), round(foot - rise)
        cv2.line(page, (round(x), round(foot)), top, ink, int(rng.integers(5, 9)), cv2.LINE_AA)
        x += pitch * height
    return page


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_strokes_with_nothing_else_are_ones(reader: Reader, count: int) -> None:
    texts = [reader.read(draw_strokes(count, seed)).text for seed in range(5)]
    assert texts.count("1" * count) >= 4


def test_bright_strokes_on_a_dark_page_are_ones_too(reader: Reader) -> None:
    assert reader.read(draw_strokes(2, 0, paper=INK, ink=PAPER)).text == "11"


def test_what_form_was_asked_for_counts(reader: Reader) -> None:
    page = draw_strokes(2, 1)
    read = reader.read(page, form=Form(pattern="##"))
    assert read.text == "11" and [number.fits for number in read.numbers] == [True]
    assert "1" not in reader.read(page, form=Form(pattern="###")).text


@pytest.mark.parametrize("change", ["far apart", "one above", "other ink", "barcode", "across"])
def test_strokes_that_are_no_number_are_not_read(reader: Reader, change: str) -> None:
    page = draw_strokes(2, 0)
    if change == "far apart":
        page = draw_strokes(2, 0, pitch=3.5)
    elif change == "one above":
        page[:100, 300:] = page[120:220, 40:240]
        page[110:, 100:] = PAPER
    elif change == "other ink":
        cv2.circle(page, (300, 160), 60, INK, 7, cv2.LINE_AA)
        cv2.circle(page, (320, 180), 60, INK, 7, cv2.LINE_AA)
    elif change == "barcode":
        page = draw_strokes(12, 0, pitch=0.35)
    else:
        page[:, 100:108] = page[:, 140:148] = INK
    assert not any(number.accepted for line in reader.read(page).lines for number in line.numbers)


def test_no_one_is_lost_in_a_list(reader: Reader) -> None:
    test = load("test")
    rng, right = np.random.default_rng(0), 0
    for _ in range(8):
        page = np.full((440, 300), 225.0)
        for row, label in enumerate((1, 2, 3, 4)):
            glyph = test.images[rng.choice(np.flatnonzero(test.labels == label))]
            ink = cv2.resize(glyph, (72, 72), interpolation=cv2.INTER_CUBIC)
            page[30 + 100 * row : 102 + 100 * row, 60:132] -= 0.65 * ink
        right += reader.read(np.clip(page, 0, 255).astype(np.uint8)).text.count("\n") == 3
    assert right >= 7


def test_a_lone_number_whose_digits_touch_is_not_lost(reader: Reader) -> None:
    *_, (picture, truth) = draw_strips(load("train").slice(0, 3000), 267)
    (number,) = reader.read(picture).numbers
    assert "".join(str(digit.digit) for digit in number.digits) == truth == "000"
