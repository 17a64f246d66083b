"""What a network sees of one digit, and what of it mattered: for whoever wants to know why an answer is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkdigits.glyph import SIZE
from inkdigits.reading.nearest import Nearest, Neighbour
from inkdigits.reading.networks.classifier import Accept, Network
from inkdigits.reading.single import Seen, read_from
from inkdigits.types import Box, Classification, Digit

Why = Literal["accepted", "unsure", "no-digit", "no-ink"]
PATCH, STEP = 8, 5  # pixels: the side of what is blanked, and from one to the next; they cover the glyph exactly
NEIGHBOURS = 8


@dataclass(frozen=True, slots=True)
class Without:
    """The part without which the network is least sure: its place in the glyph, and what is read then, and how sure."""

    box: Box
    digit: int
    confidence: float  # digitness counted in


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """A digit and how it came about.

    `probabilities` of the ten, float32 10; `accept` is what it takes to be accepted, and `why` what decided.
    `glyph` uint8 28×28; `layers` as `Network.layers` gives them. `mattered` float32 28×28: by how much the probability
    falls, 0..1, when what is around a pixel is blanked; `without` the part that matters most (None where none does).
    `nearest` are training digits that look much the same to the network.
    """

    digit: Digit
    probabilities: NDArray[np.float32]
    accept: Accept
    why: Why
    glyph: NDArray[np.uint8]
    layers: Mapping[str, NDArray[np.float32]]
    mattered: NDArray[np.float32]
    without: Without | None
    nearest: tuple[Neighbour, ...]


def inspected(seen: Seen, network: Network, accept: Accept, nearest: Nearest) -> Inspection:
    """All about a digit. The network is asked some 25 times, all at once."""
    glyph, boxes = seen.glyph, patches(seen.glyph)
    answers = network.classify(np.concatenate([glyph[np.newaxis], blanked(glyph, boxes)]))
    digit = read_from(seen, answers, accept)
    mattered, without = _falls(answers, digit.digit, boxes)
    alike = nearest.of(answers.embeddings[0], NEIGHBOURS) if glyph.any() else ()
    why = reason(digit, accept, bool(glyph.any()))
    layers = network.layers(glyph)
    return Inspection(digit, answers.probabilities[0], accept, why, glyph, layers, mattered, without, alike)


def reason(digit: Digit, accept: Accept, ink: bool) -> Why:
    """What decided whether a digit was accepted."""
    if digit.accepted:
        return "accepted"
    if not ink:
        return "no-ink"
    return "no-digit" if digit.digitness < accept.digitness else "unsure"


def patches(glyph: NDArray[np.uint8]) -> list[Box]:
    """The places of a glyph, uint8 28×28, that are blanked in turn: squares that have ink, overlapping."""
    starts = range(0, SIZE - PATCH + 1, STEP)
    squares = [Box(x, y, PATCH, PATCH) for y in starts for x in starts]
    return [box for box in squares if glyph[box.y : box.bottom, box.x : box.right].any()]


def blanked(glyph: NDArray[np.uint8], boxes: list[Box]) -> NDArray[np.uint8]:
    """The glyph once for every box, uint8 N×28×28, each time without what is in it."""
    copies = np.repeat(glyph[np.newaxis], len(boxes), axis=0)
    for copy, box in zip(copies, boxes, strict=True):
        copy[box.y : box.bottom, box.x : box.right] = 0
    return copies


def _falls(answers: Classification, digit: int, boxes: list[Box]) -> tuple[NDArray[np.float32], Without | None]:
    """What blanking did to the certainty of a digit: by pixel, the mean over the patches that cover it, and at worst.

    Of `answers` the first is of the whole glyph, then comes one for every box. After Zeiler and Fergus, "Visualizing
    and understanding convolutional networks", 2014.
    """
    sure = answers.probabilities * answers.digitness[:, np.newaxis]  # 1+N×10
    falls = np.maximum(sure[0, digit] - sure[1:, digit], 0)
    total: NDArray[np.float32] = np.zeros((SIZE, SIZE), np.float32)
    covered = np.zeros_like(total)
    for box, fall in zip(boxes, falls, strict=True):
        window = np.s_[box.y : box.bottom, box.x : box.right]
        total[window] += fall
        covered[window] += 1
    mattered = np.asarray(total / np.maximum(covered, 1), np.float32)
    if not falls.any():
        return mattered, None
    worst = int(falls.argmax())
    left = sure[1 + worst]
    return mattered, Without(boxes[worst], int(left.argmax()), float(left.max()))
