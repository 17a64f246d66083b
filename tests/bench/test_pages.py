"""Drawn pages: the truth is where the ink is; matching and scores on boxes made by hand."""

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.pages import matched, overlaps, score, together
from bench.sheets import COUNT, HIGH, KINDS, Sheet, sheet
from bench.words import faces
from inkdigits.data.mnist import load
from inkdigits.data.strokes import INKED
from inkdigits.types import Box, Digit
from tests.conftest import FONTS, LETTERED


@cache
def page(number: int) -> Sheet:
    return sheet(load("train").part(55_000, 55_400), faces(FONTS, LETTERED), number)


def inked(page: Sheet, box: NDArray[np.int64]) -> NDArray[np.bool_]:
    x, y, width, height = box
    return page.ink[y : y + height, x : x + width] > INKED


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_every_box_is_drawn_close_around_ink(number: int) -> None:
    drawn = page(number)
    assert len(drawn.boxes) == len(drawn.labels) == COUNT and drawn.touching.sum() == COUNT / 2
    assert drawn.kind == KINDS[number] and drawn.image.shape == (*drawn.ink.shape, 3)
    ends = drawn.boxes[:, :2] + drawn.boxes[:, 2:]
    assert (drawn.boxes[:, :2] > 0).all() and (ends < np.array(drawn.ink.shape)[::-1]).all()
    assert drawn.boxes[:, 3].max() < 1.3 * HIGH  # turned and with the pen's width
    for box in drawn.boxes:
        ink = inked(drawn, box)
        assert ink[0].any() and ink[-1].any() and ink[:, 0].any() and ink[:, -1].any()


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_digits_touch_where_it_says_so_and_nowhere_else(number: int) -> None:
    drawn = page(number)
    _, _, stats, _ = cv2.connectedComponentsWithStats((drawn.ink > INKED).astype(np.uint8), connectivity=8)
    pieces = stats[1:, :4]
    whole = np.array([spanned(box, pieces) for box in drawn.boxes])
    assert whole[~drawn.touching].all()
    assert whole[drawn.touching].mean() < 0.05  # a small digit may touch within the box of a larger one


def spanned(box: NDArray[np.int64], pieces: NDArray[np.int32]) -> bool:
    """Whether the pieces of ink that lie wholly in a box reach all its sides."""
    start, end = box[:2], box[:2] + box[2:]
    inside = pieces[((pieces[:, :2] >= start) & (pieces[:, :2] + pieces[:, 2:] <= end)).all(axis=1)]
    if not len(inside):
        return False
    reach = (inside[:, :2] + inside[:, 2:]).max(axis=0)
    return np.array_equal(inside[:, :2].min(axis=0), start) and np.array_equal(reach, end)


def test_ink_is_darker_than_the_paper_around_it() -> None:
    drawn = page(0)
    grey = drawn.image.mean(axis=2)
    for x, y, width, height in drawn.boxes[:50]:
        part, ink = grey[y : y + height, x : x + width], drawn.ink[y : y + height, x : x + width]
        assert part[ink > INKED].mean() + 10 < part[ink == 0].mean()


def test_pages_depend_on_their_number_alone() -> None:
    again = sheet(load("train").part(55_000, 55_400), faces(FONTS, LETTERED), 1)
    assert np.array_equal(again.image, page(1).image) and np.array_equal(again.boxes, page(1).boxes)
    assert page(2).image.shape != page(1).image.shape or not np.array_equal(page(2).image, page(1).image)


def test_overlap_is_intersection_over_union() -> None:
    found = overlaps(np.array([[0, 0, 10, 10]]), np.array([[5, 0, 10, 10], [0, 0, 10, 10], [20, 20, 5, 5]]))
    assert found == pytest.approx(np.array([[50 / 150, 1, 0]]))


def test_each_box_is_matched_once_with_the_one_it_covers_best() -> None:
    true = np.array([[0, 0, 10, 10], [4, 0, 10, 10], [50, 0, 10, 10]])
    found = np.array([[3, 0, 10, 10], [0, 1, 10, 10], [4, 0, 10, 9], [50, 0, 10, 4], [90, 90, 5, 5]])
    assert matched(true, found) == {2: 1, 1: 0}  # 0 covers 1 well, but 2 covers it better; 3 covers too little
    assert matched(true, found[:0]) == {} and matched(true[:0], found) == {}


def test_a_score_counts_found_right_and_accepted() -> None:
    boxes = np.array([[0, 0, 10, 10], [10, 0, 10, 10], [40, 0, 10, 10]])
    blank = np.zeros((20, 60), np.float32)
    drawn = Sheet(
        np.zeros((20, 60, 3), np.uint8), boxes, np.array([1, 2, 3]), np.array([True, True, False]), "plain", blank
    )
    digits = [digit(1, 0), digit(7, 10), digit(5, 55), digit(5, 70, accepted=False)]
    found = np.array([one.box.as_list() for one in digits])
    counts = score(drawn, digits, matched(boxes, found))
    assert counts == {
        "digits": 3, "touching": 2, "shown": 4, "found": 2, "found_touching": 2, "right": 1, "accepted": 3, "wrong": 2,
    }  # fmt: skip
    shares = together([counts, counts])
    assert shares["recall"] == pytest.approx(2 / 3) and shares["precision"] == 0.5 and shares["recall_apart"] == 0
    assert shares["right_of_found"] == 0.5 and shares["wrong_of_accepted"] == pytest.approx(2 / 3)


def digit(value: int, x: int, accepted: bool = True) -> Digit:
    return Digit(value, 0.9, 1.0, accepted, Box(x, 0, 10, 10), ((value, 0.9),))
