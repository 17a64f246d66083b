"""Filled sheets: numbers written into the boxes of a blank form, in one hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis.scene_canvas import Canvas, extend_right_edge, find_x_after_gap
from inkdigits.data.synthesis.strips import FormNeighbours
from inkdigits.data.synthesis.strokes import Ink, Strokes, WritingStyle
from inkdigits.marks import Box

_HEIGHT_RATIO = (0.5, 0.66)  # of a box: of the digits in it
_OFF_CENTRE_SD = 0.05  # of a box's height
_INK_DEPTH = 0.9  # how dark a pen is on white paper


@dataclass(frozen=True)
class WritingHands:
    """Digits to write with, and for each of them those like it, which the same hand may have written."""

    strokes: Strokes
    alike: FormNeighbours

    @classmethod
    def from_digits(cls, digits: Digits) -> WritingHands:
        """The hands of a set of digits."""
        strokes = Strokes.from_digits(digits)
        return cls(strokes, FormNeighbours.from_strokes(strokes))


@dataclass(frozen=True)
class Entry:
    """What is written into a box: each digit of `text` into one of `cells` equal parts, the last rightmost; or in the
    middle of the box, where there are none."""

    box: Box
    text: str
    cells: int = 0


def fill_sheet(shape: tuple[int, int], entries: Sequence[Entry], hands: WritingHands, rng: Generator) -> Ink:
    """The ink of one hand on a sheet of `shape` (height, width), float32 in 0..1, bright on 0. Equal generators write
    alike."""
    canvas = Canvas(np.zeros(shape, np.float32))
    usual = float(np.mean([entry.box.height for entry in entries])) * rng.uniform(*_HEIGHT_RATIO)
    style = replace(
        WritingStyle.sample(rng, 20, 60),
        height=usual,
        pen_width=max(2.0, usual * float(rng.uniform(0.05, 0.12))),
        slant=float(rng.normal(0.07, 0.12)),
        slope=float(rng.normal(0, 0.03)),
        gap_ratio=float(rng.uniform(0.1, 0.35)),
        stretch=float(rng.uniform(0.8, 1.1)),
        size_sd=0.06,
    )
    forms = {
        label: int(rng.choice(np.flatnonzero(hands.strokes.labels == label)))
        for label in np.unique(hands.strokes.labels)
    }
    for entry in entries:
        _write_entry(canvas, entry, style, hands, forms, rng)
    return canvas.ink


def _write_entry(
    canvas: Canvas, entry: Entry, style: WritingStyle, hands: WritingHands, forms: Mapping[int, int], rng: Generator
) -> None:
    """One number into its box."""
    inks = [_draw_digit(int(digit), style, hands, forms, rng) for digit in entry.text]
    box = entry.box
    if entry.cells:
        width = box.width / entry.cells
        first = entry.cells - len(inks)
        middles = [box.x + (first + index + 0.5) * width for index in range(len(inks))]
        for middle, ink in zip(middles, inks, strict=True):
            _place(canvas, ink, middle - ink.shape[1] / 2 + rng.normal(0, _OFF_CENTRE_SD) * width, box, rng)
        return
    edge, x, lefts = np.full(box.height * 3, -1e9), 0.0, list[int]()
    for ink in inks:
        top = (len(edge) - ink.shape[0]) // 2
        x = find_x_after_gap(edge, ink, top, x, style.gap_ratio * rng.uniform(0.6, 1.4) * style.height)
        extend_right_edge(edge, ink, top, round(x))
        lefts.append(round(x))
        x += ink.shape[1]
    start = box.x + (box.width - x) * rng.uniform(0.35, 0.65)
    for left, ink in zip(lefts, inks, strict=True):
        _place(canvas, ink, start + left, box, rng)


def _place(canvas: Canvas, ink: Ink, x: float, box: Box, rng: Generator) -> None:
    middle = box.y + box.height * (0.5 + rng.normal(0, _OFF_CENTRE_SD))
    canvas.add_ink(ink, round(x), round(middle - ink.shape[0] / 2))


def _draw_digit(
    label: int, style: WritingStyle, hands: WritingHands, forms: Mapping[int, int], rng: Generator
) -> NDArray[np.float32]:
    """A digit as this hand writes it."""
    alike = hands.alike.neighbours[forms[label]]
    return style.write(hands.strokes.distance_fields[int(rng.choice(alike))], 1.0, rng)


def lay_on_blank(blank: NDArray[np.uint8], ink: Ink) -> NDArray[np.uint8]:
    """A blank, uint8 H×W, with ink on it: a clean scan of the filled sheet."""
    return np.asarray(np.clip(blank * (1 - _INK_DEPTH * ink), 0, 255), np.uint8)
