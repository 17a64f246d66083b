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
from inkdigits.glyph import SIZE, from_ink

Images = NDArray[np.uint8]  # N×28×28, ink bright on 0
SLANT, WIDTH, ACROSS, DOWN, TILT = range(5)  # the last three are of the pen
FINER = 3  # times as large as a glyph's are the pixels that are written on
SIDE = FINER * 44  # of these: room to lean in
VARIES = (0.08, 0.06)  # sd of slant and width from one digit to the next
MOST = np.array([1.2, 0.9, 6.0, 6.0, 4.0], np.float32)  # that these are changed by, either way
TRIED, ROUNDS = 300, 4  # digits by which a style is found, and how often it is put right
_LEAST = np.float32(0.25)  # square pixels: no digit is taken to be narrower or lower than a pen


def change_to(own: Digits, digits: Digits, rng: Generator) -> NDArray[np.float32]:
    """By what slant, width and pen of a set must be changed to be measured as the person's then: float32 5.
    It is found with the first of its digits."""
    some = Digits(digits.images[:TRIED], digits.labels[:TRIED], digits.name)
    change = np.zeros(5, np.float32)
    for _ in range(ROUNDS):
        change = np.clip(change + difference(own, changed(some, change, rng)), -MOST, MOST, dtype=np.float32)
    return change


def changed(digits: Digits, change: NDArray[np.float32], rng: Generator) -> Digits:
    """The digits with slant, width and pen changed by about so much, each by a little more or less than another."""
    slant, width, *pen = change.tolist()
    images = [
        _written(
            image,
            float(was),
            slant + rng.normal(0, VARIES[0]),
            float(np.exp(width + rng.normal(0, VARIES[1]))),
            np.array(pen) * rng.uniform(0.7, 1.2),
        )
        for image, was in zip(digits.images, measured(digits.images)[:, SLANT], strict=True)
    ]
    return Digits(np.stack(images), digits.labels, digits.name)


def measured(images: Images) -> NDArray[np.float32]:
    """Slant (pixels to the right a pixel down), logarithm of the width over the height, and the pen's width (pixels) of
    each digit: across, down, and half of what a diagonal to the right is wider than one to the left: float32 N×5.

    A pen's width in a direction is how far ink goes on in it, less what strokes at all angles to it make that longer.
    """
    ink = images.astype(np.float32) / np.float32(255)
    mass = ink.sum(axis=(1, 2)) + np.float32(1e-6)
    places = np.arange(SIZE, dtype=np.float32)

    def mean(of: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((ink * of).sum(axis=(1, 2)) / mass, np.float32)

    down = places[:, None] - mean(places[:, None])[:, None, None]
    right = places - mean(places)[:, None, None]
    tall = mean(down**2) + _LEAST
    slant = mean(down * right) / tall
    wide = np.maximum(mean(right**2) + _LEAST - slant**2 * tall, _LEAST)
    right_down, left_down = (runs(turned, mass, 1, 1) for turned in (ink, ink[:, :, ::-1]))
    pen = runs(ink, mass, 0, 1), runs(ink, mass, 1, 0), (right_down - left_down) / 2
    return np.stack([slant, np.log(wide / tall) / 2, *pen], axis=1)


def runs(ink: NDArray[np.float32], mass: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """How wide a pen is in a direction, in pixels, float32 N: ink over half the edges that are crossed going that way,
    and of that 2/π."""
    edges = np.abs(ink[:, down:, right:] - ink[:, : SIZE - down, : SIZE - right]).sum(axis=(1, 2))
    return np.asarray(4 / np.pi * np.hypot(down, right) * mass / (edges + 1e-6), np.float32)


def difference(own: Digits, digits: Digits) -> NDArray[np.float32]:
    """How a person's slant, width and pen differ from a set's, float32 5: medians label by label, of which the mean;
    zeros where no label is in both."""
    ours, theirs = measured(own.images), measured(digits.images)
    both = np.intersect1d(own.labels, digits.labels)
    if not len(both):
        return np.zeros(5, np.float32)
    apart = [np.median(ours[own.labels == n], axis=0) - np.median(theirs[digits.labels == n], axis=0) for n in both]
    return np.asarray(np.mean(apart, axis=0), np.float32)


def _written(image: Images, was: float, more: float, width: float, pen: NDArray[np.float64]) -> Images:
    """A digit that leant `was`, leaning `more` than that, so many times as wide, its pen wider or thinner by so many
    pixels across, down and tilted; with its own pen where little of it would be left."""
    shrink = 1 / max(1.0, width)
    matrix = np.array([[width, was + more - width * was], [0, 1]]) * shrink
    move = np.full(2, SIDE / 2) - matrix @ np.full(2, FINER * SIZE / 2)
    large = cv2.resize(image, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    leant = np.asarray(cv2.warpAffine(large, np.column_stack([matrix, move]), (SIDE, SIDE)), np.uint8)
    wider, thinner = tips(FINER * pen)
    pressed = np.asarray(cv2.erode(cv2.dilate(leant, wider), thinner), np.uint8)
    return from_ink(pressed if 4 * pressed.mean() > leant.mean() else leant)


def tips(pen: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What makes a pen wider by so many pixels across, down and tilted, and what makes it thinner: ellipses, uint8 n×n,
    along the two directions in which it changes most and least."""
    across, down, tilt = pen
    by, axes = np.linalg.eigh(np.array([[across, tilt], [tilt, down]]))
    half = int(np.abs(by).max()) // 2 + 1
    places = np.stack(np.meshgrid(*[np.arange(-half, half + 1)] * 2), axis=-1) @ axes  # x, y along both directions
    wider, thinner = (((2 * places / (1 + np.maximum(sign * by, 0))) ** 2).sum(axis=-1) <= 1 for sign in (1, -1))
    return wider.astype(np.uint8), thinner.astype(np.uint8)
