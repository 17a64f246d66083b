"""Whole numbers compared as a user has them: spaces, lines and every `?` count, signs do not."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.shared.digit_strings import Transcription, extract_digits
from bench.shared.whole_numbers import (
    count_matches,
    count_stray_digits,
    guess_numbers,
    is_as_printed,
    is_sure,
    normalise_text,
    score_numbers,
    split_numbers,
)

texts = st.text("01?., -x\n", max_size=12)
numbers = st.lists(st.text("01", min_size=1, max_size=2), max_size=6)


def read(text: str, digits: str | None = None) -> Transcription:
    return Transcription(text, extract_digits(text) if digits is None else digits, 0.1)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("12  345 \n 6", "12 345\n6"),
        ("1.234,50", "123450"),
        ("12'345 1’000", "12345 1000"),
        ("$ 500 -\n--70==", "500\n70"),
        ("29-12-21 2x98^2", "29 12 21 2 98 2"),
        ("7|8", "7 8"),
        ("\n\nabc\n4\f", "4"),
        ("1?3 ?", "1?3 ?"),
        ("", ""),
    ],
)
def test_signs_are_dropped_or_part_numbers(text: str, normalised: str) -> None:
    assert normalise_text(text) == normalised


@given(texts)
def test_normalising_keeps_every_digit_in_order_and_is_done_once(text: str) -> None:
    normalised = normalise_text(text)
    assert normalise_text(normalised) == normalised
    assert [c for c in normalised if c in "01?"] == [c for c in text if c in "01?"]
    assert "  " not in normalised and "\n\n" not in normalised and normalised == normalised.strip()


@pytest.mark.parametrize(
    ("text", "truth", "as_printed"),
    [
        ("12 345\n6", "12 345\n6", True),
        ("= 12,345.-", "12345", True),
        ("12 345", "12345", False),  # split
        ("12345", "12 345", False),  # joined
        ("6\n12", "12\n6", False),  # lines in another order
        ("12 6", "12\n6", False),  # on one line
        ("12345", "1234", False),
        ("", "", True),
        ("?", "", False),
    ],
)
def test_as_printed(text: str, truth: str, as_printed: bool) -> None:
    assert is_as_printed(read(text, extract_digits(text.replace("?", "7"))), truth) is as_printed


def test_a_doubt_is_never_as_printed_nor_sure() -> None:
    doubted = read("1?3", "123")
    assert not is_as_printed(doubted, "123")
    assert not is_sure(doubted)
    assert is_sure(read(""))


def test_numbers_match_once_each_wherever_they_stand() -> None:
    assert count_matches(["7", "12", "7", "3"], ["12", "7", "4"]) == 2
    assert count_matches(["7"], ["7", "7"]) == 1
    assert count_matches([], ["7"]) == count_matches(["7"], []) == 0


@given(numbers, numbers)
def test_matches_are_as_many_on_both_sides_and_what_is_left_has_nothing_in_common(a: list[str], b: list[str]) -> None:
    matched = count_matches(a, b)
    assert matched == count_matches(b, a) == len(a) - (Counter(a) - Counter(b)).total()
    assert count_matches(a, a) == len(a)


def test_numbers_with_their_best_candidates() -> None:
    assert guess_numbers(read("1?3 ?\n45", "123945")) == [("123", 2), ("9", 0), ("45", 2)]


@pytest.mark.parametrize(
    ("text", "digits", "truth", "stray"),
    [
        ("12 34", "1234", "12 34", 0),
        ("34\n12", "3412", "12 34", 0),
        ("12 12", "1212", "12", 2),  # the truth has it once
        ("123", "123", "12 3", 3),
        ("1? 5", "125", "12", 1),  # the guess is right
        ("1? 12", "1212", "12", 1),  # the sure one takes the match
        ("1?", "13", "12", 1),
        ("", "", "12", 0),
    ],
)
def test_stray_digits(text: str, digits: str, truth: str, stray: int) -> None:
    assert count_stray_digits(read(text, digits), truth) == stray


@given(numbers, numbers)
def test_stray_and_matched_numbers_are_all_that_was_read(a: list[str], b: list[str]) -> None:
    left = Counter(a) - Counter(b)
    assert count_stray_digits(read(" ".join(a)), " ".join(b)) == sum(len(number) for number in left.elements())


def test_a_score_over_pictures() -> None:
    pairs = [
        (read("12 34"), "12 34"),
        (read("1234"), "12 34"),  # the digits are right, and nothing says that the numbers are not
        (read("1? 34", "1234"), "12 34"),
        (read("2 34"), "12 34"),  # a digit is lost
        (read(""), "5"),
        (read("8"), ""),
        (read("?", "8"), ""),
    ]
    assert score_numbers(pairs) == {
        "as_printed": 1,
        "sure": 5,
        "silently_wrong": 3,
        "numbers": 9,
        "numbers_right": 4,
        "stray": 6,
    }


def test_a_question_mark_belongs_to_its_number() -> None:
    assert split_numbers("1?3 ?\n4.5") == ["1?3", "?", "45"]
