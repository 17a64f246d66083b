"""Measure what stands between the digits of one row: gaps, points and commas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.imaging.pixels import median, weighted_median

_MIN_GAP = 0.6  # of the row's height: a smaller gap never separates numbers
_COLUMN_GAP = 2.5  # of the row's height: a larger gap always does,
_EVEN_RATIO = 1.5  # but not if it is narrower than so many times the row's median gap, which is smaller than that
_WIDE_RATIO, _GAP_RATIO = 2.4, 3.2  # times the narrow gaps of the row: between these, a gap may, and a wider one does
_SPACED_OUT_GAP = 0.2  # of the row's height: a row whose narrow gaps are wider is spaced out
# Where a page has gaps so narrow, so many of all, a row with none but wider ones than this is one of small numbers.
_TIGHT_GAP, _TIGHT_SHARE, _LOOSE_GAP = 0.3, 0.1, 0.9
_CLEAR_GAP = 1.2  # of the row's height: on such a page, a wider gap between tight ones separates numbers
_MIN_GAPS = 3  # a row with fewer does not tell how its writer spaces digits
_MIN_ADVANCE = 0.5  # of the row's height: a narrower digit, a 1, stands in a space so wide
_HEIGHT_WEIGHT_POWER = 1.7  # a digit counts by its height to this power: one 1 outweighs three small zeros
_MAX_POINT_SIZE = (0.35, 0.5)  # of the row's height: a point or comma is at most so wide and high
_POINT_FOOT_DISTANCE = 0.35  # of the row's height: so near to the foot of the line is its middle, or below
_MAX_BELOW_FOOT = 0.35  # of the row's height: what is farther below the foot is not on the line
# The gap behind the point of a list: so wide at least, of the row's height, and times the gap before the point.
_LIST_GAP, _LIST_GAP_RATIO = 0.55, 2.5
_DIGIT_EDGE = 0.2  # of a digit's width: ink farther in than this is the digit's own


@dataclass(frozen=True, slots=True)
class Spacing:
    """A row's gaps. A gap wider than `number_gap_px` is one between numbers, than `column_gap_px` one between columns;
    one that is wider than `wide_gap_px` may be one between numbers.

    `points` are points and commas, which separate nothing. A digit narrower than `min_advance_px` is given that width.
    `is_spaced_out` says that most gaps are so wide that elsewhere they might end a number.
    """

    number_gap_px: float
    column_gap_px: float
    wide_gap_px: float
    min_advance_px: float = 0.0
    points: tuple[Box, ...] = ()
    is_spaced_out: bool = False

    def measure_gaps(self, boxes: Sequence[Box]) -> NDArray[np.float64]:
        """N boxes → N×N pixels free between one and a later one, each at least `min_advance_px` wide; negative where
        they overlap.

        Where a point stands between them it is the wider of the gaps before and after the point.
        """
        centres = _convert_to_array(box.centre_x for box in boxes)
        widths = _convert_to_array(box.width for box in boxes)
        half = np.maximum(widths, self.min_advance_px) / 2
        left, right = centres - half, centres + half
        gaps = left[np.newaxis] - right[:, np.newaxis]
        for point in self.points:
            beside_point = np.maximum(point.x - right[:, np.newaxis], left[np.newaxis] - point.right)
            gaps = np.where(_is_between(boxes, point), np.minimum(gaps, beside_point), gaps)
        return gaps


def find_list_end(boxes: Sequence[Box], spacing: Spacing) -> int | None:
    """The digit behind which a point ends the number of a list, as in `2. 639`: close behind it, far from the next."""
    height = measure_row_height([box.height for box in boxes])
    ends = []
    for index, (first, second) in enumerate(pairwise(boxes)):
        between = [p for p in spacing.points if first.centre_x < p.centre_x <= second.centre_x]
        if len(between) == 1:
            before, after = between[0].x - first.right, second.x - between[0].right
            if after > _LIST_GAP * height and after > _LIST_GAP_RATIO * before:
                ends.append(index)
    return ends[0] if len(ends) == 1 and ends[0] <= 1 else None  # not in `3. 4. 2021`; few lists have a hundred


def measure_spacing(
    boxes: Sequence[Box],
    ink_components: Sequence[Box] = (),
    is_in_cells: bool = False,
    page_gaps: NDArray[np.float64] | None = None,
) -> Spacing:
    """The spacing of a row of digits, `boxes` from left to right (at least one), among `ink_components`.

    Where digits are evenly spaced, wide gaps are usual and separate nothing; but in cells of a table every gap does.
    What is usual, a row does not tell if its gaps are few and uneven, or all wide, but all rows of its page do:
    `page_gaps` has their gaps, this row's among them, float64 K, in heights of their rows.
    """
    height = measure_row_height([box.height for box in boxes])
    points = tuple(mark for mark in ink_components if _is_point(mark, boxes, height))
    min_gap_px, column_gap_px = _MIN_GAP * height, _COLUMN_GAP * height
    row_spacing = Spacing(min_gap_px, column_gap_px, min_gap_px, _MIN_ADVANCE * height, points)
    gaps = np.sort(np.diagonal(row_spacing.measure_gaps(boxes), 1))
    if is_in_cells or not len(gaps):
        return row_spacing
    page_gaps_px = np.zeros(0) if page_gaps is None else np.sort(page_gaps * height)
    tight_count = int((page_gaps_px < _TIGHT_GAP * height).sum())
    is_even = len(gaps) > 1 and gaps[-1] <= _EVEN_RATIO * gaps[0]
    is_page_tight = tight_count > max(_MIN_GAPS, _TIGHT_SHARE * len(page_gaps_px))
    if len(gaps) > _MIN_GAPS and not is_even and is_page_tight and gaps[0] > _LOOSE_GAP * height:
        return replace(row_spacing, column_gap_px=_LOOSE_GAP * height)
    if len(gaps) < min(_MIN_GAPS, len(page_gaps_px)) and not is_even:
        gaps = page_gaps_px
    narrow_gap_px = float(gaps[len(gaps) // 4])
    if (usual_gap_px := median(gaps)) < column_gap_px:
        column_gap_px = max(column_gap_px, _EVEN_RATIO * usual_gap_px)
    if is_page_tight and not is_even and narrow_gap_px < _SPACED_OUT_GAP * height:
        column_gap_px = _CLEAR_GAP * height
    return replace(
        row_spacing,
        column_gap_px=column_gap_px,
        wide_gap_px=min(max(min_gap_px, _WIDE_RATIO * narrow_gap_px), column_gap_px),
        number_gap_px=min(max(min_gap_px, _GAP_RATIO * narrow_gap_px), column_gap_px),
        is_spaced_out=narrow_gap_px > _SPACED_OUT_GAP * height,
    )


def measure_page_gaps(rows: Sequence[Sequence[Box]]) -> NDArray[np.float64]:
    """The gaps between the digits of all rows of a page, each in heights of its row, float64 K: whatever stands in
    them, be it points or dirt."""
    gaps = [
        np.diagonal(measure_spacing(row).measure_gaps(row), 1) / measure_row_height([box.height for box in row])
        for row in rows
    ]
    return np.concatenate([np.zeros(0), *gaps])


def has_cells(page_gaps: NDArray[np.float64]) -> bool:
    """Whether a page's digits stand one in each cell of a table: most gaps on its rows are wide beyond doubt."""
    return len(page_gaps) > 0 and median(page_gaps) > _COLUMN_GAP


def measure_row_height(heights: Sequence[float]) -> float:
    """A row's height, 1 pixel or more: the median of its digits', tall ones counting more: some write small zeros."""
    known = np.maximum(np.asarray(heights, np.float64), 1.0)
    return weighted_median(known, known**_HEIGHT_WEIGHT_POWER)


def _is_point(mark: Box, boxes: Sequence[Box], height: float) -> bool:
    """Whether a mark is a point or comma between two digits of the row."""
    if mark.width > _MAX_POINT_SIZE[0] * height or mark.height > _MAX_POINT_SIZE[1] * height:
        return False
    before = [box for box in boxes if box.centre_x < mark.centre_x]
    after = [box for box in boxes if box.centre_x >= mark.centre_x]
    if not before or not after or any(_contains(box, mark) for box in (before[-1], after[0])):
        return False
    top, foot = min(before[-1].y, after[0].y), max(before[-1].bottom, after[0].bottom)
    level = mark.centre_y
    return max(top, foot - _POINT_FOOT_DISTANCE * height) <= level <= foot + _MAX_BELOW_FOOT * height


def _contains(box: Box, mark: Box) -> bool:
    """Whether the centre of a mark lies well inside a digit's box."""
    across = abs(mark.centre_x - box.centre_x) < (0.5 - _DIGIT_EDGE) * box.width
    return across and box.y <= mark.centre_y <= box.bottom


def _is_between(boxes: Sequence[Box], mark: Box) -> NDArray[np.bool_]:
    """N×N: whether the mark's centre lies between the centres of one box and a later one."""
    centres = np.array([box.centre_x for box in boxes])
    return (centres[:, np.newaxis] < mark.centre_x) & (mark.centre_x <= centres[np.newaxis])


def _convert_to_array(values: Iterable[float]) -> NDArray[np.float64]:
    return np.array(list(values), np.float64)
