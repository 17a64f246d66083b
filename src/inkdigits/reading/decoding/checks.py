"""What can be known of a number beside its pattern: its check digits and its range, as rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inkdigits.reading.decoding.automaton import Rule

_VERHOEFF_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def make_luhn_rule() -> Rule[tuple[bool, int]]:
    """The last digit checks the others: every second digit from the right is doubled, the digits' sum ends in 0.

    As on bank cards (ISO/IEC 7812-1, annex B; H. P. Luhn, US patent 2,950,048). The state is whether the next digit
    is doubled, and the sum.
    """

    def step(state: tuple[bool, int], digit: int) -> tuple[bool, int]:
        doubled, total = state
        return not doubled, (total + (sum(divmod(2 * digit, 10)) if doubled else digit)) % 10

    return Rule(((False, 0), (True, 0)), step, lambda state: state == (True, 0))


def make_verhoeff_rule() -> Rule[tuple[int, int]]:
    """The last digit checks the others by the dihedral group D5; finds every swap of two neighbours.

    J. Verhoeff, Error Detecting Decimal Codes, Mathematical Centre Tract 29, 1969. The state is the next digit's
    place from the right modulo 8, and the product so far.
    """
    permutations = [tuple(range(10))]
    for _ in range(7):
        permutations.append(tuple(_VERHOEFF_PERMUTATION[digit] for digit in permutations[-1]))

    def step(state: tuple[int, int], digit: int) -> tuple[int, int]:
        place, total = state
        return (place - 1) % 8, _multiply_d5(permutations[place][digit], total)

    return Rule(tuple((place, 0) for place in range(8)), step, lambda state: state == (7, 0))


def _multiply_d5(a: int, b: int) -> int:
    """The product of two of the ten symmetries of a pentagon: 0 to 4 turn it, 5 to 9 turn it over."""
    if a < 5:
        return (a + b) % 5 + (5 if b >= 5 else 0)
    return (a - b) % 5 + (5 if b < 5 else 0)


def make_mod97_rule() -> Rule[int]:
    """The number leaves 1 when divided by 97: ISO/IEC 7064, MOD 97-10, two check digits at the end.

    An IBAN is checked so only after its country and first two digits have been put behind it; that is not done here.
    """
    return Rule((0,), lambda rest, digit: (10 * rest + digit) % 97, lambda rest: rest == 1)


def make_range_rule(low: int, high: int) -> Rule[tuple[int, int, int]]:
    """The number's value is in low..high, both included; zeros in front change nothing.

    The state is how many digits there are after leading zeros, and how they compare with as many first digits of
    `low` and of `high`: -1, 0 or 1.
    """
    low_digits, high_digits = str(low).lstrip("0"), str(high).lstrip("0")

    def step(state: tuple[int, int, int], digit: int) -> tuple[int, int, int] | None:
        count, to_low, to_high = state
        if count == digit == 0:
            return state
        if count == len(high_digits):
            return None
        return (
            count + 1,
            to_low or _compare_digit(digit, low_digits, count),
            to_high or _compare_digit(digit, high_digits, count),
        )

    def accepts(state: tuple[int, int, int]) -> bool:
        count, to_low, to_high = state
        return (count, to_low) >= (len(low_digits), 0) and (count, to_high) <= (len(high_digits), 0)

    return Rule(((0, 0, 0),), step, accepts)


def _compare_digit(digit: int, bound: str, index: int) -> int:
    if index >= len(bound):
        return 0
    return (digit > int(bound[index])) - (digit < int(bound[index]))


CHECKS: dict[str, Callable[[], Rule[Any]]] = {
    "luhn": make_luhn_rule,
    "verhoeff": make_verhoeff_rule,
    "mod97": make_mod97_rule,
}
