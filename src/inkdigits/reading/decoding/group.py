"""Digits → numbers → lines, in reading order: lines from top to bottom, numbers and digits from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from inkdigits.reading.decoding.rows import rows
from inkdigits.reading.decoding.spacing import Spacing, are_cells, spacing
from inkdigits.types import Box, Digit, Line, Number


def group(digits: Sequence[Digit], signs: Sequence[Box] = ()) -> tuple[Line, ...]:
    """Sort digits into numbers and lines. `signs` are boxes of ink that is no digit, anywhere on the page.

    A number ends at a visible gap and at a sign; a point or comma does not end it, and is noted in its `gaps`.
    """
    found = rows(digits)
    cells = are_cells([[digit.box for digit in row] for row in found])
    return tuple(Line(tuple(_numbers(row, signs, cells))) for row in found)


def number(digits: Sequence[Digit], signs: Sequence[Box] = (), known: float | None = None) -> Number:
    """Digits that were found to be one number, from left to right (at least one), with a probability if it is known.

    The points and commas among `signs` are noted.
    """
    boxes = [digit.box for digit in digits]
    return _noted(digits, spacing(boxes, signs), known)


def _numbers(row: list[Digit], signs: Sequence[Box], cells: bool) -> list[Number]:
    boxes = [digit.box for digit in row]
    between = spacing(boxes, signs, cells)
    parts = np.diagonal((between.gaps(boxes) > between.visible) | between.parted(boxes), 1)
    ends = [0, *(int(i) + 1 for i in np.flatnonzero(parts)), len(row)]
    return [_noted(row[a:b], between) for a, b in pairwise(ends)]


def _noted(digits: Sequence[Digit], between: Spacing, known: float | None = None) -> Number:
    """A number with the places noted before which a point or comma stands."""
    points = np.flatnonzero(np.diagonal(between.pointed([digit.box for digit in digits]), 1)) + 1
    return Number(tuple(digits), tuple(int(place) for place in points), known)
