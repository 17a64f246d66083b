"""Pictures without a digit, drawn from frozen seeds: sheets of clothes, words, textures, scribbles.

All are ink on paper, taken as photos are (photo.py), of sizes from 60×60 to 1200×900. Equal arguments give equal
pictures. What could honestly be read as a digit is not drawn: no letter stands alone, no single straight stroke, and
every scribble turns at least twelve times. One in five is light on dark.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.datasets import photo
from bench.datasets.unseen_words import Faces, draw_word
from inkdigits.data.synthesis import paper, signs
from inkdigits.data.synthesis.nondigits import smooth_polyline
from inkdigits.data.synthesis.strokes import Ink

SEED = 20_045
SIZES = ((60, 60), (80, 120), (150, 250), (400, 400), (300, 1000), (600, 800), (900, 1200))  # height, width
KNOT_RANGE = (12, 25)  # knots of a scribble, from and up to
Size = tuple[int, int]


@dataclass(frozen=True)
class Material:
    """What pictures are drawn with: `clothes` uint8 N×28×28 (Fashion-MNIST), fonts by family; of either maybe none."""

    clothes: NDArray[np.uint8]
    families: Faces


def draw_negative(kind: str, number: int, material: Material) -> NDArray[np.uint8]:
    """Picture `number` (from 0) of a kind of `KINDS`, uint8 H×W×3."""
    rng = np.random.default_rng([SEED, list(KINDS).index(kind), number])
    size = SIZES[number % len(SIZES)]
    ink = KINDS[kind](size, material, rng)
    cover = ink * np.float32(rng.uniform(0.5, 0.97))
    picture = photo.lay_ink(photo.draw_paper(size, rng), cover, photo.sample_colour(photo.PEN_COLOURS, rng))
    if rng.random() < 0.2:
        picture = 255 - picture
    return photo.take_photo(picture, float(rng.uniform(0, 1.2)), rng)


def draw_clothes(size: Size, material: Material, rng: Generator) -> Ink:
    """Fashion-MNIST's items in rows and columns, from 24 pixels to most of the picture large."""
    ink = np.zeros(size, np.float32)
    side = int(np.exp(rng.uniform(np.log(24), np.log(0.9 * min(size)))))
    step = round(side * rng.uniform(1.05, 1.6))
    top, left = ((length - side) % step // 2 for length in size)
    for y in range(top, size[0] - side + 1, step):
        for x in range(left, size[1] - side + 1, step):
            item = material.clothes[rng.integers(len(material.clothes))].astype(np.float32) / 255
            ink[y : y + side, x : x + side] = cv2.resize(item, (side, side), interpolation=cv2.INTER_LINEAR)
    return ink


def draw_words(size: Size, material: Material, rng: Generator) -> Ink:
    """Lines of words in unseen fonts; every word is whole."""
    ink = np.zeros(size, np.float32)
    height = float(np.exp(rng.uniform(np.log(10), np.log(0.5 * min(size[0], 240)))))
    x = y = 4
    while y + height < size[0] - 4:
        word_ink = draw_word(material.families, height * rng.uniform(0.8, 1), rng)
        if x + word_ink.shape[1] < size[1] - 4:
            place_ink(ink, word_ink, x, y)
        elif x == 4:  # too long for the picture: smaller, if that can be
            height = max(8.0, 0.7 * height)
            y += 1
            continue
        x += word_ink.shape[1] + round(height * rng.uniform(0.4, 1.2))
        if x > size[1] - 2 * height:
            x, y = 4, y + round(height * rng.uniform(1.2, 2.2))
    return ink


def draw_textures(size: Size, material: Material, rng: Generator) -> Ink:
    """One to three of: rules, cheque patterns, stains, dark edges, grain, dots."""
    ink = np.zeros(size, np.float32)
    height = float(np.exp(rng.uniform(np.log(12), np.log(120))))
    makers: tuple[Callable[[], Ink], ...] = (
        lambda: paper.draw_rules(size, height, rng),
        lambda: paper.draw_pattern(size, height, rng) * np.float32(rng.uniform(1, 2.5)),
        lambda: paper.draw_stains(size, rng),
        lambda: paper.draw_dark_edge(size, rng),
        lambda: draw_grain(size, rng),
        lambda: draw_dots(size, height, rng),
    )
    for index in rng.choice(len(makers), int(rng.integers(1, 4)), replace=False).tolist():
        np.maximum(ink, makers[index](), out=ink)
    return np.clip(ink, 0, 1)


def draw_grain(size: Size, rng: Generator) -> Ink:
    """Fine grain, from dust to a carpet."""
    soft = cv2.GaussianBlur(rng.standard_normal(size, np.float32), (0, 0), float(rng.uniform(0.5, 4)))
    edge = rng.uniform(0, 2.5)
    return np.asarray(np.clip((soft / soft.std() - edge) * rng.uniform(0.3, 2), 0, 1) * rng.uniform(0.2, 1), np.float32)


def draw_dots(size: Size, height: float, rng: Generator) -> Ink:
    """Filled dots in rows and columns, as a screen prints them."""
    step = max(6, round(height * rng.uniform(0.3, 1)))
    ink = np.zeros(size, np.float32)
    for y in range(step // 2, size[0], step):
        for x in range(step // 2, size[1], step):
            cv2.circle(ink, (x, y), max(1, step // 4), 1.0, -1, cv2.LINE_AA)
    return np.asarray(ink * rng.uniform(0.3, 1), np.float32)


def draw_scribbles(size: Size, material: Material, rng: Generator) -> Ink:
    """Tangles, coils, waves and zigzags, one or several, each whole."""
    ink = np.zeros(size, np.float32)
    for _ in range(int(rng.integers(1, 2 + size[0] * size[1] // 40_000))):
        side = float(np.exp(rng.uniform(np.log(24), np.log(0.7 * min(size)))))
        pen = max(1.2, side * rng.uniform(0.02, 0.1))
        scribble_ink = signs.draw_stroke(SCRIBBLE_LINES[rng.integers(len(SCRIBBLE_LINES))](side, rng), pen)[
            : size[0] - 2, : size[1] - 2
        ]
        place_ink(
            ink,
            scribble_ink,
            int(rng.integers(0, size[1] - scribble_ink.shape[1])),
            int(rng.integers(0, size[0] - scribble_ink.shape[0])),
        )
    return ink


def trace_tangle(side: float, rng: Generator) -> NDArray[np.floating]:
    """A line that wanders about, with or without corners; K×2 points (x, y) in a square of that side."""
    return smooth_polyline(rng.uniform(0, side, (int(rng.integers(*KNOT_RANGE)), 2)), smooth=bool(rng.random() < 0.7))


def trace_coil(side: float, rng: Generator) -> NDArray[np.floating]:
    """Loops along a line, as a pen is tried out."""
    turns = int(rng.integers(*KNOT_RANGE))
    angle = np.linspace(0, 2 * np.pi * turns, 24 * turns)
    half = side * rng.uniform(0.15, 0.35) * (1 + 0.3 * np.sin(angle / rng.uniform(3, 9)))
    along = angle / (2 * np.pi * turns) * side
    return np.stack([along + half * 0.6 * np.cos(angle), half * np.sin(angle)], axis=1)


def trace_zigzag(side: float, rng: Generator) -> NDArray[np.floating]:
    """Up and down along a line, with or without corners, as something is crossed out or underlined."""
    turns = int(rng.integers(*KNOT_RANGE))
    height = side * rng.uniform(0.1, 0.6) * rng.uniform(0.6, 1, turns) * np.where(np.arange(turns) % 2, 1, -1)
    points = np.stack([np.linspace(0, side, turns) + rng.normal(0, 0.02, turns) * side, height / 2], axis=1)
    return smooth_polyline(points, smooth=bool(rng.random() < 0.5))


def place_ink(ink: Ink, patch: Ink, x: int, y: int) -> None:
    """Put a piece of ink with its top left corner at x, y, where it lies wholly inside."""
    target = ink[y : y + patch.shape[0], x : x + patch.shape[1]]
    np.maximum(target, patch, out=target)


SCRIBBLE_LINES = (trace_tangle, trace_coil, trace_zigzag)
KINDS: dict[str, Callable[[Size, Material, Generator], Ink]] = {
    "clothes": draw_clothes, "words": draw_words, "textures": draw_textures, "scribbles": draw_scribbles,
}  # fmt: skip
