"""Strings of digits compared: edit distance, alignment, accepted and wrong."""

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.strings import Answer, edits, lined_up, only_digits, score, summed

digits = st.text("0123", max_size=7)


def read(text: str, refused: str = "") -> Answer:
    return Answer(text, tuple(character not in refused for character in text), 0.1)


@cache
def fewest(a: str, b: str) -> tuple[int, int]:
    """The edit distance as its definition has it, and the fewest places without a partner at that distance."""
    if not a or not b:
        return len(a) + len(b), len(a) + len(b)
    same, more, less = fewest(a[1:], b[1:]), fewest(a[1:], b), fewest(a, b[1:])
    return min((same[0] + (a[0] != b[0]), same[1]), (more[0] + 1, more[1] + 1), (less[0] + 1, less[1] + 1))


@given(digits, digits)
@example("1101", "02210")  # where taking pairs greedily leaves three without a partner, not one
def test_edits_are_the_fewest_and_as_many_as_can_are_paired(a: str, b: str) -> None:
    alone = sum(i is None or j is None for i, j in lined_up(a, b))
    assert (edits(a, b), alone) == fewest(a, b)


@given(digits, digits)
def test_the_alignment_costs_what_the_edits_do_and_uses_every_place_once(a: str, b: str) -> None:
    pairs = lined_up(a, b)
    assert sum(i is None or j is None or a[i] != b[j] for i, j in pairs) == edits(a, b)
    assert [i for i, _ in pairs if i is not None] == list(range(len(a)))
    assert [j for _, j in pairs if j is not None] == list(range(len(b)))


def test_only_digits_count() -> None:
    assert only_digits("12 3|4a.²") == "1234"


def test_a_score_counts_by_best_candidates_and_by_accepted_ones() -> None:
    pictures = [(read("1234"), "1234"), (read("1934", refused="9"), "1234"), (read("777", refused="7"), "")]
    found = score(pictures)
    assert (found["exact"], found["edits"], found["digits"]) == (1, 4, 8)
    assert (found["accepted"], found["taken"], found["wrong"]) == (7, 7, 0)


def test_accepted_digits_too_many_or_exchanged_are_wrong() -> None:
    found = score([(read("12534"), "1234"), (read("15"), "16"), (read("4"), "456")])
    assert (found["taken"], found["wrong"], found["accepted"]) == (8, 2, 7)


def test_scores_add_up() -> None:
    one, two = score([(read("12"), "13")]), score([(read("5"), "5")])
    assert summed([one, two]) == {key: one[key] + two[key] for key in one if key != "seconds"}


def test_the_time_is_the_median() -> None:
    assert score([(Answer("", (), seconds), "") for seconds in (0.1, 9.0, 0.2)])["seconds"] == pytest.approx(0.2)
