"""Pages of 200 digits with a known box around each, half of them touching a neighbour: drawn from frozen seeds.

A page is written by four hands, 50 digits each: heights (of MNIST's box) from 24 to 90 pixels, ball pen to felt pen,
several slants. The papers are plain, ruled, squared and patterned, in turn. Between the numbers stand words and
operators (no slash, which is a 1 where the writing leans), within them points. A digit touches its neighbour when their
ink meets at a side or a corner; where it does not touch, some paper is left between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench import photo
from bench.words import Faces, word
from inkdigits.data import paper, signs
from inkdigits.data.digits import Digits
from inkdigits.data.sheet import beside, written_on
from inkdigits.data.strokes import INKED, Ink, Strokes, written
from inkdigits.errors import DataError

SEED = 20_044
KINDS = ("plain", "ruled", "squared", "patterned")
COUNT, HANDS, SPARE = 200, 4, 100
GROUPS = (2,) * 38 + (3,) * 8 + (1,) * 100  # digits that touch each other: pairs, triples, and those that do not
LOW, HIGH = 24.0, 90.0  # pixels: heights of digits
WIDTH, TALL, MARGIN = 1600, 6000, 70  # pixels; a page is cut where the writing ends
SIGNS = (0, 2, 3, 5, 7, 8)  # minus, equals, plus, times, obelus, brackets
UNDER = 0.25  # share of the narrower digit's width that one may reach under the other, beyond what the slant does
CLEAR = 3  # pixels of paper left at least between digits that do not touch
NOWHERE = -1e9


@dataclass(frozen=True)
class Sheet:
    """`image` uint8 H×W×3 (red, green, blue); `boxes` int64 K×4 (x, y, width, height) around the digits' ink, `labels`
    int64 K, `touching` bool K; `kind` one of KINDS; `ink` float32 H×W, all that was written, before it was a photo."""

    image: NDArray[np.uint8]
    boxes: NDArray[np.int64]
    labels: NDArray[np.int64]
    touching: NDArray[np.bool_]
    kind: str
    ink: Ink


@dataclass(frozen=True)
class _Hand:
    """How one hand writes; heights and pens in pixels, slant in pixels sideways per pixel of height."""

    height: float
    pen: float
    slant: float
    width: float

    @classmethod
    def drawn(cls, rng: Generator) -> _Hand:
        height = float(np.exp(rng.uniform(np.log(LOW * 1.05), np.log(HIGH / 1.15))))
        pen = max(1.5, height * float(np.exp(rng.uniform(np.log(0.035), np.log(0.16)))))
        return cls(height, pen, float(rng.normal(0.08, 0.18)), float(rng.uniform(0.8, 1.2)))


@dataclass
class _Page:
    """A page that is being written: how far one has come, and what stands there."""

    digits: Iterator[tuple[int, NDArray[np.uint8]]]  # labels and fields of what may still be written
    rng: Generator
    hand: _Hand
    rise: float  # of its lines, pixels down per pixel to the right
    x: float = MARGIN
    foot: float = MARGIN + 1.3 * HIGH  # of the line that is being written
    ink: Ink = field(default_factory=lambda: np.zeros((TALL, WIDTH), np.float32))
    edge: NDArray[np.float64] = field(default_factory=lambda: np.full(TALL, NOWHERE))
    boxes: list[tuple[int, int, int, int]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    touching: list[bool] = field(default_factory=list)

    def lay(self, ink: Ink, x: int, y: int) -> None:
        """Write ink with its top left corner at x, y."""
        place = self.ink[y : y + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(place, ink[:, : place.shape[1]], out=place)
        written_on(self.edge, ink, y, x)
        self.x = x + ink.shape[1]

    def near(self, ink: Ink, x: int, y: int, reach: int) -> bool:
        """Whether ink at x, y comes within `reach` pixels of what is written; 1 is touching it."""
        there = self.ink[y - reach : y + ink.shape[0] + reach, x - reach : x + ink.shape[1] + reach] > INKED
        grown = cv2.dilate(np.pad((ink > INKED).astype(np.uint8), reach), np.ones((2 * reach + 1,) * 2, np.uint8))
        return bool((there & (grown[:, : there.shape[1]] > 0)).any())

    def top(self, ink: Ink) -> int:
        """The row in which ink begins that stands on the line here."""
        foot = self.foot + self.rise * self.x + self.rng.normal(0, 0.03) * self.hand.height
        return int(round(foot) - ink.shape[0])

    def space(self) -> None:
        """Leave the space that parts two numbers, and forget what stands before it."""
        self.x += self.rng.uniform(0.7, 1.8) * self.hand.height
        self.edge[:] = NOWHERE

    def next_line(self, hand: _Hand) -> None:
        self.foot += hand.height + self.rng.uniform(0.5, 0.9) * max(hand.height, self.hand.height)
        self.hand, self.x = hand, MARGIN + self.rng.uniform(0, 1.5) * hand.height
        self.edge[:] = NOWHERE


def sheet(digits: Digits, families: Faces, number: int) -> Sheet:
    """Page `number` (from 0), written with digits of a set. Equal arguments give equal pages."""
    rng = np.random.default_rng([SEED, number])
    chosen = rng.permutation(len(digits))[: COUNT + SPARE]
    strokes = Strokes.of(Digits(digits.images[chosen], digits.labels[chosen], digits.name))
    left = zip(strokes.labels.tolist(), strokes.fields, strict=True)
    page = _Page(left, rng, _Hand.drawn(rng), float(rng.normal(0, 0.01)))
    hands = 1
    for group in rng.permutation(GROUPS).tolist():
        if len(page.labels) * HANDS >= hands * COUNT:
            page.next_line(_Hand.drawn(rng))
            hands += 1
        _onwards(page, families)
        _alone(page, touching=group > 1)
        for _ in range(group - 1):
            _joined(page)
    return _finished(page, KINDS[number % len(KINDS)])


def _onwards(page: _Page, families: Faces) -> None:
    """Go to where the next group is written, past what stands between: a point, a space, a sign, a word."""
    chance, height, rng = page.rng.random(), page.hand.height, page.rng
    if page.x > WIDTH - MARGIN - 7 * height:
        return page.next_line(page.hand)
    if page.x < MARGIN + 2 * height or chance > 0.45:  # the number goes on
        return None
    if chance < 0.05:
        point = signs.point(height, page.hand.pen, rng)
        page.lay(point, round(page.x + CLEAR + 0.1 * height), page.top(point))
        return None
    page.space()
    if chance < 0.12:
        sign = signs.between(height, page.hand.pen, rng, int(rng.choice(SIGNS)))
        page.lay(sign, round(page.x), round(page.top(sign) + (sign.shape[0] - height) / 2))
        page.space()
    elif chance < 0.2 and families:
        text = word(families, height * rng.uniform(0.7, 1.2), rng)
        if page.x + text.shape[1] < WIDTH - MARGIN - 7 * height:
            page.lay(text, round(page.x), page.top(text))
            page.space()
    return None


def _ink(page: _Page, digit: NDArray[np.uint8]) -> Ink:
    """The next digit in the hand of the page."""
    hand, rng = page.hand, page.rng
    height = float(np.clip(hand.height * np.exp(rng.normal(0, 0.08)), LOW, HIGH))
    pen, slant = hand.pen * rng.uniform(0.9, 1.1), hand.slant + rng.normal(0, 0.04)
    return written(digit, height, pen, slant, page.rise + rng.normal(0, 0.04), hand.width, rng)


def _alone(page: _Page, touching: bool) -> None:
    """Write the next digit clear of all others; `touching` says that another will follow that touches it."""
    label, digit = next(page.digits)
    ink = _ink(page, digit)
    top = page.top(ink)
    x = round(beside(page.edge, ink, top, page.x, page.rng.uniform(0.08, 0.35) * page.hand.height))
    while page.near(ink, x, top, CLEAR):
        x += 1
    _put(page, ink, x, top, label, touching)


def _joined(page: _Page) -> None:
    """Write the next digit so that it touches the one before; one that would have to slide under it is passed over."""
    left, _, wide, _ = page.boxes[-1]
    lean = abs(page.hand.slant) * page.hand.height
    for label, digit in page.digits:
        ink = _ink(page, digit)
        top = page.top(ink)
        x = round(beside(page.edge, ink, top, page.x, -1 - page.rng.uniform(0, 0.06) * page.hand.height))
        if page.near(ink, x, top, 1) and left + wide - x <= UNDER * min(wide, ink.shape[1]) + lean:
            return _put(page, ink, x, top, label, True)
    raise DataError(f"Of {COUNT + SPARE} digits too few touch each other; raise SPARE.")


def _put(page: _Page, ink: Ink, x: int, top: int, label: int, touching: bool) -> None:
    page.lay(ink, x, top)
    page.boxes.append((x, top, ink.shape[1], ink.shape[0]))
    page.labels.append(label)
    page.touching.append(touching)


def _finished(page: _Page, kind: str) -> Sheet:
    """The page cut below its last line, on paper, as a photo."""
    rng = page.rng
    ink = page.ink[: round(page.foot + abs(page.rise) * WIDTH + MARGIN)]
    picture = photo.paper_of((ink.shape[0], WIDTH), rng)
    picture = photo.laid(picture, _printed(kind, page, ink.shape[0]), photo.colour(photo.PRINTS, rng))
    picture = photo.laid(picture, ink * np.float32(rng.uniform(0.75, 0.97)), photo.colour(photo.PENS, rng))
    image = photo.taken(picture, float(rng.uniform(0.4, 1.0)), rng)
    return Sheet(image, np.array(page.boxes), np.array(page.labels), np.array(page.touching), kind, ink)


def _printed(kind: str, page: _Page, tall: int) -> Ink:
    """What is printed on the paper of that kind."""
    ink, rng = np.zeros((tall, WIDTH), np.float32), page.rng
    if kind == "patterned":
        return paper.patterned((tall, WIDTH), page.hand.height, rng)
    step = page.hand.height * rng.uniform(0.9, 1.8)
    thick = int(rng.integers(1, 4))
    for level in np.arange(-abs(page.rise) * WIDTH, tall + step, step) if kind != "plain" else ():
        paper.rule(ink, (0, level), (WIDTH, level + page.rise * WIDTH), thick)
    for place in np.arange(-abs(page.rise) * tall, WIDTH + step, step) if kind == "squared" else ():
        paper.rule(ink, (place, 0), (place - page.rise * tall, tall), thick)
    return np.asarray(ink * rng.uniform(0.4, 1), np.float32)
