"""Digits → numbers → lines, in reading order: lines from top to bottom, numbers and digits from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from inkdigits.marks import Box
from inkdigits.reading.decoding.rows import find_rows
from inkdigits.reading.decoding.spacing import has_cells, measure_spacing
from inkdigits.types import Digit, Line, Number


def group_digits(digits: Sequence[Digit], ink_components: Sequence[Box] = ()) -> tuple[Line, ...]:
    """Sort digits into numbers and lines. `ink_components` are boxes of ink anywhere on the page.

    A number ends at a visible gap and at a separator; a point or comma does not end it.
    """
    digit_rows = find_rows(digits)
    is_in_cells = has_cells([[digit.box for digit in row] for row in digit_rows])
    return tuple(Line(tuple(_split_row(row, ink_components, is_in_cells))) for row in digit_rows)


def _split_row(row: list[Digit], ink_components: Sequence[Box], is_in_cells: bool) -> list[Number]:
    boxes = [digit.box for digit in row]
    row_spacing = measure_spacing(boxes, ink_components, is_in_cells)
    is_break = np.diagonal(
        (row_spacing.measure_gaps(boxes) > row_spacing.wide_gap_px) | row_spacing.has_separator(boxes), 1
    )
    bounds = [0, *(int(i) + 1 for i in np.flatnonzero(is_break)), len(row)]
    return [Number(tuple(row[a:b])) for a, b in pairwise(bounds)]
