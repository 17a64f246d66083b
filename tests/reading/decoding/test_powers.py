"""Small digits behind the head of another one are its power, in its line."""

from dataclasses import replace
from itertools import permutations

import pytest

from inkdigits.marks import Box, Sign
from inkdigits.reading.decoding.powers import raise_powers
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Digit, Line, Number

THRESHOLDS = AcceptThresholds(0.8, 0.5)


def make_number(text: str, x: int, y: int = 100, height: int = 40, accepted: bool = True) -> Number:
    """A number with digits half as wide as high, that stand close together."""
    width = height // 2
    return Number(
        tuple(
            Digit(int(each), 0.95, 0.97, accepted, Box(x + index * (width + 2), y, width, height), ((int(each), 0.95),))
            for index, each in enumerate(text)
        )
    )


def raise_in(*lines: Line) -> list[str]:
    return [line.text for line in raise_powers(lines, (), THRESHOLDS)]


FIVE = make_number("5", 50)


def test_a_raised_digit_that_was_read_as_a_line_of_its_own_is_a_power() -> None:
    assert raise_in(Line((make_number("2", 72, 90, 18),)), Line((FIVE,))) == ["5^2"]


def test_of_a_tower_the_highest_digit_is_a_power_of_the_middle_one() -> None:
    tower = Line((FIVE,)), Line((make_number("3", 72, 90, 18),)), Line((make_number("2", 82, 84, 9),))
    for lines in permutations(tower):
        assert "".join(sorted("".join(raise_in(*lines)).replace("^", ""))) == "235"


def test_a_raised_digit_that_was_glued_to_its_number_is_a_power() -> None:
    glued = replace(FIVE, digits=FIVE.digits + make_number("2", 72, 90, 18).digits)
    assert raise_in(Line((glued,))) == ["5^2"]
    (line,) = raise_powers([Line((glued,))], (), THRESHOLDS)
    assert [number.text for number in line.numbers] == ["5", "2"] and line.signs[0].box == line.numbers[1].box


def test_every_power_of_a_line_is_one() -> None:
    five, three = (
        replace(base, digits=base.digits + make_number(power, x, 90, 18).digits)
        for base, power, x in ((FIVE, "2", 72), (make_number("3", 160), "4", 182))
    )
    assert raise_in(Line((five, three))) == ["5^2 3^4"]


def test_small_digits_as_high_as_the_head_before_them_are_powers_but_small_zeros_are_cents() -> None:
    assert raise_in(Line((replace(FIVE, digits=FIVE.digits + make_number("2", 72, 100, 22).digits),))) == ["5^2"]
    assert raise_in(Line((replace(FIVE, digits=FIVE.digits + make_number("00", 72, 100, 22).digits),))) == ["500"]


def test_a_digit_is_as_high_as_its_own_ink() -> None:
    """What only the transcriber has seen has a box as high as the line."""
    line = Line((replace(FIVE, digits=FIVE.digits + make_number("2", 72).digits),))
    raised, lower = Box(74, 92, 12, 18), Box(74, 122, 12, 18)
    assert [each.text for each in raise_powers([line], [raised], THRESHOLDS)] == ["5^2"]
    assert [each.text for each in raise_powers([line], [raised, lower], THRESHOLDS)] == ["52"]  # a digit in two pieces
    assert [each.text for each in raise_powers([line], [lower], THRESHOLDS)] == ["52"]


def test_the_minus_of_a_number_is_none_of_its_power() -> None:
    minus = Sign("-", 0, 0.9, Box(30, 118, 15, 3))
    negative = replace(FIVE, digits=FIVE.digits + make_number("2", 72, 90, 18).digits, signs=(minus,))
    assert raise_in(Line((negative,))) == ["-5^2"]


def test_a_power_keeps_its_place_among_numbers_and_signs() -> None:
    operands = tuple(make_number(text, x) for text, x in (("5", 50), ("3", 160), ("28", 240)))
    plus, equals = (replace(raise_power_sign(), text=text, before=place) for text, place in (("+", 1), ("=", 2)))
    line = Line(operands, (plus, equals))
    assert raise_in(Line((make_number("2", 72, 90, 18),)), line) == ["5^2+3=28"]
    assert raise_in(line, Line((make_number("12", 182, 88, 18),))) == ["5+3^12=28"]


def raise_power_sign() -> Sign:
    glued = Line((FIVE,)), Line((make_number("2", 72, 90, 18),))
    return raise_powers(glued, (), THRESHOLDS)[0].signs[0]


@pytest.mark.parametrize(
    "other",
    [
        make_number("2", 72, 90, 38),  # as large as a digit
        make_number("2", 72, 118, 18),  # on the line's foot
        make_number("2", 72, 30, 18),  # far above
        make_number("2", 140, 90, 18),  # far to the right
        make_number("2", 20, 90, 18),  # before it
        make_number("234", 72, 90, 18),  # too long
    ],
)
def test_other_lines_stay_lines(other: Number) -> None:
    assert sorted(raise_in(Line((FIVE,)), Line((other,)))) == sorted(["5", other.text])


def test_a_small_zero_on_the_line_is_no_power() -> None:
    chained = replace(FIVE, digits=FIVE.digits + make_number("0", 72, 118, 22).digits)
    assert raise_in(Line((chained,))) == ["50"]


def test_a_power_that_was_refused_as_it_stood_alone_is_accepted_again_if_it_is_sure() -> None:
    power = make_number("2", 72, 90, 18, accepted=False)
    assert raise_in(Line((power,)), Line((FIVE,))) == ["5^2"]
    assert raise_in(Line((replace(power, known=0.5),)), Line((FIVE,))) == ["5^?"]


def test_in_a_cell_of_a_table_nothing_is_raised() -> None:
    glued = replace(make_number("52", 50), digits=(FIVE.digits[0], make_number("2", 72, 90, 18).digits[0]))
    assert raise_in(Line((glued,))) == ["5^2"]
    assert raise_in(Line((replace(glued, row=0, column=1),))) == ["52"]
