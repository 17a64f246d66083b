"""Tables get the rules that they lack, and lose strokes that look like rules."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.imaging.grid import find_grid
from inkdigits.reading.imaging.tables import mend_table
from inkdigits.reading.reader import Reader
from tests.reading.drawing import Pixels
from tests.reading.forms import draw_form
from tests.reading.imaging.test_grid import HEIGHT, draw_table

NO_DIGITS = np.zeros((0, 4))
CELL = 70


def count_uprights(strength: Pixels, digit_boxes: NDArray[np.float64] = NO_DIGITS) -> int:
    mask = (strength > 100).astype(np.uint8)
    return len(mend_table(find_grid(mask, HEIGHT), strength, 200.0, digit_boxes, HEIGHT).uprights)


@pytest.mark.parametrize(("strength", "count"), [(60, 5), (24, 5), (8, 0)])
def test_rules_in_noise_are_found_where_they_go_on(strength: int, count: int) -> None:
    noise = np.random.default_rng(0).normal(5, 5, (2 * 60 + 3 * CELL, 2 * 60 + 4 * CELL))
    page = np.clip(np.maximum(draw_table(4, 3) * strength, 0) + noise, 0, 255).astype(np.uint8)
    assert count_uprights(page) == count


def test_a_rule_that_is_ink_above_and_faint_below_is_one() -> None:
    page = draw_table(4, 3) * np.uint8(200)
    page[150:, 150:] //= 8
    mask = (page > 100).astype(np.uint8)
    mended = mend_table(find_grid(mask, HEIGHT), page, 200.0, NO_DIGITS, HEIGHT)
    assert [rule.length > 200 for rule in mended.uprights] == [True] * 5


@pytest.mark.parametrize(("x", "count"), [(185.0, 4), (175.0, 4), (205.0, 5)])
def test_what_runs_through_digits_all_along_is_no_rule(x: float, count: int) -> None:
    """The middle one of five, with a digit on it, one that ends near it, or one beside it, in each row."""
    boxes = np.array([[x, 60 + 15 + row * CELL, 30, HEIGHT] for row in range(3)], np.float64)
    assert count_uprights(draw_table(4, 3) * np.uint8(200), boxes) == count


@pytest.mark.parametrize(("x", "count"), [((145, 215), 6), ((145,), 5), ((145, 215, 184), 5), ((168, 203), 5)])
def test_a_rule_is_missing_where_a_column_is_twice_as_wide_as_others(x: tuple[int, ...], count: int) -> None:
    """Digits stand on both sides of where it should be, on one side, across it, or close to it."""
    page = draw_table(5, 3) * np.uint8(200)
    page[:, 195:206] = np.where(page[:, 190:191] > 0, 200, 0)
    boxes = np.array([[left, 75, 30, HEIGHT] for left in x], np.float64)
    assert count_uprights(page, boxes) == count


def test_numbers_in_pale_and_narrow_cells_stay_apart(reader: Reader, digits: Digits) -> None:
    cells = [["20", "7", "4", "9"], ["6", "31", "8", "2"], ["5", "0", "64", "7"]]
    page = draw_form(cells, digits, 95, rule_grey=212).astype(np.float64)
    noisy = page + np.random.default_rng(0).normal(0, 4, page.shape)
    assert reader.read(noisy.clip(0, 255).astype(np.uint8)).text == "\n".join(map(" ".join, cells))
