"""A set's digits as some person would write them: with that person's slant, width and pen.

Of a few samples a hand's forms cannot be known, but these three can: they are the same in all its digits. So they tell
how digits that one has thousands of would look, written by that hand. After the deslanting by moments of LeCun et al.,
"Gradient-based learning applied to document recognition", 1998, the other way round.
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
_LEAST = np.float32(0.25)  # square pixels: no digit is taken to be narrower or lower than a pen


def styled(digits: Digits, own: Digits, rng: Generator) -> Digits:
    """Every digit of a set once, in the style of the person who wrote `own`."""
    slant, width, _ = difference(own, digits)
    has = measured(digits.images)
    leant = [
        _leant(image, float(was), slant + rng.normal(0, VARIES[0]), float(np.exp(width + rng.normal(0, VARIES[1]))))
        for image, was in zip(digits.images, has[:, SLANT], strict=True)
    ]
    halfway = Digits(np.stack(leant), digits.labels, digits.name)
    pen = difference(own, halfway)[PEN]
    return Digits(np.stack([_pressed(image, pen * rng.uniform(0.7, 1.2)) for image in leant]), digits.labels, own.name)


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


def difference(own: Digits, digits: Digits) -> tuple[float, float, float]:
    """How a person's slant, width and pen differ from a set's: medians label by label, of which the mean."""
    ours, theirs = measured(own.images), measured(digits.images)
    both = np.intersect1d(own.labels, digits.labels)
    if not len(both):
        return 0.0, 0.0, 0.0
    apart = [np.median(ours[own.labels == n], axis=0) - np.median(theirs[digits.labels == n], axis=0) for n in both]
    slant, width, pen = np.mean(apart, axis=0).tolist()
    return float(np.clip(slant, -1.2, 1.2)), float(np.clip(width, -0.9, 0.9)), float(np.clip(pen, -3, 3))


def _leant(image: Images, was: float, more: float, width: float) -> Images:
    """A digit that leant `was`, leaning `more` than that and so many times as wide."""
    shrink = 1 / max(1.0, width)
    matrix = np.array([[width, was + more - width * was], [0, 1]]) * shrink
    move = np.full(2, SIDE / 2) - matrix @ np.full(2, FINER * SIZE / 2)
    large = cv2.resize(image, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    return from_ink(np.asarray(cv2.warpAffine(large, np.column_stack([matrix, move]), (SIDE, SIDE)), np.uint8))


def _pressed(image: Images, pen: float) -> Images:
    """A digit with its strokes wider by so many pixels, or thinner; as it is where nothing of it would be left."""
    side = 1 + round(FINER * abs(pen))
    if side == 1:
        return image
    large = np.pad(cv2.resize(image, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC), FINER * 4)
    tip = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    changed = np.asarray(cv2.dilate(large, tip) if pen > 0 else cv2.erode(large, tip), np.uint8)
    return from_ink(changed) if changed.max() > 127 else image
