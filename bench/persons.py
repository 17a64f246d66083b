"""Persons with hands of their own, made from MNIST's digits by what training never does to them, or never so much.

Training bends by a shear of ±0.3, ±17° and a pen about a pixel thicker or thinner (data/augment.py), and draws European
forms of 1, 2, 4, 7 and 9 (data/forms.py). A person here leans more, turns more, writes with another pen or in waves, or
draws some digits in a form that is none of those. Every digit of a person varies a little, as hands do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.digits import Digits
from inkdigits.glyph import SIZE, from_ink

Ink = NDArray[np.uint8]
Habit = Callable[[Ink, int, Generator], Ink]  # ink, uint8 176×176, of a digit; the digit; chances → the same, changed

FINER = 4  # times as large as MNIST's are the pixels a person writes on
SIDE = FINER * 44  # of the paper: room to lean in
MIDDLE = SIDE / 2


def written(digits: Digits, habits: tuple[Habit, ...], name: str, seed: int = 0) -> Digits:
    """The same digits as the person with these habits writes them, as glyphs."""
    rng = np.random.default_rng(seed)
    images = [
        _written(image, int(label), habits, rng) for image, label in zip(digits.images, digits.labels, strict=True)
    ]
    return Digits(np.stack(images), digits.labels, name)


def _written(image: Ink, label: int, habits: tuple[Habit, ...], rng: Generator) -> Ink:
    large = cv2.resize(image, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    ink: Ink = np.pad(np.asarray(large, np.uint8), (SIDE - FINER * SIZE) // 2)
    for habit in habits:
        ink = habit(ink, label, rng)
    return from_ink(ink)


def leans(ink: Ink, _: int, rng: Generator, by: float) -> Ink:
    """Lean right by so many pixels a pixel of height; left where `by` is negative."""
    slope = by + rng.normal(0, 0.08)
    return _moved(ink, lambda x, y: (x + slope * (y - MIDDLE), y))


def turns(ink: Ink, _: int, rng: Generator, degrees: float) -> Ink:
    """Write on a line that goes uphill by so many degrees."""
    matrix = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), degrees + rng.normal(0, 4), 1)
    return np.asarray(cv2.warpAffine(ink, matrix, (SIDE, SIDE)), np.uint8)


def spreads(ink: Ink, _: int, rng: Generator, width: float) -> Ink:
    """Write wide, or narrow where `width` is below 1."""
    factor = width * float(np.exp(rng.normal(0, 0.06)))
    return _moved(ink, lambda x, y: (MIDDLE + (x - MIDDLE) / factor, y))


def sags(ink: Ink, _: int, rng: Generator, by: float) -> Ink:
    """Have the waist lower by so much of half the height; higher where `by` is negative."""
    amount = by + rng.normal(0, 0.06)
    half = FINER * 10

    def source(x: Grid, y: Grid) -> tuple[Grid, Grid]:
        height = np.clip((y - MIDDLE) / half, -1, 1)
        return x, y - amount * half * (1 - height**2)

    return _moved(ink, source)


def waves(ink: Ink, _: int, rng: Generator, by: float, length: float) -> Ink:
    """Write with a trembling hand: waves of `by` MNIST pixels, `length` long."""
    phase = rng.uniform(0, 2 * np.pi, 2)
    turn = 2 * np.pi / (FINER * length)
    return _moved(
        ink,
        lambda x, y: (x + FINER * by * np.sin(y * turn + phase[0]), y + FINER * by * np.sin(x * turn + phase[1])),
    )


def swirls(ink: Ink, _: int, rng: Generator, degrees: float) -> Ink:
    """Turn the middle by so many degrees, and less the farther out."""
    most = np.radians(degrees + rng.normal(0, 5))

    def source(x: Grid, y: Grid) -> tuple[Grid, Grid]:
        across, down = x - MIDDLE, y - MIDDLE
        angle = most * np.exp(-(across**2 + down**2) / (FINER * 9) ** 2)
        cos, sin = np.cos(angle), np.sin(angle)
        return MIDDLE + cos * across - sin * down, MIDDLE + sin * across + cos * down

    return _moved(ink, source)


def presses(ink: Ink, _: int, rng: Generator, by: float) -> Ink:
    """Write with a felt pen: strokes wider by `by` MNIST pixels on each side."""
    side = max(3, round(2 * FINER * by * float(np.exp(rng.normal(0, 0.12)))) | 1)
    return np.asarray(cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)


def cuts(ink: Ink, _: int, rng: Generator, width: float, degrees: float) -> Ink:
    """Write with a broad nib, `width` MNIST pixels wide, held at so many degrees."""
    nib = np.zeros((41, 41), np.uint8)
    angle = np.radians(degrees + rng.normal(0, 4))
    reach = FINER * width / 2 * np.array([np.cos(angle), -np.sin(angle)])
    ends = [tuple((20 + sign * reach).round().astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(nib, ends[0], ends[1], 1)
    return np.asarray(cv2.dilate(ink, nib), np.uint8)


def hollows(ink: Ink, _: int, rng: Generator, by: float) -> Ink:
    """Draw the outline of broad strokes."""
    broad = presses(ink, 0, rng, by)
    inner = cv2.erode(broad, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * FINER - 1, 2 * FINER - 1)))
    return np.asarray(cv2.subtract(broad, inner), np.uint8)


def hooks(ink: Ink, _: int, rng: Generator, length: float) -> Ink:
    """Begin at the top with a hook to the right and end below with one to the left: the wrong way round."""
    rows, columns = np.nonzero(ink > 128)
    changed = ink.copy()
    for row, side in ((rows.min(), 1), (rows.max(), -1)):
        column = int(columns[rows == row].mean())
        reach = FINER * length * float(np.exp(rng.normal(0, 0.15)))
        tip = (round(column + side * reach), round(row + side * 0.35 * reach))
        cv2.line(changed, (column, int(row)), tip, 255, 2 * FINER, cv2.LINE_AA)
    return changed


def draws(ink: Ink, label: int, rng: Generator, forms: Mapping[int, tuple[tuple[float, float], ...]]) -> Ink:
    """Draw a stroke of one's own through some digits: points in the digit's box, 0..1 from its top left corner."""
    if label not in forms:
        return ink
    rows, columns = np.nonzero(ink > 128)
    low, size = np.array([columns.min(), rows.min()]), np.array([np.ptp(columns), np.ptp(rows)])
    size[0] = max(size[0], size[1] // 3)
    points = low + size * (np.array(forms[label]) + rng.normal(0, 0.04, (len(forms[label]), 2)))
    changed = ink.copy()
    cv2.polylines(changed, [points.round().astype(np.int32)], False, 255, 2 * FINER + 1, cv2.LINE_AA)
    return changed


Grid = NDArray[np.float64]


def _moved(ink: Ink, source: Callable[[Grid, Grid], tuple[Grid, Grid]]) -> Ink:
    """The ink where every place x, y shows what was at `source(x, y)`."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    from_x, from_y = source(x, y)
    return np.asarray(cv2.remap(ink, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR), np.uint8)


SLASHED = {
    0: ((0.1, 0.95), (0.9, 0.05)),
    1: ((0.5, 0.0), (-0.9, 0.95)),
    2: ((0.2, 0.6), (0.9, 0.6)),
    5: ((0.1, 0.0), (0.1, 1.0)),
    7: ((0.0, 0.0), (0.0, 0.4)),
    9: ((0.7, 0.95), (1.5, 0.7)),
}
LOOPED = {
    1: ((0.0, 0.0), (1.4, 0.0), (1.4, 0.2)),
    3: ((0.0, 0.0), (0.0, 0.45)),
    4: ((0.1, 0.0), (0.9, 0.0)),
    6: ((0.1, 0.3), (0.9, 0.1)),
    7: ((0.2, 1.0), (1.0, 1.0)),
    8: ((0.0, 0.5), (1.0, 0.5)),
}

PERSONS: Mapping[str, tuple[Habit, ...]] = {
    "leans far right": (partial(leans, by=0.85),),
    "leans far left": (partial(leans, by=-0.75),),
    "felt pen": (partial(presses, by=2.0), partial(spreads, width=1.3)),
    "broad nib, low waist": (partial(sags, by=0.4), partial(cuts, width=6, degrees=40)),
    "uphill, with hooks": (partial(hooks, length=6), partial(turns, degrees=32)),
    "trembling": (partial(waves, by=1.3, length=10), partial(leans, by=0.3)),
    "swirls": (partial(swirls, degrees=75),),
    "outlines": (partial(hollows, by=2.2),),
    "forms of one's own": (partial(draws, forms=SLASHED), partial(leans, by=0.3)),
    "wide, high waist": (partial(sags, by=-0.4), partial(spreads, width=1.9)),
}
# by whom the settings of fine-tuning were chosen, on training digits; PERSONS are not looked at for it
OTHERS: Mapping[str, tuple[Habit, ...]] = {
    "leans and presses": (partial(leans, by=0.65), partial(presses, by=1.3)),
    "downhill": (partial(turns, degrees=-36),),
    "swirls the other way": (partial(swirls, degrees=-65), partial(sags, by=0.25)),
    "looped": (partial(draws, forms=LOOPED), partial(cuts, width=5, degrees=-50)),
    "narrow waves": (partial(waves, by=1.5, length=11), partial(spreads, width=0.6)),
    "marker, narrow": (partial(presses, by=1.9), partial(spreads, width=0.8)),
    "crayon, leaning": (partial(presses, by=1.7), partial(leans, by=-0.35)),
    "wide, low waist": (partial(sags, by=0.35), partial(spreads, width=1.8)),
    "chisel": (partial(cuts, width=5, degrees=0), partial(presses, by=1.2)),
    "brush, low waist": (partial(presses, by=2.1), partial(sags, by=0.3)),
    "marker, leaning": (partial(presses, by=1.9), partial(leans, by=0.45)),
}
