"""Pictures without a digit: drawn as they say, the same each time, and counted right."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench import nothing
from bench.negatives import KINDS, SIZES, TURNS, Material, coil, negative, tangle, zigzag
from bench.words import WORDS, faces
from inkdigits.data.mnist import load
from inkdigits.reading.reader import Reader
from tests.conftest import FONTS, LETTERED


@cache
def material() -> Material:
    """Any images do for clothes here; the measurement takes Fashion-MNIST's."""
    return Material(load("train").images[:20], faces(FONTS, LETTERED))


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_have_their_size_and_depend_on_their_number_alone(kind: str) -> None:
    for number, size in enumerate(SIZES):
        picture = negative(kind, number, material())
        assert picture.shape == (*size, 3) and picture.dtype == np.uint8
        assert picture.std() > 1 and np.array_equal(picture, negative(kind, number, material()))
    assert not np.array_equal(negative(kind, 0, material()), negative(kind, len(SIZES), material()))


@pytest.mark.parametrize("number", range(3 * len(SIZES)))
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_something_on_it(kind: str, number: int) -> None:
    rng = np.random.default_rng(number)
    ink = KINDS[kind](SIZES[number % len(SIZES)], material(), rng)
    assert ink.min() >= 0 and ink.max() <= 1.001
    assert (ink > 0.05).any()


def test_no_word_has_a_digit_or_is_one_letter() -> None:
    assert all(len(word) >= 3 and word.isalpha() for word in WORDS)


@pytest.mark.parametrize("line", [tangle, coil, zigzag])
def test_scribbles_turn_more_often_than_any_digit(line: Callable[..., NDArray[np.floating]]) -> None:
    for seed in range(50):
        steps = np.diff(line(100.0, np.random.default_rng(seed)), axis=0)
        angles = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
        assert np.abs(np.diff(angles)).sum() > 0.5 * np.pi * (TURNS[0] - 2)


def test_what_cannot_be_drawn_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = nothing.material_of(tmp_path / "no-such-file")
    assert list(nothing.there(Material(without.clothes, []))) == ["textures", "scribbles"]
    said = capsys.readouterr().out
    assert "clothes: left out" in said and "words: left out" in said


def test_a_picture_counts_once_however_many_digits_are_accepted(tmp_path: Path) -> None:
    digits = Material(np.stack([load("test").images[0]] * 3), [])  # sevens for clothes: these are to be read
    found = nothing.score(Reader(), "clothes", digits, 7, tmp_path)
    assert 3 <= found["accepted"] <= found["shown"] <= found["pictures"] == 7
    assert found["digits"] >= found["accepted"] == len(list(tmp_path.glob("clothes-*.png")))
    assert nothing.together({"a": found, "b": found})["digits"] == 2 * found["digits"]
