"""What stands between the digits of one row: gaps, points and commas, other signs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdigits.types import Box

_GAP = 0.6  # of the row's height: a gap below this never parts numbers
_FAR = 2.5  # of the row's height: a gap above this always does
_USUAL = 2.4  # times the usual gap of the row: between these two, a gap that is wider does
_NARROW = 0.5  # of the row's height: a narrower digit, a 1, stands in a space so wide
_TALL = 1.7  # a digit's weight in the row's height is its own to this power: one 1 outweighs three small zeros
_POINT = (0.35, 0.5)  # of the row's height: a point or comma is at most so wide and high
_LOW = 0.35  # of the row's height: so near to the foot of the line is its middle, or below
_BELOW = 0.35  # of the row's height: what is farther below the foot is not on the line
_SPECK = 0.12  # of the row's height: what is smaller and no point is dirt
_RULE = 1.5  # of the row's height: what is wider is a rule, and no sign
_INSIDE = 0.2  # of a digit's width: ink farther in than this is the digit's own


@dataclass(frozen=True, slots=True)
class Spacing:
    """A row's gaps and signs. `visible` and `far` are pixels: what is wider is a gap between numbers, between columns.

    `points` are points and commas, which part nothing; `signs` are all others that stand on the row. A digit that is
    narrower than `space` pixels stands in a space so wide.
    """

    visible: float
    far: float
    space: float = 0.0
    points: tuple[Box, ...] = ()
    signs: tuple[Box, ...] = ()

    def gaps(self, boxes: Sequence[Box]) -> NDArray[np.float64]:
        """N boxes → N×N pixels free between the space of one and that of a later one; negative where they overlap.

        Where a point stands between them it is the wider of the gaps before and after the point.
        """
        middles, widths = _column(middle(box) for box in boxes), _column(box.width for box in boxes)
        half = np.maximum(widths, self.space) / 2
        left, right = middles - half, middles + half
        gaps = left[np.newaxis] - right[:, np.newaxis]
        for point in self.points:
            beside = np.maximum(point.x - right[:, np.newaxis], left[np.newaxis] - point.right)
            gaps = np.where(_between(boxes, point), np.minimum(gaps, beside), gaps)
        return gaps

    def parted(self, boxes: Sequence[Box]) -> NDArray[np.bool_]:
        """N boxes → N×N: whether a sign that is no point stands between one and a later one."""
        found = np.zeros((len(boxes), len(boxes)), np.bool_)
        for sign in self.signs:
            found |= _between(boxes, sign)
        return found

    def pointed(self, boxes: Sequence[Box]) -> NDArray[np.bool_]:
        """N boxes → N×N: whether a point or comma stands between one and a later one."""
        found = np.zeros((len(boxes), len(boxes)), np.bool_)
        for point in self.points:
            found |= _between(boxes, point)
        return found


def spacing(boxes: Sequence[Box], signs: Sequence[Box] = (), cells: bool = False) -> Spacing:
    """The spacing of a row of digits, `boxes` from left to right (at least one); `signs` is ink that is no digit.

    Where digits are evenly spaced, wide gaps are usual and part nothing; but in `cells` of a table every gap does.
    """
    height = tallness([box.height for box in boxes])
    on_row = [(sign, _kind(sign, boxes, height)) for sign in signs]
    points = tuple(sign for sign, kind in on_row if kind == "point")
    others = tuple(sign for sign, kind in on_row if kind == "sign")
    row = Spacing(_GAP * height, _FAR * height, _NARROW * height, points, others)
    gaps = np.sort(np.diagonal(row.gaps(boxes), 1))
    if cells or not len(gaps):
        return row
    usual = float(gaps[len(gaps) // 4])
    return replace(row, visible=min(max(row.visible, _USUAL * usual), row.far))


def are_cells(lines: Sequence[Sequence[Box]]) -> bool:
    """Whether a page's digits stand one in each cell of a table: most gaps on its rows are wide beyond doubt."""
    gaps = [np.diagonal(spacing(line).gaps(line), 1) / tallness([box.height for box in line]) for line in lines]
    every = np.concatenate([np.zeros(0), *gaps])
    return len(every) > 0 and float(np.median(every)) > _FAR


def tallness(heights: Sequence[float]) -> float:
    """A row's height, 1 pixel or more: the median of its digits', tall ones counting more: some write small zeros."""
    ordered = np.sort(np.maximum(np.asarray(heights, np.float64), 1.0))
    weights = np.cumsum(ordered**_TALL)
    return float(ordered[np.searchsorted(weights, weights[-1] / 2)])


def middle(box: Box) -> float:
    """The column at the middle of a box, in pixels."""
    return box.x + box.width / 2


def _kind(sign: Box, boxes: Sequence[Box], height: float) -> str:
    """What a mark is to the row: "point", "sign", or "" if it stands not between two digits or not on the row."""
    before = [box for box in boxes if middle(box) < middle(sign)]
    after = [box for box in boxes if middle(box) >= middle(sign)]
    if not before or not after or any(_holds(box, sign) for box in (before[-1], after[0])):
        return ""
    top, foot = min(before[-1].y, after[0].y), max(before[-1].bottom, after[0].bottom)
    level = sign.y + sign.height / 2
    if not top <= level <= foot + _BELOW * height or sign.width > _RULE * height:
        return ""
    if sign.width <= _POINT[0] * height and sign.height <= _POINT[1] * height and level >= foot - _LOW * height:
        return "point"
    return "sign" if max(sign.width, sign.height) >= _SPECK * height and level <= foot else ""


def _holds(box: Box, sign: Box) -> bool:
    """Whether the middle of a mark lies well inside a digit's box."""
    across = abs(middle(sign) - middle(box)) < (0.5 - _INSIDE) * box.width
    return across and box.y <= sign.y + sign.height / 2 <= box.bottom


def _between(boxes: Sequence[Box], sign: Box) -> NDArray[np.bool_]:
    """N×N: the sign's middle lies between the middles of one box and a later one."""
    middles = np.array([middle(box) for box in boxes])
    return (middles[:, np.newaxis] < middle(sign)) & (middle(sign) <= middles[np.newaxis])


def _column(values: Iterable[float]) -> NDArray[np.float64]:
    return np.array(list(values), np.float64)
