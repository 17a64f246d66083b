"""A hand's slant, width and pen: measured, and given to other digits."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.datasets.persons import Habit, lean, stretch, thicken, write_digits, write_with_nib
from inkdigits.data.augmentation.style_transfer import (
    PEN_ACROSS,
    PEN_DOWN,
    PEN_TILT,
    SLANT,
    WIDTH,
    change_style,
    compare_styles,
    fit_style_change,
    measure_style,
)
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load

HABITS_BY_HAND: dict[str, tuple[Habit, ...]] = {
    "leans right": (partial(lean, shear=0.6),),
    "leans left": (partial(lean, shear=-0.5),),
    "wide": (partial(stretch, width=1.5),),
    "narrow": (partial(stretch, width=0.65),),
    "felt pen": (partial(thicken, margin=1.5),),
    "leans with a felt pen": (partial(lean, shear=0.4), partial(thicken, margin=1.2)),
    "chisel": (partial(write_with_nib, width=4, degrees=0), partial(thicken, margin=1.0)),
    "broad nib": (partial(write_with_nib, width=6, degrees=50),),
}


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load("train").slice(0, 400)


def apply_style(digits: Digits, own: Digits, rng: np.random.Generator) -> Digits:
    return change_style(digits, fit_style_change(own, digits, rng), rng)


@pytest.mark.parametrize("hand", HABITS_BY_HAND)
def test_digits_in_a_hands_style_have_its_slant_width_and_pen(digits: Digits, hand: str) -> None:
    own = write_digits(load("train").slice(1000, 1200), HABITS_BY_HAND[hand], hand)
    after = np.abs(compare_styles(own, apply_style(digits, own, np.random.default_rng(0))))
    for what, near in ((SLANT, 0.06), (WIDTH, 0.05), (PEN_ACROSS, 0.3), (PEN_DOWN, 0.45), (PEN_TILT, 0.3)):
        assert after[what] <= near, (what, after)


def test_a_hand_is_measured_as_it_was_bent(digits: Digits) -> None:
    right, left, wide, felt, chisel, nib = (
        compare_styles(write_digits(digits, HABITS_BY_HAND[hand], hand), digits)
        for hand in ("leans right", "leans left", "wide", "felt pen", "chisel", "broad nib")
    )
    assert right[SLANT] == pytest.approx(-0.6, abs=0.1) and left[SLANT] == pytest.approx(0.5, abs=0.1)
    assert wide[WIDTH] > 0.15 and min(felt[PEN_ACROSS], felt[PEN_DOWN]) > 0.8
    assert chisel[PEN_ACROSS] > chisel[PEN_DOWN] + 0.5 and nib[PEN_TILT] < -0.5, (
        "a nib held to the right is no wider to the left"
    )
    assert np.allclose(compare_styles(digits, digits), 0)


def test_labels_stay_and_equal_chances_give_equal_digits(digits: Digits) -> None:
    own = write_digits(digits.slice(0, 50), HABITS_BY_HAND["leans right"], "own")
    once, again = (apply_style(digits, own, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(once.images, again.images) and np.array_equal(once.labels, digits.labels)
    assert once.images.dtype == np.uint8 and once.images.shape == digits.images.shape
    assert all(image.any() for image in once.images)


def test_a_person_of_whom_no_label_is_known_changes_little(digits: Digits) -> None:
    twos, threes = (Digits(digits.images[digits.labels == n], digits.labels[digits.labels == n], "") for n in (2, 3))
    assert not compare_styles(twos, threes).any()
    assert np.abs(measure_style(apply_style(threes, twos, np.random.default_rng(0)).images).mean(axis=0)[SLANT]) < 0.3


@given(arrays(np.uint8, (2, 28, 28)))
def test_any_image_can_be_measured_and_written(images: np.ndarray) -> None:
    some = Digits(images, np.array([1, 7]), "some")
    assert np.isfinite(measure_style(images)).all()
    made = apply_style(some, some, np.random.default_rng(0))
    assert made.images.shape == images.shape


@given(st.integers(0, 255))
def test_even_images_have_a_style_too(level: int) -> None:
    assert np.isfinite(measure_style(np.full((1, 28, 28), level, np.uint8))).all()
