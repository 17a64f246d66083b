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

from inkdigits.data.digits import Digits
from inkdigits.glyph import SIZE, from_ink

Images = NDArray[np.uint8]  # N×28×28, ink bright on 0
SLANT, WIDTH, PEN = 0, 1, 2
FINER = 4  # times as large as a glyph's are the pixels that are written on
SIDE = FINER * 44  # of these: room to lean in
VARIES = (0.08, 0.06)  # sd of slant and width from one digit to the next
MOST = np.array([1.2, 0.9, 6.0], np.float32)  # that slant, width and pen are changed by, either way
TRIED, ROUNDS = 300, 4  # digits by which a style is found, and how often it is put right
_LEAST = np.float32(0.25)  # square pixels: no digit is taken to be narrower or lower than a pen


def change_to(own: Digits, digits: Digits, rng: Generator) -> NDArray[np.float32]:
    """By what slant, width and pen of a set must be changed to be measured as the person's then: float32 3.
    It is found with the first of its digits."""
    some = Digits(digits.images[:TRIED], digits.labels[:TRIED], digits.name)
    change = np.zeros(3, np.float32)
    for _ in range(ROUNDS):
        change = np.clip(change + difference(own, changed(some, change, rng)), -MOST, MOST, dtype=np.float32)
    return change


def changed(digits: Digits, change: NDArray[np.float32], rng: Generator) -> Digits:
    """The digits with slant, width and pen changed by about so much, each by a little more or less than another."""
    slant, width, pen = change.tolist()
    images = [
        _written(
            image,
            float(was),
            slant + rng.normal(0, VARIES[0]),
            float(np.exp(width + rng.normal(0, VARIES[1]))),
            pen * rng.uniform(0.7, 1.2),
        )
        for image, was in zip(digits.images, measured(digits.images)[:, SLANT], strict=True)
    ]
    return Digits(np.stack(images), digits.labels, digits.name)


def measured(images: Images) -> NDArray[np.float32]:
    """Slant (pixels to the right a pixel down), logarithm of the width over the height, and pen (pixels, as
    `forms.pen_width` measures it, without PyTorch) of each digit: float32 N×3."""
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
    edge = np.abs(np.diff(ink, axis=1)).sum(axis=(1, 2)) + np.abs(np.diff(ink, axis=2)).sum(axis=(1, 2))
    pen = np.float32(2.5) * mass / (edge + np.float32(1e-6))
    return np.stack([slant, np.log(wide / tall) / 2, pen], axis=1)


def difference(own: Digits, digits: Digits) -> NDArray[np.float32]:
    """How a person's slant, width and pen differ from a set's, float32 3: medians label by label, of which the mean;
    zeros where no label is in both."""
    ours, theirs = measured(own.images), measured(digits.images)
    both = np.intersect1d(own.labels, digits.labels)
    if not len(both):
        return np.zeros(3, np.float32)
    apart = [np.median(ours[own.labels == n], axis=0) - np.median(theirs[digits.labels == n], axis=0) for n in both]
    return np.asarray(np.mean(apart, axis=0), np.float32)


def _written(image: Images, was: float, more: float, width: float, pen: float) -> Images:
    """A digit that leant `was`, leaning `more` than that, so many times as wide, its pen wider or thinner by so many
    pixels; with its own pen where nothing of it would be left."""
    shrink = 1 / max(1.0, width)
    matrix = np.array([[width, was + more - width * was], [0, 1]]) * shrink
    move = np.full(2, SIDE / 2) - matrix @ np.full(2, FINER * SIZE / 2)
    large = cv2.resize(image, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    leant = np.asarray(cv2.warpAffine(large, np.column_stack([matrix, move]), (SIDE, SIDE)), np.uint8)
    tip = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [1 + round(FINER * abs(pen))] * 2)
    pressed = np.asarray((cv2.dilate if pen > 0 else cv2.erode)(leant, tip), np.uint8)
    return from_ink(pressed if pressed.max() > 127 else leant)
