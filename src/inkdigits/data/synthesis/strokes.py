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
from inkdigits.glyph import DIGIT_SIDE, GLYPH_SIDE

Ink = NDArray[np.float32]  # H×W, 0..1, bright on 0
Bits = NDArray[np.uint8]

OVERSAMPLING = 2  # times: thinned at twice MNIST's resolution
CENTRE_LINE_SIDE = OVERSAMPLING * GLYPH_SIDE  # fine pixels
CENTRE_LINE_DIGIT_SIDE = OVERSAMPLING * DIGIT_SIDE  # fine pixels: the longer side of a digit
STEPS_PER_PIXEL = 16  # of the distance in one fine pixel, as it is kept in 8 bits
UNKNOWN_WRITER = -1
INK_THRESHOLD = 0.4  # from here on a pixel counts as part of a digit's box
_BATCH_SIZE = 100  # images that are thinned together: they stay in the cache
_BINARISE_THRESHOLD = 110  # of 255: what is ink in an enlarged MNIST digit,
_HOLLOW_MIN_DEPTH = 28  # of 255: unless it is so much darker than the ink all around it, as in a small loop,
_LOOP_KERNEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))  # of this size at most
_SMOOTHING_SD = 0.7  # fine pixels: what the steps of a thinned line are smoothed by
_PIXEL_GRID = np.stack(np.meshgrid(*[np.arange(CENTRE_LINE_SIDE, dtype=np.float32)] * 2), axis=-1)  # 56×56×2, x and y
_MAX_THINNING_ROUNDS = 24  # of thinning at most; the widest stroke of MNIST needs fewer


@dataclass(frozen=True)
class Strokes:
    """Digits to write with: `distance_fields` uint8 N×56×56, the distance to the centre line in sixteenths of a fine
    pixel (255 and more is 255); `labels` int64 N; `writers` int64 N, who wrote each, or UNKNOWN_WRITER."""

    distance_fields: Bits
    labels: NDArray[np.int64]
    writers: NDArray[np.int64]

    @classmethod
    def from_digits(cls, digits: Digits) -> Strokes:
        """Thin every digit of a set and measure distances."""
        fields = np.empty((len(digits), CENTRE_LINE_SIDE, CENTRE_LINE_SIDE), np.uint8)
        for start in range(0, len(digits), _BATCH_SIZE):
            part = digits.images[start : start + _BATCH_SIZE]
            for index, centre_line in enumerate(thin(_enlarge_and_binarise(part)), start):
                fields[index] = measure_distances(centre_line)
        return cls(fields, digits.labels, np.full(len(digits), UNKNOWN_WRITER))

    def __add__(self, more: Strokes) -> Strokes:
        """Both, one after the other; their writers are not the same ones."""
        first_new = self.writers.max(initial=UNKNOWN_WRITER) + 1
        return Strokes(
            np.concatenate([self.distance_fields, more.distance_fields]),
            np.concatenate([self.labels, more.labels]),
            np.concatenate(
                [self.writers, np.where(more.writers == UNKNOWN_WRITER, UNKNOWN_WRITER, more.writers + first_new)]
            ),
        )


def measure_distances(centre_line: Bits) -> Bits:
    """A centre line of 0 and 1, uint8 56×56 → its distance field, uint8 56×56, smoothed."""
    distance = cv2.distanceTransform(1 - centre_line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.minimum(cv2.GaussianBlur(distance, (0, 0), _SMOOTHING_SD) * STEPS_PER_PIXEL, 255).astype(np.uint8)


def _enlarge_and_binarise(images: Bits) -> Bits:
    """uint8 N×28×28 → 0 and 1, N×56×56; an image without ink gets a dot, so that it has a centre line."""
    enlarged = np.stack(
        [cv2.resize(image, None, fx=OVERSAMPLING, fy=OVERSAMPLING, interpolation=cv2.INTER_CUBIC) for image in images]
    )
    hollows = np.stack([cv2.morphologyEx(image, cv2.MORPH_BLACKHAT, _LOOP_KERNEL) for image in enlarged])
    bits: Bits = ((enlarged > _BINARISE_THRESHOLD) & (hollows < _HOLLOW_MIN_DEPTH)).astype(np.uint8)
    bits[~bits.any(axis=(1, 2)), GLYPH_SIDE, GLYPH_SIDE] = 1
    return bits


def thin(bits: Bits) -> Bits:
    """Strokes of 0 and 1, N×H×W → their centre lines, one pixel wide.

    Source: T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    lines = np.pad(bits, ((0, 0), (1, 1), (1, 1)))
    for _ in range(_MAX_THINNING_ROUNDS):
        ink_before = int(lines.sum())
        for is_first_half in (True, False):
            lines[:, 1:-1, 1:-1] &= ~_find_removable(lines, is_first_half) & 1
        if int(lines.sum()) == ink_before:
            break
    return lines[:, 1:-1, 1:-1].copy()


def _find_removable(line: Bits, is_first_half: bool) -> Bits:
    """The pixels that this half of a round may take away, 0 or 1."""
    height, width = line.shape[1] - 2, line.shape[2] - 2
    neighbours = [  # north, then clockwise
        line[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        for dy, dx in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    ]
    north, _, east, _, south, _, west, _ = neighbours
    neighbour_count, transitions = np.zeros_like(north), np.zeros_like(north)
    for neighbour, next_neighbour in zip(neighbours, neighbours[1:] + neighbours[:1], strict=True):
        neighbour_count += neighbour
        transitions += (1 - neighbour) & next_neighbour
    open_sides = (
        (north & east & south, east & south & west) if is_first_half else (north & east & west, north & south & west)
    )
    is_open = (open_sides[0] | open_sides[1]) == 0
    removable: Bits = ((neighbour_count >= 2) & (neighbour_count <= 6) & (transitions == 1) & is_open).astype(np.uint8)
    return removable


def bend(field: Bits, rng: Generator, sd: float = 1.3) -> Bits:
    """A field as another hand would have it: the points of a 4×4 grid moved, by `sd` fine pixels each way.

    Distances stay those of before, so that the pen's width varies along the way, as it does where one presses.
    """
    offsets = rng.normal(0, sd, (4, 4, 2)).astype(np.float32)
    source_points = _PIXEL_GRID + cv2.resize(
        offsets, (CENTRE_LINE_SIDE, CENTRE_LINE_SIDE), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(
        cv2.remap(field, source_points[..., 0], source_points[..., 1], cv2.INTER_LINEAR, borderValue=255), np.uint8
    )


def write_digit(
    field: Bits, height: float, pen_width: float, slant: float, rotation: float, stretch: float, rng: Generator
) -> Ink:
    """One digit, `height` pixels high where it fills MNIST's box, as ink cut to its box.

    `pen_width` in pixels; `slant` in pixels sideways per pixel of height, to the right; `rotation` in radians;
    `stretch` multiplies its width. A digit without ink left is one pixel of paper.
    """
    scale = height / CENTRE_LINE_DIGIT_SIDE
    scale_x = scale * stretch
    matrix = np.array([[np.cos(rotation), -np.sin(rotation)], [np.sin(rotation), np.cos(rotation)]]) @ np.array(
        [[scale_x, -slant * scale], [0.0, scale]]
    )
    matrix = matrix @ (np.eye(2) + rng.normal(0, 0.04, (2, 2)))
    side = CENTRE_LINE_SIDE
    corners = matrix @ (np.array([[0, side, 0, side], [0, 0, side, side]]) - side / 2)
    size = np.ceil(corners.max(axis=1) - corners.min(axis=1)).astype(int) + 2
    translation = size / 2 - matrix @ np.array([side / 2, side / 2])
    distance = cv2.warpAffine(
        field, np.column_stack([matrix, translation]), size.tolist(), flags=cv2.INTER_LINEAR, borderValue=255
    )
    ink = np.clip(pen_width / 2 + 0.5 - distance * np.float32(np.sqrt(scale * scale_x) / STEPS_PER_PIXEL), 0, 1).astype(
        np.float32
    )
    return crop_to_ink(ink)


def crop_to_ink(ink: Ink) -> Ink:
    """The ink cut to the box of what counts as ink."""
    is_ink = ink > INK_THRESHOLD
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    if not rows.size:
        return np.zeros((1, 1), np.float32)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@dataclass(frozen=True)
class WritingStyle:
    """How one writer writes on one page."""

    height: float  # of a usual digit, pixels
    pen_width: float  # pixels
    slant: float
    slope: float  # of the row, pixels per pixel
    gap_ratio: float  # between digits, in heights; negative ones overlap
    stretch: float
    size_sd: float  # how much sizes differ
    point_probability: float  # of what stands between two digits
    sign_probability: float
    space_probability: float
    link_probability: float  # of a stroke from one digit to the next
    word_probability: float  # that a word follows a space, and not digits

    @classmethod
    def sample(cls, rng: Generator, low: float, high: float) -> WritingStyle:
        height = float(np.exp(rng.uniform(np.log(low * 1.1), np.log(high * 0.85))))
        gaps = [rng.uniform(-0.12, 0.03), rng.uniform(0.0, 0.15), rng.uniform(0.1, 0.5), rng.uniform(0.4, 1.2)]
        return cls(
            height=height,
            pen_width=max(1.2, height * float(np.exp(rng.uniform(np.log(0.035), np.log(0.2))))),
            slant=float(rng.normal(0.07, 0.2)),
            slope=float(rng.normal(0, 0.05)),
            gap_ratio=float(gaps[rng.choice(4, p=[0.3, 0.35, 0.25, 0.1])]),
            stretch=float(rng.uniform(0.75, 1.25)),
            size_sd=float(rng.choice([0.05, 0.12, 0.25])),
            point_probability=float(rng.choice([0, 0.15, 0.35], p=[0.4, 0.4, 0.2])),
            sign_probability=float(rng.choice([0, 0.12, 0.4], p=[0.5, 0.25, 0.25])),
            space_probability=float(rng.choice([0, 0.1, 0.4], p=[0.5, 0.3, 0.2])),
            link_probability=float(rng.choice([0, 0.3], p=[0.75, 0.25])),
            word_probability=float(rng.choice([0, 0.4], p=[0.8, 0.2])),
        )

    def write(self, field: NDArray[np.uint8], size_ratio: float, rng: Generator) -> Ink:
        """One character in this style, `size_ratio` times as high as a usual digit."""
        return write_digit(
            bend(field, rng),
            self.height * size_ratio,
            self.pen_width * rng.uniform(0.9, 1.1),
            self.slant + rng.normal(0, 0.06),
            self.slope + rng.normal(0, 0.06),
            self.stretch * rng.uniform(0.85, 1.18),
            rng,
        )
