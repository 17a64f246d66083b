"""Digits of a row → numbers: as what each is read, how sure it is, and what of it is accepted.

A number is accepted when the probability that all of its digits are right reaches the threshold. If it does not, the
digits are refused without which the rest is surest, as few as leave it above the threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import POINTS
from inkdigits.reading.decoding.cutting import PLAIN_SPLIT
from inkdigits.reading.decoding.digits import make_digit, set_accepted
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow
from inkdigits.reading.decoding.gaps import Gap
from inkdigits.reading.decoding.kinds import read_kinds
from inkdigits.reading.decoding.punctuate import has_operator
from inkdigits.reading.decoding.segment import segment_row
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Digit, Number

Probability = TypeVar("Probability", float, NDArray[np.float64])

# How plain a number is to the detections at least, in the mean over its digits; one digit has no neighbours to vouch
_MIN_LONE_DIGITNESS, _MIN_ONES_DIGITNESS, _MIN_MEAN_DIGITNESS = 0.85, 0.75, 0.5
_MIN_BOXED_ONE = 0.3  # digitness of a 1 that stands alone between two rules: it is a plain stroke, but what else is it?
_TWO_DECIMALS_BONUS = 0.05  # to the probability that a number ends behind them, where it must end anyway
_MINUTES = 2  # digits: between a colon and another one, or a point, a number has no more
_MAX_TRIED = 24  # digits of a number of which each is tried


def scale_odds(probability: Probability, factor: float) -> Probability:
    """The probability, one or an array, of what is so many times as likely as it was, against its not being so."""
    return factor * probability / (1 - probability + factor * probability)


def build_numbers(
    row: FusedRow,
    splits: NDArray[np.float64],
    gaps: Sequence[Gap],
    thresholds: AcceptThresholds,
    is_boxed: NDArray[np.bool_],
) -> list[Number]:
    """A row as numbers that end where they probably do; `is_boxed`, bool N, says which of its digits are in boxes."""
    bounds = [0, *(np.flatnonzero(splits >= PLAIN_SPLIT) + 1).tolist(), len(splits) + 1]
    return [
        _build_number(row, range(start, end), thresholds, _is_operand(gaps, start, end), bool(is_boxed[start]))
        for start, end in pairwise(bounds)
    ]


def _is_operand(gaps: Sequence[Gap], start: int, end: int) -> bool:
    """Whether there is an operator beside or between the digits from `start` to `end` (not included), and another digit
    beyond it."""
    return any(has_operator(gaps[place]) for place in range(start, end + 1) if 0 < place < len(gaps) - 1)


def split_impossible(splits: NDArray[np.float64], gaps: Sequence[Gap]) -> NDArray[np.float64]:
    """The splits, so that no number has points or commas as none can: `2294,04541,69` is two, and ends where that is
    likeliest, if need be after two decimals; `18:306.25` ends after the minutes."""
    splits = splits.copy()
    while (group := _find_impossible_group(splits, gaps)) is not None:
        indices = np.arange(group.start, group.stop - 1)
        splits[indices[int((splits[indices] + _TWO_DECIMALS_BONUS * (indices == group.start + 1)).argmax())]] = 1.0
    return splits


def _find_impossible_group(splits: NDArray[np.float64], gaps: Sequence[Gap]) -> range | None:
    """The digits between two points or commas of one number that cannot be: more than three, or three between two
    equal marks of which the second has not three behind it. Or those between a colon and a point or another colon, if
    they are more than two."""
    bounds = [0, *(np.flatnonzero(splits >= PLAIN_SPLIT) + 1).tolist(), len(splits) + 1]
    for start, end in pairwise(bounds):
        marks = [place for place in range(start + 1, end) if gaps[place].text and gaps[place].text in POINTS]
        stop = marks[0] if marks else end
        if gaps[start].text == ":" and stop - start > _MINUTES and (marks or gaps[end].text == ":"):
            return range(start, stop)
        for first, second, after in zip(marks, marks[1:], [*marks[2:], end], strict=False):
            is_decimal_end = gaps[first].text == gaps[second].text and after - second != 3
            if second - first > 3 or (second - first == 3 and is_decimal_end):
                return range(first, second)
    return None


def build_form_numbers(
    row: FusedRow,
    splits: NDArray[np.float64],
    is_of_sum: NDArray[np.bool_],
    form: Form,
    thresholds: AcceptThresholds,
) -> tuple[FusedRow, list[Number]]:
    """A row as numbers that fit the form, or do not, and the row as it is read then."""
    read, segments = segment_row(row, splits, is_of_sum, form)
    start, numbers = 0, []
    for count, segment in segments:
        number = _build_number(read, range(start, start + count), thresholds)
        start += count
        if segment.confidence is not None:
            number = _trust(number, segment.confidence, thresholds)
        numbers.append(replace(number, fits=segment.fits))
    return read, numbers


def build_kind_numbers(
    row: FusedRow,
    splits: NDArray[np.float64],
    gaps: Sequence[Gap],
    expected: Expected,
    thresholds: AcceptThresholds,
) -> tuple[list[Number], list[Gap]]:
    """A row as numbers that are as expected, or not, and its gaps as they are read then; see kinds.py."""
    readings = read_kinds(row, splits, gaps, expected.weigh, expected.mean)
    string, read_gaps = "".join(reading.digits for reading in readings), list(gaps)
    bounds = list(accumulate((len(piece.string) for piece in row.fused_pieces), initial=0))
    read = row.read_as([string[start:end] for start, end in pairwise(bounds)])
    start, numbers = 0, []
    for reading in readings:
        end = start + len(reading.digits)
        number = _build_number(read, range(start, end), thresholds, _is_operand(gaps, start, end))
        if reading.fits:
            presence = prod(piece.compute_presence() for piece, _ in _find_parts(read, range(start, end)))
            number = _trust(number, presence * reading.probability, thresholds)
            for place, signs in enumerate(reading.signs, start + 1):
                read_gaps[place] = gaps[place].read_as(signs)
        numbers.append(replace(number, fits=reading.fits))
        start = end
    return numbers, read_gaps


def _trust(number: Number, confidence: float, thresholds: AcceptThresholds) -> Number:
    """The number with the confidence that what is known of it gives it."""
    is_sure = confidence >= thresholds.min_confidence
    digits = tuple(set_accepted(digit, is_sure or digit.accepted) for digit in number.digits)
    return replace(number, digits=digits, known=confidence)


def _build_number(
    row: FusedRow, indices: range, thresholds: AcceptThresholds, is_operand: bool = False, is_boxed: bool = False
) -> Number:
    """The number of the row's digits at these indices. A sum vouches for its digits, and a box for a 1."""
    parts = list(_find_parts(row, indices))
    digits = [_make_digit(piece, index, thresholds) for piece, own in parts for index in own]
    kept = set(range(len(digits)))
    while kept and _compute_confidence(parts, kept) < thresholds.min_confidence:
        kept.remove(_find_doubtful(parts, kept, digits))
    if not is_operand and _get_detected_digitness(parts) < _choose_min_digitness(digits, is_boxed):
        kept = set()
    accepted = [
        set_accepted(digit, index in kept and digit.digitness >= thresholds.min_digitness)
        for index, digit in enumerate(digits)
    ]
    confidence = _compute_confidence(parts, set(range(len(digits))))
    return Number(tuple(accepted), known=confidence)


def _find_doubtful(parts: Sequence[tuple[FusedPiece, list[int]]], kept: set[int], digits: Sequence[Digit]) -> int:
    """The digit, of those kept, without which the others are surest, the least certain one of several; of very many
    simply the least certain."""

    def weigh(index: int) -> tuple[float, float]:
        rest = _compute_confidence(parts, kept - {index}) if len(kept) <= _MAX_TRIED else 0.0
        return round(rest, 2), -digits[index].confidence * digits[index].digitness

    return max(kept, key=weigh)


def _choose_min_digitness(digits: Sequence[Digit], is_boxed: bool) -> float:
    """How plain a number must be to the detections. Dirt and edges look like some 1s."""
    are_ones = all(digit.digit == 1 for digit in digits)
    if len(digits) == 1:
        return _MIN_BOXED_ONE if is_boxed and are_ones else _MIN_LONE_DIGITNESS
    return _MIN_ONES_DIGITNESS if are_ones else _MIN_MEAN_DIGITNESS


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
