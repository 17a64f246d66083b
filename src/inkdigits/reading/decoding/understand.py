"""What the numbers of a page mean, and whether its sums hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.sums import check_sum
from inkdigits.types import Line, Number
from inkdigits.values import ValueRules


def understand_lines(lines: Sequence[Line], rules: ValueRules | None, thresholds: AcceptThresholds) -> tuple[Line, ...]:
    """The lines with the values of all numbers that are sure, signs included, and mean one thing only."""
    own = rules or ValueRules()
    is_reckoned = own.kind == "expression"
    return tuple(
        replace(
            line,
            numbers=tuple(_understand(number, own, thresholds) for number in line.numbers),
            checked=_check(line, own, thresholds) if is_reckoned else None,
        )
        for line in lines
    )


def _check(line: Line, rules: ValueRules, thresholds: AcceptThresholds) -> bool | None:
    """Whether a line holds as a sum. One that does was hardly misread; one that does not, and is not sure, may be."""
    holds = check_sum(line.text, rules)
    confidences = [*(number.confidence for number in line.numbers), *(sign.confidence for sign in line.signs)]
    is_sure = min(confidences) >= thresholds.min_confidence
    return holds if holds or is_sure else None


def _understand(number: Number, rules: ValueRules, thresholds: AcceptThresholds) -> Number:
    is_sure = number.accepted and not number.rejected and number.confidence >= thresholds.min_confidence
    return replace(number, value=rules.parse(number.text) if is_sure else None)
