"""Marks on a page: how many, where, and rules taken away."""

import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp

from inkdigits.data.digits import Digits
from inkdigits.reading.locate import locate
from inkdigits.reading.rules import without_rules
from tests.reading.drawing import Pixels, in_rows


def test_every_digit_is_one_mark_in_its_cell(digits: Digits) -> None:
    marks = locate(in_rows(digits.images, 5))
    assert len(marks) == 20
    cells = {
        ((mark.box.y + mark.box.height // 2 - 30) // 72, (mark.box.x + mark.box.width // 2 - 30) // 72)
        for mark in marks
    }
    assert cells == {(row, column) for row in range(4) for column in range(5)}


def test_white_on_black_is_located_too(digits: Digits) -> None:
    assert len(locate(255 - in_rows(digits.images, 5))) == 20


def test_large_pages_keep_their_boxes(digits: Digits) -> None:
    page = np.kron(in_rows(digits.images, 5), np.ones((8, 8), np.uint8))
    assert len(locate(page)) == 20
    assert max(mark.box.right for mark in locate(page)) > 2000


def test_ruled_paper_does_not_join_digits(digits: Digits) -> None:
    page = in_rows(digits.images, 10, size=80)
    for row in (20, 100, 190):
        page[row : row + 2] = 60
    assert len(locate(page)) == 20


def test_a_squared_grid_is_taken_away() -> None:
    mask = np.zeros((300, 400), np.uint8)
    digits = np.zeros_like(mask)
    digits[10:40, 20:24] = digits[60:90, 70:74] = digits[110:140, 120:124] = 1
    mask[::50] = mask[:, ::50] = 1
    left = without_rules(mask | digits)
    assert np.array_equal(left & digits, digits)
    assert (left & ~digits).sum() < 0.02 * mask.sum()


def test_the_bars_of_one_large_digit_are_no_rules() -> None:
    seven = np.zeros((300, 200), np.uint8)
    seven[10:14, 0:190] = 1
    seven[10:290, 186:190] = 1
    assert np.array_equal(without_rules(seven), seven)


def test_empty_pages_have_no_marks() -> None:
    assert locate(np.full((300, 400), 255, np.uint8)) == []
    assert locate(np.random.default_rng(0).normal(230, 2, (300, 400)).astype(np.uint8)) == []


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=90)))
def test_marks_lie_on_the_page(page: Pixels) -> None:
    for mark in locate(page):
        assert 0 <= mark.box.x < mark.box.right <= page.shape[1]
        assert 0 <= mark.box.y < mark.box.bottom <= page.shape[0]
        assert mark.ink.max() > 0
