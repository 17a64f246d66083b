"""A reading → one table: each line is a row, and numbers that stand below each other are a column.

Numbers are in one column if they overlap, seen along the way in which the columns run. Printed rules add what that does
not tell: which numbers of a wide column belong together though they do not overlap, and which columns are empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, groupby, pairwise
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box, Sign
from inkdigits.types import Digit, Line, Number, Reading

_MIN_OVERLAP = 0.5  # of the narrower of two that stand below each other
_MAX_GAP = 0.5  # of a digit's height: as near to the only column that is free for it, a number is in that one
_SLOPES = sorted(np.linspace(-0.2, 0.2, 41).tolist(), key=abs)  # of columns: pixels to the right for each one down
_JOINING = ":/-"  # numbers with these between them stand in one cell, if no rule parts them
_MIN_GAIN = 0.02  # of the width that numbers cover: a steeper slope must save so much


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a page in `rows`, from top to bottom, with a cell for each column: what stands in it, as a line,
    or None if that is nothing. All rows are equally long."""

    rows: tuple[tuple[Line | None, ...], ...]

    @property
    def texts(self) -> list[list[str]]:
        """The text of every cell, `?` for each digit that was not accepted, empty where there is nothing."""
        return [["" if cell is None else cell.text for cell in row] for row in self.rows]


@dataclass(frozen=True, slots=True)
class _Span:
    """What of a row stands in one cell, as far as rules tell: its numbers `start` to `end`, where it begins and ends
    across the page, in pixels, and the column that the rules give it."""

    start: int
    end: int
    left: float
    right: float
    ruled: int | None


@dataclass(slots=True, eq=False)
class _Column:
    """Where a column begins and ends across the page, in pixels, and the columns that rules give to what is in it."""

    left: float
    right: float
    ruled: list[int] = field(default_factory=list)

    def add(self, span: _Span) -> None:
        """Take one more in."""
        self.left, self.right = min(self.left, span.left), max(self.right, span.right)
        if span.ruled is not None:
            self.ruled.append(span.ruled)


def find_table(reading: Reading) -> Table:
    """All numbers of a page as one table: a row for each line of text, a cell for each number that stands by itself.

    What stands above, below or beside a table is in rows of its own, in the columns with which it lines up. A column
    between two rules in which nothing was read is there as well. A number that reaches over several columns, with a
    gap where one ends, is divided there. Numbers that were rejected are left out.
    """
    lines = [line.keep_numbers([not number.rejected for number in line.numbers]) for line in reading.lines if line.text]
    if not lines:
        return Table(())
    slope = _find_slope([number.box for line in lines for number in line.numbers])
    height = float(
        np.median([digit.box.height for line in lines for number in line.numbers for digit in number.digits])
    )
    columns = _find_columns([_find_spans(line, slope) for line in lines], _MAX_GAP * height)
    lines = [_divide_numbers(line, columns, slope) for line in lines]
    indices = _count_columns(columns)
    rows = [_place_line(line, columns, indices, slope) for line in lines]
    return Table(tuple(tuple(row.get(place) for place in range(indices[-1] + 1)) for row in rows))


def _find_slope(boxes: Sequence[Box]) -> float:
    """How columns run: where all boxes, moved along it to one level, cover the least of a line."""
    edges = np.array([[box.x, box.right, box.centre_y] for box in boxes])  # N×3
    best, least = 0.0, np.inf
    for slope in _SLOPES:
        covered = _measure_covered(edges[:, :2] - slope * edges[:, 2:])
        if covered < (1 - _MIN_GAIN) * least:
            best, least = slope, covered
    return best


def _measure_covered(intervals: NDArray[np.float64]) -> float:
    """How much of a line N×2 intervals cover together."""
    starts, ends = intervals[np.argsort(intervals[:, 0])].T
    rightmost = np.maximum.accumulate(ends)
    return float((ends - np.maximum(starts, np.append(-np.inf, rightmost[:-1]))).clip(0).sum())


def _find_spans(line: Line, slope: float) -> list[_Span]:
    """The spans of a row: numbers in one cell of a ruled table are together, and those of a time, a date or a fraction;
    others are each alone."""
    joined = {sign.before for sign in line.signs if sign.text in _JOINING}
    cell, keys = 0, list[tuple[int | None, int]]()
    for index, number in enumerate(line.numbers):
        cell += number.column is None and index not in joined
        keys.append((number.column, cell))
    spans, start = [], 0
    for (ruled, _), group in groupby(keys):
        end = start + len(list(group))
        spans.append(_Span(start, end, *_find_edges(Line(line.numbers[start:end]).box, slope), ruled))
        start = end
    return spans


def _find_edges(box: Box, slope: float) -> tuple[float, float]:
    """Where a box begins and ends across the page, moved along columns of this slope to the top of the page."""
    shift = slope * box.centre_y
    return box.x - shift, box.right - shift


def _find_columns(rows: Sequence[Sequence[_Span]], max_gap: float) -> list[_Column]:
    """The columns of a page, from left to right.

    Rows come first that are as long as most of the page's spans have it: in others something is torn apart, or stands
    apart. What reaches over several columns says nothing of them. What overlaps with none is in one that is at most
    `max_gap` pixels away or that rules give it, if the row has nothing else there.
    """
    columns, lengths = list[_Column](), Counter(map(len, rows))
    for row in sorted(rows, key=lambda each: len(each) * lengths[len(each)], reverse=True):
        overlapping = [_find_overlapping(columns, span.left, span.right) for span in row]
        occupied = [each for found in overlapping for each in found]
        for span, found in zip(row, overlapping, strict=True):
            if len(found) > 1:
                continue
            column = (
                found[0] if found else _find_free([each for each in columns if each not in occupied], span, max_gap)
            )
            if column is None:
                columns.append(column := _Column(span.left, span.right))
            column.add(span)
            occupied.append(column)
    return sorted(columns, key=lambda each: each.left + each.right)


def _find_free(columns: Sequence[_Column], span: _Span, max_gap: float) -> _Column | None:
    """The nearest of these columns, if it is near enough, or else the one that rules give; None if there is neither."""
    nearest = max(columns, key=lambda each: _measure_overlap(each, span.left, span.right), default=None)
    if nearest is not None and _measure_overlap(nearest, span.left, span.right) > -max_gap:
        return nearest
    return next((each for each in columns if _is_ruled(each, span.ruled)), None)


def _find_overlapping(columns: Sequence[_Column], left: float, right: float) -> list[_Column]:
    """The columns that overlap with what is between `left` and `right`."""
    return [
        each
        for each in columns
        if _measure_overlap(each, left, right) >= _MIN_OVERLAP * min(right - left, each.right - each.left)
    ]


def _measure_overlap(column: _Column, left: float, right: float) -> float:
    """What a column and what is between `left` and `right` have in common; negative, the gap between them."""
    return min(right, column.right) - max(left, column.left)


def _is_ruled(column: _Column, ruled: int | None) -> bool:
    """Whether a column is the one with this place between the rules."""
    return bool(column.ruled) and ruled == median_low(column.ruled)


def _count_columns(columns: Sequence[_Column]) -> list[int]:
    """The place of each column in the table, from 0 on, so that those that rules show to be empty have theirs."""
    indices, last, place = list[int](), -1, -1
    for column in columns:
        ruled = median_low(column.ruled) if column.ruled else None
        place += 1 if ruled is None else max(1, ruled - last)
        last = last if ruled is None else max(last, ruled)
        indices.append(place)
    return indices


def _place_line(line: Line, columns: Sequence[_Column], indices: Sequence[int], slope: float) -> dict[int, Line]:
    """The cells of a row that are not empty, by their place."""
    homes = [indices[_find_home(number.box, columns, slope)] for number in line.numbers]
    homes = list(accumulate(homes, max))  # from left to right, as the numbers are
    cells, start = dict[int, Line](), 0
    for place, group in groupby(homes):
        end = start + len(list(group))
        cell = _cut_line(line, start, end)
        if cell.text:
            cells[place] = cell
        start = end
    return cells


def _find_home(box: Box, columns: Sequence[_Column], slope: float) -> int:
    """The index of the column that a box stands in: the one that it has the most in common with."""
    left, right = _find_edges(box, slope)
    return int(np.argmax([_measure_overlap(each, left, right) for each in columns]))


def _cut_line(line: Line, start: int, end: int) -> Line:
    """The numbers `start` to `end` of a line, with their signs."""
    return Line(line.numbers[start:end], _cut_signs(line.signs, start, end, len(line.numbers)))


def _cut_signs(signs: Sequence[Sign], start: int, end: int, count: int) -> tuple[Sign, ...]:
    """Those of the digits or numbers `start` to `end` of `count`, counted from there.

    Of signs between two cells only those are kept whose side is plain: brackets and percent signs.
    """

    def belongs(sign: Sign) -> bool:
        opens = sign.before == start and (start == 0 or sign.text == "(")
        closes = sign.before == end and (end == count or sign.text in ")%")
        return start < sign.before < end or opens or closes

    return tuple(replace(sign, before=sign.before - start) for sign in signs if belongs(sign))


def _divide_numbers(line: Line, columns: Sequence[_Column], slope: float) -> Line:
    """The line with every number divided that reaches over several columns, and has its widest gaps between them."""
    numbers, signs = list[Number](), list(line.signs)
    for number in line.numbers:
        parts = _divide_number(number, columns, slope)
        index, more = len(numbers), len(parts) - 1
        signs = [replace(sign, before=sign.before + more) if sign.before > index else sign for sign in signs]
        numbers += parts
    return Line(tuple(numbers), tuple(signs))


def _divide_number(number: Number, columns: Sequence[_Column], slope: float) -> list[Number]:
    if len(_find_overlapping(columns, *_find_edges(number.box, slope))) < 2:
        return [number]
    homes = [_find_home(digit.box, columns, slope) for digit in number.digits]
    gaps = [second.box.x - first.box.right for first, second in pairwise(number.digits)]
    inner = [gap for gap, home, following in zip(gaps, homes, homes[1:], strict=False) if home == following]
    outer = [gap for gap, home, following in zip(gaps, homes, homes[1:], strict=False) if home != following]
    if not outer or min(outer) <= max(inner, default=0):
        return [number]
    cuts = [0, *(index for index, pair in enumerate(pairwise(homes), 1) if pair[0] != pair[1]), len(homes)]
    return [_cut_number(number.digits, number.signs, *pair) for pair in pairwise(cuts)]


def _cut_number(digits: Sequence[Digit], signs: Sequence[Sign], start: int, end: int) -> Number:
    """The digits `start` to `end` of a number, with their signs."""
    return Number(tuple(digits[start:end]), _cut_signs(signs, start, end, len(digits)))
