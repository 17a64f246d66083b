"""Choose the windows of a page that the detector is shown at a scale: where there is ink that may be digits there.

Most of a page is paper. Of its ink, at a scale that makes small digits large enough, large writing is no digit, and at
one that makes large digits small enough, small print is none. So the work is in proportion to what may be digits. The
windows are found by recursive cuts along empty rows and columns, after Nagy and Seth, "Hierarchical representation of
optically scanned documents", 1984.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

_BLOCK_PX = 4  # of the ink, on a side: what is ink is told block by block
_SMALL_PX = 300_000  # of the enlarged page: one with so few is shown whole
_MARGIN_PX = 12  # of the enlarged page: so much around ink belongs to it
CONTEXT_PX = 16  # of the enlarged page: and so much more is shown around that, for the detector to judge by
_GRID_PX = 16  # of the enlarged page: windows begin at multiples of this, as the detector's outputs are on such a grid
_HEIGHTS_PX = (12.0, 132.0)  # of the enlarged page: of components that may be half of a digit, or two that touch
_WINDOW_COST_PX = 4000  # pixels that take as long as a window does by itself
_MAX_WINDOW_PX = 700_000  # of the enlarged page: bounds memory
_PART_CONTEXT_PX = 48  # as the former, where a larger one is parted amid ink
_MAX_CUTS = 12  # one inside the other


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` (not included) an enlarged page is shown, in pixels; both may be up to 16 beyond its edges.
    What has its middle from `core_start` to `core_end` (not included) counts; the rest is there to judge it by."""

    start: int
    end: int
    core_start: float
    core_end: float

    def holds(self, middles: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of N places count: bool N."""
        return (middles >= self.core_start) & (middles < self.core_end)


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of an enlarged page."""

    rows: Span
    columns: Span


@dataclass(frozen=True, slots=True)
class _Rectangle:
    """Blocks from `top` to `bottom` and `left` to `right` (not included), and what the detector takes for them."""

    top: int
    left: int
    bottom: int
    right: int
    cost: float


def measure_ink_heights(labels: NDArray[np.int32], stats: NDArray[np.int32]) -> NDArray[np.uint16]:
    """For each 4×4 pixels the height, in pixels, of the highest component with ink there, 0 where there is none.

    `labels` H×W and `stats` are those of the connected components, as `proposals.label_components` gives them.
    """
    heights = np.minimum(stats[:, cv2.CC_STAT_HEIGHT], np.iinfo(np.uint16).max).astype(np.uint16)
    heights[0] = 0  # the background
    highest = cv2.dilate(heights[labels], np.ones((_BLOCK_PX, _BLOCK_PX), np.uint8), anchor=(0, 0))
    return np.ascontiguousarray(highest[::_BLOCK_PX, ::_BLOCK_PX], np.uint16)


def find_windows(ink_heights: NDArray[np.uint16], scale: float, shape: tuple[int, int]) -> list[Window]:
    """The windows of a page enlarged by `scale` to `shape`, rows and columns, that may hold digits.

    What counts in one counts in no other. `ink_heights` is as `measure_ink_heights` gives it.
    """
    lowest, highest = (height / scale for height in _HEIGHTS_PX)
    is_ink = ((ink_heights >= lowest) & (ink_heights <= highest)).astype(np.uint8)
    if shape[0] * shape[1] <= _SMALL_PX:
        whole = (Span(-CONTEXT_PX, side + CONTEXT_PX, -np.inf, np.inf) for side in shape)
        return [Window(*whole)] if is_ink.any() else []
    reach = int(np.ceil(_MARGIN_PX / scale / _BLOCK_PX))
    is_shown = cv2.dilate(is_ink, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    block_px = _BLOCK_PX * scale
    windows = []
    for each in _cut_apart(is_shown, 0, 0, block_px):
        rows, columns = (each.top * block_px, each.bottom * block_px), (each.left * block_px, each.right * block_px)
        windows += [Window(*spans) for spans in _divide(rows, columns, shape)]
    return windows


def _cut_apart(is_shown: NDArray[np.bool_], top: int, left: int, block_px: float, cuts: int = 0) -> list[_Rectangle]:
    """The rectangles that hold all blocks to be shown, cut apart where that is cheaper. The array's corner is at block
    `top`, `left`."""
    bands = list(_find_runs(np.asarray(is_shown.any(axis=1))))
    if not bands:
        return []
    if cuts >= _MAX_CUTS:
        return [_make_rectangle(top, left, top + is_shown.shape[0], left + is_shown.shape[1], block_px)]
    groups: list[list[_Rectangle]] = []
    for start, end in bands:
        group = _cut_band(is_shown[start:end], top + start, left, block_px, cuts)
        if groups and len(merged := _join([*groups[-1], *group], block_px)) == 1:
            groups[-1] = merged
        else:
            groups.append(group)
    return _join([each for group in groups for each in group], block_px)


def _cut_band(is_shown: NDArray[np.bool_], top: int, left: int, block_px: float, cuts: int) -> list[_Rectangle]:
    """As `_cut_apart`, of blocks without an empty row: they can only be cut between columns."""
    columns = list(_find_runs(np.asarray(is_shown.any(axis=0))))
    if len(columns) == 1:
        ((start, end),) = columns
        return [_make_rectangle(top, left + start, top + is_shown.shape[0], left + end, block_px)]
    turned = _cut_apart(is_shown.T, left, top, block_px, cuts + 1)
    return [_Rectangle(each.left, each.top, each.right, each.bottom, each.cost) for each in turned]


def _join(rectangles: list[_Rectangle], block_px: float) -> list[_Rectangle]:
    """One rectangle around all of them where it costs no more than they do."""
    top, left = min(each.top for each in rectangles), min(each.left for each in rectangles)
    bottom, right = max(each.bottom for each in rectangles), max(each.right for each in rectangles)
    joined = _make_rectangle(top, left, bottom, right, block_px)
    return [joined] if joined.cost <= sum(each.cost for each in rectangles) else rectangles


def _make_rectangle(top: int, left: int, bottom: int, right: int, block_px: float) -> _Rectangle:
    height, width = (
        (end - start) * block_px + 2 * CONTEXT_PX + _GRID_PX for start, end in ((top, bottom), (left, right))
    )
    return _Rectangle(top, left, bottom, right, height * width + _WINDOW_COST_PX)


def _find_runs(values: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """From where to where (not included) values are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], values, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _divide(
    rows: tuple[float, float], columns: tuple[float, float], shape: tuple[int, int]
) -> Iterator[tuple[Span, Span]]:
    """The spans, rows and columns, of a rectangle, in several parts if it is too large."""
    side, height = _MAX_WINDOW_PX**0.5, rows[1] - rows[0] + 2 * CONTEXT_PX
    longest_width = max(side, _MAX_WINDOW_PX / height)
    width = min(columns[1] - columns[0], longest_width) + 2 * CONTEXT_PX
    for row_span in _divide_span(*rows, max(side, _MAX_WINDOW_PX / width), shape[0]):
        for column_span in _divide_span(*columns, longest_width, shape[1]):
            yield row_span, column_span


def _divide_span(start: float, end: float, longest: float, side: int) -> Iterator[Span]:
    """Spans of equal length, what counts in them at most `longest`, on a page with this side."""
    borders = np.linspace(start, end, int(np.ceil((end - start) / longest)) + 1).tolist()
    for core_start, core_end in pairwise(borders):
        before = CONTEXT_PX if core_start == start else _PART_CONTEXT_PX
        after = CONTEXT_PX if core_end == end else _PART_CONTEXT_PX
        first, last = int(core_start - before) // _GRID_PX * _GRID_PX, int(np.ceil(core_end)) + after
        yield Span(max(-CONTEXT_PX, first), min(side + CONTEXT_PX, last), core_start, core_end)
