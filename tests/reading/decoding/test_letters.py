"""Digits among letters are letters; digits beside symbols, units and rules are not."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.marks import Box
from inkdigits.reading.decoding.letters import find_letters
from inkdigits.types import Digit, Number

HIGH, WIDE, STEP = 40, 24, 32


def digit(box: Box, accepted: bool = True) -> Digit:
    return Digit(5, 0.99, 0.99, accepted, box, ((5, 0.99), (6, 0.01)))


def written(text: str, y: int = 0, high: int = HIGH) -> tuple[list[Number], list[Box]]:
    """Numbers, of accepted digits, and `?` for a refused one; letters are ink, a space is a gap, `|` narrow and `.`
    small ink."""
    runs, ink_components = [list[Digit]()], []
    scale = high / HIGH
    for place, character in enumerate(text):
        box = Box(round(place * STEP * scale), y, round(WIDE * scale), high)
        if character.isdigit() or character == "?":
            runs[-1].append(digit(box, character != "?"))
        else:
            runs.append([])
        if character == "|":
            box = Box(box.x, y - 8, 6, high + 16)
        if character == ".":
            box = Box(box.x, y + high - 6, 6, 6)
        if character != " ":
            ink_components.append(box)
    return [Number(tuple(run)) for run in runs if run], ink_components


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("a5dre55", "111"),  # as in a word
        ("5ubject", "1"),
        ("5treet  street", "1"),
        ("ab  5  cdef", "1"),  # alone on a line of letters
        ("4500", "0000"),
        ("4?0?", "0000"),
        ("a4500", "0000"),  # a currency
        ("abcdefgh4500", "0000"),  # so long a number is no word
        ("abcde450", "111"),
        ("45ab", "00"),  # a unit
        ("total    45", "00"),
        ("|5|", "0"),  # brackets
        ("1.5.3", "000"),
        ("1 + 2 + 3", "000"),
    ],
)
def test_who_stands_among_letters(text: str, among: str) -> None:
    found = find_letters(*written(text)).are_near
    expected = np.array([mark == "1" for mark in among])
    assert found.dtype == np.bool_ and found.shape == expected.shape
    accepted = np.array([character != "?" for character in text if character.isdigit() or character == "?"])
    assert np.array_equal(found[accepted], expected[accepted])


@pytest.mark.parametrize(
    ("text", "in_word"),
    [
        ("a5dre55", "000"),  # not many more letters than digits
        ("5treet", "1"),
        ("abcd?", "1"),
        ("abc5", "0"),  # too few letters to be sure
        ("street  5", "0"),  # not of the word
        ("...... 5", "0"),
    ],
)
def test_what_is_in_a_word_beyond_doubt(text: str, in_word: str) -> None:
    assert find_letters(*written(text)).are_many.tolist() == [mark == "1" for mark in in_word]


def test_the_next_lines_letters_do_not_count() -> None:
    numbers, ink_components = written("45")
    _, below = written("abcdefgh", y=60)
    assert not find_letters(numbers, ink_components + below).are_near.any()


def test_letters_that_hang_together_are_several() -> None:
    numbers, ink_components = written("5", high=40)
    joined = Box(30, 0, 200, 40)
    assert find_letters(numbers, [*ink_components, joined]).are_near.all()
    rule, large, small = Box(30, 0, 400, 30), Box(30, -60, 200, 160), Box(30, 20, 60, 8)
    assert not find_letters(numbers, [*ink_components, rule, large, small]).are_near.any()


def test_ink_of_digits_is_no_letter() -> None:
    numbers, _ = written("5050")
    assert not find_letters(numbers, [Box(0, 0, 4 * STEP, HIGH)]).are_near.any(), "they hang together"


BOXES = st.builds(Box, st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 900), st.integers(1, 900))


@given(st.lists(st.builds(digit, BOXES, st.booleans()), max_size=12), st.lists(BOXES, max_size=12))
def test_any_boxes_are_taken(digits: Sequence[Digit], ink_components: Sequence[Box]) -> None:
    numbers = [Number((each,)) for each in digits]
    found = find_letters(numbers, ink_components)
    for each in (found.are_near, found.are_many):
        assert each.shape == (len(digits),) and each.dtype == np.bool_
    assert not find_letters(numbers, []).are_near.any() or not all(each.accepted for each in digits)
