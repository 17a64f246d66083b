"""Scenes: pieces of a page with digits in known places, as a network sees them that learns to find digits.

A scene is ink alone, bright on 0, the light evened out already. Rows of digits, words, signs, rules and patterns are
laid over each other; every digit's box is known. Equal generators give equal scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import ImageFont

from inkdigits.data import paper, signs
from inkdigits.data.nondigits import scribble, shape
from inkdigits.data.strokes import INKED, Ink, Strokes, written

LEAST, MOST = 22.0, 66.0  # pixels: digits with a longer side between these are to be found
TINY, HUGE = (7.0, 15.0), (90.0, 260.0)  # and of these sizes are not: another scale of the same page finds them
INSIDE = 0.75  # share of a digit's box that must lie within the scene
DOUBTFUL = -1  # the label of a digit that may be found or not
_GONE = -2  # and of one that was cut away
_CROPPED = 0.25  # share of scenes that are cut out tightly


@dataclass(frozen=True)
class Scene:
    """`ink` float32 H×W, 0..1; `boxes` float32 K×4 (x, y, width, height, pixels); `labels` int64 K, DOUBTFUL
    where a digit is cut off or nearly of a size that is to be found."""

    ink: Ink
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass
class _Sheet:
    """A scene that is being written."""

    ink: Ink
    found: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)

    def lay(self, ink: Ink, x: int, y: int, label: int | None = None) -> None:
        """Put ink with its top left corner at x, y; what lies outside is lost."""
        height, width = self.ink.shape
        top, left = max(0, -y), max(0, -x)
        part = ink[top : max(top, height - y), left : max(left, width - x)]
        if part.size:
            place = self.ink[y + top : y + top + part.shape[0], x + left : x + left + part.shape[1]]
            np.maximum(place, part, out=place)
            side = max(ink.shape)
            if label is not None and TINY[1] < side < HUGE[0]:
                certain = part.size >= INSIDE * ink.size and LEAST <= side <= MOST
                self.found.append((x, y, ink.shape[1], ink.shape[0]))
                self.labels.append(label if certain else DOUBTFUL)

    def crop(self, rng: Generator) -> None:
        """Leave a part of the page as it was, and nothing around it, as a picture that is cut out tightly."""
        height, width = self.ink.shape
        low = rng.uniform(0, 0.35, 2) * [width, height]
        high = rng.uniform(0.65, 1, 2) * [width, height]
        kept = np.zeros_like(self.ink)
        part = np.s_[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])]
        kept[part] = self.ink[part]
        self.ink = kept
        for place, (x, y, wide, tall) in enumerate(self.found):
            left, top = max(x, int(low[0])), max(y, int(low[1]))
            right, bottom = min(x + wide, int(high[0])), min(y + tall, int(high[1]))
            inside = max(0, right - left) * max(0, bottom - top)
            if inside == 0:
                self.labels[place] = _GONE
            elif inside < INSIDE * wide * tall:
                self.labels[place] = DOUBTFUL
            else:
                self.found[place] = (left, top, right - left, bottom - top)


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

    @classmethod
    def drawn(cls, rng: Generator, low: float = LEAST, high: float = MOST) -> _Hand:
        height = float(np.exp(rng.uniform(np.log(low * 1.1), np.log(high * 0.9))))
        ways = [rng.uniform(-0.12, 0.03), rng.uniform(0.0, 0.15), rng.uniform(0.1, 0.5), rng.uniform(0.4, 1.2)]
        return cls(
            height=height,
            pen=max(1.2, height * float(np.exp(rng.uniform(np.log(0.035), np.log(0.17))))),
            slant=float(rng.normal(0.08, 0.18)),
            rise=float(rng.normal(0, 0.05)),
            gap=float(ways[rng.choice(4, p=[0.3, 0.35, 0.25, 0.1])]),
            width=float(rng.uniform(0.75, 1.25)),
            uneven=float(rng.choice([0.05, 0.12, 0.25])),
            dots=float(rng.choice([0, 0.15, 0.35], p=[0.4, 0.4, 0.2])),
            signs=float(rng.choice([0, 0.12, 0.4], p=[0.5, 0.25, 0.25])),
            spaces=float(rng.choice([0, 0.1, 0.4], p=[0.5, 0.3, 0.2])),
            links=float(rng.choice([0, 0.3], p=[0.75, 0.25])),
        )


def scene(
    strokes: Strokes, faces: Sequence[ImageFont.FreeTypeFont], rng: Generator, size: tuple[int, int] = (128, 256)
) -> Scene:
    """One scene of `size` (height, width) written with digits of `strokes` and words in `faces`."""
    sheet = _Sheet(np.zeros(size, np.float32))
    kind = rng.random()
    if kind < 0.06:
        hand = _Hand.drawn(rng, *HUGE)
    elif kind < 0.12:
        hand = _Hand.drawn(rng, *TINY)
    else:
        hand = _Hand.drawn(rng)
    y = rng.uniform(-0.6, 0.6) * hand.height
    while y < size[0] and kind < 0.95:
        what = rng.random()
        if what < 0.68 or not faces:
            _digits(sheet, hand, strokes, faces, y, rng)
        elif what < 0.92:
            _words(sheet, hand, faces, y, rng)
        elif what < 0.97:
            _things(sheet, hand, y, rng)
        y += hand.height * rng.uniform(1.05, 2.2)
    _furnished(sheet, hand.height, rng)
    if rng.random() < _CROPPED:
        sheet.crop(rng)
    ink = paper.spoilt(sheet.ink, hand.height, rng)
    boxes, labels = np.array(sheet.found, np.float32).reshape(-1, 4), np.array(sheet.labels, np.int64)
    return Scene(ink, boxes[labels != _GONE], labels[labels != _GONE])


def _digits(
    sheet: _Sheet,
    hand: _Hand,
    strokes: Strokes,
    faces: Sequence[ImageFont.FreeTypeFont],
    y: float,
    rng: Generator,
) -> None:
    """A row of digits from somewhere left to somewhere right, with what stands between them."""
    width = sheet.ink.shape[1]
    start = x = rng.uniform(-0.5, 0.5) * hand.height if rng.random() < 0.6 else rng.uniform(0, 0.7) * width
    end = width if rng.random() < 0.6 else rng.uniform(x, width)
    edge = np.full(sheet.ink.shape[0], -1e9)  # how far to the right each row of pixels is written on
    same = int(rng.integers(10)) if rng.random() < 0.06 else None  # as in 2000 and 5555
    while x < end:
        label = same if same is not None and rng.random() < 0.7 and same in strokes.labels else None
        place = (
            int(rng.choice(np.flatnonzero(strokes.labels == label)))
            if label is not None
            else int(rng.integers(len(strokes.labels)))
        )
        height = hand.height * float(np.exp(rng.normal(0, hand.uneven)))
        if strokes.labels[place] == 0 and rng.random() < 0.12:
            height *= rng.uniform(0.55, 0.8)
        ink = written(
            strokes.fields[place],
            height,
            hand.pen * rng.uniform(0.9, 1.1),
            hand.slant + rng.normal(0, 0.04),
            hand.rise + rng.normal(0, 0.05),
            hand.width * rng.uniform(0.85, 1.15),
            rng,
        )
        foot = y + hand.height * (1 + rng.normal(0, 0.05)) + hand.rise * (x - start)
        top = round(foot - ink.shape[0])
        x = beside(
            edge, ink, top, x, hand.gap * hand.height * rng.uniform(0.6, 1.4) + rng.normal(0, 0.02) * hand.height
        )
        sheet.lay(ink, round(x), top, int(strokes.labels[place]))
        written_on(edge, ink, top, round(x))
        if rng.random() < hand.links:
            _link(sheet, hand, round(x) + ink.shape[1], foot, rng)
        x += ink.shape[1]
        x = _between(sheet, hand, faces, x, foot, edge, rng)


def _link(sheet: _Sheet, hand: _Hand, x: int, foot: float, rng: Generator) -> None:
    """A stroke from a digit, whose box ends at `x`, towards the next, as quick writers leave it."""
    back, on = rng.uniform(0.05, 0.3) * hand.height, rng.uniform(0, 0.3) * hand.height
    levels = foot - rng.uniform(0, 1) * hand.height + rng.normal(0, 0.1, 3) * hand.height
    points = np.stack([[x - back, x, x + on], levels], axis=1)
    ink = signs.stroke(points, hand.pen)
    sheet.lay(ink, round(x - back - hand.pen / 2), round(levels.min() - hand.pen / 2))


def beside(edge: NDArray[np.floating], ink: Ink, top: int, x: float, gap: float) -> float:
    """The x where ink goes, its top row at `top`, to be `gap` pixels from what stands left of it, wherever nearest.

    `edge` says for each row of the page how far to the right it is written on, -1e9 where it is not.
    """
    strong = ink > INKED
    rows = np.arange(top, top + ink.shape[0])
    there = strong.any(axis=1) & (rows >= 0) & (rows < len(edge))
    if not there.any():
        return x + gap
    nearest = float((strong.argmax(axis=1)[there] - edge[rows[there]]).min())
    if nearest > 1e6:  # nothing stands there yet
        return x
    return float(max(gap - nearest + 1, x - 0.55 * ink.shape[1]))


def written_on(edge: NDArray[np.floating], ink: Ink, top: int, x: int) -> None:
    """Note in `edge` (as `beside` takes it) how far ink laid at `x, top` reaches to the right in each of its rows."""
    part = ink[max(0, -top) : max(0, len(edge) - top)] > INKED
    last = np.where(part.any(axis=1), x + ink.shape[1] - part[:, ::-1].argmax(axis=1), -1e9)
    place = edge[max(0, top) : max(0, top) + len(part)]
    np.maximum(place, last, out=place)


def _between(
    sheet: _Sheet, hand: _Hand, faces: Sequence[ImageFont.FreeTypeFont], x: float, foot: float,
    edge: NDArray[np.floating], rng: Generator,
) -> float:  # fmt: skip
    """A point, a sign, a letter or a space after a digit, by the hand's chances; returns how far it came."""
    chance = rng.random()
    if chance < hand.dots:
        ink = signs.point(hand.height, hand.pen, rng)
        x += rng.uniform(-0.05, 0.2) * hand.height
        sheet.lay(ink, round(x), round(foot - ink.shape[0] * rng.uniform(0.2, 1)))
        return float(x + ink.shape[1] + rng.uniform(-0.05, 0.1) * hand.height)
    if chance < hand.dots + hand.signs:
        drawn = rng.random() < 0.85 or not faces
        ink = signs.between(hand.height, hand.pen, rng) if drawn else signs.letter(faces, rng)
        x += rng.uniform(0.1, 0.5) * hand.height
        sheet.lay(ink, round(x), round(foot - 0.5 * hand.height - ink.shape[0] * rng.uniform(0.4, 0.6)))
        edge[:] = np.maximum(edge, x + ink.shape[1])
        return float(x + ink.shape[1] + rng.uniform(0.1, 0.4) * hand.height)
    if rng.random() < hand.spaces:
        x += rng.uniform(0.3, 2.5) * hand.height
        edge[:] = -1e9
    return x


def _words(sheet: _Sheet, hand: _Hand, faces: Sequence[ImageFont.FreeTypeFont], y: float, rng: Generator) -> None:
    """A row of words or of single letters."""
    x = rng.uniform(-0.5, 1) * hand.height
    few = faces[int(rng.integers(len(faces)))]
    alone = rng.random() < 0.25
    while x < sheet.ink.shape[1]:
        ink = signs.letter([few], rng) if alone else signs.word([few], rng)
        sheet.lay(ink, round(x), round(y + rng.normal(0, 0.03) * hand.height))
        x += ink.shape[1] + rng.uniform(0.3, 1.2) * ink.shape[0]


def _things(sheet: _Sheet, hand: _Hand, y: float, rng: Generator) -> None:
    """A row of scribbles and of filled or drawn shapes."""
    x = rng.uniform(-0.5, 1) * hand.height
    while x < sheet.ink.shape[1]:
        ink = (scribble(rng) if rng.random() < 0.5 else shape(rng)).astype(np.float32) / np.float32(255)
        side = max(4, round(hand.height * rng.uniform(0.6, 2)))
        sheet.lay(
            np.asarray(cv2.resize(ink, (side, side), interpolation=cv2.INTER_AREA), np.float32), round(x), round(y)
        )
        x += side + rng.uniform(0, 1) * hand.height


def _furnished(sheet: _Sheet, height: float, rng: Generator) -> None:
    """Rules, boxes, patterns, stains and strokes of other writing over and under it all."""
    size = sheet.ink.shape[0], sheet.ink.shape[1]
    if rng.random() < 0.22:
        np.maximum(sheet.ink, paper.ruled(size, height, rng), out=sheet.ink)
    if sheet.found and rng.random() < 0.12:
        for box in sheet.found if rng.random() < 0.5 else sheet.found[:: int(rng.integers(1, 5))]:
            np.maximum(sheet.ink, paper.boxed(size, box, height, rng), out=sheet.ink)
    if rng.random() < 0.3:
        np.maximum(sheet.ink, paper.patterned(size, height, rng), out=sheet.ink)
    if rng.random() < 0.1:
        np.maximum(sheet.ink, paper.clouded(size, rng) * np.float32(rng.uniform(0.2, 1)), out=sheet.ink)
    if rng.random() < (0.05 if sheet.found else 0.3):
        np.maximum(sheet.ink, paper.textured(size, rng) * np.float32(rng.uniform(0.3, 1)), out=sheet.ink)
    if rng.random() < 0.1:
        np.maximum(sheet.ink, paper.dark_edge(size, rng), out=sheet.ink)
    for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.12 else 0):
        points = rng.uniform(0, 1, (int(rng.integers(2, 5)), 2)) * [size[1], size[0]]
        ink = signs.stroke(points, max(1.0, height * rng.uniform(0.03, 0.2)))
        sheet.lay(ink * np.float32(rng.uniform(0.3, 1)), round(points[:, 0].min()), round(points[:, 1].min()))
