"""Drawn pages: the truth is where the ink is; matching and scores on boxes made by hand."""

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.datasets.drawn_pages import DIGITS_PER_PAGE, KINDS, MAX_DIGIT_HEIGHT, Sheet, draw_sheet
from bench.datasets.unseen_words import load_faces
from bench.pages import compute_ious, match_boxes, score_page, sum_pages
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.strokes import INK_THRESHOLD
from inkdigits.marks import Box
from inkdigits.types import Digit
from tests.conftest import FAMILIES_WITH_LETTERS, FONT_FOLDER


@cache
def draw_page(number: int) -> Sheet:
    return draw_sheet(load("train").slice(55_000, 55_400), load_faces(FONT_FOLDER, FAMILIES_WITH_LETTERS), number)


def crop_ink(page: Sheet, box: NDArray[np.int64]) -> NDArray[np.bool_]:
    x, y, width, height = box
    return page.ink[y : y + height, x : x + width] > INK_THRESHOLD


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_every_box_is_drawn_close_around_ink(number: int) -> None:
    page = draw_page(number)
    assert len(page.boxes) == len(page.labels) == DIGITS_PER_PAGE and page.touching.sum() == DIGITS_PER_PAGE / 2
    assert page.kind == KINDS[number] and page.image.shape == (*page.ink.shape, 3)
    ends = page.boxes[:, :2] + page.boxes[:, 2:]
    assert (page.boxes[:, :2] > 0).all() and (ends < np.array(page.ink.shape)[::-1]).all()
    assert page.boxes[:, 3].max() < 1.3 * MAX_DIGIT_HEIGHT  # turned and with the pen's width
    for box in page.boxes:
        ink = crop_ink(page, box)
        assert ink[0].any() and ink[-1].any() and ink[:, 0].any() and ink[:, -1].any()


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_digits_touch_where_it_says_so_and_nowhere_else(number: int) -> None:
    page = draw_page(number)
    _, _, stats, _ = cv2.connectedComponentsWithStats((page.ink > INK_THRESHOLD).astype(np.uint8), connectivity=8)
    components = stats[1:, :4]
    is_spanned = np.array([spans_box(box, components) for box in page.boxes])
    assert is_spanned[~page.touching].all()
    assert is_spanned[page.touching].mean() < 0.05  # a small digit may touch within the box of a larger one


def spans_box(box: NDArray[np.int64], components: NDArray[np.int32]) -> bool:
    """Whether the pieces of ink that lie wholly in a box reach all its sides."""
    start, end = box[:2], box[:2] + box[2:]
    inside = components[((components[:, :2] >= start) & (components[:, :2] + components[:, 2:] <= end)).all(axis=1)]
    if not len(inside):
        return False
    reach = (inside[:, :2] + inside[:, 2:]).max(axis=0)
    return np.array_equal(inside[:, :2].min(axis=0), start) and np.array_equal(reach, end)


def test_ink_is_darker_than_the_paper_around_it() -> None:
    page = draw_page(0)
    grey = page.image.mean(axis=2)
    for x, y, width, height in page.boxes[:50]:
        part, ink = grey[y : y + height, x : x + width], page.ink[y : y + height, x : x + width]
        assert part[ink > INK_THRESHOLD].mean() + 10 < part[ink == 0].mean()


def test_pages_depend_on_their_number_alone() -> None:
    again = draw_sheet(load("train").slice(55_000, 55_400), load_faces(FONT_FOLDER, FAMILIES_WITH_LETTERS), 1)
    assert np.array_equal(again.image, draw_page(1).image) and np.array_equal(again.boxes, draw_page(1).boxes)
    assert draw_page(2).image.shape != draw_page(1).image.shape or not np.array_equal(
        draw_page(2).image, draw_page(1).image
    )


def test_overlap_is_intersection_over_union() -> None:
    ious = compute_ious(np.array([[0, 0, 10, 10]]), np.array([[5, 0, 10, 10], [0, 0, 10, 10], [20, 20, 5, 5]]))
    assert ious == pytest.approx(np.array([[50 / 150, 1, 0]]))


def test_each_box_is_matched_once_with_the_one_it_covers_best() -> None:
    true_boxes = np.array([[0, 0, 10, 10], [4, 0, 10, 10], [50, 0, 10, 10]])
    found_boxes = np.array([[3, 0, 10, 10], [0, 1, 10, 10], [4, 0, 10, 9], [50, 0, 10, 4], [90, 90, 5, 5]])
    assert match_boxes(true_boxes, found_boxes) == {
        2: 1,
        1: 0,
    }  # 0 covers 1 well, but 2 covers it better; 3 covers too little
    assert match_boxes(true_boxes, found_boxes[:0]) == {} and match_boxes(true_boxes[:0], found_boxes) == {}


def test_a_score_counts_found_right_and_accepted() -> None:
    boxes = np.array([[0, 0, 10, 10], [10, 0, 10, 10], [40, 0, 10, 10]])
    blank = np.zeros((20, 60), np.float32)
    page = Sheet(
        np.zeros((20, 60, 3), np.uint8), boxes, np.array([1, 2, 3]), np.array([True, True, False]), "plain", blank
    )
    digits = [make_digit(1, 0), make_digit(7, 10), make_digit(5, 55), make_digit(5, 70, accepted=False)]
    found_boxes = np.array([one.box.as_list() for one in digits])
    counts = score_page(page, digits, match_boxes(boxes, found_boxes))
    assert counts == {
        "digits": 3, "touching": 2, "shown": 4, "found": 2, "found_touching": 2, "right": 1, "accepted": 3, "wrong": 2,
    }  # fmt: skip
    shares = sum_pages([counts, counts])
    assert shares["recall"] == pytest.approx(2 / 3) and shares["precision"] == 0.5 and shares["recall_apart"] == 0
    assert shares["right_of_found"] == 0.5 and shares["wrong_of_accepted"] == pytest.approx(2 / 3)


def make_digit(value: int, x: int, accepted: bool = True) -> Digit:
    return Digit(value, 0.9, 1.0, accepted, Box(x, 0, 10, 10), ((value, 0.9),))
