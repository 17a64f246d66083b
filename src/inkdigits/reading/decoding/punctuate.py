"""The signs of a row → those of its numbers and those of the line.

A number runs until a space or an operator: points, commas and apostrophes within it, a leading minus, and what fills it
up behind, as the dash in `12.-`, are its own. So is a plus or minus that stands by it and far from the number before:
sums written side by side are several. All else, operators and brackets, is the line's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import POINTS, SPACE
from inkdigits.marks import Box, Sign
from inkdigits.reading.decoding.gaps import Gap
from inkdigits.types import Line, Number

_FILLERS = "-=/#.,"
OF_SUMS = "+×÷="  # operators that no number has in it
_OPERATORS = "+-×÷=/:("  # after one of these a minus is a number's own
_MIN_OPERATOR = 0.5  # probability of an operator in a gap, from which on it ends a number
_MAX_RISE = 0.7  # of the row's height: no sign's middle is farther above or below the row's, that is another line
_MIN_COLUMN_GAP, _MIN_COLUMN_GAP_RATIO = 1.2, 3.0  # before a sign: in heights of the row, in gaps behind the sign
_MIN_LEADING_POINT = 0.9  # of a point before the first digit, as in `.5`


@dataclass(frozen=True, slots=True)
class _Signs:
    """The signs of one gap that are shown, each with its place, and how probable they are, all together."""

    text: str
    probability: float
    boxes: tuple[Box, ...]

    def take(self, start: int, end: int, before: int) -> tuple[Sign, ...]:
        """Some of them, as signs `before` a digit or a number."""
        kept = zip(self.text[start:end], self.boxes[start:end], strict=True)
        return tuple(Sign(text, before, self.probability, box) for text, box in kept)


def punctuate(
    numbers: Sequence[Number], gaps: Sequence[Gap], ink_components: Sequence[Box], is_walled: NDArray[np.bool_]
) -> Line:
    """The line of a row's numbers with its signs: `gaps` are N+1 for its N digits, `ink_components` the boxes of ink
    near it, in pixels of the page, where signs are found. What stands in a gap with the wall of a printed box, bool
    N+1, is no operator: empty boxes are crossed out.
    """
    row = _Row([digit.box for number in numbers for digit in number.digits], is_walled, ink_components)
    shown = [_show(gap, index, row) for index, gap in enumerate(gaps)]
    bounds = list(accumulate((len(number.digits) for number in numbers), initial=0))
    is_sum = any(sign in OF_SUMS for bound in bounds[1:-1] for sign in shown[bound].text)
    own: list[list[Sign]] = [[] for _ in numbers]
    probabilities: list[list[float]] = [[] for _ in numbers]
    of_line: list[Sign] = []
    for index, (start, end) in enumerate(pairwise(bounds)):
        for place in range(start + 1, end):
            signs, probabilities[index] = shown[place], [*probabilities[index], shown[place].probability]
            own[index] += signs.take(0, len(signs.text), place - start)
    for index, bound in enumerate(bounds):
        signs = shown[bound]
        if 0 < index < len(numbers) and signs.text in ("+", "-") and row.begins_column(signs.boxes[0], bound):
            own_end, own_start = 0, 0
        else:
            own_end, own_start = _divide(signs, index == 0, index == len(numbers), is_sum)
        if own_end:
            own[index - 1] += signs.take(0, own_end, len(numbers[index - 1].digits))
            is_filled = index == len(numbers) and own_end == len(signs.text)
            probabilities[index - 1].append(_sum_fillers(gaps[bound]) if is_filled else signs.probability)
        if own_start < len(signs.text):
            own[index] = [*signs.take(own_start, len(signs.text), 0), *own[index]]
            is_plus = signs.text[own_start:] == "+"
            probabilities[index].append(_sum_fillers(gaps[bound], "+") if is_plus else signs.probability)
        of_line += signs.take(own_end, own_start, index)
    return Line(
        tuple(
            replace(number, signs=tuple(signs), known=number.confidence * prod(each))
            for number, signs, each in zip(numbers, own, probabilities, strict=True)
        ),
        tuple(of_line),
    )


def _sum_fillers(gap: Gap, fillers: str = _FILLERS) -> float:
    """How probable it is that a gap holds nothing, or only what changes no number: what fills it up, or a plus."""
    return sum(probability for text, probability in gap.readings if not text.strip(fillers + SPACE))


def has_operator(gap: Gap, operators: str = _OPERATORS) -> bool:
    """Whether one number probably ends in a gap and another one begins, because of an operator, whichever it is."""
    return sum_operators(gap, operators) >= _MIN_OPERATOR


def sum_operators(gap: Gap, operators: str) -> float:
    """How probable it is that a gap holds any of these operators."""
    return sum(probability for text, probability in gap.readings if set(text) & set(operators))


def _divide(signs: _Signs, is_first: bool, is_last: bool, is_sum: bool) -> tuple[int, int]:
    """How many of a gap's signs belong to the number before it, and from which on they belong to the one after it."""
    text, own_end = signs.text, 0
    if not is_first:
        fillers = _FILLERS if is_last and not is_sum else POINTS
        own_end = len(text) - len(text.lstrip(fillers))
    rest = text[own_end:]
    if is_last:
        return own_end, len(text)
    before_minus = _OPERATORS.replace("-", "") if is_first else _OPERATORS  # a line that begins with -- is filled up
    has_minus = rest.endswith("-") and (rest[-2] in before_minus if len(rest) > 1 else is_first)
    return own_end, len(text) - (1 if has_minus or (is_first and rest[-1:] in (".", ",")) else 0)


def _show(gap: Gap, index: int, row: _Row) -> _Signs:
    """The signs of a gap that make sense where it is. Those in doubt are shown if there probably are some: without its
    point or comma a number would be another one."""
    spans = gap.spans
    if not gap.text or len(spans) != len(gap.text):
        return _Signs("", dict(gap.readings).get("", 0.0), ())
    kept = list(range(len(gap.text)))
    if row.is_walled[index]:
        kept = [place for place in kept if gap.text[place] in POINTS + SPACE]
    elif index == 0:
        last = len(gap.text) - 1 if gap.probability >= _MIN_LEADING_POINT else -1
        kept = [place for place in kept if gap.text[place] not in POINTS or place == last]
    boxes = tuple(row.find_box(spans[place]) for place in kept)
    return _Signs("".join(gap.text[place] for place in kept), gap.probability, boxes)


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """The boxes of a row's digits, which of them stand in a printed box, bool N, and the boxes of ink near the row, all
    in pixels of the page."""

    boxes: Sequence[Box]
    is_walled: NDArray[np.bool_]
    ink_components: Sequence[Box]

    def begins_column(self, sign: Box, index: int) -> bool:
        """Whether a sign stands by the digit of this index and far from the one before it."""
        before, after = sign.x - self.boxes[index - 1].right, max(1, self.boxes[index].x - sign.right)
        return before > max(_MIN_COLUMN_GAP * Box.around(self.boxes).height, _MIN_COLUMN_GAP_RATIO * after)

    def find_box(self, span: tuple[float, float]) -> Box:
        """The box of the ink in a span of columns that is no digit's; of the row's height if there is none."""
        around = Box.around(self.boxes)
        middle, reach = sum(span) / 2, max((span[1] - span[0]) / 2, around.height / 4)
        found = [
            each
            for each in self.ink_components
            if abs(each.centre_x - middle) <= reach and each.width <= 2 * around.height
            if abs(each.centre_y - around.centre_y) <= _MAX_RISE * around.height
            if not any(box.x <= each.centre_x < box.right for box in self.boxes)
        ]
        if found:
            return Box.around(found)
        return Box(round(span[0]), around.y, max(1, round(span[1] - span[0])), around.height)
