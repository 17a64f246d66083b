"""Signs, letters and words: ink cut to its box, as large as the writing beside it."""

import numpy as np
import pytest
from PIL import ImageFont

from inkdigits.data.synthesis import signs
from inkdigits.data.synthesis.strokes import INK_THRESHOLD, Ink
from tests.conftest import FONT_FOLDER

HEIGHT, PEN = 60.0, 5.0


@pytest.fixture(scope="module")
def faces() -> list[ImageFont.FreeTypeFont]:
    return signs.load_fonts([FONT_FOLDER / "DejaVuSans.ttf", FONT_FOLDER / "DejaVuSerif.ttf"])


def make_generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def is_cut_ink(ink: Ink) -> bool:
    edges = (ink[0], ink[-1], ink[:, 0], ink[:, -1])
    return (
        ink.dtype == np.float32
        and 0 <= ink.min() <= ink.max() <= 1
        and all(edge.max() > INK_THRESHOLD for edge in edges)
    )


@pytest.mark.parametrize("kind", range(9))
def test_signs_are_ink_about_as_large_as_digits(kind: int) -> None:
    for seed in range(20):
        ink = signs.draw_operator(HEIGHT, PEN, make_generator(seed), kind)
        assert is_cut_ink(ink)
        assert 0.2 * HEIGHT < max(ink.shape) < 2.2 * HEIGHT
        assert np.array_equal(ink, signs.draw_operator(HEIGHT, PEN, make_generator(seed), kind))


def test_a_minus_lies_and_a_bracket_stands() -> None:
    lying = [signs.draw_operator(HEIGHT, PEN, make_generator(seed), 0).shape for seed in range(20)]
    standing = [signs.draw_operator(HEIGHT, PEN, make_generator(seed), 8).shape for seed in range(20)]
    assert all(width > height for height, width in lying)
    assert all(height > 2 * width for height, width in standing)


def test_any_kind_of_sign_is_drawn_by_chance() -> None:
    drawn = [signs.draw_operator(HEIGHT, PEN, make_generator(seed)).shape for seed in range(60)]
    assert len(set(drawn)) > 30 and any(h > w for h, w in drawn) and any(w > h for h, w in drawn)


def test_points_are_small_and_commas_have_a_tail() -> None:
    points = [signs.draw_point(HEIGHT, PEN, make_generator(seed)) for seed in range(60)]
    assert all(is_cut_ink(ink) and max(ink.shape) < 0.45 * HEIGHT for ink in points)
    tails = sum(ink.shape[0] > 2 * PEN for ink in points)
    assert 5 < tails < 40


def test_words_are_several_letters_and_letters_are_one(faces: list[ImageFont.FreeTypeFont]) -> None:
    assert len(faces) == 12, "two fonts in six sizes"
    for seed in range(30):
        word, letter = (
            signs.draw_word(faces[:1], make_generator(seed)),
            signs.draw_letter(faces[:1], make_generator(seed)),
        )
        assert is_cut_ink(word) and is_cut_ink(letter)
        assert word.shape[1] > letter.shape[1] and max(letter.shape) < 40
        assert np.array_equal(word, signs.draw_word(faces[:1], make_generator(seed)))


def test_no_letter_that_stands_alone_is_written_like_a_digit() -> None:
    assert not set(signs.DISTINCT_CHARACTERS) & set("oOlLiIsSzZbBgq0123456789")


def test_a_stroke_runs_where_it_should() -> None:
    ink = signs.draw_stroke(np.array([[0, 0], [50, 20]]), 4.0)
    assert ink.shape == (pytest.approx(24, abs=3), pytest.approx(54, abs=3))
    assert ink[:6, :6].max() > 0.9 < ink[-6:, -6:].max() and ink[-6:, :6].max() == 0
