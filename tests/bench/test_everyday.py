"""Drawn everyday pages: every kind has its numbers, the same each time, and is a photo of paper."""

import numpy as np
import pytest

from bench.datasets.everyday_pages import KINDS, draw_everyday_page
from bench.datasets.held_out_signs import make_outline_hands
from bench.datasets.sign_pages import SignMaterial
from bench.everyday import format_row
from bench.shared.whole_numbers import split_numbers
from inkdigits.data.sets.mnist import load


@pytest.fixture(scope="module")
def material() -> SignMaterial:
    return SignMaterial.from_digits(load("train").slice(55_000, 55_400), {"outlines": make_outline_hands()})


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_has_the_ink_of_its_numbers(material: SignMaterial, kind: str) -> None:
    page, again, other = (draw_everyday_page(material, [], kind, number) for number in (0, 0, 1))
    assert np.array_equal(page.image, again.image) and page.text == again.text != other.text
    assert page.kind == kind and page.image.dtype == np.uint8 and page.image.shape[2] == 3
    numbers = split_numbers(page.text)
    assert numbers and all(each.isdigit() for each in numbers)
    grey = page.image.mean(axis=2)
    assert (grey < np.median(grey) - 25).sum() > 15 * len("".join(numbers))


def test_a_row_says_what_was_counted() -> None:
    score = {"as_printed": 2, "pages": 3, "silently_wrong": 1, "sure": 2, "numbers_right": 7, "numbers": 9, "stray": 4}
    row = format_row("bill", score)
    assert row.startswith("bill ") and [int(each) for each in row.split() if each.isdigit()] == [2, 3, 1, 2, 7, 9, 4]
