"""Strings of digits compared: edit distance, alignment, accepted and wrong."""

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.shared.digit_strings import (
    Transcription,
    align,
    compute_edit_distance,
    extract_digits,
    score_transcriptions,
)

digits = st.text("0123", max_size=7)


def transcribe(text: str, refused: str = "") -> Transcription:
    return Transcription("".join("?" if character in refused else character for character in text), text, 0.1)


@cache
def count_fewest_edits(a: str, b: str) -> tuple[int, int]:
    """The edit distance as its definition has it, and the fewest places without a partner at that distance."""
    if not a or not b:
        return len(a) + len(b), len(a) + len(b)
    replaced, deleted, inserted = (
        count_fewest_edits(a[1:], b[1:]),
        count_fewest_edits(a[1:], b),
        count_fewest_edits(a, b[1:]),
    )
    return min(
        (replaced[0] + (a[0] != b[0]), replaced[1]),
        (deleted[0] + 1, deleted[1] + 1),
        (inserted[0] + 1, inserted[1] + 1),
    )


@given(digits, digits)
@example("1101", "02210")  # where taking pairs greedily leaves three without a partner, not one
def test_edits_are_the_fewest_and_as_many_as_can_are_paired(a: str, b: str) -> None:
    alone = sum(i is None or j is None for i, j in align(a, b))
    assert (compute_edit_distance(a, b), alone) == count_fewest_edits(a, b)


@given(digits, digits)
def test_the_alignment_costs_what_the_edits_do_and_uses_every_place_once(a: str, b: str) -> None:
    pairs = align(a, b)
    assert sum(i is None or j is None or a[i] != b[j] for i, j in pairs) == compute_edit_distance(a, b)
    assert [i for i, _ in pairs if i is not None] == list(range(len(a)))
    assert [j for _, j in pairs if j is not None] == list(range(len(b)))


def test_only_digits_count() -> None:
    assert extract_digits("12 3|4a.²") == "1234"


def test_a_score_counts_by_best_candidates_and_by_accepted_ones() -> None:
    pictures = [
        (transcribe("1234"), "1234"),
        (transcribe("1934", refused="9"), "1234"),
        (transcribe("777", refused="7"), ""),
    ]
    figures = score_transcriptions(pictures)
    assert (figures["exact"], figures["edits"], figures["digits"]) == (1, 4, 8)
    assert (figures["accepted"], figures["taken"], figures["wrong"]) == (7, 7, 0)


def test_accepted_digits_too_many_or_exchanged_are_wrong() -> None:
    figures = score_transcriptions([(transcribe("12534"), "1234"), (transcribe("15"), "16"), (transcribe("4"), "456")])
    assert (figures["taken"], figures["wrong"], figures["accepted"]) == (8, 2, 7)


def test_what_was_accepted_follows_from_the_text() -> None:
    assert Transcription("1? 2\n?", "1729", 0.0).accepted == (True, False, True, False)
    with pytest.raises(ValueError, match="not one place for each"):
        Transcription("1? 2", "12", 0.0)


def test_the_time_is_the_median() -> None:
    assert score_transcriptions([(Transcription("", "", seconds), "") for seconds in (0.1, 9.0, 0.2)])[
        "seconds"
    ] == pytest.approx(0.2)
