"""The form that every number must have: its length, its pattern, its check digit, its range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from inkdigits.errors import UsageError
from inkdigits.reading.decoding.automaton import Automaton, Rule, build_automaton, make_length_rule, make_nonempty_rule
from inkdigits.reading.decoding.checks import CHECKS, make_range_rule
from inkdigits.reading.decoding.pattern import find_literals, make_pattern_rule

_MAX_DIGITS = 100  # digits of a number
_RANGE_PATTERN = re.compile(r"\s*(\d{1,18})\s*\.\.\s*(\d{1,18})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """What every number must be, all at once; what is None is not known. Raises UsageError when nothing can be so.

    `length` is the count of digits, 1 to 100. `pattern.py` describes `pattern`. `check` is `luhn`, `verhoeff`,
    `mod97` (see `checks.py`), or a function that is given the digits as text and says whether they are right.
    `range` is text like `0..100` or a pair, both ends included. Leading zeros do not change a value, so `007` lies in
    0..100; when neither length nor pattern is given there are no more digits than the upper end has.
    """

    length: int | None = None
    pattern: str | None = None
    check: str | Callable[[str], bool] | None = None
    range: str | tuple[int, int] | None = None
    automaton: Automaton = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        automaton = build_automaton([make_nonempty_rule(), *self._make_rules()])
        if not automaton.starts:
            raise UsageError(f"No number can have {self._describe()}; change or drop one of its rules.")
        object.__setattr__(self, "automaton", automaton)

    def fits(self, text: str) -> bool:
        """Whether `text`, digits only, is a number of this form."""
        return re.fullmatch("[0-9]+", text) is not None and self.automaton.accepts(text) and self.passes(text)

    def passes(self, text: str) -> bool:
        """Whether the caller's own function, if there is one, says that these digits are right."""
        return not callable(self.check) or bool(self.check(text))

    @property
    def literals(self) -> frozenset[str]:
        """The literal characters between digits that the pattern mentions."""
        return find_literals(self.pattern or "")

    def _make_rules(self) -> Iterator[Rule[Any]]:
        if self.length is not None:
            yield _make_exact_length_rule(self.length)
        if self.pattern is not None:
            yield make_pattern_rule(self.pattern)
        if isinstance(self.check, str):
            yield _make_check_rule(self.check)
        if self.range is not None:
            low, high = _parse_range(self.range)
            yield make_range_rule(low, high)
            if self.length is None and self.pattern is None:
                yield make_length_rule(1, len(str(high)))

    def _describe(self) -> str:
        """All that was given, in words."""
        given = {"length": self.length, "pattern": self.pattern, "check": self.check, "range": self.range}
        return " and ".join(f"{name} {value!r}" for name, value in given.items() if value is not None)


def _make_exact_length_rule(length: int) -> Rule[int]:
    if not 1 <= length <= _MAX_DIGITS:
        raise UsageError(f"A number can have 1 to {_MAX_DIGITS} digits, not {length}.")
    return make_length_rule(length, length)


def _make_check_rule(name: str) -> Rule[Any]:
    if name not in CHECKS:
        raise UsageError(f"There is no check {name!r}; choose one of {', '.join(CHECKS)}.")
    return CHECKS[name]()


def _parse_range(value_range: str | tuple[int, int]) -> tuple[int, int]:
    """The lower and the upper end of a range."""
    match = _RANGE_PATTERN.fullmatch(value_range if isinstance(value_range, str) else "{}..{}".format(*value_range))
    if not match:
        raise UsageError(
            f"{value_range!r} is not a range; give two whole numbers of at most 18 digits, such as 0..100."
        )
    low, high = int(match[1]), int(match[2])
    if low > high:
        raise UsageError(f"The range {low}..{high} is empty; put the smaller number first.")
    return low, high
