"""Persons with hands of their own, made from MNIST's digits by what training never does to them, or never so much.

Training bends by a shear of ±0.3, ±17° and a pen about a pixel thicker or thinner (data/augmentation/augment.py), and
draws European forms of 1, 2, 4, 7 and 9 (data/augmentation/variants.py). A person here leans more, turns more, writes
with another pen or in waves, or draws some digits in a form that is none of those. Every digit of a person varies a
little, as hands do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.glyph import GLYPH_SIDE, make_glyph

Ink = NDArray[np.uint8]
Habit = Callable[
    [Ink, int, Generator], Ink
]  # ink, uint8 176×176, of a digit; its label; a generator → the same, changed

UPSCALING = 4  # times as large as MNIST's are the pixels a person writes on
PAPER_SIDE = UPSCALING * 44  # of the paper: room to lean in
PAPER_CENTRE = PAPER_SIDE / 2


def write_digits(digits: Digits, habits: tuple[Habit, ...], name: str, seed: int = 0) -> Digits:
    """The same digits as the person with these habits writes them, as glyphs."""
    rng = np.random.default_rng(seed)
    images = [
        write_digit(image, int(label), habits, rng) for image, label in zip(digits.images, digits.labels, strict=True)
    ]
    return Digits(np.stack(images), digits.labels, name)


def write_digit(image: Ink, label: int, habits: tuple[Habit, ...], rng: Generator) -> Ink:
    large = cv2.resize(image, None, fx=UPSCALING, fy=UPSCALING, interpolation=cv2.INTER_CUBIC)
    ink: Ink = np.pad(np.asarray(large, np.uint8), (PAPER_SIDE - UPSCALING * GLYPH_SIDE) // 2)
    for habit in habits:
        ink = habit(ink, label, rng)
    return make_glyph(ink)


def lean(ink: Ink, _: int, rng: Generator, shear: float) -> Ink:
    """Lean right by so many pixels a pixel of height; left where `shear` is negative."""
    slope = shear + rng.normal(0, 0.08)
    return _remap(ink, lambda x, y: (x + slope * (y - PAPER_CENTRE), y))


def rotate(ink: Ink, _: int, rng: Generator, degrees: float) -> Ink:
    """Write on a line that goes uphill by so many degrees."""
    matrix = cv2.getRotationMatrix2D((PAPER_CENTRE, PAPER_CENTRE), degrees + rng.normal(0, 4), 1)
    return np.asarray(cv2.warpAffine(ink, matrix, (PAPER_SIDE, PAPER_SIDE)), np.uint8)


def stretch(ink: Ink, _: int, rng: Generator, width: float) -> Ink:
    """Write wide, or narrow where `width` is below 1."""
    factor = width * float(np.exp(rng.normal(0, 0.06)))
    return _remap(ink, lambda x, y: (PAPER_CENTRE + (x - PAPER_CENTRE) / factor, y))


def lower_waist(ink: Ink, _: int, rng: Generator, drop: float) -> Ink:
    """Have the waist lower by so much of half the height; higher where `drop` is negative."""
    amount = drop + rng.normal(0, 0.06)
    half = UPSCALING * 10

    def source(x: Grid, y: Grid) -> tuple[Grid, Grid]:
        height = np.clip((y - PAPER_CENTRE) / half, -1, 1)
        return x, y - amount * half * (1 - height**2)

    return _remap(ink, source)


def tremble(ink: Ink, _: int, rng: Generator, amplitude: float, length: float) -> Ink:
    """Write with a trembling hand: waves of `amplitude` MNIST pixels, `length` long."""
    phase = rng.uniform(0, 2 * np.pi, 2)
    radians_per_pixel = 2 * np.pi / (UPSCALING * length)
    return _remap(
        ink,
        lambda x, y: (
            x + UPSCALING * amplitude * np.sin(y * radians_per_pixel + phase[0]),
            y + UPSCALING * amplitude * np.sin(x * radians_per_pixel + phase[1]),
        ),
    )


def swirl(ink: Ink, _: int, rng: Generator, degrees: float) -> Ink:
    """Turn the middle by so many degrees, and less the farther out."""
    centre_angle = np.radians(degrees + rng.normal(0, 5))

    def source(x: Grid, y: Grid) -> tuple[Grid, Grid]:
        across, down = x - PAPER_CENTRE, y - PAPER_CENTRE
        angle = centre_angle * np.exp(-(across**2 + down**2) / (UPSCALING * 9) ** 2)
        cos, sin = np.cos(angle), np.sin(angle)
        return PAPER_CENTRE + cos * across - sin * down, PAPER_CENTRE + sin * across + cos * down

    return _remap(ink, source)


def thicken(ink: Ink, _: int, rng: Generator, margin: float) -> Ink:
    """Write with a felt pen: strokes wider by `margin` MNIST pixels on each side."""
    side = max(3, round(2 * UPSCALING * margin * float(np.exp(rng.normal(0, 0.12)))) | 1)
    return np.asarray(cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)


def write_with_nib(ink: Ink, _: int, rng: Generator, width: float, degrees: float) -> Ink:
    """Write with a broad nib, `width` MNIST pixels wide, held at so many degrees."""
    nib = np.zeros((41, 41), np.uint8)
    angle = np.radians(degrees + rng.normal(0, 4))
    reach = UPSCALING * width / 2 * np.array([np.cos(angle), -np.sin(angle)])
    ends = [tuple((20 + sign * reach).round().astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(nib, ends[0], ends[1], 1)
    return np.asarray(cv2.dilate(ink, nib), np.uint8)


def outline(ink: Ink, _: int, rng: Generator, margin: float) -> Ink:
    """Draw the outline of broad strokes."""
    broad = thicken(ink, 0, rng, margin)
    inner = cv2.erode(broad, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * UPSCALING - 1, 2 * UPSCALING - 1)))
    return np.asarray(cv2.subtract(broad, inner), np.uint8)


def add_hooks(ink: Ink, _: int, rng: Generator, length: float) -> Ink:
    """Begin at the top with a hook to the right and end below with one to the left: the wrong way round."""
    rows, columns = np.nonzero(ink > 128)
    changed = ink.copy()
    for row, side in ((rows.min(), 1), (rows.max(), -1)):
        column = int(columns[rows == row].mean())
        reach = UPSCALING * length * float(np.exp(rng.normal(0, 0.15)))
        tip = (round(column + side * reach), round(row + side * 0.35 * reach))
        cv2.line(changed, (column, int(row)), tip, 255, 2 * UPSCALING, cv2.LINE_AA)
    return changed


def add_strokes(ink: Ink, label: int, rng: Generator, forms: Mapping[int, tuple[tuple[float, float], ...]]) -> Ink:
    """Draw a stroke of one's own through some digits: points in the digit's box, 0..1 from its top left corner."""
    if label not in forms:
        return ink
    rows, columns = np.nonzero(ink > 128)
    low, size = np.array([columns.min(), rows.min()]), np.array([np.ptp(columns), np.ptp(rows)])
    size[0] = max(size[0], size[1] // 3)
    points = low + size * (np.array(forms[label]) + rng.normal(0, 0.04, (len(forms[label]), 2)))
    changed = ink.copy()
    cv2.polylines(changed, [points.round().astype(np.int32)], False, 255, 2 * UPSCALING + 1, cv2.LINE_AA)
    return changed


Grid = NDArray[np.float64]


def _remap(ink: Ink, source: Callable[[Grid, Grid], tuple[Grid, Grid]]) -> Ink:
    """The ink where every place x, y shows what was at `source(x, y)`."""
    y, x = np.mgrid[0:PAPER_SIDE, 0:PAPER_SIDE].astype(np.float64)
    from_x, from_y = source(x, y)
    return np.asarray(cv2.remap(ink, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR), np.uint8)


SLASHED_FORMS = {
    0: ((0.1, 0.95), (0.9, 0.05)),
    1: ((0.5, 0.0), (-0.9, 0.95)),
    2: ((0.2, 0.6), (0.9, 0.6)),
    5: ((0.1, 0.0), (0.1, 1.0)),
    7: ((0.0, 0.0), (0.0, 0.4)),
    9: ((0.7, 0.95), (1.5, 0.7)),
}
LOOPED_FORMS = {
    1: ((0.0, 0.0), (1.4, 0.0), (1.4, 0.2)),
    3: ((0.0, 0.0), (0.0, 0.45)),
    4: ((0.1, 0.0), (0.9, 0.0)),
    6: ((0.1, 0.3), (0.9, 0.1)),
    7: ((0.2, 1.0), (1.0, 1.0)),
    8: ((0.0, 0.5), (1.0, 0.5)),
}

PERSONS: Mapping[str, tuple[Habit, ...]] = {
    "leans far right": (partial(lean, shear=0.85),),
    "leans far left": (partial(lean, shear=-0.75),),
    "felt pen": (partial(thicken, margin=2.0), partial(stretch, width=1.3)),
    "broad nib, low waist": (partial(lower_waist, drop=0.4), partial(write_with_nib, width=6, degrees=40)),
    "uphill, with hooks": (partial(add_hooks, length=6), partial(rotate, degrees=32)),
    "trembling": (partial(tremble, amplitude=1.3, length=10), partial(lean, shear=0.3)),
    "swirls": (partial(swirl, degrees=75),),
    "outlines": (partial(outline, margin=2.2),),
    "forms of one's own": (partial(add_strokes, forms=SLASHED_FORMS), partial(lean, shear=0.3)),
    "wide, high waist": (partial(lower_waist, drop=-0.4), partial(stretch, width=1.9)),
}
# by whom the settings of fine-tuning were chosen, on training digits; PERSONS are not looked at for it
DEVELOPMENT_PERSONS: Mapping[str, tuple[Habit, ...]] = {
    "leans and presses": (partial(lean, shear=0.65), partial(thicken, margin=1.3)),
    "downhill": (partial(rotate, degrees=-36),),
    "swirls the other way": (partial(swirl, degrees=-65), partial(lower_waist, drop=0.25)),
    "looped": (partial(add_strokes, forms=LOOPED_FORMS), partial(write_with_nib, width=5, degrees=-50)),
    "narrow waves": (partial(tremble, amplitude=1.5, length=11), partial(stretch, width=0.6)),
    "marker, narrow": (partial(thicken, margin=1.9), partial(stretch, width=0.8)),
    "crayon, leaning": (partial(thicken, margin=1.7), partial(lean, shear=-0.35)),
    "wide, low waist": (partial(lower_waist, drop=0.35), partial(stretch, width=1.8)),
    "chisel": (partial(write_with_nib, width=5, degrees=0), partial(thicken, margin=1.2)),
    "brush, low waist": (partial(thicken, margin=2.1), partial(lower_waist, drop=0.3)),
    "marker, leaning": (partial(thicken, margin=1.9), partial(lean, shear=0.45)),
}
