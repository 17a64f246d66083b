"""Find the rows of boxes on a page, from top to bottom, also when they slant or wave and when hypotheses overlap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.imaging.pixels import median, weighted_median

_SURE_MIN_DIGITNESS = 0.5  # digitness from which something tells where rows are; what has less goes on them if it can
_MIN_SHARED_HEIGHT = 0.4  # of the lower one's height: so much of it lies within a row that it is on it
_MAX_BESIDE = 1.0  # of a row's height: digits are close beside one another with no wider gap
_FOLLOW_RATE = 0.5  # how far a row's level and height follow every digit that joins it, so that it may wave
_MAX_SLOPE = 0.4  # pixels down per pixel to the right: the steepest slope of a line, 22°
_NEIGHBOUR_DISTANCE_RANGE = (0.3, 8.0)  # of a digit's height: neighbours that tell a line's slope are so far apart,
_MAX_STEP = 0.9  # one no more than so much of it above the other,
_MAX_HEIGHT_RATIO = 2.2  # and their heights differ by no more than this factor
_MAX_LEVEL_ERROR = 0.5  # of a digit's height: so much off a line of known slope may its digits be
_REFINEMENTS = 2  # times that a slope is taken anew
_MIN_PAIRS = 3  # it takes so many pairs of neighbours to tell a slope
_MIN_STAIRS, _MIN_STAIR_DIGITNESS = 4, 0.3  # so many digits that are so likely make stairs,
_MAX_STAIR = 1.2  # each higher or lower than the last by no more of a digit's height


class Boxed(Protocol):
    """What stands on a page with a box and a digitness, as hypotheses and digits do."""

    @property
    def box(self) -> Box: ...

    @property
    def digitness(self) -> float: ...


Array = NDArray[np.float64]
Item = TypeVar("Item", bound=Boxed)


@dataclass(frozen=True, slots=True)
class _Band:
    """A stretch of a row: the level of its middle, the page's slope taken off, its height, and the sides of the box
    that joined last, in pixels."""

    level: float
    height: float
    left: int
    right: int

    def share_height(self, other: _Band) -> float:
        """How much of the lower one's height two bands share; negative when they are apart."""
        common = (self.height + other.height) / 2 - abs(self.level - other.level)
        lower = max(1.0, min(self.height, other.height))
        return min(common, lower) / lower

    def adjoins(self, other: _Band) -> bool:
        """Whether two bands are no farther apart than digits of a number may be."""
        gap = max(self.left, other.left) - min(self.right, other.right)
        return gap <= _MAX_BESIDE * max(self.height, other.height)

    def follow(self, other: _Band) -> _Band:
        """This band after `other` has joined; a lower one, as a small zero, moves it less."""
        rate = _FOLLOW_RATE * min(1.0, other.height / self.height)
        level = self.level + rate * (other.level - self.level)
        return replace(other, level=level, height=self.height + rate * (other.height - self.height))


@dataclass(slots=True)
class _Row:
    """Members by number, from left to right, and where the row was when each had joined."""

    members: list[int] = field(default_factory=list)
    bands: list[_Band] = field(default_factory=list)

    def get_band(self, member: int) -> _Band:
        """Where the row is near to a box with this number."""
        return self.bands[min(bisect_left(self.members, member), len(self.bands) - 1)]

    def insert(self, member: int, band: _Band) -> None:
        index = bisect_left(self.members, member)
        self.bands.insert(index, self.get_band(member).follow(band) if self.bands else band)
        self.members.insert(index, member)


def find_rows(items: Sequence[Item], rules_slope: float = 0.0) -> list[list[Item]]:
    """Rows of text from top to bottom, each from left to right by the middles of its boxes.

    Every item is on one row. Items are digits, or hypotheses that overlap and conflict. Where they do not tell the
    slope of the page's lines, it is that of its level rules, pixels down per pixel to the right.
    """
    ordered = sorted(items, key=lambda item: (item.box.centre_x, item.box.y))
    slope = estimate_slope([item.box for item in ordered if item.digitness >= _SURE_MIN_DIGITNESS])
    slope = (
        slope
        or rules_slope
        or estimate_stairs([item.box for item in ordered if item.digitness >= _MIN_STAIR_DIGITNESS])
    )
    bands = [_make_band(item.box, slope) for item in ordered]
    found_rows: list[_Row] = []
    sure_first = sorted(range(len(ordered)), key=lambda i: ordered[i].digitness < _SURE_MIN_DIGITNESS)
    for member in sure_first:
        _assign_row(member, bands[member], found_rows)
    found_rows.sort(key=lambda row: float(np.mean([bands[member].level for member in row.members])))
    return [[ordered[member] for member in row.members] for row in found_rows]


def _make_band(box: Box, slope: float) -> _Band:
    return _Band(box.centre_y - slope * box.centre_x, max(1.0, box.height), box.x, box.right)


def _assign_row(member: int, band: _Band, rows: list[_Row]) -> None:
    """Put a box on the row it stands on, or begin a row with it: on the one whose middle is nearest, of those on which
    a box is close beside it if there are any, as small numbers at the far end of a row tell little about it."""
    candidates = [row for row in rows if row.get_band(member).share_height(band) >= _MIN_SHARED_HEIGHT]
    if not candidates:
        rows.append(_Row())
        rows[-1].insert(member, band)
        return
    beside = [row for row in candidates if row.get_band(member).adjoins(band)]
    nearest = min(beside or candidates, key=lambda row: abs(row.get_band(member).level - band.level))
    nearest.insert(member, band)


def estimate_slope(boxes: Sequence[Box]) -> float:
    """How the lines of a page slope, pixels down per pixel to the right; 0 if unknown.

    First the median over nearest neighbours, which stand on one line whatever its slope; then over all pairs that stand
    on one line at that slope, far ones counting more, as unevenness sways them less (after P. K. Sen, "Estimates of the
    regression coefficient based on Kendall's tau", 1968).
    """
    xs, ys, heights = _stack_boxes(boxes)
    nearest = [
        each[np.argmin(np.hypot(*each.T))] for i in range(len(boxes)) if len(each := _find_pairs(i, xs, ys, heights))
    ]
    if len(nearest) < _MIN_PAIRS:
        return 0.0
    slope = _compute_median_slope(np.array(nearest), np.ones(len(nearest)))
    for _ in range(_REFINEMENTS):
        pairs = np.concatenate([_find_pairs(i, xs, ys, heights, slope) for i in range(len(boxes))])
        if len(pairs) >= _MIN_PAIRS:
            slope = _compute_median_slope(pairs, pairs[:, 0])
    return slope


def estimate_stairs(boxes: Sequence[Box]) -> float:
    """The slope of a page with nothing but one row, from left to right, that is written as stairs: each digit lower
    than the last, or each higher. 0 if it is no such page."""
    if len(boxes) < _MIN_STAIRS:
        return 0.0
    xs, ys, heights = _stack_boxes(boxes)
    height, right, below = median(heights), np.diff(xs), np.diff(ys)
    nearest, farthest = (ratio * height for ratio in _NEIGHBOUR_DISTANCE_RANGE)
    are_alike = heights.max() <= _MAX_HEIGHT_RATIO * heights.min() and (np.abs(below) <= _MAX_STAIR * height).all()
    are_steps = ((right > nearest) & (right < farthest)).all() and ((below > 0).all() or (below < 0).all())
    if not (are_alike and are_steps):
        return 0.0
    slope, level = np.polyfit(xs, ys, 1)
    return float(slope) if (np.abs(ys - level - slope * xs) <= _MAX_LEVEL_ERROR * height).all() else 0.0


def _stack_boxes(boxes: Sequence[Box]) -> tuple[Array, Array, Array]:
    """The columns and the rows of pixels at the middles of N boxes, and their heights, each float64 N."""
    xs, ys = np.array([box.centre_x for box in boxes]), np.array([box.centre_y for box in boxes])
    return xs, ys, np.array([max(1.0, box.height) for box in boxes])


def _compute_median_slope(pairs: Array, weights: Array) -> float:
    """The weighted median of the slopes of pairs, K×2 (right and down)."""
    return weighted_median(pairs[:, 1] / pairs[:, 0], weights)


def _find_pairs(i: int, xs: Array, ys: Array, heights: Array, slope: float | None = None) -> Array:
    """How far to the right and below a box others are that may stand on the same line, of any slope or this, K×2."""
    right, below, height = xs - xs[i], ys - ys[i], np.maximum(heights, heights[i])
    is_alike = height <= _MAX_HEIGHT_RATIO * np.minimum(heights, heights[i])
    if slope is None:
        is_level = np.abs(below) <= np.minimum(_MAX_SLOPE * right, _MAX_STEP * height)
    else:
        is_level = np.abs(below - slope * right) <= _MAX_LEVEL_ERROR * height
    is_pair = (
        is_alike
        & is_level
        & (right > _NEIGHBOUR_DISTANCE_RANGE[0] * height)
        & (right < _NEIGHBOUR_DISTANCE_RANGE[1] * height)
    )
    return np.stack([right[is_pair], below[is_pair]], axis=1)
