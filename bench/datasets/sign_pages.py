"""Numbers with signs, drawn from frozen seeds: pages of one hand each, and strips of one decimal. The digits are of a
set, those alike in form together; the signs are of held_out_signs.py, and the texts are made here, too.

A page is written in one hand, on plain or ruled paper, and has on each line decimals, amounts, dates, times, sums,
percentages, brackets or numbers with `#`, with wide spaces between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.datasets import photo
from bench.datasets.held_out_signs import SIGN_CHARACTERS, Ink, SignHand
from bench.datasets.sign_texts import RAISED, sample_decimal, sample_item
from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis.scene_canvas import extend_right_edge, find_x_after_gap
from inkdigits.data.synthesis.strips import FormNeighbours
from inkdigits.data.synthesis.strokes import Strokes, bend, write_digit

PAGE_SEED, DECIMAL_SEED = 21_014, 21_015
PAGE_WIDTH, MARGIN = 1300, 60  # pixels
LINES_PER_PAGE = 12
PAGE_HEIGHT_RANGE, STRIP_HEIGHT_RANGE = (28.0, 64.0), (40.0, 70.0)  # pixels: heights of digits
NO_EDGE = -1e9
SIGN_UNDERLAP_RATIO = 0.06  # digit heights that a sign may reach under its neighbours
OWN_FORM_SHARE = 0.85  # of digits: as the hand has written that digit before
STRIP_PAPER, STRIP_INK_DEPTH, STRIP_NOISE_SD = 225.0, 170.0, 4.0  # grey levels


@dataclass(frozen=True)
class SignMaterial:
    """What is written with: digits, which of them are alike, and hands for signs by where they come from."""

    digits: Strokes
    neighbours: FormNeighbours
    hands: Mapping[str, Sequence[SignHand]]

    @classmethod
    def from_digits(cls, digits: Digits, hands: Mapping[str, Sequence[SignHand]]) -> SignMaterial:
        strokes = Strokes.from_digits(digits)
        return cls(strokes, FormNeighbours.from_strokes(strokes), hands)

    def pick_source(self, number: int) -> str:
        """The sources in turn."""
        return list(self.hands)[number % len(self.hands)]

    def pick_hand(self, number: int) -> SignHand:
        """Of each source its hands in turn."""
        hands = self.hands[self.pick_source(number)]
        return hands[number // len(self.hands) % len(hands)]


@dataclass(frozen=True)
class SignPage:
    """`image` uint8 H×W×3 (red, green, blue); `lines`, what stands on each from top to bottom, with spaces between
    numbers; `extents` int64 K×2, the first row of ink of each line and the first one below it; `source` is where its
    signs come from."""

    image: NDArray[np.uint8]
    lines: tuple[str, ...]
    extents: NDArray[np.int64]
    source: str


@dataclass
class Writer:
    """One hand; heights and gaps in pixels, slant in pixels sideways per pixel upwards."""

    material: SignMaterial
    signs: SignHand
    height: float
    slant: float
    stretch: float
    gap: float
    rng: Generator
    forms: dict[int, int] = field(default_factory=dict)  # which digit of the set this hand's 0, 1, … are like

    @classmethod
    def sample(cls, material: SignMaterial, number: int, heights: tuple[float, float], rng: Generator) -> Writer:
        height = float(np.exp(rng.uniform(*np.log(heights))))
        slant, stretch = float(rng.normal(0.1, 0.15)), float(rng.uniform(0.8, 1.15))
        return cls(material, material.pick_hand(number), height, slant, stretch, height * rng.uniform(0, 0.22), rng)

    def write_line(self, text: str, max_width: int) -> tuple[Ink, int, str]:
        """A text as ink cut to its box, the row of that on which digits stand, and how much of the text there was room
        for: whole items, parted by spaces."""
        baseline = 2 * self.height
        ink = np.zeros((round(3.5 * self.height), max_width + round(4 * self.height)), np.float32)
        right_edge, x, written = np.full(len(ink), NO_EDGE), 1.0, ""
        for item in text.split():
            before, start = ink.copy(), x
            for last, character in zip(" " + item, item, strict=False):
                x = self._write_character(character, last, ink, right_edge, x, baseline)
            if x > max_width:
                ink = before
                break
            written = f"{written} {item}".strip()
            x = max(x, start) + self.height * self.rng.uniform(1.0, 1.7)
            right_edge[:] = NO_EDGE
        rows, columns = (np.flatnonzero((ink > 0.2).any(axis=axis)) for axis in (1, 0))
        cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return cut, round(baseline) - int(rows[0]), written

    def _write_character(
        self, character: str, last: str, ink: Ink, right_edge: NDArray[np.float64], x: float, baseline: float
    ) -> float:
        """One character onto the ink; gives the x where it ends."""
        rng = self.rng
        if character == RAISED:
            return x
        if character in SIGN_CHARACTERS:
            part, bottom = self.signs.draw(character, self.height, self.slant, rng)
        else:
            part, bottom = (
                self._write_digit(int(character), is_raised=last == RAISED),
                rng.normal(0, 0.03 * self.height),
            )
        bottom += rng.uniform(0.5, 0.7) * self.height if last == RAISED else 0
        top = round(baseline - bottom) - part.shape[0]
        after_gap = find_x_after_gap(right_edge, part, top, x, self._sample_gap(character, last))
        is_beside_sign = character in SIGN_CHARACTERS or last in SIGN_CHARACTERS or last == RAISED
        x = round(max(after_gap, x - SIGN_UNDERLAP_RATIO * self.height) if is_beside_sign else after_gap)
        area = ink[top : top + part.shape[0], x : x + part.shape[1]]
        np.maximum(area, part[: area.shape[0], : area.shape[1]], out=area)
        extend_right_edge(right_edge, part, top, x)
        return float(x + part.shape[1])

    def _sample_gap(self, character: str, last: str) -> float:
        """Digits stand as close as the hand has them, points nearer, operators further away."""
        is_wide = [each in SIGN_CHARACTERS and each not in ".,'" for each in (last, character)]
        extra = self.rng.uniform(0.08, 0.3) if any(is_wide) else self.rng.uniform(0, 0.12)
        return max(2.0, self.gap + extra * self.height) if any(is_wide) else self.gap + extra * self.height

    def _write_digit(self, label: int, is_raised: bool) -> Ink:
        """A digit as this hand writes it."""
        strokes, rng = self.material.digits, self.rng
        same = np.flatnonzero(strokes.labels == label)
        index = self.forms.setdefault(label, int(rng.choice(same)))
        neighbours = self.material.neighbours.neighbours[index]
        index = int(rng.choice(neighbours if rng.random() < OWN_FORM_SHARE else same))
        height = self.height * np.exp(rng.normal(0, 0.07)) * (rng.uniform(0.45, 0.6) if is_raised else 1)
        pen = max(1.2, self.signs.pen_ratio * self.height * rng.uniform(0.9, 1.1))
        slant, turn = self.slant + rng.normal(0, 0.04), rng.normal(0, 0.04)
        field_bent = bend(strokes.distance_fields[index], rng)
        return write_digit(field_bent, height, pen, slant, turn, self.stretch * rng.uniform(0.92, 1.08), rng)


def draw_sign_page(material: SignMaterial, number: int) -> SignPage:
    """Page `number` (from 0). Equal arguments give equal pages."""
    rng = np.random.default_rng([PAGE_SEED, number])
    writer = Writer.sample(material, number, PAGE_HEIGHT_RANGE, rng)
    pitch = writer.height * rng.uniform(2.2, 2.8)
    ink = np.zeros((round(2 * MARGIN + pitch * LINES_PER_PAGE), PAGE_WIDTH), np.float32)
    lines, extents = [], []
    for row in range(LINES_PER_PAGE):
        items = " ".join(sample_item(rng) for _ in range(int(rng.integers(1, 5))))
        part, baseline, text = writer.write_line(items, PAGE_WIDTH - 4 * MARGIN)
        top = round(MARGIN + pitch * (row + 0.7)) - baseline
        left = MARGIN + int(rng.integers(0, MARGIN))
        area = ink[max(0, top) : top + part.shape[0], left : left + part.shape[1]]
        np.maximum(area, part[max(0, -top) :][: area.shape[0], : area.shape[1]], out=area)
        lines.append(text)
        extents.append((top, top + part.shape[0]))
    picture = photo.draw_paper((ink.shape[0], PAGE_WIDTH), rng)
    if number % 2:
        rules = np.zeros_like(ink)
        for row in range(LINES_PER_PAGE):
            y = round(MARGIN + pitch * (row + 0.75))
            rules[y : y + int(rng.integers(1, 3))] = rng.uniform(0.4, 0.8)
        picture = photo.lay_ink(picture, rules, photo.sample_colour(photo.PRINT_COLOURS, rng))
    ink *= np.float32(rng.uniform(0.8, 0.97))
    picture = photo.lay_ink(picture, ink, photo.sample_colour(photo.PEN_COLOURS, rng))
    image = photo.take_photo(picture, float(rng.uniform(0.4, 1.0)), rng)
    return SignPage(image, tuple(lines), np.array(extents), material.pick_source(number))


def draw_decimal(material: SignMaterial, number: int) -> tuple[NDArray[np.uint8], str]:
    """Strip `number` (from 0) with one decimal, uint8 H×W, and its text: with a point if the number is even, else with
    a comma. Equal arguments give equal strips."""
    rng = np.random.default_rng([DECIMAL_SEED, number])
    writer = Writer.sample(material, number, STRIP_HEIGHT_RANGE, rng)
    text = sample_decimal(".,"[number % 2], rng)
    ink, _, _ = writer.write_line(text, 1000)
    grey = STRIP_PAPER - STRIP_INK_DEPTH * np.pad(ink, MARGIN)
    grey = cv2.GaussianBlur(grey, (0, 0), 0.7) + rng.normal(0, STRIP_NOISE_SD, grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8), text
