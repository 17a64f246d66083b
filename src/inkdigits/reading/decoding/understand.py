"""What the numbers of a page mean, and whether its sums hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.sums import check_sum
from inkdigits.types import Line, Number
from inkdigits.values import Value, ValueRules


def understand_lines(lines: Sequence[Line], rules: ValueRules | None, thresholds: AcceptThresholds) -> tuple[Line, ...]:
    """The lines with the values of all numbers that are sure, signs included, and mean one thing only."""
    own = rules or ValueRules()
    return tuple(_understand_line(line, own, thresholds) for line in lines)


def _understand_line(line: Line, rules: ValueRules, thresholds: AcceptThresholds) -> Line:
    """The line with its values, and whether it holds if it is a sum.

    With a slash beside it, a number is no amount: it is a part of something else, or the slash is a 1.
    """
    slashes = [sign.before for sign in line.signs if sign.text == "/"] if rules.kind == "amount" else []
    parts = {place for before in slashes for place in (before - 1, before)}
    numbers = tuple(
        replace(number, value=None if index in parts else _find_value(number, rules, thresholds))
        for index, number in enumerate(line.numbers)
    )
    return replace(
        line, numbers=numbers, checked=_check(line, rules, thresholds) if rules.kind == "expression" else None
    )


def _check(line: Line, rules: ValueRules, thresholds: AcceptThresholds) -> bool | None:
    """Whether a line holds as a sum. One that does was hardly misread; one that does not, and is not sure, may be."""
    holds = check_sum(line.text, rules)
    confidences = [*(number.confidence for number in line.numbers), *(sign.confidence for sign in line.signs)]
    is_sure = min(confidences) >= thresholds.min_confidence
    return holds if holds or is_sure else None


def _find_value(number: Number, rules: ValueRules, thresholds: AcceptThresholds) -> Value | None:
    is_sure = number.accepted and not number.rejected and number.confidence >= thresholds.min_confidence
    return rules.parse(number.text) if is_sure else None
