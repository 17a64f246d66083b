"""A set's digits as some person would write them: with that person's slant, width and pen.

Of a few samples a hand's forms cannot be known, but these three can: they are the same in all its digits. So they tell
how digits that one has thousands of would look, written by that hand. After the deslanting by moments of LeCun et al.,
"Gradient-based learning applied to document recognition", 1998, the other way round.

What a change does is not what one would think: who presses harder also writes larger, and is made smaller again to fit
a glyph, pen and all. So how much to change is found by trying.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.glyph import GLYPH_SIDE, make_glyph

Images = NDArray[np.uint8]  # N×28×28, ink bright on 0
SLANT, WIDTH, PEN_ACROSS, PEN_DOWN, PEN_TILT = range(5)  # the last three are of the pen
UPSCALING = 3  # times as large as a glyph's are the pixels that are written on
CANVAS_SIDE = UPSCALING * 44  # of these: room to lean in
VARIATION_SD = (0.08, 0.06)  # sd of slant and width from one digit to the next
MAX_CHANGE = np.array([1.2, 0.9, 6.0, 6.0, 4.0], np.float32)  # that these are changed by, either way
FITTING_DIGITS, FITTING_ROUNDS = 300, 4  # digits by which a style is found, and how often it is put right
_MIN_VARIANCE = np.float32(0.25)  # square pixels: no digit is taken to be narrower or lower than a pen


def fit_style_change(own: Digits, digits: Digits, rng: Generator) -> NDArray[np.float32]:
    """By what slant, width and pen of a set must be changed to be measured as the person's then: float32 5.
    It is found with the first of its digits."""
    sample = Digits(digits.images[:FITTING_DIGITS], digits.labels[:FITTING_DIGITS], digits.name)
    change = np.zeros(5, np.float32)
    for _ in range(FITTING_ROUNDS):
        change = np.clip(
            change + compare_styles(own, change_style(sample, change, rng)), -MAX_CHANGE, MAX_CHANGE, dtype=np.float32
        )
    return change


def change_style(digits: Digits, change: NDArray[np.float32], rng: Generator) -> Digits:
    """The digits with slant, width and pen changed by about so much, each by a little more or less than another."""
    slant, width, *pen = change.tolist()
    images = [
        _redraw(
            image,
            float(original_slant),
            slant + rng.normal(0, VARIATION_SD[0]),
            float(np.exp(width + rng.normal(0, VARIATION_SD[1]))),
            np.array(pen) * rng.uniform(0.7, 1.2),
        )
        for image, original_slant in zip(digits.images, measure_style(digits.images)[:, SLANT], strict=True)
    ]
    return Digits(np.stack(images), digits.labels, digits.name)


def measure_style(images: Images) -> NDArray[np.float32]:
    """Slant (pixels to the right a pixel down), logarithm of the width over the height, and the pen's width (pixels) of
    each digit: across, down, and half of what a diagonal to the right is wider than one to the left: float32 N×5.

    A pen's width in a direction is how far ink goes on in it, less what strokes at all angles to it make that longer.
    """
    ink = images.astype(np.float32) / np.float32(255)
    mass = ink.sum(axis=(1, 2)) + np.float32(1e-6)
    positions = np.arange(GLYPH_SIDE, dtype=np.float32)

    def average(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((ink * values).sum(axis=(1, 2)) / mass, np.float32)

    down = positions[:, None] - average(positions[:, None])[:, None, None]
    right = positions - average(positions)[:, None, None]
    height_variance = average(down**2) + _MIN_VARIANCE
    slant = average(down * right) / height_variance
    width_variance = np.maximum(average(right**2) + _MIN_VARIANCE - slant**2 * height_variance, _MIN_VARIANCE)
    right_down, left_down = (measure_pen_width(oriented, mass, 1, 1) for oriented in (ink, ink[:, :, ::-1]))
    pen = measure_pen_width(ink, mass, 0, 1), measure_pen_width(ink, mass, 1, 0), (right_down - left_down) / 2
    return np.stack([slant, np.log(width_variance / height_variance) / 2, *pen], axis=1)


def measure_pen_width(
    ink: NDArray[np.float32], mass: NDArray[np.float32], down: int, right: int
) -> NDArray[np.float32]:
    """How wide a pen is in a direction, in pixels, float32 N: ink over half the edges that are crossed going that way,
    and of that 2/π."""
    edges = np.abs(ink[:, down:, right:] - ink[:, : GLYPH_SIDE - down, : GLYPH_SIDE - right]).sum(axis=(1, 2))
    return np.asarray(4 / np.pi * np.hypot(down, right) * mass / (edges + 1e-6), np.float32)


def compare_styles(own: Digits, digits: Digits) -> NDArray[np.float32]:
    """How a person's slant, width and pen differ from a set's, float32 5: medians label by label, of which the mean;
    zeros where no label is in both."""
    own_styles, styles = measure_style(own.images), measure_style(digits.images)
    common_labels = np.intersect1d(own.labels, digits.labels)
    if not len(common_labels):
        return np.zeros(5, np.float32)
    differences = [
        np.median(own_styles[own.labels == n], axis=0) - np.median(styles[digits.labels == n], axis=0)
        for n in common_labels
    ]
    return np.asarray(np.mean(differences, axis=0), np.float32)


def _redraw(
    image: Images, slant: float, slant_change: float, width_ratio: float, pen_change: NDArray[np.float64]
) -> Images:
    """A digit of that `slant`, leaning `slant_change` more, `width_ratio` times as wide, its pen wider or thinner by
    `pen_change` pixels across, down and tilted; with its own pen where little of it would be left."""
    shrink = 1 / max(1.0, width_ratio)
    matrix = np.array([[width_ratio, slant + slant_change - width_ratio * slant], [0, 1]]) * shrink
    translation = np.full(2, CANVAS_SIDE / 2) - matrix @ np.full(2, UPSCALING * GLYPH_SIDE / 2)
    enlarged = cv2.resize(image, None, fx=UPSCALING, fy=UPSCALING, interpolation=cv2.INTER_CUBIC)
    sheared = np.asarray(
        cv2.warpAffine(enlarged, np.column_stack([matrix, translation]), (CANVAS_SIDE, CANVAS_SIDE)), np.uint8
    )
    wider, thinner = make_pen_kernels(UPSCALING * pen_change)
    inked = np.asarray(cv2.erode(cv2.dilate(sheared, wider), thinner), np.uint8)
    return make_glyph(inked if 4 * inked.mean() > sheared.mean() else sheared)


def make_pen_kernels(pen_change: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What makes a pen wider by so many pixels across, down and tilted, and what makes it thinner: ellipses, uint8 n×n,
    along the two directions in which it changes most and least."""
    across, down, tilt = pen_change
    amounts, axes = np.linalg.eigh(np.array([[across, tilt], [tilt, down]]))
    half = int(np.abs(amounts).max()) // 2 + 1
    points = np.stack(np.meshgrid(*[np.arange(-half, half + 1)] * 2), axis=-1) @ axes  # x, y along both directions
    wider, thinner = (((2 * points / (1 + np.maximum(sign * amounts, 0))) ** 2).sum(axis=-1) <= 1 for sign in (1, -1))
    return wider.astype(np.uint8), thinner.astype(np.uint8)
