"""Digits as centre lines that any pen can write: thinned once, then drawn at any size, slant and width of pen.

MNIST's strokes are as wide as a felt pen's and its pixels are coarse. What people photograph is mostly written with a
ball pen, ten times as large. So a digit is kept as the distance of every point to its centre line; bent and enlarged,
that is still a smooth field, and all points nearer than half the pen's width are ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.glyph import BOX, SIZE

Ink = NDArray[np.float32]  # H×W, 0..1, bright on 0
Bits = NDArray[np.uint8]

FINE = 2  # times: thinned at twice MNIST's resolution
STEPS = 16  # of the distance in one fine pixel, as it is kept in 8 bits
INKED = 0.4  # from here on a pixel counts as part of a digit's box
_AT_ONCE = 100  # images that are thinned together: they stay in the cache
_THRESHOLD = 110  # of 255: what is ink in an enlarged MNIST digit,
_HOLLOW = 28  # of 255: unless it is so much darker than the ink all around it, as in a small loop,
_LOOP = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))  # of this size at most
_SMOOTH = 0.7  # fine pixels: what the steps of a thinned line are smoothed by
_PLACES = np.stack(np.meshgrid(*[np.arange(FINE * SIZE, dtype=np.float32)] * 2), axis=-1)  # 56×56×2, x and y
_ROUNDS = 24  # of thinning at most; the widest stroke of MNIST needs fewer


@dataclass(frozen=True)
class Strokes:
    """Digits to write with: `fields` uint8 N×56×56, the distance to the centre line in sixteenths of a fine pixel (255
    and more is 255); `labels` int64 N."""

    fields: Bits
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, digits: Digits) -> Strokes:
        """Thin every digit of a set and measure distances."""
        fields = np.empty((len(digits), FINE * SIZE, FINE * SIZE), np.uint8)
        for start in range(0, len(digits), _AT_ONCE):
            part = digits.images[start : start + _AT_ONCE]
            for place, line in enumerate(thinned(_enlarged(part)), start):
                away = cv2.distanceTransform(1 - line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
                fields[place] = np.minimum(cv2.GaussianBlur(away, (0, 0), _SMOOTH) * STEPS, 255)
        return cls(fields, digits.labels)


def _enlarged(images: Bits) -> Bits:
    """uint8 N×28×28 → 0 and 1, N×56×56; an image without ink gets a dot, so that it has a centre line."""
    large = np.stack([cv2.resize(image, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_CUBIC) for image in images])
    hollows = np.stack([cv2.morphologyEx(image, cv2.MORPH_BLACKHAT, _LOOP) for image in large])
    bits: Bits = ((large > _THRESHOLD) & (hollows < _HOLLOW)).astype(np.uint8)
    bits[~bits.any(axis=(1, 2)), SIZE, SIZE] = 1
    return bits


def thinned(bits: Bits) -> Bits:
    """Strokes of 0 and 1, N×H×W → their centre lines, one pixel wide.

    Source: T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    line = np.pad(bits, ((0, 0), (1, 1), (1, 1)))
    for _ in range(_ROUNDS):
        before = int(line.sum())
        for first in (True, False):
            line[:, 1:-1, 1:-1] &= ~_superfluous(line, first) & 1
        if int(line.sum()) == before:
            break
    return line[:, 1:-1, 1:-1].copy()


def _superfluous(line: Bits, first: bool) -> Bits:
    """The pixels that this half of a round may take away, 0 or 1."""
    height, width = line.shape[1] - 2, line.shape[2] - 2
    around = [  # north, then clockwise
        line[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        for dy, dx in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    ]
    north, _, east, _, south, _, west, _ = around
    count, begins = np.zeros_like(north), np.zeros_like(north)
    for here, following in zip(around, around[1:] + around[:1], strict=True):
        count += here
        begins += (1 - here) & following
    open_sides = (north & east & south, east & south & west) if first else (north & east & west, north & south & west)
    free = (open_sides[0] | open_sides[1]) == 0
    superfluous: Bits = ((count >= 2) & (count <= 6) & (begins == 1) & free).astype(np.uint8)
    return superfluous


def bent(field: Bits, rng: Generator, amount: float = 1.3) -> Bits:
    """A field as another hand would have it: the points of a 4×4 grid moved, by `amount` fine pixels (sd) each way.

    Distances stay those of before, so that the pen's width varies along the way, as it does where one presses.
    """
    moves = rng.normal(0, amount, (4, 4, 2)).astype(np.float32)
    places = _PLACES + cv2.resize(moves, (FINE * SIZE, FINE * SIZE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.remap(field, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderValue=255), np.uint8)


def written(field: Bits, height: float, pen: float, slant: float, turn: float, width: float, rng: Generator) -> Ink:
    """One digit, `height` pixels high where it fills MNIST's box, as ink cut to its box.

    `pen` is the stroke's width in pixels; `slant` in pixels sideways per pixel of height, to the right; `turn` in
    radians; `width` stretches it sideways. A digit without ink left is one pixel of paper.
    """
    scale = height / (FINE * BOX)
    across = scale * width
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array(
        [[across, -slant * scale], [0.0, scale]]
    )
    matrix = matrix @ (np.eye(2) + rng.normal(0, 0.04, (2, 2)))
    side = FINE * SIZE
    corners = matrix @ (np.array([[0, side, 0, side], [0, 0, side, side]]) - side / 2)
    size = np.ceil(corners.max(axis=1) - corners.min(axis=1)).astype(int) + 2
    move = size / 2 - matrix @ np.array([side / 2, side / 2])
    away = cv2.warpAffine(
        field, np.column_stack([matrix, move]), size.tolist(), flags=cv2.INTER_LINEAR, borderValue=255
    )
    ink = np.clip(pen / 2 + 0.5 - away * np.float32(np.sqrt(scale * across) / STEPS), 0, 1).astype(np.float32)
    return cut(ink)


def cut(ink: Ink) -> Ink:
    """The ink cut to the box of what counts as ink."""
    strong = ink > INKED
    rows, columns = np.flatnonzero(strong.any(axis=1)), np.flatnonzero(strong.any(axis=0))
    if not rows.size:
        return np.zeros((1, 1), np.float32)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
