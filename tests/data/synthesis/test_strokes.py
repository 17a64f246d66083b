"""Digits as centre lines: thin, whole, and written as large and with as wide a pen as asked for."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.strokes import (
    INK_THRESHOLD,
    STEPS_PER_PIXEL,
    Ink,
    Strokes,
    bend,
    crop_to_ink,
    thin,
    write_digit,
)


def count_components(bits: NDArray[np.uint8]) -> int:
    """How many connected parts there are."""
    return int(cv2.connectedComponents(bits, connectivity=8)[0]) - 1


@pytest.fixture(scope="module")
def strokes() -> Strokes:
    return Strokes.from_digits(load("train").slice(0, 120))


@pytest.fixture(scope="module")
def bar() -> NDArray[np.uint8]:
    """The field of an upright bar, as high as MNIST's box."""
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 4:24, 12:16] = 255
    return Strokes.from_digits(Digits(image, np.array([1]), "a bar")).distance_fields[0]


def write(field: NDArray[np.uint8], height: float = 100.0, pen: float = 8.0, slant: float = 0.0, seed: int = 0) -> Ink:
    return write_digit(field, height, pen, slant, 0.0, 1.0, np.random.default_rng(seed))


def test_a_thick_bar_becomes_one_line() -> None:
    bits = np.zeros((1, 30, 40), np.uint8)
    bits[0, 10:17, 5:35] = 1
    (line,) = thin(bits)
    assert line.sum(axis=0).max() == 1 and count_components(line) == 1
    assert 22 <= line.sum() <= 30 and (np.flatnonzero(line.any(axis=1)) == 13).all()


@given(hnp.arrays(np.uint8, (2, 16, 16), elements=st.integers(0, 1)))
def test_thinning_takes_away_and_never_breaks(bits: NDArray[np.uint8]) -> None:
    for before, after in zip(bits, thin(bits), strict=True):
        assert (after <= before).all()
        assert count_components(after) <= count_components(before), "what hangs together still does"


def test_digits_keep_their_parts_and_have_thin_lines(strokes: Strokes) -> None:
    digits = load("train").slice(0, 120)
    assert strokes.distance_fields.shape == (120, 56, 56) and strokes.distance_fields.dtype == np.uint8
    assert np.array_equal(strokes.labels, digits.labels)
    for image, field in zip(digits.images, strokes.distance_fields, strict=True):
        line = field < STEPS_PER_PIXEL  # nearer than a pixel
        assert 0.01 < line.mean() < 0.15
        inked = cv2.resize(image, (56, 56), interpolation=cv2.INTER_CUBIC) > 20
        assert inked[line].mean() > 0.95, "the line runs inside the digit"


def test_an_image_without_ink_gets_a_dot() -> None:
    (field,) = Strokes.from_digits(Digits(np.zeros((1, 28, 28), np.uint8), np.array([0]), "nothing")).distance_fields
    assert field.min() < STEPS_PER_PIXEL and field.argmin() == 28 * 56 + 28


@pytest.mark.parametrize("height", [24.0, 60.0, 200.0])
@pytest.mark.parametrize("share", [0.05, 0.15])
def test_a_bar_is_as_high_as_asked_and_as_wide_as_the_pen(bar: NDArray[np.uint8], height: float, share: float) -> None:
    for seed in range(5):  # each a little other, by the hand's unsteadiness
        ink = write(bar, height, share * height, seed=seed)
        assert 0.65 * height < ink.shape[0] < 1.1 * height  # thinning takes half the old pen off its ends
        assert np.median((ink > 0.5).sum(axis=1)) == pytest.approx(share * height, abs=2)


def test_a_bent_digit_is_another_of_the_same_kind(strokes: Strokes) -> None:
    for seed, field in enumerate(strokes.distance_fields[:40]):
        other = bend(field, np.random.default_rng(seed))
        assert other.shape == field.shape and other.dtype == np.uint8 and not np.array_equal(other, field)
        assert np.array_equal(other, bend(field, np.random.default_rng(seed)))
        assert np.array_equal(bend(field, np.random.default_rng(seed), 0.0), field)
        near = cv2.dilate((field < 3 * STEPS_PER_PIXEL).astype(np.uint8), np.ones((11, 11), np.uint8))
        assert near[other < STEPS_PER_PIXEL].mean() > 0.9, "no part of it goes far"


def test_a_slant_leans_to_the_right(bar: NDArray[np.uint8]) -> None:
    ink = write(bar, slant=0.5)
    top, foot = (float(np.flatnonzero(row > INK_THRESHOLD).mean()) for row in (ink[5], ink[-5]))
    assert 0.3 < (top - foot) / (len(ink) - 10) < 0.7


def test_what_is_written_is_ink_cut_to_its_box(strokes: Strokes) -> None:
    for seed, field in enumerate(strokes.distance_fields):
        ink = write(field, 40.0, 4.0, 0.2, seed)
        assert ink.dtype == np.float32 and ink.min() >= 0 and ink.max() <= 1
        assert all(edge.max() > INK_THRESHOLD for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))
        assert np.array_equal(ink, write(field, 40.0, 4.0, 0.2, seed)), "equal chances, equal ink"


def test_without_ink_there_is_a_pixel_of_paper() -> None:
    assert np.array_equal(crop_to_ink(np.full((9, 9), 0.3, np.float32)), np.zeros((1, 1), np.float32))
    assert write(np.full((56, 56), 255, np.uint8)).shape == (1, 1)
