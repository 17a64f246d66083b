"""Pictures without a digit: drawn as they say, the same each time, and counted right."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench import nothing
from bench.datasets.negatives import (
    KINDS,
    KNOT_RANGE,
    SIZES,
    Material,
    draw_negative,
    trace_coil,
    trace_tangle,
    trace_zigzag,
)
from bench.datasets.unseen_words import WORDS, load_faces
from inkdigits.data.sets.mnist import load
from inkdigits.reading.reader import Reader
from tests.conftest import FAMILIES_WITH_LETTERS, FONT_FOLDER


@cache
def make_material() -> Material:
    """Any images do for clothes here; the measurement takes Fashion-MNIST's."""
    return Material(load("train").images[:20], load_faces(FONT_FOLDER, FAMILIES_WITH_LETTERS))


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_have_their_size_and_depend_on_their_number_alone(kind: str) -> None:
    for number, size in enumerate(SIZES):
        picture = draw_negative(kind, number, make_material())
        assert picture.shape == (*size, 3) and picture.dtype == np.uint8
        assert picture.std() > 1 and np.array_equal(picture, draw_negative(kind, number, make_material()))
    assert not np.array_equal(draw_negative(kind, 0, make_material()), draw_negative(kind, len(SIZES), make_material()))


@pytest.mark.parametrize("number", range(3 * len(SIZES)))
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_something_on_it(kind: str, number: int) -> None:
    rng = np.random.default_rng(number)
    ink = KINDS[kind](SIZES[number % len(SIZES)], make_material(), rng)
    assert ink.min() >= 0 and ink.max() <= 1.001
    assert (ink > 0.05).any()


def test_no_word_has_a_digit_or_is_one_letter() -> None:
    assert all(len(word) >= 3 and word.isalpha() for word in WORDS)


@pytest.mark.parametrize("line", [trace_tangle, trace_coil, trace_zigzag])
def test_scribbles_turn_more_often_than_any_digit(line: Callable[..., NDArray[np.floating]]) -> None:
    for seed in range(50):
        steps = np.diff(line(100.0, np.random.default_rng(seed)), axis=0)
        angles = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
        assert np.abs(np.diff(angles)).sum() > 0.5 * np.pi * (KNOT_RANGE[0] - 2)


def test_what_cannot_be_drawn_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = nothing.load_material(tmp_path / "no-such-file")
    assert list(nothing.list_drawable_kinds(Material(without.clothes, []))) == ["textures", "scribbles"]
    output = capsys.readouterr().out
    assert "clothes: left out" in output and "words: left out" in output


def test_a_picture_counts_once_however_many_digits_are_accepted(tmp_path: Path) -> None:
    digits = Material(np.stack([load("test").images[0]] * 3), [])  # sevens for clothes: these are to be read
    figures = nothing.score_kind(Reader(), "clothes", digits, 7, tmp_path)
    assert 3 <= figures["accepted"] <= figures["shown"] <= figures["pictures"] == 7
    assert figures["digits"] >= figures["accepted"] == len(list(tmp_path.glob("clothes-*.png")))
    assert nothing.sum_kinds({"a": figures, "b": figures})["digits"] == 2 * figures["digits"]
