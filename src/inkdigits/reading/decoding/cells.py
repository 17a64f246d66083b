"""Numbers among printed rules: what stands in boxes for single digits is one number, in a table each cell has its own.

A comb is a row of boxes, one digit in each. The upright rules of a table go on through several rows, or its cells are
wide, or hold several digits. Where that does not tell, `boxes` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import UsageError
from inkdigits.marks import Box
from inkdigits.reading.decoding.spacing import measure_row_height
from inkdigits.reading.imaging.grid import Grid
from inkdigits.reading.imaging.pixels import median
from inkdigits.reading.imaging.rules import Rule

BoxKind = Literal["auto", "comb", "cells"]
BOX_KINDS: tuple[BoxKind, ...] = ("auto", "comb", "cells")

# Of a digit's width:
_INNER_MARGIN = 0.25  # farther inside its box than this, a rule runs through it
# Of a digit's height:
_STROKE_WIDTH = 0.6  # a wider box holds more than a rule
_STROKE_LENGTH = 1.15  # a line no longer than this on a digit is a stroke of it
_ON_RULE = 0.15  # the middle of a box that holds a rule only is so near to it, and the rule goes so far beyond the box
_SPAN = 0.3  # above and below the middle of a row, to be one of its rules, an upright rule goes on so far;
_LONG_RULE, _EXTENSION = 3.0, 1.0  # one that is so long may also be broken off, so far away
_CROSSING = 0.9  # an upright rule that goes on so far on both sides of a level one goes through several rows,
_BEYOND, _MAX_BESIDE = 0.5, 2.5  # also where the level one ends so far away; digits so near are beside an upright one
_MAX_BOX_ASPECT = 1.4  # of a box's height: a wider one is a cell
_PITCH_RANGE = (0.6, 1.3)  # of the distance from box to box: so far apart, digits are in neighbouring boxes,
_MAX_RULED_PITCH = 1.6  # and also if it is more, but there is a rule between them
_MAX_WALL = 0.4  # of the distance between two digits: two rules between them that are nearer are one wall
_COLUMN_GAP, _MIN_COLUMN_ROWS = 0.6, 3  # a gap in a column's rule is so wide; and so many rows that have the rule
_MIN_THROUGH = 0.4  # of a row's rules: where so many go through several rows, more than one, they are a table's
_MAX_CROSSED = 0.2  # of the digits: where long rules run through more, the writer did not heed them


@dataclass(frozen=True, slots=True, eq=False)
class RowCells:
    """What rules say of a row of N digits. `ends`, float64 N−1: whether a number ends after each digit but the last, 1
    or 0, or NaN where they do not tell. `is_boxed`, bool N: which digits stand in a box or cell, where there is nothing
    but digits. `columns` has for each digit the column of the table it stands in; None if the row is not of a table."""

    ends: NDArray[np.float64]
    is_boxed: NDArray[np.bool_]
    columns: tuple[int, ...] | None = None

    @property
    def is_walled(self) -> NDArray[np.bool_]:
        """Bool N+1: which gaps, before, between and behind the digits, may hold a wall of a box or cell."""
        beside = np.append(False, self.is_boxed) | np.append(self.is_boxed, False)
        return np.asarray(beside & ~np.concatenate([[False], np.isnan(self.ends), [False]]), np.bool_)


def check_box_kind(boxes: str) -> BoxKind:
    """The same, if it is a `BoxKind`. Raises UsageError if it is not."""
    for kind in BOX_KINDS:
        if boxes == kind:
            return kind
    raise UsageError(f"Printed boxes are one of auto, comb or cells, not {boxes!r}.")


def holds_only_rule(box: Box, grid: Grid) -> bool:
    """Whether what looks like a digit is a stretch of an upright rule."""
    margin, middle = _ON_RULE * box.height, box.centre_y
    may_be_rule = box.width <= _STROKE_WIDTH * box.height and not grid.is_squared_paper
    return may_be_rule and any(
        rule.covers(box.y - margin)
        and rule.covers(box.bottom + margin)
        and abs(rule.find_across(middle) - box.centre_x) < margin
        for rule in grid.uprights
    )


def is_crossed(row: Sequence[Box], grid: Grid) -> bool:
    """Whether an upright rule runs through a row of digits, or stands less than a digit's height beside it."""
    around, height = Box.around(row), measure_row_height([box.height for box in row])
    y = median(np.array([box.centre_y for box in row]))
    return any(
        rule.covers(y, -height) and around.x - height < rule.find_across(y) < around.right + height
        for rule in grid.uprights
    )


def find_cells(rows: Sequence[Sequence[Box]], grid: Grid, boxes: BoxKind) -> list[RowCells]:
    """What the rules of a page say of its rows of digits, each from left to right (at least one).

    They say nothing where digits stand across them, as on squared paper.
    """
    all_boxes = [box for row in rows for box in row]
    if not grid.uprights or grid.is_squared_paper or not all_boxes:
        return [_make_unruled(row) for row in rows]
    long_px = _LONG_RULE * measure_row_height([box.height for box in all_boxes])
    long_rules = [rule for rule in grid.uprights if rule.length >= long_px]
    crossed = sum(any(_runs_through(rule, box) for rule in long_rules) for box in all_boxes)
    if crossed > max(1, _MAX_CROSSED * len(all_boxes)):
        return [_make_unruled(row) for row in rows]
    crossings = [sum(_runs_through(rule, box) for box in all_boxes) for rule in grid.uprights]
    uprights = [
        rule
        for rule, count in zip(grid.uprights, crossings, strict=True)
        if count == 0 or (count == 1 and rule.length >= long_px)
    ]
    middles = [(float(np.mean([box.centre_y for box in row])), np.array([box.centre_x for box in row])) for row in rows]
    page = _Page(uprights, grid.levels, middles, boxes)
    cells = [page.find_row_cells(row) for row in rows]
    in_columns = _add_columns(cells, [page.count_rules_before(row) for row in rows], boxes)
    return _continue_columns(in_columns, rows)


def _continue_columns(cells: Sequence[RowCells], rows: Sequence[Sequence[Box]]) -> list[RowCells]:
    """The cells where numbers also end at wide gaps in which most rows above and below, several, have a rule: it is
    broken off, or too faint."""
    ruled_gaps = [
        [(left.right, right.x) for (left, right), end in zip(pairwise(row), own.ends, strict=True) if end == 1]
        for row, own in zip(rows, cells, strict=True)
    ]

    def is_column(x: float) -> bool:
        across = [gaps for row, gaps in zip(rows, ruled_gaps, strict=True) if row[0].x < x < row[-1].right]
        ruled_count = sum(any(left <= x <= right for left, right in gaps) for gaps in across)
        return ruled_count >= _MIN_COLUMN_ROWS and 2 * ruled_count >= len(across) - 1  # but for the row itself

    continued = []
    for row, own in zip(rows, cells, strict=True):
        min_gap = _COLUMN_GAP * measure_row_height([box.height for box in row])
        is_end = [
            bool(np.isnan(end)) and right.x - left.right >= min_gap and is_column((left.right + right.x) / 2)
            for (left, right), end in zip(pairwise(row), own.ends, strict=True)
        ]
        continued.append(replace(own, ends=np.where(is_end, 1.0, own.ends)))
    return continued


def _add_columns(cells: Sequence[RowCells], counts: Sequence[Sequence[int]], boxes: BoxKind) -> list[RowCells]:
    """The cells with their columns, from 0 on: what stands left of all rules is in a column of its own. `counts` is how
    many rules are left of each digit of a row, empty for a row without rules.

    Rows with no rule between their digits are of a table if any other is.
    """
    is_table = [bool((each.ends == 1).any() and not (each.ends == 0).any()) for each in cells]
    if not any(is_table) and boxes != "cells":
        return list(cells)
    is_table = [
        own or (len(row) > 0 and not np.isfinite(each.ends).any())
        for own, row, each in zip(is_table, counts, cells, strict=True)
    ]
    first = min((min(row) for row, own in zip(counts, is_table, strict=True) if own), default=0)
    return [
        replace(each, columns=tuple(count - min(first, 1) for count in row)) if own else each
        for each, row, own in zip(cells, counts, is_table, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Page:
    """The rules of a page, and the places of its rows: of each the row of pixels at its middle, and the columns at the
    middles of its digits, float64 N."""

    uprights: list[Rule]
    levels: tuple[Rule, ...]
    row_middles: list[tuple[float, NDArray[np.float64]]]
    boxes: BoxKind

    def find_row_cells(self, row: Sequence[Box]) -> RowCells:
        """What the rules say of one row, but for its columns."""
        height = measure_row_height([box.height for box in row])
        own = [rule for rule in self.uprights if _spans(rule, row, height)]
        between = [[rule for rule in own if _is_between(rule, *pair)] for pair in pairwise(row)]
        has_rule = np.array([len(each) > 0 for each in between], np.bool_)
        ends = np.full(len(row) - 1, np.nan)
        if not has_rule.any():
            return RowCells(ends, _find_enclosed(own, row) & (len(row) == 1))
        pitches = np.diff([box.centre_x for box in row])
        counts = [_count_walls(each, pitch) for each, pitch in zip(between, pitches, strict=True) if each]
        pitch = float(np.sort(pitches[has_rule] / counts)[(len(counts) - 1) // 2])  # the lower one of two
        holds_several = 2 * has_rule.sum() < len(has_rule)
        if holds_several and sum(map(len, between)) == 1 and not self._goes_through(max(between, key=len)[0], height):
            return RowCells(ends, np.zeros(len(row), np.bool_))  # one short rule among many digits may be a stroke
        if self.boxes == "cells" or holds_several or (self.boxes == "auto" and self._is_table(between, pitch, height)):
            ends[has_rule] = 1.0
            return RowCells(ends, _find_enclosed(own, row))
        low, high = (ratio * pitch for ratio in _PITCH_RANGE)
        is_joined = (pitches > low) & (pitches < np.where(has_rule, _MAX_RULED_PITCH * pitch, high))
        ends[is_joined] = 0.0
        ends[~is_joined & has_rule] = 1.0
        return RowCells(ends, np.append(False, is_joined) | np.append(is_joined, False))

    def _is_table(self, between: Sequence[Sequence[Rule]], pitch: float, height: float) -> bool:
        """Whether the rules between a row's digits, `pitch` pixels from one to the next, are those of a table."""
        rules = [rule for each in between for rule in each]
        is_wide = pitch > _MAX_BOX_ASPECT * median(np.array([rule.length for rule in rules]))
        through_count = sum(self._goes_through(rule, height) for rule in rules)
        return is_wide or through_count >= max(min(2, len(rules)), _MIN_THROUGH * len(rules))

    def _goes_through(self, rule: Rule, height: float) -> bool:
        """Whether an upright rule crosses a level one, or has several rows beside it."""
        for level in self.levels:
            y = level.find_across(rule.find_across((rule.start + rule.end) / 2))
            if rule.covers(y, _CROSSING * height) and level.covers(rule.find_across(y), -_BEYOND * height):
                return True
        beside = (
            rule.covers(y, _BEYOND * height)
            and float(np.abs(columns - rule.find_across(y)).min()) <= _MAX_BESIDE * height
            for y, columns in self.row_middles
        )
        return sum(beside) > 1

    def count_rules_before(self, row: Sequence[Box]) -> list[int]:
        """How many upright rules are left of each digit of a row; long ones that end before it count as well, and the
        pieces of a broken one count once. Empty for a row without rules."""
        height = measure_row_height([box.height for box in row])
        if not any(_spans(rule, row, height) for rule in self.uprights):
            return []
        whole_rules: list[Rule] = []
        for rule in self.uprights:
            if (rule.length >= _LONG_RULE * height or _spans(rule, row, height)) and not any(
                _continues(rule, other, _BEYOND * height) for other in whole_rules
            ):
                whole_rules.append(rule)
        return [sum(rule.find_across(box.centre_y) < box.centre_x for rule in whole_rules) for box in row]


def _count_walls(rules: Sequence[Rule], distance: float) -> int:
    """How many walls between boxes these upright rules are, between digits so far apart: boxes may have a wall each."""
    return 1 + sum(second.middle - first.middle > _MAX_WALL * distance for first, second in pairwise(rules))


def _make_unruled(row: Sequence[Box]) -> RowCells:
    return RowCells(np.full(len(row) - 1, np.nan), np.zeros(len(row), np.bool_))


def _find_enclosed(rules: Sequence[Rule], row: Sequence[Box]) -> NDArray[np.bool_]:
    """Which digits of a row stand between two of its upright rules."""
    sides = [[np.sign(rule.find_across(box.centre_y) - box.centre_x) for rule in rules] for box in row]
    return np.array([-1 in each and 1 in each for each in sides], np.bool_)


def _spans(rule: Rule, row: Sequence[Box], height: float) -> bool:
    """Whether an upright rule is one of a row's."""
    nearest = min(row, key=lambda box: abs(box.centre_x - rule.find_across(box.centre_y)))
    y = nearest.centre_y
    if rule.length >= _LONG_RULE * height:
        return rule.covers(y, -_EXTENSION * height)
    return rule.covers(y - _SPAN * height) and rule.covers(y + _SPAN * height)


def _is_between(rule: Rule, left: Box, right: Box) -> bool:
    """Whether an upright rule stands between two digits, and is no stroke of either."""
    x = rule.find_across((left.centre_y + right.centre_y) / 2)
    if any(box.x < x < box.right and rule.length < _STROKE_LENGTH * box.height for box in (left, right)):
        return False
    return left.right - _INNER_MARGIN * left.width < x < right.x + _INNER_MARGIN * right.width


def _runs_through(rule: Rule, box: Box) -> bool:
    """Whether an upright rule runs through the inside of a digit's box."""
    y, margin = box.centre_y, _SPAN * box.height
    is_level = rule.covers(y - margin) and rule.covers(y + margin)
    return is_level and box.x + _INNER_MARGIN * box.width < rule.find_across(y) < box.right - _INNER_MARGIN * box.width


def _continues(rule: Rule, other: Rule, distance: float) -> bool:
    """Whether two upright rules are pieces of one."""
    if rule.start < other.end and other.start < rule.end:
        return False
    first, second = sorted((rule, other), key=lambda each: each.start)
    return abs(float(first.across[-1] - second.across[0])) < distance
