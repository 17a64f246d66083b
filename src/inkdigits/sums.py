"""Whether a written sum holds: `476+473=949` does. Exact, in fractions; nothing but plus, minus, times, divided by,
brackets and small powers."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from inkdigits.values import ValueRules

_TOKENS = re.compile(r"[0-9](?:[0-9.,']*[0-9])?|[-+×÷:/^()]")
_TWO_NUMBERS = re.compile(r"[0-9] +[0-9]")  # with nothing between them
_MAX_CHARACTERS = 200
_MAX_POWER, _MAX_DEPTH = 20, 20
_MAX_BITS = 10_000  # of a power


def check_sum(text: str, rules: ValueRules = ValueRules("expression")) -> bool | None:  # noqa: B008
    """Whether all sides of a sum are equal; None for what has but one side, is no sum, or has a number in it that may
    mean several by the rules, as `1,234` may."""
    sides = text.replace(" ", "").split("=")
    if len(sides) < 2 or len(text) > _MAX_CHARACTERS or _TWO_NUMBERS.search(text):
        return None
    try:
        values = {_Sum(side, rules).reckon() for side in sides}
    except (ArithmeticError, ValueError):
        return None
    return len(values) == 1


class _Sum:
    """One side of a sum, read from left to right."""

    def __init__(self, text: str, rules: ValueRules) -> None:
        self._rules = rules
        self._tokens = _TOKENS.findall(text)
        if "".join(self._tokens) != text:
            raise ValueError(text)
        self._depth = 0

    def reckon(self) -> Fraction:
        """Its value. Raises ValueError if it is no sum, ZeroDivisionError if it divides by 0."""
        value = self._reckon_terms()
        if self._tokens:
            raise ValueError(self._tokens[0])
        return value

    def _reckon_terms(self) -> Fraction:
        value = self._reckon_factors()
        while (sign := self._take("+-")) is not None:
            value += self._reckon_factors() * (1 if sign == "+" else -1)
        return value

    def _reckon_factors(self) -> Fraction:
        value = self._reckon_power()
        while (sign := self._take("×÷:/")) is not None:
            value = value * self._reckon_power() if sign == "×" else value / self._reckon_power()
        return value

    def _reckon_power(self) -> Fraction:
        if self._take("-"):
            return -self._reckon_power()
        if not self._take("("):
            value = self._take_number()
            return self._raise(value)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("too deep")
        value = self._reckon_terms()
        if not self._take(")"):
            raise ValueError("a bracket is open")
        self._depth -= 1
        return self._raise(value)

    def _raise(self, base: Fraction) -> Fraction:
        if not self._take("^"):
            return base
        power = self._take_number()
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if power.denominator != 1 or power > _MAX_POWER or bits * power > _MAX_BITS:
            raise ValueError("too large a power")
        return base ** int(power)

    def _take(self, characters: str) -> str | None:
        """The next token, if it is one of these characters."""
        return self._tokens.pop(0) if self._tokens and self._tokens[0] in characters else None

    def _take_number(self) -> Fraction:
        if not self._tokens or not self._tokens[0][0].isdigit():
            raise ValueError("a number is missing")
        number = self._rules.parse(self._tokens.pop(0))
        if number is None or not isinstance(number.value, int | Decimal):
            raise ValueError("a number may mean several")
        return Fraction(number.value)
