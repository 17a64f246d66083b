"""Frames of the transcriber: sums over all paths, counted on small ones; the best strings; where digits stand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from inkdigits.alphabet import CHARACTERS, CLASS_COUNT, OTHER, SIGNS
from inkdigits.reading.decoding.frames import (
    GAP,
    Token,
    align_string,
    count_needed_frames,
    find_tokens,
    join_tokens,
    keep_characters,
    score_strings,
    search_strings,
)
from inkdigits.reading.decoding.transcript import Strip, Transcript

FEW_DIGITS = 3  # of the ten, so that all paths can be counted
FRAMES = hnp.arrays(np.float64, (4, FEW_DIGITS + 1), elements=st.floats(0.01, 1))


def make_frames(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log probabilities of no digit and the first few; the other digits cannot be."""
    frames = np.full((len(weights), 11), -50.0)
    frames[:, : FEW_DIGITS + 1] = np.log(weights / weights.sum(axis=1, keepdims=True))
    return frames


def spell(path: tuple[int, ...]) -> str:
    """What a path of classes spells."""
    return "".join(str(each - 1) for before, each in zip((GAP, *path), path, strict=False) if each not in (GAP, before))


def count_paths(frames: NDArray[np.float64]) -> dict[str, float]:
    """The probability of every string, by all its paths."""
    totals: dict[str, float] = {}
    for path in product(range(FEW_DIGITS + 1), repeat=len(frames)):
        probability = float(np.exp(sum(frame[each] for frame, each in zip(frames, path, strict=True))))
        totals[spell(path)] = totals.get(spell(path), 0.0) + probability
    return totals


@given(FRAMES)
def test_a_string_is_as_probable_as_all_its_paths(weights: NDArray[np.float64]) -> None:
    frames = make_frames(weights)
    totals = count_paths(frames)
    assert np.allclose(np.exp(score_strings(frames, list(totals))), list(totals.values()))
    assert sum(totals.values()) == pytest.approx(1)


@given(FRAMES)
def test_a_wide_search_finds_the_most_probable_strings_in_order(weights: NDArray[np.float64]) -> None:
    frames = make_frames(weights)
    found = search_strings(frames, beam=1000)
    totals = count_paths(frames)
    scores = [totals[string] for string in found]
    assert scores == pytest.approx(sorted(scores, reverse=True))
    assert max(totals.values()) == pytest.approx(scores[0])


@given(FRAMES)
def test_digits_are_placed_from_left_to_right_where_they_are_spelt(weights: NDArray[np.float64]) -> None:
    frames = make_frames(weights)
    for string in (each for each in search_strings(frames, 5) if each):
        spans = align_string(frames, string)
        assert all(start < end for start, end in spans)
        assert all(
            first[1] + (a == b) <= second[0]
            for first, second, a, b in zip(spans, spans[1:], string, string[1:], strict=False)
        )


def test_too_few_frames_spell_nothing() -> None:
    frames = make_frames(np.ones((2, FEW_DIGITS + 1)))
    assert score_strings(frames, ["00", "012"]).tolist() == [-np.inf, -np.inf]
    assert [count_needed_frames(each) for each in ("", "0", "00", "012")] == [0, 1, 3, 3]


def test_characters_stand_where_the_best_path_has_them() -> None:
    path = [GAP, 4, 4, GAP, 4, CHARACTERS.index(".") + 1, 1, GAP, GAP]
    frames = np.log(np.eye(CLASS_COUNT)[path] + 0.01)
    tokens = find_tokens(frames)
    assert tokens == [Token("3", 1, 3), Token("3", 4, 5), Token(".", 5, 6), Token("0", 6, 7)]
    assert join_tokens(tokens) == "33.0" and join_tokens(find_tokens(keep_characters(frames))) == "330"


def test_all_that_is_no_digit_is_one_class() -> None:
    log_probabilities = np.log(np.full((1, CLASS_COUNT), 1 / CLASS_COUNT, np.float32))
    kept = np.exp(keep_characters(log_probabilities))
    assert kept[0] == pytest.approx([(CLASS_COUNT - 10) / CLASS_COUNT, *[1 / CLASS_COUNT] * 10])
    point = np.full((1, CLASS_COUNT), -50.0, np.float32)
    point[0, CHARACTERS.index(".") + 1] = 0
    assert np.exp(keep_characters(point))[0, GAP] == pytest.approx(1)


@given(st.integers(0, 2**32 - 1))
def test_where_digits_are_expected_no_frame_is_a_sign_or_a_letter(seed: int) -> None:
    frames = np.random.default_rng(seed).normal(0, 5, (12, CLASS_COUNT))
    frames -= np.logaddexp.reduce(frames, axis=1, keepdims=True)
    strip = Strip(np.zeros((48, 48), np.float32), 0, 1, 0, 0)
    expecting = Transcript(strip, frames.astype(np.float32)).expect_digits()
    probabilities = np.exp(expecting.frames.astype(np.float64))
    no_digits = [CHARACTERS.index(each) + 1 for each in SIGNS + OTHER]
    assert (probabilities[:, no_digits] == 0).all() and np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    others = [index for index in range(CLASS_COUNT) if index not in no_digits]
    shift = expecting.frames[:, others] - frames[:, others]
    assert np.allclose(shift, shift[:, :1], atol=1e-3) and expecting.strip is strip
