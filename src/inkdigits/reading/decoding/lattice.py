"""The pieces of one row as a lattice: which can follow which in a consistent set, and what every step costs.

Two pieces may be of one and the same ink. How far the middles of their boxes are apart, from left to right, in half
widths of the wider one, says how probable that is, and how much narrower the other is: a narrow one beside a wide one's
middle is rather its stem than a 1. Slanted neighbours, and a 1 beside a wide digit, have boxes that overlap much.

Only neighbours in a set are compared, and a piece left out with the taken one next to it on either side: what is near
to a farther one is nearer to those between. So a set costs what its neighbours cost, and sums and maxima over sets are
sums and maxima over paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.spacing import Spacing, middle
from inkdigits.types import Box

# Counted on drawn pages of training digits: below the first two finds were never two digits, above the other mostly.
_SAME, _APART = 0.74, 1.24  # half widths of the wider box, and 0.4 times the narrower one's share of its width
_NARROWER = 0.4
LEAST = 1e-6  # no probability is taken to be nearer to 0 or 1, so that no single answer rules all others out
_NEW = np.log(0.5)  # a new number after a gap or a sign,
_ACROSS_GAP = np.log(0.1)  # a number that goes on across a visible gap,
_ACROSS_SIGN = np.log(0.01)  # across a sign that is no point,
_ACROSS_FAR = np.log(0.001)  # or across a gap as between columns


@dataclass(frozen=True, slots=True)
class Piece:
    """A proposal that a digit stands in `box` (pixels of the upright picture). Proposals may overlap and conflict."""

    box: Box
    probabilities: tuple[float, ...]  # of the digits 0 to 9, calibrated, sum 1
    digitness: float  # 0..1, the probability that a digit stands exactly there
    detection: int | None = None  # which of the page's detections it is


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """N pieces, numbered 1 to N by the middles of their boxes; 0 is before all of them and N + 1 behind.

    All costs are log probabilities, float64; -inf is never.
    """

    pieces: tuple[Piece, ...]
    passed: NDArray[np.float64]  # (N+2)×(N+2): that two neighbours are two, and those between left out
    taken: NDArray[np.float64]  # (N+2)×10: taking a piece as each digit
    on: NDArray[np.float64]  # (N+2)×(N+2): when the two are neighbours in one number
    new: NDArray[np.float64]  # (N+2)×(N+2): when a new number begins with the second

    def score(self, number: Sequence[tuple[int, int]]) -> float:
        """The log probability of one number, pairs of piece and digit from left to right, and nothing else."""
        places = [0, *(place for place, _ in number), len(self.pieces) + 1]
        between = sum(float(self.passed[left, right] + self.on[left, right]) for left, right in pairwise(places))
        return between + sum(float(self.taken[place, digit]) for place, digit in number)


def lattice(pieces: Sequence[Piece], sharpness: float = 1.0) -> Lattice:
    """The lattice of one row's pieces, in any order, all digits on it being one number.

    `sharpness`, 0..1, is how much the probability of a piece's most probable digit counts; how much less probable the
    others are counts always.
    """
    ordered = tuple(sorted(pieces, key=lambda piece: (middle(piece.box), piece.box.x)))
    size = len(ordered) + 2
    digitness = np.clip([piece.digitness for piece in ordered], LEAST, 1 - LEAST).reshape(-1)
    probabilities = np.array([piece.probabilities for piece in ordered], np.float64).reshape(-1, 10)
    taken = np.full((size, 10), -np.inf)
    which = np.log(np.clip(probabilities, LEAST, 1))
    taken[1:-1] = np.log(digitness)[:, np.newaxis] + which - (1 - sharpness) * which.max(axis=1, keepdims=True)
    new = np.full((size, size), -np.inf)
    new[0] = 0
    return Lattice(ordered, _passed(ordered, np.log1p(-digitness)), taken, np.zeros((size, size)), new)


def spaced(plain: Lattice, spacing: Spacing, literals: frozenset[str]) -> Lattice:
    """The lattice with several numbers allowed: a new one begins after a visible gap or a sign, and only there.

    A number can go on across them at a cost, unless `literals` say that its form has gaps or signs in it.
    """
    boxes = [piece.box for piece in plain.pieces]
    gaps, parted = spacing.gaps(boxes), spacing.parted(boxes)
    on, new = np.zeros_like(plain.on), plain.new.copy()
    visible = 0.0 if " " in literals else _ACROSS_GAP
    sign = 0.0 if literals - set(" .,") else _ACROSS_SIGN
    costs = np.where(gaps > spacing.far, _ACROSS_FAR, np.where(gaps > spacing.visible, visible, 0.0))
    on[1:-1, 1:-1] = np.minimum(costs, np.where(parted, sign, 0.0))
    new[1:-1, 1:-1] = np.where(parted | (gaps > spacing.visible), _NEW, -np.inf)
    return Lattice(plain.pieces, plain.passed, plain.taken, on, new)


def part(row: Lattice, first: int, last: int) -> Lattice:
    """The pieces between two numbered ones, without those that are certainly the same; all digits are one number."""
    free = (row.passed[first] > -np.inf) & (row.passed[:, last] > -np.inf)
    inside = np.flatnonzero(free[1:-1]) + 1
    alone = lattice([row.pieces[place - 1] for place in inside])
    alone.on[1:-1, 1:-1] = row.on[np.ix_(inside, inside)]
    return alone


def apart(pieces: Sequence[Piece]) -> NDArray[np.float64]:
    """N pieces → N×N: how probably two of them are of different ink, 0..1."""
    middles = np.array([middle(piece.box) for piece in pieces])
    widths = np.array([piece.box.width for piece in pieces], np.float64)
    away = np.abs(middles[:, np.newaxis] - middles[np.newaxis])
    wider = np.maximum(widths[:, np.newaxis], widths[np.newaxis])
    narrower = np.minimum(widths[:, np.newaxis], widths[np.newaxis])
    far = (2 * away + _NARROWER * narrower) / wider
    return np.asarray(np.clip((far - _SAME) / (_APART - _SAME), 0, 1), np.float64)


def _passed(pieces: Sequence[Piece], left_out: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the two taken pieces cost as neighbours, and what is between them and left out, as far as they do not
    explain it."""
    size = len(pieces) + 2
    different = np.ones((size, size))
    if pieces:
        different[1:-1, 1:-1] = apart(pieces)
    different = np.triu(different, 1)
    costs = np.concatenate([[0.0], left_out, [0.0]])
    with np.errstate(divide="ignore"):  # what is the same for certain never follows: -inf
        return np.asarray((different * costs) @ different + np.log(different), np.float64)
