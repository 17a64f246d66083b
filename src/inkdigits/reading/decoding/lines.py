"""Rows that both readers have read → lines of numbers with their signs: where a number ends, in which cell it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.decoding.cells import RowCells, find_cells
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.fusion import FusedRow
from inkdigits.reading.decoding.gaps import Gap
from inkdigits.reading.decoding.numbers import (
    build_form_numbers,
    build_kind_numbers,
    build_numbers,
    scale_odds,
    split_impossible,
)
from inkdigits.reading.decoding.punctuate import OF_SUMS, has_operator, punctuate
from inkdigits.reading.decoding.spacing import Spacing, find_list_end, has_cells, measure_page_gaps, measure_spacing
from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Line, Number

_MIN_COLUMN_ROWS = 3  # a page with so many rows may have columns: there, the odds of a space
_CLEAR_GAP_ODDS = 4.0  # rise by this in a gap much wider than others of its row
_WIDE_GAP_ODDS = 0.25  # by which the odds of a space fall where digits are spaced out

FindGaps = Callable[[FusedRow], Sequence[Gap]]  # which signs there are between a row's digits, whichever these are


def build_lines(
    rows: Sequence[FusedRow],
    find_gaps: Sequence[FindGaps],
    ink_components: Sequence[Box],
    thresholds: AcceptThresholds,
    expected: Expected,
    grid: Grid = NO_GRID,
) -> tuple[Line, ...]:
    """The lines of a page's rows, each with digits; `find_gaps` has one for each. `ink_components` are the boxes of all
    its ink, in pixels of the page, and `grid` its rules.

    Where something is expected of numbers, they begin and end so that they fit it; numbers that cannot fit keep their
    plain reading.
    """
    near_inks = [select_near(ink_components, Box.around(row.boxes)) for row in rows]
    page_gaps = measure_page_gaps([row.boxes for row in rows])
    is_in_cells = has_cells(page_gaps)
    cells = find_cells([row.boxes for row in rows], grid, expected.boxes)
    lines, table_row = [], 0
    spacings = [
        measure_spacing(row.boxes, ink, is_in_cells, page_gaps) for row, ink in zip(rows, near_inks, strict=True)
    ]
    known = zip(rows, find_gaps, cells, near_inks, spacings, _find_list_ends(rows, spacings), strict=True)
    for bare_row, find_row_gaps, own, near_ink, spacing, list_end in known:
        row = bare_row.expect_digits(own.is_boxed)
        splits = weigh_splits(row.splits, row.boxes, spacing, is_in_cells, len(rows) >= _MIN_COLUMN_ROWS)
        if list_end is not None:
            splits[list_end] = 1.0
        splits = np.where(np.isnan(own.ends), splits, own.ends)
        numbers, gaps = _read_numbers(row, splits, find_row_gaps, thresholds, expected, own)
        has_signs = expected.signs == "keep"
        line = punctuate(numbers, gaps, near_ink, own.is_walled) if has_signs else Line(tuple(numbers))
        if expected.form is not None:
            line = _check_signs(line, expected.form)
        if own.columns is not None:
            line, table_row = _place_numbers(line, table_row, row.boxes, own.columns), table_row + 1
        lines.append(line)
    return tuple(lines)


def _find_list_ends(rows: Sequence[FusedRow], spacings: Sequence[Spacing]) -> list[int | None]:
    """For each row, the digit that the number of a list ends with, if the row above or below has the one before it or
    after it; else None: `12. 50` may be a loosely written amount."""
    ends, numbers = list[int | None](), list[int | None]()
    for row, spacing in zip(rows, spacings, strict=True):
        end = find_list_end(row.boxes, spacing)
        ends.append(end)
        numbers.append(None if end is None else int(row.string[: end + 1]))
    beside = zip([None, *numbers], numbers, [*numbers[1:], None], strict=False)
    is_listed = [own is not None and (before == own - 1 or after == own + 1) for before, own, after in beside]
    return [end if listed else None for end, listed in zip(ends, is_listed, strict=True)]


def _check_signs(line: Line, form: Form) -> Line:
    """The line, with what its signs rule out said to fit no more."""
    return replace(
        line,
        numbers=tuple(replace(number, fits=bool(number.fits) and form.allows(number.text)) for number in line.numbers),
    )


def _place_numbers(line: Line, row: int, boxes: Sequence[Box], columns: Sequence[int]) -> Line:
    """The line with its numbers in the cells of a table: `columns` has that of each digit of the row, in `boxes`. A
    form may have given a number more digits than it had there."""
    x = np.array([box.centre_x for box in boxes])
    nearest = [int(np.abs(x - number.digits[0].box.centre_x).argmin()) for number in line.numbers]
    numbers = zip(line.numbers, nearest, strict=True)
    return replace(line, numbers=tuple(replace(number, row=row, column=columns[index]) for number, index in numbers))


def select_near(ink_components: Sequence[Box], row: Box) -> list[Box]:
    """The ink that may hold signs of a row: what is level with it, or less than its height above or below."""
    top, bottom = row.y - row.height, row.bottom + row.height
    return [each for each in ink_components if each.y < bottom and each.bottom > top]


def _read_numbers(
    row: FusedRow,
    splits: NDArray[np.float64],
    find_row_gaps: FindGaps,
    thresholds: AcceptThresholds,
    expected: Expected,
    cells: RowCells,
) -> tuple[list[Number], Sequence[Gap]]:
    """The numbers of a row, and its gaps as they are read with them. Between neighbouring boxes there is no sign."""
    gaps, form = find_row_gaps(row), expected.form
    if expected.tells_kind:
        return build_kind_numbers(row, splits, gaps, expected, thresholds)
    known_signs = form.signs if form is not None else frozenset()
    is_parted = np.array([has_operator(gap) and not known_signs & set(gap.text) for gap in gaps[1:-1]], np.bool_)
    splits = np.where(is_parted & (cells.ends != 0), 1.0, splits)
    if form is None:
        return build_numbers(row, split_impossible(splits, gaps), gaps, thresholds, cells.is_boxed), gaps
    if form.tells_signs and expected.signs == "keep" and any(gap.text for gap in gaps[1:-1]):
        return build_kind_numbers(row, splits, gaps, expected, thresholds)
    is_of_sum = np.array([has_operator(gap, OF_SUMS) for gap in gaps[1:-1]], np.bool_)
    read, numbers = build_form_numbers(row, splits, is_of_sum, form, thresholds)
    return numbers, find_row_gaps(read)


def weigh_splits(
    splits: NDArray[np.float64], boxes: list[Box], spacing: Spacing, is_in_cells: bool, may_have_columns: bool = False
) -> NDArray[np.float64]:
    """The probability that a number ends after each digit but the last: by the transcriber, unless the gap is plain.

    Where the page may have columns, a gap much wider than others counts for a space. The transcriber sees one wherever
    digits stand far apart; where all of a row's do, that is how its writer spaces digits, and it must be sure of a
    space in a gap that is wide even so.
    """
    gaps = np.diagonal(spacing.measure_gaps(boxes), 1)
    if is_in_cells or spacing.is_spaced_out:
        in_wide_gaps = np.where(gaps > spacing.wide_gap_px, scale_odds(splits, _WIDE_GAP_ODDS), 0.0)
        return np.where(gaps > spacing.number_gap_px, 1.0, in_wide_gaps)
    if may_have_columns:
        splits = np.where(gaps > spacing.number_gap_px, scale_odds(splits, _CLEAR_GAP_ODDS), splits)
    return np.where(gaps > spacing.column_gap_px, 1.0, splits)
