"""Where numbers begin and end on a row, and as what they are read, when the form that each must have is known.

How sure a number is takes into account that the form may not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.cutting import MAX_READINGS, MIN_FIT, cut_row, score_misfit
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow

_MAX_DIGITS = 24  # of a number on a row with a form
_CLOSED_RANGE = (0.02, 0.98)  # no boundary between numbers is surer than this
_OPERATOR_LOG_PROBABILITY = -20.0  # that a number goes on over an operator of a sum: two misfits are likelier

_Reading = tuple[tuple[tuple[int, str], ...], float]  # what each piece adds, with its index, and how probable it is


@dataclass(frozen=True, slots=True)
class Segment:
    """One number of a row: `texts`, what each piece adds to it, with the piece's index; whether it `fits` the form, and
    then the probability that it is right, given that the form mostly holds."""

    texts: tuple[tuple[int, str], ...]
    fits: bool
    confidence: float | None = None


def segment_row(
    row: FusedRow, splits: NDArray[np.float64], is_of_sum: NDArray[np.bool_], form: Form
) -> tuple[FusedRow, list[tuple[int, Segment]]]:
    """A row read so that its numbers fit the form where they can: the row, and its numbers with their digit counts.

    `splits` float64 N−1: how probable it is that a number ends after each digit but the last; `is_of_sum` bool N−1:
    whether an operator of a sum follows it.
    """
    count = len(splits) + 1
    closed = np.clip(splits, *_CLOSED_RANGE)
    # Of going on with a number, up to each digit; nothing where the form has gaps or signs in it.
    step_costs = np.where(is_of_sum, _OPERATOR_LOG_PROBABILITY, 0.0 if form.signs else np.log1p(-closed))
    inside_costs = np.concatenate([[0.0], np.cumsum(step_costs)])
    fits = cache(form.fits)  # the same texts come again wherever a number may begin

    def list_segments(start: int, before: float) -> Iterator[tuple[int, Segment, float]]:
        before += float(np.log(closed[start - 1])) if start else 0.0
        before -= inside_costs[start]
        for end, readings in _iterate_readings(row.fused_pieces, start):
            segment, score = _choose(readings, fits)
            if not segment.fits:
                score += score_misfit(splits[start : end - 1].tolist())
            yield end, segment, score + (before + inside_costs[end - 1])

    segments = cut_row(count, list_segments)
    assert segments is not None  # each digit may be a number
    return _read_row(row, segments), [(sum(len(text) for _, text in each.texts), each) for each in segments]


def _read_row(row: FusedRow, segments: Sequence[Segment]) -> FusedRow:
    """The row with its pieces read as the segments say."""
    strings = [""] * len(row.fused_pieces)
    for segment in segments:
        for index, text in segment.texts:
            strings[index] += text
    return row.read_as(strings)


def _choose(readings: Sequence[_Reading], fits: Callable[[str], bool]) -> tuple[Segment, float]:
    """How some digits are best read as one number, chosen from their `readings` (best first), and its log
    probability."""
    plain, plain_probability = readings[0]
    fitting = [(texts, probability) for texts, probability in readings if fits("".join(t for _, t in texts))]
    total = sum(probability for _, probability in fitting)
    if total < MIN_FIT * plain_probability:
        return Segment(plain, False), float(np.log(plain_probability))
    texts, probability = fitting[0]
    own = sum(p for other, p in fitting if [t for _, t in other] == [t for _, t in texts])
    return Segment(texts, True, own / (total + MIN_FIT * sum(p for _, p in readings))), float(np.log(probability))


def _iterate_readings(fused_pieces: Sequence[FusedPiece], start: int) -> Iterator[tuple[int, list[_Reading]]]:
    """What the digits from `start` on may be read as together, first one of them, then two, and so on up to the most.
    Each time: the index of the first digit behind them, and their readings, best first."""
    before: list[_Reading] = [((), 1.0)]
    offsets = accumulate((len(piece.string) for piece in fused_pieces), initial=0)
    for index, (piece, offset) in enumerate(zip(fused_pieces, offsets, strict=False)):
        first, most = max(0, start - offset), min(len(piece.string), start + _MAX_DIGITS - offset)
        readings = before
        for last in range(first + 1, most + 1):
            longer = [
                ((*texts, (index, text)), probability * own)
                for texts, probability in before
                for text, own in piece.list_readings(first, last)
            ]
            readings = sorted(longer, key=lambda reading: -reading[1])[:MAX_READINGS]
            yield offset + last, readings
        before = readings
