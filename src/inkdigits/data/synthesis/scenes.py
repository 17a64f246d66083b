"""Scenes: pieces of a page with digits in known places, as a network sees them that learns to find digits.

A scene is ink alone, bright on 0, the light evened out already. Rows of digits, words, signs and things, rules and
patterns are laid over each other; every digit's box is known. Equal generators give equal scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import ImageFont

from inkdigits.data.synthesis import paper, signs
from inkdigits.data.synthesis.nondigits import scribble, shape
from inkdigits.data.synthesis.sheet import GONE, HUGE, LEAST, MOST, TINY, Sheet, beside, written_on
from inkdigits.data.synthesis.silhouettes import silhouette
from inkdigits.data.synthesis.strokes import Ink, Strokes, bent, written

_CROPPED = 0.25  # share of scenes that are cut out tightly
_EMPTY = 0.1  # share of scenes in which there is no row of digits
_ROWS = (0.75, 0.8, 0.92, 0.97)  # of rows: those of digits, those and hand-written words, and printed ones, and things
_ROWS_OF_EMPTY = (0.0, 0.2, 0.7, 0.95)
_APART = 0.2  # heights between digits that may have a box each
_MIXED = 0.95  # share of the letters of a hand-written word that are not written like a digit


@dataclass(frozen=True)
class Scene:
    """`ink` float32 H×W, 0..1; `boxes` float32 K×4 (x, y, width, height, pixels); `labels` int64 K, DOUBTFUL
    where a digit is cut off or nearly of a size that is to be found."""

    ink: Ink
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Material:
    """What scenes are written with: digits; `letters` and signs, labelled 1 where they may stand alone and 0 where they
    are written like a digit; fonts for words. There may be no letters and no fonts."""

    digits: Strokes
    letters: Strokes | None = None
    faces: Sequence[ImageFont.FreeTypeFont] = ()


@dataclass(frozen=True)
class _Hand:
    """How one writer writes on one page."""

    height: float  # of a usual digit, pixels
    pen: float  # pixels
    slant: float
    rise: float  # of the row, pixels per pixel
    gap: float  # between digits, in heights; negative ones overlap
    width: float
    uneven: float  # how much sizes differ
    dots: float  # chances of what stands between two digits
    signs: float
    spaces: float
    links: float  # chance of a stroke from one digit to the next
    words: float  # chance that a word follows a space, and not digits

    @classmethod
    def drawn(cls, rng: Generator, low: float = LEAST, high: float = MOST) -> _Hand:
        height = float(np.exp(rng.uniform(np.log(low * 1.1), np.log(high * 0.85))))
        ways = [rng.uniform(-0.12, 0.03), rng.uniform(0.0, 0.15), rng.uniform(0.1, 0.5), rng.uniform(0.4, 1.2)]
        return cls(
            height=height,
            pen=max(1.2, height * float(np.exp(rng.uniform(np.log(0.035), np.log(0.2))))),
            slant=float(rng.normal(0.07, 0.2)),
            rise=float(rng.normal(0, 0.05)),
            gap=float(ways[rng.choice(4, p=[0.3, 0.35, 0.25, 0.1])]),
            width=float(rng.uniform(0.75, 1.25)),
            uneven=float(rng.choice([0.05, 0.12, 0.25])),
            dots=float(rng.choice([0, 0.15, 0.35], p=[0.4, 0.4, 0.2])),
            signs=float(rng.choice([0, 0.12, 0.4], p=[0.5, 0.25, 0.25])),
            spaces=float(rng.choice([0, 0.1, 0.4], p=[0.5, 0.3, 0.2])),
            links=float(rng.choice([0, 0.3], p=[0.75, 0.25])),
            words=float(rng.choice([0, 0.4], p=[0.8, 0.2])),
        )

    def write(self, field: NDArray[np.uint8], size: float, rng: Generator) -> Ink:
        """One sign as this hand writes it, `size` times as high as a usual digit."""
        return written(
            bent(field, rng),
            self.height * size,
            self.pen * rng.uniform(0.9, 1.1),
            self.slant + rng.normal(0, 0.06),
            self.rise + rng.normal(0, 0.06),
            self.width * rng.uniform(0.85, 1.18),
            rng,
        )


def scene(material: Material, rng: Generator, size: tuple[int, int] = (128, 256)) -> Scene:
    """One scene of `size` (height, width)."""
    sheet = Sheet(np.zeros(size, np.float32))
    kind, (digits, letters, words, things) = rng.random(), _ROWS if rng.random() >= _EMPTY else _ROWS_OF_EMPTY
    hand = _Hand.drawn(rng, *(HUGE if kind < 0.06 else TINY if kind < 0.12 else (LEAST, MOST)))
    y = rng.uniform(-0.6, 0.6) * hand.height
    while y < size[0] and kind < 0.95:
        what, low = rng.random(), y + hand.height
        if what < digits:
            _row(sheet, hand, material, y, rng)
        elif what < letters and material.letters is not None:
            _row(sheet, hand, material, y, rng, letters=True)
        elif what < words and material.faces:
            low = _words(sheet, hand, material.faces, y, rng)
        elif what < things:
            low = _things(sheet, hand, y, rng)
        y = max(low, y + hand.height) + hand.height * rng.uniform(0.05, 1.2)
    _furnished(sheet, hand.height, hand.gap > _APART, rng)
    if rng.random() < _CROPPED:
        sheet.crop(rng)
    ink = paper.spoilt(sheet.ink, hand.height, rng)
    sheet.doubt(ink)
    boxes, labels = np.array(sheet.found, np.float32).reshape(-1, 4), np.array(sheet.labels, np.int64)
    return Scene(ink, boxes[labels != GONE], labels[labels != GONE])


def _row(sheet: Sheet, hand: _Hand, material: Material, y: float, rng: Generator, letters: bool = False) -> None:
    """A row of digits, or of hand-written `letters`, from somewhere left to somewhere right, and what is between."""
    width = sheet.ink.shape[1]
    start = x = rng.uniform(-0.5, 0.5) * hand.height if rng.random() < 0.6 else rng.uniform(0, 0.7) * width
    end = width if rng.random() < 0.6 else rng.uniform(x, width)
    edge = np.full(sheet.ink.shape[0], -1e9)  # how far to the right each row of pixels is written on
    same = int(rng.integers(10)) if rng.random() < 0.06 else None  # as in 2000 and 5555
    word = int(rng.integers(2, 9)) if letters else 0  # letters that are still to come before the next space
    while x < end:
        label = None if word else _label(material.digits, same, rng)
        field = _letter(material, rng) if label is None else _digit(material.digits, label, rng)
        ink = hand.write(field, _size(hand, label, rng), rng)
        foot = y + hand.height * (1 + rng.normal(0, 0.05)) + hand.rise * (x - start)
        top = round(foot - ink.shape[0])
        gap = hand.gap * rng.uniform(0.6, 1.4) + rng.normal(0, 0.02)
        x = beside(edge, ink, top, x, gap * hand.height)
        sheet.lay(ink, round(x), top, label)
        written_on(edge, ink, top, round(x))
        if rng.random() < hand.links:
            _link(sheet, hand, round(x) + ink.shape[1], foot, rng)
        x += ink.shape[1]
        if word > 1:
            word -= 1
            continue
        before = x
        x = _between(sheet, hand, material, x, foot, edge, rng, space=word == 1)
        word = int(rng.integers(2, 9)) if letters or _word_follows(hand, material, x - before, rng) else 0


def _word_follows(hand: _Hand, material: Material, space: float, rng: Generator) -> bool:
    """Whether a hand-written word comes next among the digits, after so many pixels."""
    return material.letters is not None and space > 0.3 * hand.height and rng.random() < hand.words


def _label(digits: Strokes, same: int | None, rng: Generator) -> int:
    """Which digit is written next: any as often as the set has it, or mostly the `same` one."""
    if same is not None and rng.random() < 0.7 and same in digits.labels:
        return same
    return int(digits.labels[rng.integers(len(digits.labels))])


def _digit(digits: Strokes, label: int, rng: Generator) -> NDArray[np.uint8]:
    field: NDArray[np.uint8] = digits.fields[rng.choice(np.flatnonzero(digits.labels == label))]
    return field


def _letter(material: Material, rng: Generator) -> NDArray[np.uint8]:
    """A letter of a word, mostly one that is not written like a digit."""
    assert material.letters is not None
    alone = int(rng.random() < _MIXED)
    field: NDArray[np.uint8] = material.letters.fields[rng.choice(np.flatnonzero(material.letters.labels == alone))]
    return field


def _size(hand: _Hand, label: int | None, rng: Generator) -> float:
    """How high the next sign is, in heights: small letters are lower, and at times a 0 is."""
    size = float(np.exp(rng.normal(0, hand.uneven)))
    if label is None:
        return size * float(rng.choice([0.65, 1.0]))
    return size * (rng.uniform(0.55, 0.8) if label == 0 and rng.random() < 0.12 else 1.0)


def _link(sheet: Sheet, hand: _Hand, x: int, foot: float, rng: Generator) -> None:
    """A stroke from a digit, whose box ends at `x`, towards the next, as quick writers leave it."""
    back, on = rng.uniform(0.05, 0.3) * hand.height, rng.uniform(0, 0.3) * hand.height
    levels = foot - rng.uniform(0, 1) * hand.height + rng.normal(0, 0.1, 3) * hand.height
    points = np.stack([[x - back, x, x + on], levels], axis=1)
    ink = signs.stroke(points, hand.pen)
    sheet.lay(ink, round(x - back - hand.pen / 2), round(levels.min() - hand.pen / 2))


def _between(
    sheet: Sheet, hand: _Hand, material: Material, x: float, foot: float, edge: NDArray[np.floating], rng: Generator,
    space: bool,
) -> float:  # fmt: skip
    """A point, a sign, a letter or a space after a digit, by the hand's chances; returns how far it came.

    `space` demands one, as after a word.
    """
    chance = rng.random()
    if chance < hand.dots and not space:
        ink = signs.point(hand.height, hand.pen, rng)
        x += rng.uniform(-0.05, 0.2) * hand.height
        sheet.lay(ink, round(x), round(foot - ink.shape[0] * rng.uniform(0.2, 1)))
        return float(x + ink.shape[1] + rng.uniform(-0.05, 0.1) * hand.height)
    if chance < hand.dots + hand.signs and not space:
        ink = _sign(hand, material, rng)
        x += rng.uniform(0.1, 0.5) * hand.height
        sheet.lay(ink, round(x), round(foot - 0.5 * hand.height - ink.shape[0] * rng.uniform(0.4, 0.6)))
        edge[:] = np.maximum(edge, x + ink.shape[1])
        return float(x + ink.shape[1] + rng.uniform(0.1, 0.4) * hand.height)
    if space or rng.random() < hand.spaces:
        x += rng.uniform(0.35, 2.5) * hand.height
        edge[:] = -1e9
    return x


def _sign(hand: _Hand, material: Material, rng: Generator) -> Ink:
    """An operator, or a letter that is not written like a digit: printed, or in the hand's own strokes."""
    what = rng.random()
    if what < 0.2 and material.letters is not None:
        alone = rng.choice(np.flatnonzero(material.letters.labels == 1))
        return hand.write(material.letters.fields[alone], float(rng.choice([0.65, 1.0])), rng)
    if what < 0.3 and material.faces:
        return signs.letter(material.faces, rng)
    return signs.between(hand.height, hand.pen, rng)


def _words(sheet: Sheet, hand: _Hand, faces: Sequence[ImageFont.FreeTypeFont], y: float, rng: Generator) -> float:
    """A row of printed words or of single letters; returns where it ends below."""
    x, low = rng.uniform(-0.5, 1) * hand.height, y
    few = faces[int(rng.integers(len(faces)))]
    alone = rng.random() < 0.2
    while x < sheet.ink.shape[1]:
        ink = signs.letter([few], rng) if alone else signs.word([few], rng)
        sheet.lay(ink, round(x), round(y + rng.normal(0, 0.03) * hand.height))
        x += ink.shape[1] + rng.uniform(0.3, 1.2) * ink.shape[0]
        low = max(low, y + ink.shape[0])
    return low


def _things(sheet: Sheet, hand: _Hand, y: float, rng: Generator) -> float:
    """A row of scribbles, of filled or drawn shapes, or of silhouettes; returns where it ends below."""
    makers = (scribble, shape, silhouette)
    make = makers[int(rng.integers(3))] if rng.random() < 0.5 else None
    x, largest = rng.uniform(-0.5, 1) * hand.height, hand.height * rng.uniform(0.6, 2)
    while x < sheet.ink.shape[1]:
        one = (make or makers[int(rng.integers(3))])(rng).astype(np.float32) / np.float32(255)
        side = max(4, round(largest * rng.uniform(0.7, 1)))
        sheet.lay(
            np.asarray(cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA), np.float32), round(x), round(y)
        )
        x += side + rng.uniform(0, 1) * hand.height
    return float(y + largest)


def _furnished(sheet: Sheet, height: float, apart: bool, rng: Generator) -> None:
    """Rules, boxes around digits that stand `apart`, patterns, stains and strokes of other writing over it all."""
    size = sheet.ink.shape[0], sheet.ink.shape[1]
    if rng.random() < 0.22:
        np.maximum(sheet.ink, paper.ruled(size, height, rng), out=sheet.ink)
    if sheet.found and apart and rng.random() < 0.25:
        for box in sheet.found if rng.random() < 0.5 else sheet.found[:: int(rng.integers(1, 5))]:
            np.maximum(sheet.ink, paper.boxed(size, box, height, rng), out=sheet.ink)
    if rng.random() < 0.3:
        np.maximum(sheet.ink, paper.patterned(size, height, rng), out=sheet.ink)
    if rng.random() < 0.1:
        np.maximum(sheet.ink, paper.clouded(size, rng) * np.float32(rng.uniform(0.2, 1)), out=sheet.ink)
    if rng.random() < (0.05 if sheet.found else 0.4):
        np.maximum(sheet.ink, paper.textured(size, rng) * np.float32(rng.uniform(0.3, 1)), out=sheet.ink)
    if rng.random() < 0.1:
        np.maximum(sheet.ink, paper.dark_edge(size, rng), out=sheet.ink)
    for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.12 else 0):
        points = rng.uniform(0, 1, (int(rng.integers(2, 5)), 2)) * [size[1], size[0]]
        ink = signs.stroke(points, max(1.0, height * rng.uniform(0.03, 0.2)))
        sheet.lay(ink * np.float32(rng.uniform(0.3, 1)), round(points[:, 0].min()), round(points[:, 1].min()))
