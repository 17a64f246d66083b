"""Ruled lines and grids are taken away; what crosses them and the bars of digits stay."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.imaging.ink import extract_ink
from inkdigits.reading.imaging.rules import remove_rules
from inkdigits.reading.networks.detector import Detector
from inkdigits.reading.proposals import propose_digits
from tests.reading.drawing import Pixels, draw_rows


def test_a_squared_grid_is_taken_away() -> None:
    mask = np.zeros((300, 400), np.uint8)
    digits = np.zeros_like(mask)
    digits[10:40, 20:24] = digits[60:90, 70:74] = digits[110:140, 120:124] = 1
    mask[::50] = mask[:, ::50] = 1
    left = remove_rules(mask | digits)
    assert np.array_equal(left & digits, digits)
    assert (left & ~digits).sum() < 0.02 * mask.sum()


def test_a_squared_grid_that_all_ink_hangs_on_is_taken_away_too() -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[::25] = mask[:, ::25] = 1
    mask[40:90, 60:110] |= cv2.circle(np.zeros((50, 50), np.uint8), (25, 25), 20, (1,), 4)
    left = remove_rules(mask)
    inside = left[40:90, 60:110].sum()
    assert inside > 300 and left.sum() - inside < 0.03 * mask.sum()


def test_the_bars_of_one_large_digit_are_no_rules() -> None:
    seven = np.zeros((300, 200), np.uint8)
    seven[10:14, 0:190] = 1
    seven[10:290, 186:190] = 1
    assert np.array_equal(remove_rules(seven), seven)


def test_digits_on_a_line_stay_nearly_whole_and_are_still_found(digits: Digits) -> None:
    page = draw_rows(digits.images, 10, size=80)
    clear = extract_ink(page).mask
    for row in (20, 100, 190):
        page[row : row + 2] = 60
    left = remove_rules(extract_ink(page).mask)
    assert (left & clear).sum() > 0.93 * clear.sum()
    assert (left & ~clear).sum() < 0.2 * clear.sum()
    assert (propose_digits(page, Detector(threads=1)).detections.digitness > 0.3).sum() >= 17


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=60), elements={"max_value": 1}))
def test_nothing_is_added(mask: Pixels) -> None:
    assert (remove_rules(mask) <= mask).all()
