"""The form that every number must have: its length, its pattern, its check digit, its range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Integral
from typing import Any

from inkdigits.alphabet import DIGIT_CHARACTERS
from inkdigits.errors import UsageError
from inkdigits.reading.decoding.automaton import Automaton, Rule, build_automaton, make_length_rule, make_nonempty_rule
from inkdigits.reading.decoding.checks import CHECKS, make_range_rule
from inkdigits.reading.decoding.pattern import Pattern
from inkdigits.values import ValueRules

_MAX_DIGITS = 100  # digits of a number
_RANGE_PATTERN = re.compile(r"\s*(\d{1,18})\s*\.\.\s*(\d{1,18})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """What every number must be, all at once; what is None is not known. Raises UsageError when nothing can be so.

    `length` is the count of digits, 1 to 100. `pattern.py` describes `pattern`. `check` is `luhn`, `verhoeff`,
    `mod97` (see `checks.py`), or a function that is given the digits as text and says whether they are right.
    `range` is text like `0..100` or a pair, both ends included. Leading zeros do not change a value, so `007` lies in
    0..100; when neither length nor pattern is given a whole number has no more digits than the upper end. Signs count
    for `pattern` and `range` only: `12.50` has four digits, and lies in 0..100.
    """

    length: int | None = None
    pattern: str | None = None
    check: str | Callable[[str], bool] | None = None
    range: str | tuple[int, int] | None = None
    automaton: Automaton = field(init=False, repr=False, compare=False)  # of a whole number
    _digits_automaton: Automaton = field(init=False, repr=False, compare=False)  # of a number that has signs
    _pattern: Pattern | None = field(init=False, repr=False, compare=False)
    bounds: tuple[int, int] | None = field(init=False, repr=False, compare=False)  # of the value, both included

    def __post_init__(self) -> None:
        is_check = isinstance(self.check, str | None) or callable(self.check)
        if not isinstance(self.pattern, str | None) or not is_check:
            raise UsageError("A pattern is text, and a check text or a function of digits; give these.")
        object.__setattr__(self, "_pattern", None if self.pattern is None else Pattern(self.pattern))
        object.__setattr__(self, "bounds", None if self.range is None else _parse_range(self.range))
        rules, range_rules = list(self._make_digits_rules()), list(self._make_range_rules())
        automaton = build_automaton([*rules, *range_rules])
        if not automaton.starts:
            raise UsageError(f"No number can have {self._describe()}; change or drop one of its rules.")
        object.__setattr__(self, "automaton", automaton)
        object.__setattr__(self, "_digits_automaton", build_automaton(rules) if range_rules else automaton)

    def fits(self, text: str) -> bool:
        """Whether `text`, digits only, is a number of this form."""
        return re.fullmatch("[0-9]+", text) is not None and self.automaton.accepts(text) and self.passes(text)

    def weigh(self, text: str, rules: ValueRules) -> float:
        """How probable it is beforehand, against others, that a number is written like `text`, from its first digit to
        its last with the signs between: 0 if it does not fit, 1 if it does, less if it lacks signs of the pattern.
        `rules` say what its value is."""
        digits = "".join(character for character in text if character in DIGIT_CHARACTERS)
        if text == digits:
            fits = self.fits(digits)
        else:
            fits = self._digits_automaton.accepts(digits) and self.passes(digits) and self._has_value(text, rules)
        return (self._pattern.weigh(text) if self._pattern is not None else 1.0) if fits else 0.0

    def allows(self, text: str) -> bool:
        """Whether a number that begins like `text`, with its signs, may fit: less than nothing is in no range."""
        return self.bounds is None or not text.startswith("-")

    def _has_value(self, text: str, rules: ValueRules) -> bool:
        """Whether a text may have a value in the range."""
        if self.bounds is None:
            return True
        low, high = self.bounds
        values = (each.value for each in rules.list_values(text))
        return any(low <= value <= high for value in values if isinstance(value, int | Decimal))

    def passes(self, text: str) -> bool:
        """Whether the caller's own function, if there is one, says that these digits are right."""
        return not callable(self.check) or bool(self.check(text))

    @property
    def signs(self) -> frozenset[str]:
        """The signs that the pattern mentions, spaces among them."""
        return self._pattern.signs if self._pattern is not None else frozenset()

    @property
    def tells_signs(self) -> bool:
        """Whether the signs between its digits decide if a number fits."""
        return bool(self.signs) or self.bounds is not None

    def _make_digits_rules(self) -> Iterator[Rule[Any]]:
        yield make_nonempty_rule()
        if self.length is not None:
            yield _make_exact_length_rule(self.length)
        if self._pattern is not None:
            yield self._pattern.make_rule()
        if isinstance(self.check, str):
            yield _make_check_rule(self.check)

    def _make_range_rules(self) -> Iterator[Rule[Any]]:
        if self.bounds is not None:
            yield make_range_rule(*self.bounds)
            if self.length is None and self._pattern is None:
                yield make_length_rule(1, len(str(self.bounds[1])))

    def _describe(self) -> str:
        """All that was given, in words."""
        given = {"length": self.length, "pattern": self.pattern, "check": self.check, "range": self.range}
        return " and ".join(f"{name} {value!r}" for name, value in given.items() if value is not None)


def _make_exact_length_rule(length: int) -> Rule[int]:
    if not isinstance(length, Integral):
        raise UsageError(f"The length is how many digits a number has, a whole number, not {length!r}.")
    if not 1 <= length <= _MAX_DIGITS:
        raise UsageError(f"A number can have 1 to {_MAX_DIGITS} digits, not {length}.")
    return make_length_rule(length, length)


def _make_check_rule(name: str) -> Rule[Any]:
    if name not in CHECKS:
        raise UsageError(f"There is no check {name!r}; choose one of {', '.join(CHECKS)}.")
    return CHECKS[name]()


def _parse_range(value_range: str | tuple[int, int]) -> tuple[int, int]:
    """The lower and the upper end of a range."""
    is_pair = isinstance(value_range, tuple | list) and len(value_range) == 2
    match = _RANGE_PATTERN.fullmatch("{}..{}".format(*value_range) if is_pair else str(value_range))
    if not match:
        raise UsageError(
            f"{value_range!r} is not a range; "
            "give two whole numbers, not negative, of at most 18 digits, such as 0..100."
        )
    low, high = int(match[1]), int(match[2])
    if low > high:
        raise UsageError(f"The range {low}..{high} is empty; put the smaller number first.")
    return low, high
