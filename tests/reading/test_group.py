"""Digits into numbers and lines, in reading order."""

from itertools import permutations

from inkdigits.reading.group import group
from inkdigits.types import Box, Digit


def digit(value: int, x: int, y: int, height: int = 40) -> Digit:
    return Digit(value, 0.9, 1.0, True, Box(x, y, height // 2, height), ((value, 0.9), (0, 0.1)))


def text(digits: list[Digit]) -> str:
    return "\n".join(line.text for line in group(digits))


def test_nothing_is_no_line() -> None:
    assert group([]) == ()


def test_the_order_digits_come_in_does_not_matter() -> None:
    page = [digit(1, 0, 0), digit(2, 30, 4), digit(3, 0, 80), digit(4, 30, 76)]
    assert {text(list(order)) for order in permutations(page)} == {"12\n34"}


def test_wide_gaps_part_numbers() -> None:
    assert text([digit(1, 0, 0), digit(2, 28, 0), digit(3, 56, 0), digit(4, 140, 0), digit(5, 168, 0)]) == "123 45"


def test_evenly_spaced_digits_are_one_number() -> None:
    assert text([digit(n, 55 * n, 0) for n in range(6)]) == "012345"


def test_slanted_lines_stay_apart() -> None:
    slanted = [digit(row, 30 * column, 60 * row + 8 * column) for row in (1, 2, 3) for column in range(12)]
    assert text(slanted) == "\n".join(str(row) * 12 for row in (1, 2, 3))


def test_a_small_digit_keeps_its_line() -> None:
    assert text([digit(1, 0, 0, 60), digit(2, 40, 25, 30), digit(3, 70, 0, 60)]) == "123"
