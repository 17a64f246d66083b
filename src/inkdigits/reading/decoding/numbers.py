"""Rows that both readers have read → lines of numbers: where a number ends, how sure it is, and what of it is accepted.

A number is accepted when the probability that all of it is right reaches the threshold. If it does not, the least
certain digits are refused, as few as leave the rest above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.cells import BoxKind, find_cells
from inkdigits.reading.decoding.digits import make_digit, set_accepted
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow
from inkdigits.reading.decoding.group import find_points
from inkdigits.reading.decoding.segment import segment_row
from inkdigits.reading.decoding.spacing import Spacing, has_cells, measure_spacing
from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Box, Digit, Line, Number

# How plain a number is to the detections at least, in the mean over its digits; one digit has no neighbours to vouch
_MIN_LONE_DIGITNESS, _MIN_MEAN_DIGITNESS = 0.85, 0.5
_MIN_SPLIT = 0.5  # probability that a new number begins, from which on it does


def build_lines(
    rows: Sequence[FusedRow],
    ink_components: Sequence[Box],
    thresholds: AcceptThresholds,
    form: Form | None = None,
    grid: Grid = NO_GRID,
    boxes: BoxKind = "auto",
) -> tuple[Line, ...]:
    """The lines of a page. `ink_components` are the boxes of all its ink, in pixels of the page, and `grid` its rules;
    `boxes` says what these mean.

    With a form, numbers begin and end so that they fit it, and those that cannot keep their plain reading.
    """
    filled = [row for row in rows if row.fused_pieces]
    is_in_cells = has_cells([row.boxes for row in filled])
    cells = find_cells([row.boxes for row in filled], grid, boxes)
    lines, table_row = [], 0
    for bare_row, own in zip(filled, cells, strict=True):
        row = bare_row.expect_digits(own.is_boxed)
        near_ink = _select_near(ink_components, Box.around(row.boxes))
        spacing = measure_spacing(row.boxes, near_ink, is_in_cells)
        splits = _weigh_splits(row.splits, row.boxes, spacing, is_in_cells)
        splits = np.where(np.isnan(own.ends), splits, own.ends)
        if form is None:
            line = _build_line(row, splits, spacing, thresholds)
        else:
            line = _build_form_line(row, splits, form, near_ink, thresholds)
        if own.columns is not None:
            line, table_row = _place_numbers(line, table_row, own.columns), table_row + 1
        lines.append(line)
    return tuple(lines)


def _place_numbers(line: Line, row: int, columns: Sequence[int]) -> Line:
    """The line with its numbers in the cells of a table: `columns` has that of each digit."""
    starts = accumulate((len(number.digits) for number in line.numbers), initial=0)
    return Line(
        tuple(
            replace(number, row=row, column=columns[start]) for number, start in zip(line.numbers, starts, strict=False)
        )
    )


def _select_near(ink_components: Sequence[Box], row: Box) -> list[Box]:
    """Those that are level with a row, or less than its height above or below: no others can be signs in it."""
    top, bottom = row.y - row.height, row.bottom + row.height
    return [each for each in ink_components if each.y < bottom and each.bottom > top]


def _build_line(row: FusedRow, splits: NDArray[np.float64], spacing: Spacing, thresholds: AcceptThresholds) -> Line:
    """A row as numbers that end where they probably do."""
    bounds = [0, *(np.flatnonzero(splits >= _MIN_SPLIT) + 1).tolist(), len(splits) + 1]
    return Line(tuple(_build_number(row, range(start, end), spacing, thresholds) for start, end in pairwise(bounds)))


def _build_form_line(
    row: FusedRow,
    splits: NDArray[np.float64],
    form: Form,
    ink_components: Sequence[Box],
    thresholds: AcceptThresholds,
) -> Line:
    """A row as numbers that fit the form, or do not."""
    read, segments = segment_row(row, splits, form)
    spacing, start, numbers = measure_spacing(read.boxes, ink_components), 0, []
    for count, segment in segments:
        number = _build_number(read, range(start, start + count), spacing, thresholds)
        start += count
        if segment.confidence is not None:
            is_sure = segment.confidence >= thresholds.min_confidence
            digits = tuple(set_accepted(digit, is_sure or digit.accepted) for digit in number.digits)
            number = replace(number, digits=digits, known=segment.confidence)
        numbers.append(replace(number, fits=segment.fits))
    return Line(tuple(numbers))


def _weigh_splits(
    splits: NDArray[np.float64], boxes: list[Box], spacing: Spacing, is_in_cells: bool
) -> NDArray[np.float64]:
    """The probability that a number ends after each digit but the last: by the transcriber, unless the gap is plain.

    It sees a space wherever digits stand far apart; where all of a row's do, that is how its writer spaces digits.
    """
    gaps = np.diagonal(spacing.measure_gaps(boxes), 1)
    if is_in_cells or spacing.is_spaced_out:
        return np.where(gaps > spacing.number_gap_px, 1.0, 0.0)
    return np.where(gaps > spacing.column_gap_px, 1.0, splits)


def _build_number(row: FusedRow, indices: range, spacing: Spacing, thresholds: AcceptThresholds) -> Number:
    """The number of the row's digits at these indices."""
    parts = list(_find_parts(row, indices))
    digits = [_make_digit(piece, index, thresholds) for piece, own in parts for index in own]
    kept = set(range(len(digits)))
    while kept and _compute_confidence(parts, kept) < thresholds.min_confidence:
        kept.remove(min(kept, key=lambda index: digits[index].confidence * digits[index].digitness))
    if _get_detected_digitness(parts) < (_MIN_LONE_DIGITNESS if len(digits) == 1 else _MIN_MEAN_DIGITNESS):
        kept = set()
    accepted = [
        set_accepted(digit, index in kept and digit.digitness >= thresholds.min_digitness)
        for index, digit in enumerate(digits)
    ]
    confidence = _compute_confidence(parts, set(range(len(digits))))
    return Number(tuple(accepted), find_points(accepted, spacing), confidence)


def _get_detected_digitness(parts: Sequence[tuple[FusedPiece, list[int]]]) -> float:
    """How probable the detections alone find it that there are digits, in the mean over those of a number."""
    return float(np.mean([piece.hypotheses[index].digitness for piece, own in parts for index in own]))


def _find_parts(row: FusedRow, indices: range) -> list[tuple[FusedPiece, list[int]]]:
    """The pieces that these digits of the row belong to, each with the indices of its own digits among them."""
    starts = [0, *accumulate(len(piece.string) for piece in row.fused_pieces)]
    parts = []
    for piece, start in zip(row.fused_pieces, starts, strict=False):
        own = [index - start for index in indices if start <= index < start + len(piece.string)]
        if own:
            parts.append((piece, own))
    return parts


def _compute_confidence(parts: Sequence[tuple[FusedPiece, list[int]]], kept: set[int]) -> float:
    """The probability that the digits at these places of a number are all right."""
    probability, place = 1.0, 0
    for piece, own in parts:
        selected = [index for offset, index in enumerate(own) if place + offset in kept]
        place += len(own)
        if selected:
            probability *= piece.compute_confidence(selected)
    return probability


def _make_digit(piece: FusedPiece, index: int, thresholds: AcceptThresholds) -> Digit:
    """One digit, with what both readers think of it alone."""
    distribution = piece.compute_distribution(index)
    presence = float(distribution.sum())
    hypothesis = piece.hypotheses[index]
    which = int(piece.string[index])
    digit = make_digit(distribution / presence, min(1.0, presence), hypothesis.box, thresholds, which)
    return replace(digit, detection=hypothesis.detection)
