"""What is known of the answer beforehand: its length, its pattern, its check digit, its range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from inkdigits.errors import UsageError
from inkdigits.reading.decoding.automaton import Automaton, Rule, any_digits, built, counted
from inkdigits.reading.decoding.checks import CHECKS, between
from inkdigits.reading.decoding.pattern import literals_of, pattern_rule

_LONGEST = 100  # digits of a number
_RANGE = re.compile(r"\s*(\d{1,18})\s*\.\.\s*(\d{1,18})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """What every number must be, all at once; what is None is not known. Raises UsageError when nothing can be so.

    `length` is the count of digits, 1 to 100. `pattern` is told in `pattern.py`. `check` is `luhn`, `verhoeff`,
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
        automaton = built([any_digits(), *self._rules()])
        if not automaton.starts:
            raise UsageError(f"No number can have {self._told()}; change it or leave something out.")
        object.__setattr__(self, "automaton", automaton)

    def fits(self, text: str) -> bool:
        """Whether `text`, digits only, is a number of this form."""
        return re.fullmatch("[0-9]+", text) is not None and self.automaton.accepts(text) and self.passes(text)

    def passes(self, text: str) -> bool:
        """Whether the caller's own function, if there is one, says that these digits are right."""
        return not callable(self.check) or bool(self.check(text))

    @property
    def literals(self) -> frozenset[str]:
        """The signs between digits that the pattern mentions."""
        return literals_of(self.pattern or "")

    def _rules(self) -> Iterator[Rule[Any]]:
        if self.length is not None:
            yield _length_rule(self.length)
        if self.pattern is not None:
            yield pattern_rule(self.pattern)
        if isinstance(self.check, str):
            yield _check_rule(self.check)
        if self.range is not None:
            low, high = _ends(self.range)
            yield between(low, high)
            if self.length is None and self.pattern is None:
                yield counted(1, len(str(high)))

    def _told(self) -> str:
        """All that was given, in words."""
        given = {"length": self.length, "pattern": self.pattern, "check": self.check, "range": self.range}
        return " and ".join(f"{name} {value!r}" for name, value in given.items() if value is not None)


def _length_rule(length: int) -> Rule[int]:
    if not 1 <= length <= _LONGEST:
        raise UsageError(f"A number has a length of 1 to {_LONGEST} digits, not {length}.")
    return counted(length, length)


def _check_rule(name: str) -> Rule[Any]:
    if name not in CHECKS:
        raise UsageError(f"There is no check {name!r}; take one of {', '.join(CHECKS)}.")
    return CHECKS[name]()


def _ends(given: str | tuple[int, int]) -> tuple[int, int]:
    """The lower and the upper end of a range."""
    found = _RANGE.fullmatch(given if isinstance(given, str) else "{}..{}".format(*given))
    if not found:
        raise UsageError(f"{given!r} is no range; give two whole numbers of at most 18 digits, like 0..100.")
    low, high = int(found[1]), int(found[2])
    if low > high:
        raise UsageError(f"The range {low}..{high} is empty; put the smaller number first.")
    return low, high
