"""Numbers of a known kind: dates, times, amounts. What a number can be decides which digits and signs it is read as.

Digits are changed one for one only; whether one is lost or too many is another question
(`FusedPiece.compute_presence`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import SPACE
from inkdigits.reading.decoding.cutting import MAX_READINGS, MIN_FIT, PLAIN_SPLIT, cut_row, score_misfit
from inkdigits.reading.decoding.fusion import FusedRow
from inkdigits.reading.decoding.gaps import Gap
from inkdigits.reading.decoding.punctuate import OF_SUMS, sum_operators

_MIN_CUT = 0.02  # probability of a boundary between two digits, from which on numbers may end there
_MAX_BOUNDARY = 0.99  # no boundary is surer than this
_MAX_DIGITS = 20  # of a number
_MIN_CHOICE = 1e-3  # probability from which on a digit or sign is one of them

_Text = tuple[str, tuple[str, ...], float]  # digits, the signs before each but the first, and how probable they are


@dataclass(frozen=True, slots=True)
class NumberReading:
    """One number of a row: its digits and the signs between them, how probable it is, and whether it has a value. Where
    it has, the probability is the share, in all readings that have one, of those that mean the same."""

    digits: str
    signs: tuple[str, ...]  # before each digit but the first
    probability: float
    fits: bool


def read_kinds(
    row: FusedRow,
    splits: NDArray[np.float64],
    gaps: Sequence[Gap],
    weigh: Callable[[str], float],
    mean: Callable[[str], Hashable] = str,
) -> list[NumberReading]:
    """The numbers of a row of N digits, from left to right.

    `splits` float64 N−1 is how probable it is that a number ends after each digit but the last; `gaps` are N+1. `weigh`
    says of a text how probable it is beforehand that a number looks like it, 0 for one that has no value, and `mean`
    what it means: texts that mean the same count together, as `1.234` and `1234` do where points group thousands.
    """
    positions = _list_places(row, splits, gaps)

    def list_readings(start: int, before: float) -> Iterator[tuple[int, NumberReading, float]]:
        before += float(np.log(positions[start].boundary)) if start else 0.0
        for end, readings in _iterate_readings(positions, start):
            if end == len(positions) or positions[end].boundary >= _MIN_CUT:
                reading, score = _choose(readings, positions[start:end], weigh, mean)
                yield end, reading, before + score

    numbers = cut_row(len(positions), list_readings)
    if numbers is None:  # more digits in a row than a number has
        inner = (index for index, place in enumerate(positions) if index and place.boundary >= PLAIN_SPLIT)
        return [_read_plainly(positions[start:end]) for start, end in pairwise([0, *inner, len(positions)])]
    return numbers


@dataclass(frozen=True, slots=True)
class _Place:
    """One digit of a row, and the gap before it: the `digits` that it may be and the `signs` that may stand before it,
    with probabilities, best first, and the probability `boundary` that a number begins with it."""

    digits: tuple[tuple[str, float], ...]
    signs: tuple[tuple[str, float], ...]
    boundary: float


def _list_places(row: FusedRow, splits: NDArray[np.float64], gaps: Sequence[Gap]) -> list[_Place]:
    positions: list[_Place] = []
    for piece in row.fused_pieces:
        for index in range(len(piece.string)):
            distribution = piece.compute_distribution(index)
            order = np.argsort(-distribution, kind="stable")
            digits = tuple((str(each), float(distribution[each])) for each in order if distribution[each] > _MIN_CHOICE)
            gap, split = gaps[len(positions)], float(splits[len(positions) - 1]) if positions else 1.0
            ends = min(split + (1 - split) * sum_operators(gap, OF_SUMS), _MAX_BOUNDARY) if positions else 1.0
            positions.append(_Place(digits, _list_signs(gap, min(split, _MAX_BOUNDARY)), ends))
    return positions


def _list_signs(gap: Gap, split: float) -> tuple[tuple[str, float], ...]:
    """What may stand in a gap within a number: signs, nothing, or a space."""
    signs: list[tuple[str, float]] = []
    for text, probability in gap.readings:
        if set(text) & set(OF_SUMS):
            continue
        signs += [("", probability * (1 - split)), (SPACE, probability * split)] if not text else [(text, probability)]
    likely = sorted(((text, p) for text, p in signs if p > _MIN_CHOICE), key=lambda sign: -sign[1])
    return tuple(likely) or (("", _MIN_CHOICE),)


def _read_plainly(positions: Sequence[_Place]) -> NumberReading:
    digits = "".join(place.digits[0][0] for place in positions)
    signs = tuple(place.signs[0][0] for place in positions[1:])
    probability = float(np.prod([place.digits[0][1] for place in positions]))
    return NumberReading(digits, signs, probability, False)


def _iterate_readings(positions: Sequence[_Place], start: int) -> Iterator[tuple[int, list[_Text]]]:
    """What the digits from `start` on may be read as together, first one of them, then two, and so on up to the most.
    Each time: the index of the first digit behind them, and their readings, best first."""
    readings: list[_Text] = [("", (), 1.0)]
    for end, place in enumerate(positions[start : start + _MAX_DIGITS], start + 1):
        is_first = end == start + 1
        longer = [
            (digits + digit, signs if is_first else (*signs, sign), probability * own * between)
            for digits, signs, probability in readings
            for digit, own in place.digits
            for sign, between in ((("", 1.0),) if is_first else place.signs)
        ]
        readings = sorted(longer, key=lambda reading: -reading[2])[:MAX_READINGS]
        yield end, readings


def _choose(
    readings: Sequence[_Text],
    positions: Sequence[_Place],
    weigh: Callable[[str], float],
    mean: Callable[[str], Hashable],
) -> tuple[NumberReading, float]:
    """How some digits are best read as one number, chosen from their `readings` (best first), and its log
    probability."""
    fitting, by_meaning = list[tuple[_Text, Hashable]](), dict[Hashable, float]()
    for digits, signs, probability in readings:
        text = _join(digits, signs)
        if (weight := weigh(text)) > 0:
            fitting.append(((digits, signs, weight * probability), mean(text)))
            by_meaning[fitting[-1][1]] = by_meaning.get(fitting[-1][1], 0.0) + weight * probability
    total, plain = sum(by_meaning.values()), sum(reading[2] for reading in readings)
    if total < MIN_FIT * readings[0][2]:
        misfit_score = score_misfit([place.boundary for place in positions[1:]])
        return _read_plainly(positions), float(np.log(readings[0][2])) + misfit_score
    best = max(by_meaning, key=lambda meaning: by_meaning[meaning])
    digits, signs, _ = max((text for text, meaning in fitting if meaning == best), key=lambda text: text[2])
    probability = by_meaning[best]
    return NumberReading(digits, signs, probability / (total + MIN_FIT * plain), True), float(np.log(probability))


def _join(digits: str, signs: Sequence[str]) -> str:
    return digits[0] + "".join(sign + digit for sign, digit in zip(signs, digits[1:], strict=True))
