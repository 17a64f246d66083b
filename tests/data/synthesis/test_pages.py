"""Pages with known truth: drawn the same every time, with what was asked for on them."""

import numpy as np
import pytest

from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.errors import DataError


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load("train").slice(0, 2000)


def test_equal_arguments_give_equal_pages(digits: Digits) -> None:
    one, two, three = (draw_page(digits, ("12 3", "45"), seed) for seed in (1, 1, 2))
    assert np.array_equal(one.image, two.image)
    assert one.image.shape != three.image.shape or not np.array_equal(one.image, three.image)


def test_a_page_has_a_row_of_dark_ink_for_every_line(digits: Digits) -> None:
    drawn = draw_page(digits, ("123", "456", "789"), digit_height=64)
    assert drawn.truth == ("123", "456", "789")
    assert drawn.image.dtype == np.uint8 and drawn.image.ndim == 3
    has_ink = (drawn.image.mean(axis=2) < 120).any(axis=1).astype(int)
    assert (np.diff(has_ink) == 1).sum() == 3


@pytest.mark.parametrize("seed", range(20))
def test_the_largest_digits_stay_in_their_row(seed: int) -> None:
    """A digit may be a tenth larger than usual, fill its image to the edges, and be moved up or down."""
    bars = np.zeros((10, 28, 28), np.uint8)
    bars[:, :, 10:18] = 255
    drawn = draw_page(Digits(bars, np.arange(10), "bars"), ("0123456789",), seed)
    inked = drawn.image.mean(axis=2) < 120
    assert np.count_nonzero(np.diff(inked.any(axis=0).astype(int)) == 1) == 10


def test_a_digit_that_the_set_lacks(digits: Digits) -> None:
    without = digits.labels != 7
    with pytest.raises(DataError, match="7"):
        draw_page(Digits(digits.images[without], digits.labels[without], "no sevens"), ("17",))
