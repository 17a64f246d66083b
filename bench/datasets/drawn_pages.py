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

from bench.datasets import photo
from bench.datasets.unseen_words import Faces, draw_word
from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis import paper, signs
from inkdigits.data.synthesis.scene_canvas import extend_right_edge, find_x_after_gap
from inkdigits.data.synthesis.strokes import INK_THRESHOLD, Ink, Strokes, write_digit
from inkdigits.errors import DataError

SEED = 20_044
KINDS = ("plain", "ruled", "squared", "patterned")
DIGITS_PER_PAGE, HANDS_PER_PAGE, SPARE_DIGITS = 200, 4, 100
GROUP_SIZES = (2,) * 38 + (3,) * 8 + (1,) * 100  # digits that touch each other: pairs, triples, and those that do not
MIN_DIGIT_HEIGHT, MAX_DIGIT_HEIGHT = 24.0, 90.0  # pixels: heights of digits
PAGE_WIDTH, MAX_PAGE_HEIGHT, PAGE_MARGIN = 1600, 6000, 70  # pixels; a page is cut where the writing ends
SIGN_INDICES = (0, 2, 3, 5, 7, 8)  # minus, equals, plus, times, obelus, brackets
MAX_UNDERLAP_SHARE = (
    0.25  # share of the narrower digit's width that one may reach under the other, beyond what the slant does
)
MIN_GAP_PIXELS = 3  # pixels of paper left at least between digits that do not touch
NO_EDGE = -1e9


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
    def sample(cls, rng: Generator) -> _Hand:
        height = float(np.exp(rng.uniform(np.log(MIN_DIGIT_HEIGHT * 1.05), np.log(MAX_DIGIT_HEIGHT / 1.15))))
        pen = max(1.5, height * float(np.exp(rng.uniform(np.log(0.035), np.log(0.16)))))
        return cls(height, pen, float(rng.normal(0.08, 0.18)), float(rng.uniform(0.8, 1.2)))


@dataclass
class _Page:
    """A page that is being written: how far one has come, and what stands there."""

    digits: Iterator[tuple[int, NDArray[np.uint8]]]  # labels and fields of what may still be written
    rng: Generator
    hand: _Hand
    slope: float  # of its lines, pixels down per pixel to the right
    x: float = PAGE_MARGIN
    baseline: float = PAGE_MARGIN + 1.3 * MAX_DIGIT_HEIGHT  # of the line that is being written
    ink: Ink = field(default_factory=lambda: np.zeros((MAX_PAGE_HEIGHT, PAGE_WIDTH), np.float32))
    right_edge: NDArray[np.float64] = field(default_factory=lambda: np.full(MAX_PAGE_HEIGHT, NO_EDGE))
    boxes: list[tuple[int, int, int, int]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    touching: list[bool] = field(default_factory=list)

    def lay_ink(self, ink: Ink, x: int, y: int) -> None:
        """Write ink with its top left corner at x, y."""
        target = self.ink[y : y + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(target, ink[:, : target.shape[1]], out=target)
        extend_right_edge(self.right_edge, ink, y, x)
        self.x = x + ink.shape[1]

    def is_near(self, ink: Ink, x: int, y: int, reach: int) -> bool:
        """Whether ink at x, y comes within `reach` pixels of what is written; 1 is touching it."""
        nearby = self.ink[y - reach : y + ink.shape[0] + reach, x - reach : x + ink.shape[1] + reach] > INK_THRESHOLD
        grown = cv2.dilate(
            np.pad((ink > INK_THRESHOLD).astype(np.uint8), reach), np.ones((2 * reach + 1,) * 2, np.uint8)
        )
        return bool((nearby & (grown[:, : nearby.shape[1]] > 0)).any())

    def find_top(self, ink: Ink) -> int:
        """The row in which ink begins that stands on the line here."""
        bottom = self.baseline + self.slope * self.x + self.rng.normal(0, 0.03) * self.hand.height
        return int(round(bottom) - ink.shape[0])

    def leave_space(self) -> None:
        """Leave the space that parts two numbers, and forget what stands before it."""
        self.x += self.rng.uniform(0.7, 1.8) * self.hand.height
        self.right_edge[:] = NO_EDGE

    def start_line(self, hand: _Hand) -> None:
        self.baseline += hand.height + self.rng.uniform(0.5, 0.9) * max(hand.height, self.hand.height)
        self.hand, self.x = hand, PAGE_MARGIN + self.rng.uniform(0, 1.5) * hand.height
        self.right_edge[:] = NO_EDGE


def draw_sheet(digits: Digits, families: Faces, number: int) -> Sheet:
    """Page `number` (from 0), written with digits of a set. Equal arguments give equal pages."""
    rng = np.random.default_rng([SEED, number])
    indices = rng.permutation(len(digits))[: DIGITS_PER_PAGE + SPARE_DIGITS]
    strokes = Strokes.from_digits(Digits(digits.images[indices], digits.labels[indices], digits.name))
    supply = zip(strokes.labels.tolist(), strokes.distance_fields, strict=True)
    page = _Page(supply, rng, _Hand.sample(rng), float(rng.normal(0, 0.01)))
    hand_count = 1
    for group in rng.permutation(GROUP_SIZES).tolist():
        if len(page.labels) * HANDS_PER_PAGE >= hand_count * DIGITS_PER_PAGE:
            page.start_line(_Hand.sample(rng))
            hand_count += 1
        _write_between_groups(page, families)
        _write_apart(page, touching=group > 1)
        for _ in range(group - 1):
            _write_touching(page)
    return _finish_page(page, KINDS[number % len(KINDS)])


def _write_between_groups(page: _Page, families: Faces) -> None:
    """Go to where the next group is written, past what stands between: a point, a space, a sign, a word."""
    draw, height, rng = page.rng.random(), page.hand.height, page.rng
    if page.x > PAGE_WIDTH - PAGE_MARGIN - 7 * height:
        return page.start_line(page.hand)
    if page.x < PAGE_MARGIN + 2 * height or draw > 0.45:  # the number goes on
        return None
    if draw < 0.05:
        point = signs.draw_point(height, page.hand.pen, rng)
        page.lay_ink(point, round(page.x + MIN_GAP_PIXELS + 0.1 * height), page.find_top(point))
        return None
    page.leave_space()
    if draw < 0.12:
        sign = signs.draw_operator(height, page.hand.pen, rng, int(rng.choice(SIGN_INDICES)))
        page.lay_ink(sign, round(page.x), round(page.find_top(sign) + (sign.shape[0] - height) / 2))
        page.leave_space()
    elif draw < 0.2 and families:
        text = draw_word(families, height * rng.uniform(0.7, 1.2), rng)
        if page.x + text.shape[1] < PAGE_WIDTH - PAGE_MARGIN - 7 * height:
            page.lay_ink(text, round(page.x), page.find_top(text))
            page.leave_space()
    return None


def _draw_digit(page: _Page, digit: NDArray[np.uint8]) -> Ink:
    """The next digit in the hand of the page."""
    hand, rng = page.hand, page.rng
    height = float(np.clip(hand.height * np.exp(rng.normal(0, 0.08)), MIN_DIGIT_HEIGHT, MAX_DIGIT_HEIGHT))
    pen, slant = hand.pen * rng.uniform(0.9, 1.1), hand.slant + rng.normal(0, 0.04)
    return write_digit(digit, height, pen, slant, page.slope + rng.normal(0, 0.04), hand.width, rng)


def _write_apart(page: _Page, touching: bool) -> None:
    """Write the next digit clear of all others; `touching` says that another will follow that touches it."""
    label, digit = next(page.digits)
    ink = _draw_digit(page, digit)
    top = page.find_top(ink)
    x = round(find_x_after_gap(page.right_edge, ink, top, page.x, page.rng.uniform(0.08, 0.35) * page.hand.height))
    while page.is_near(ink, x, top, MIN_GAP_PIXELS):
        x += 1
    _place_digit(page, ink, x, top, label, touching)


def _write_touching(page: _Page) -> None:
    """Write the next digit so that it touches the one before; one that would have to slide under it is passed over."""
    left_edge, _, width, _ = page.boxes[-1]
    lean = abs(page.hand.slant) * page.hand.height
    for label, digit in page.digits:
        ink = _draw_digit(page, digit)
        top = page.find_top(ink)
        x = round(
            find_x_after_gap(page.right_edge, ink, top, page.x, -1 - page.rng.uniform(0, 0.06) * page.hand.height)
        )
        if (
            page.is_near(ink, x, top, 1)
            and left_edge + width - x <= MAX_UNDERLAP_SHARE * min(width, ink.shape[1]) + lean
        ):
            return _place_digit(page, ink, x, top, label, True)
    raise DataError(f"Of {DIGITS_PER_PAGE + SPARE_DIGITS} digits too few touch each other; raise SPARE_DIGITS.")


def _place_digit(page: _Page, ink: Ink, x: int, top: int, label: int, touching: bool) -> None:
    page.lay_ink(ink, x, top)
    page.boxes.append((x, top, ink.shape[1], ink.shape[0]))
    page.labels.append(label)
    page.touching.append(touching)


def _finish_page(page: _Page, kind: str) -> Sheet:
    """The page cut below its last line, on paper, as a photo."""
    rng = page.rng
    ink = page.ink[: round(page.baseline + abs(page.slope) * PAGE_WIDTH + PAGE_MARGIN)]
    picture = photo.draw_paper((ink.shape[0], PAGE_WIDTH), rng)
    picture = photo.lay_ink(
        picture, _draw_background(kind, page, ink.shape[0]), photo.sample_colour(photo.PRINT_COLOURS, rng)
    )
    picture = photo.lay_ink(
        picture, ink * np.float32(rng.uniform(0.75, 0.97)), photo.sample_colour(photo.PEN_COLOURS, rng)
    )
    image = photo.take_photo(picture, float(rng.uniform(0.4, 1.0)), rng)
    return Sheet(image, np.array(page.boxes), np.array(page.labels), np.array(page.touching), kind, ink)


def _draw_background(kind: str, page: _Page, height: int) -> Ink:
    """What is printed on the paper of that kind."""
    ink, rng = np.zeros((height, PAGE_WIDTH), np.float32), page.rng
    if kind == "patterned":
        return paper.draw_pattern((height, PAGE_WIDTH), page.hand.height, rng)
    step = page.hand.height * rng.uniform(0.9, 1.8)
    thickness = int(rng.integers(1, 4))
    for y in np.arange(-abs(page.slope) * PAGE_WIDTH, height + step, step) if kind != "plain" else ():
        paper.draw_rule(ink, (0, y), (PAGE_WIDTH, y + page.slope * PAGE_WIDTH), thickness)
    for x in np.arange(-abs(page.slope) * height, PAGE_WIDTH + step, step) if kind == "squared" else ():
        paper.draw_rule(ink, (x, 0), (x - page.slope * height, height), thickness)
    return np.asarray(ink * rng.uniform(0.4, 1), np.float32)
