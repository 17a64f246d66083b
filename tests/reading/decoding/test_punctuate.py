"""Which signs belong to which number, and which to the line."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.marks import Box
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.gaps import Gap
from inkdigits.reading.decoding.punctuate import has_operator, punctuate
from inkdigits.types import Line, Number
from tests.reading.decoding.test_fusion import HEIGHT, PITCH
from tests.reading.decoding.written import FOOT, read_text
from tests.reading.output.test_write import number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12.50", ["12.50"]),
        ("1'234,50", ["1'234,50"]),
        ("12, 34", ["12,", "34"]),
        ("-45", ["-45"]),
        ("12.-", ["12.-"]),
        ("29500/-", ["29500/-"]),
        ("500=", ["500="]),
        ("500#", ["500#"]),
        ("12.5 34.5", ["12.5", "34.5"]),
        ("12+34", ["12", "34"]),
        ("12-34", ["12", "34"]),
        ("12:34", ["12", "34"]),
        ("12/5/21", ["12", "5", "21"]),
        ("2×-3=-6", ["2", "-3", "-6"]),
        ("(-3)+4", ["-3", "4"]),
        ("2-2=", ["2", "2="]),
        ("2+2=", ["2", "2"]),
        ("--500", ["500"]),
        ("#500", ["500"]),
        ("50%", ["50"]),
        ("'5", ["5"]),
    ],
)
def test_a_number_runs_until_a_space_or_an_operator(text: str, numbers: list[str]) -> None:
    """Points, a leading minus and what fills up behind are its own; the line's text has everything."""
    line = read_text(text)
    assert [each.text for each in line.numbers] == numbers
    assert line.text == text


@settings(max_examples=30)
@given(st.text("0123456789.,'-+/=×÷:%()# ", min_size=1, max_size=9))
def test_signs_neither_change_nor_lose_a_digit(text: str) -> None:
    if not any(character.isdigit() for character in text):
        return
    kept, dropped = (read_text(text, Expected(signs=signs)) for signs in ("keep", "drop"))
    bare = replace(kept, signs=(), numbers=tuple(replace(each, signs=()) for each in kept.numbers))
    assert bare.text == dropped.text and not dropped.signs
    assert [each.digits for each in kept.numbers] == [each.digits for each in dropped.numbers]
    assert "".join(filter(str.isdigit, kept.text)) == "".join(filter(str.isdigit, text))


def punctuate_two(signs: str, probability: float, is_boxed: bool = False, place: int = 1) -> Line:
    """Two numbers of one digit, 3 and 4, and signs between them, or before or after both."""
    numbers = [replace(number("3", 0), known=0.9), replace(number("4", 60), known=0.9)]
    spans = tuple((20.0 + 8 * index, 28.0 + 8 * index) for index in range(len(signs)))
    gaps = [Gap()] * 3
    readings = sorted([(signs, probability), ("", 1 - probability)], key=lambda reading: -reading[1])
    gaps[place] = Gap(tuple(readings), lambda text: spans if text else ())
    return punctuate(numbers, gaps, [Box(21, 12, 6, 6), Box(0, 5, 8, 20), Box(21, 40, 6, 6)], np.full(3, is_boxed))


def test_signs_that_are_not_probable_are_not_there_but_the_number_is_less_sure() -> None:
    assert punctuate_two("+", 0.6).text == "3+4"
    assert punctuate_two("+", 0.4).text == "3 4" == punctuate_two("+", 0.4, place=0).text
    within = [Gap(), Gap((("", 0.6), (".", 0.4)), lambda _: ()), Gap()]
    (unsure,) = punctuate([replace(number("34", 0), known=0.9)], within, [], np.zeros(3, np.bool_)).numbers
    assert unsure.text == "34" and unsure.confidence == pytest.approx(0.9 * 0.6)


def test_where_there_probably_is_a_sign_but_it_is_not_clear_which_the_likeliest_is_shown() -> None:
    """A lost point would make another number of it; the value is left open."""
    (number,) = read_text("12.50", doubts={2: ","}).numbers
    assert len(number.text) == 5 and number.confidence < 0.8 and number.value is None
    assert len(read_text("3+4", doubts={1: "-"}).numbers) == 2
    assert read_text("3 4", doubts={1: "."}).text == "34"


def test_a_number_is_as_sure_as_its_digits_and_signs_together() -> None:
    (number,) = read_text("12.50").numbers
    (bare,) = read_text("12.50", Expected(signs="drop")).numbers
    assert number.confidence < bare.confidence and number.confidence == pytest.approx(
        bare.confidence * number.signs[0].confidence, rel=0.02
    )


def test_what_fills_a_number_up_may_be_misread_for_what_else_does() -> None:
    """But not for an operator or a letter."""
    (amount,) = read_text("500/-", doubts={4: "="}).numbers
    (product,) = read_text("500/-", doubts={4: "×"}).numbers
    assert amount.signs[0].confidence < 0.6 and amount.confidence > 0.9
    assert product.confidence < 0.6


def test_a_sign_has_the_box_of_its_ink_or_of_the_gap_where_there_is_none() -> None:
    assert punctuate_two("+", 0.9).signs[0].box == Box(21, 12, 6, 6)
    (point,) = read_text("1.5").numbers[0].signs
    assert point.box == Box(PITCH + 9, FOOT - 6, 6, 6)
    """Not of ink in the same columns of another line."""
    two = punctuate_two("++", 0.9).signs
    assert two[1].box.height == 20 and 28 <= two[1].box.x < 60


def test_beside_digits_in_printed_boxes_there_are_no_operators_as_empty_boxes_are_crossed_out() -> None:
    assert punctuate_two("×", 0.9, is_boxed=True).text == "3 4"
    assert punctuate_two(".", 0.9, is_boxed=True).text == "3. 4"


@pytest.mark.parametrize(("probability", "text"), [(0.95, ".3 4"), (0.8, "3 4")])
def test_a_point_before_the_first_digit_must_be_sure(probability: float, text: str) -> None:
    assert punctuate_two(".", probability, place=0).text == text


def test_a_sum_ends_in_operators_and_an_amount_in_what_fills_it_up() -> None:
    assert read_text("3+4=").signs[-1].before == 2 and not read_text("3+4=").numbers[-1].signs
    assert [sign.text for sign in read_text("34=").numbers[-1].signs] == ["="]


@pytest.mark.parametrize(("sign_x", "digit_x", "text"), [(60, 70, "3 -4"), (60, 90, "3-4"), (20, 30, "3-4")])
def test_a_sign_far_from_the_number_before_and_near_the_one_after_begins_that(
    sign_x: int, digit_x: int, text: str
) -> None:
    """Sums side by side are several, but a sum may be written widely."""
    numbers = [replace(number("3", 0), known=0.9), replace(number("4", digit_x), known=0.9)]
    gaps = [Gap(), Gap((("-", 0.95), ("", 0.05)), lambda _: ((float(sign_x), sign_x + 6.0),)), Gap()]
    line = punctuate(numbers, gaps, [Box(sign_x, 12, 6, 3)], np.zeros(3, np.bool_))
    assert line.text == text and line.numbers[1].text == text.replace("3-", "3 ").split()[1]


@pytest.mark.parametrize(("sign", "confidence"), [("+", 0.9), ("-", 0.9 * 0.6)])
def test_a_plus_or_none_is_the_same_number(sign: str, confidence: float) -> None:
    numbers = [replace(number("3", 0), known=0.9), replace(number("4", 70), known=0.9)]
    gaps = [Gap(), Gap(((sign, 0.6), ("", 0.4)), lambda _: ((60.0, 66.0),)), Gap()]
    line = punctuate(numbers, gaps, [Box(60, 12, 6, 6)], np.zeros(3, np.bool_))
    assert line.text == f"3 {sign}4" and line.numbers[1].confidence == pytest.approx(confidence)


def test_an_operator_ends_a_number_where_it_is_probable() -> None:
    assert has_operator(Gap((("-", 0.6), ("", 0.4)))) and has_operator(Gap((("-", 0.4), ("÷", 0.4), ("", 0.2))))
    assert not has_operator(Gap((("-", 0.4), ("", 0.3), (".", 0.3))))
    assert not has_operator(Gap(((".", 0.9), ("", 0.1)))) and not has_operator(Gap())


def test_the_number_that_signs_belong_to_counts_its_digits() -> None:
    line = read_text("12+3,45")
    assert [(sign.text, sign.before) for sign in line.signs] == [("+", 1)]
    assert [(sign.text, sign.before) for sign in line.numbers[1].signs] == [(",", 1)]
    assert isinstance(line.numbers[1], Number) and line.numbers[1].gaps == (1,)
    assert line.numbers[1].box.height == HEIGHT
