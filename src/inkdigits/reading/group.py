"""Digits → numbers → lines, in reading order: lines from top to bottom, numbers and digits from left to right."""

from __future__ import annotations

import statistics
from itertools import pairwise

from inkdigits.types import Digit, Line, Number

_SHARED = 0.35  # of the lower digit's height: neighbours on a line share at least this much of it
_GAP = 0.6  # of a digit's height: a gap below this never parts numbers
_FAR = 2.0  # of a digit's height: a gap above this always does


def group(digits: list[Digit]) -> tuple[Line, ...]:
    """Sort digits into numbers and lines."""
    rows = sorted(_rows(digits), key=lambda row: statistics.fmean(_middle(digit) for digit in row))
    return tuple(Line(tuple(_numbers(row))) for row in rows)


def _rows(digits: list[Digit]) -> list[list[Digit]]:
    """Each digit, from left to right, goes on the row whose last digit stands most nearly beside it."""
    rows: list[list[Digit]] = []
    for digit in sorted(digits, key=lambda d: d.box.x):
        beside = [row for row in rows if _shared(row[-1], digit) >= _SHARED]
        if beside:
            min(beside, key=lambda row: abs(_middle(row[-1]) - _middle(digit))).append(digit)
        else:
            rows.append([digit])
    return rows


def _middle(digit: Digit) -> float:
    return digit.box.y + digit.box.height / 2


def _shared(left: Digit, right: Digit) -> float:
    """How much of the lower one's height two digits share."""
    both = min(left.box.bottom, right.box.bottom) - max(left.box.y, right.box.y)
    return both / max(1, min(left.box.height, right.box.height))


def _numbers(row: list[Digit]) -> list[Number]:
    """Part a row where a gap is wide for this row's digits and wide beside its other gaps."""
    height = statistics.median(digit.box.height for digit in row)
    gaps = [right.box.x - left.box.right for left, right in pairwise(row)]
    usual = sorted(gaps)[len(gaps) // 4] if gaps else 0
    widest = min(max(_GAP * height, 2 * usual), _FAR * height)
    numbers = [[row[0]]]
    for gap, digit in zip(gaps, row[1:], strict=True):
        if gap > widest:
            numbers.append([])
        numbers[-1].append(digit)
    return [Number(tuple(number)) for number in numbers]
