"""Boxes on a page → rows from top to bottom, also when they slant or wave and when proposals overlap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.spacing import middle
from inkdigits.types import Box

_SURE = 0.5  # digitness from which something tells where rows are; what has less goes on them if it can
_SHARED = 0.4  # of the lower one's height: so much of it lies within a row that it is on it
_FOLLOWS = 0.5  # how far a row's level and height follow every digit that joins it, so that it may wave
_STEEP = 0.4  # pixels down per pixel to the right: the steepest slope of a line, 22°
_NEAR = (0.3, 8.0)  # of a digit's height: neighbours that tell a line's slope are so far apart,
_STEP = 0.9  # one no more than so much of it above the other,
_ALIKE = 2.2  # and their heights differ by no more than this factor
_LEVEL = 0.5  # of a digit's height: so much off a line of known slope may its digits be
_REFINED = 2  # times that a slope is taken anew
_FEW = 3  # it takes so many pairs of neighbours to tell a slope


class Boxed(Protocol):
    """What stands on a page with a box and a digitness, as pieces and digits do."""

    @property
    def box(self) -> Box: ...

    @property
    def digitness(self) -> float: ...


Array = NDArray[np.float64]
Item = TypeVar("Item", bound=Boxed)


@dataclass(frozen=True, slots=True)
class _Band:
    """A stretch of a row: the level of its middle, the page's slope taken off, and its height, in pixels."""

    level: float
    height: float

    def shared(self, other: _Band) -> float:
        """How much of the lower one's height two bands share; negative when they are apart."""
        both = (self.height + other.height) / 2 - abs(self.level - other.level)
        lower = max(1.0, min(self.height, other.height))
        return min(both, lower) / lower

    def towards(self, other: _Band) -> _Band:
        """This band after `other` has joined; one of quite another height, as a small zero, moves it less."""
        follows = _FOLLOWS * min(self.height / other.height, other.height / self.height)
        level = self.level + follows * (other.level - self.level)
        return _Band(level, self.height + follows * (other.height - self.height))


@dataclass(slots=True)
class _Row:
    """Members by number, from left to right, and where the row was when each had joined."""

    members: list[int] = field(default_factory=list)
    bands: list[_Band] = field(default_factory=list)

    def at(self, member: int) -> _Band:
        """Where the row is near to a box with this number."""
        return self.bands[min(bisect_left(self.members, member), len(self.bands) - 1)]

    def join(self, member: int, band: _Band) -> None:
        place = bisect_left(self.members, member)
        self.bands.insert(place, self.at(member).towards(band) if self.bands else band)
        self.members.insert(place, member)


def rows(items: Sequence[Item]) -> list[list[Item]]:
    """Rows of text from top to bottom, each from left to right by the middles of its boxes.

    Every item is on one row. Digits are taken, and also proposals that overlap and conflict.
    """
    ordered = sorted(items, key=lambda item: (middle(item.box), item.box.y))
    slope = slope_of([item.box for item in ordered if item.digitness >= _SURE])
    bands = [_Band(_level(item.box) - slope * middle(item.box), max(1.0, item.box.height)) for item in ordered]
    found: list[_Row] = []
    for member in sorted(range(len(ordered)), key=lambda i: ordered[i].digitness < _SURE):  # the sure ones first
        _place(member, bands[member], found)
    found.sort(key=lambda row: float(np.mean([bands[member].level for member in row.members])))
    return [[ordered[member] for member in row.members] for row in found]


def _place(member: int, band: _Band, found: list[_Row]) -> None:
    """Put a box on the row it stands on, the one whose middle is nearest, or begin a row with it."""
    on = [row for row in found if row.at(member).shared(band) >= _SHARED]
    if not on:
        found.append(_Row())
        on = found[-1:]
    min(on, key=lambda row: abs(row.at(member).level - band.level) if row.bands else 0.0).join(member, band)


def slope_of(boxes: Sequence[Box]) -> float:
    """How the lines of a page slope, pixels down per pixel to the right; 0 if unknown.

    First the median over nearest neighbours, which stand on one line whatever its slope; then over all pairs that stand
    on one line at that slope, far ones counting more, as unevenness sways them less (after P. K. Sen, "Estimates of the
    regression coefficient based on Kendall's tau", 1968).
    """
    across, down = np.array([middle(box) for box in boxes]), np.array([_level(box) for box in boxes])
    heights = np.array([max(1.0, box.height) for box in boxes])
    nearest = [
        each[np.argmin(np.hypot(*each.T))] for i in range(len(boxes)) if len(each := _pairs(i, across, down, heights))
    ]
    if len(nearest) < _FEW:
        return 0.0
    slope = _median(np.array(nearest), np.ones(len(nearest)))
    for _ in range(_REFINED):
        pairs = np.concatenate([_pairs(i, across, down, heights, slope) for i in range(len(boxes))])
        if len(pairs) >= _FEW:
            slope = _median(pairs, pairs[:, 0])
    return slope


def _median(pairs: Array, weights: Array) -> float:
    """The weighted median of the slopes of pairs, K×2 (right and down)."""
    slopes = pairs[:, 1] / pairs[:, 0]
    order = np.argsort(slopes)
    counted = np.cumsum(weights[order])
    return float(slopes[order][np.searchsorted(counted, counted[-1] / 2)])


def _pairs(i: int, across: Array, down: Array, heights: Array, slope: float | None = None) -> Array:
    """How far to the right and below a box others are that may stand on the same line, of any slope or this, K×2."""
    right, below, height = across - across[i], down - down[i], np.maximum(heights, heights[i])
    alike = height <= _ALIKE * np.minimum(heights, heights[i])
    if slope is None:
        level = np.abs(below) <= np.minimum(_STEEP * right, _STEP * height)
    else:
        level = np.abs(below - slope * right) <= _LEVEL * height
    fitting = alike & level & (right > _NEAR[0] * height) & (right < _NEAR[1] * height)
    return np.stack([right[fitting], below[fitting]], axis=1)


def _level(box: Box) -> float:
    """The row of pixels at the middle of a box."""
    return box.y + box.height / 2
