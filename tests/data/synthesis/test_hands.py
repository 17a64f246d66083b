"""Digits in more hands than MNIST has: of fonts, of people with a pen, and drawn stroke by stroke."""

from dataclasses import replace
from pathlib import Path
from string import ascii_letters

import numpy as np
import pytest

from inkdigits.alphabet import SIGNS
from inkdigits.data.synthesis import hand_fonts
from inkdigits.data.synthesis.hand_digits import sample_digit
from inkdigits.data.synthesis.hand_fonts import HAND_FONTS, draw_font_character, draw_font_sign, load_hand_fonts
from inkdigits.data.synthesis.hands import write_drawn_digits, write_font_digits, write_font_letters, write_font_signs
from inkdigits.data.synthesis.signs import load_fonts
from inkdigits.data.synthesis.strip_texts import CURRENCY
from inkdigits.data.synthesis.strips import _sample_style
from inkdigits.data.synthesis.strokes import Strokes, write_digit
from inkdigits.glyph import make_glyph
from inkdigits.reading.networks.classifier import Classifier
from tests.conftest import FONT_FOLDER

DEJAVU = FONT_FOLDER / "DejaVuSans.ttf"


def read_strokes(strokes: Strokes) -> float:
    """The share of digits that the packaged network reads as they are labelled, written with a usual pen."""
    rng = np.random.default_rng(0)
    inks = [write_digit(field, 40, 5, 0, 0, 1, rng) for field in strokes.distance_fields]
    glyphs = np.stack([make_glyph((255 * ink).astype(np.uint8)) for ink in inks])
    return float((Classifier().classify(glyphs).probabilities.argmax(axis=1) == strokes.labels).mean())


@pytest.mark.parametrize("label", range(10))
def test_a_digit_has_several_forms_each_about_one_high(label: int) -> None:
    digits = [sample_digit(label, np.random.default_rng(seed)) for seed in range(60)]
    heights = [np.ptp(np.concatenate(strokes)[:, 1]) for strokes in digits]
    assert min(heights) > 0.7 and max(heights) < 1.4
    assert len({(len(strokes), *map(len, strokes)) for strokes in digits}) > 1


def test_drawn_digits_are_mostly_read_as_what_they_are() -> None:
    """Mostly: a 7 like a plus and a 5 like a root sign are there because networks that learnt MNIST misread them."""
    strokes = write_drawn_digits(30, np.random.default_rng(1))
    assert strokes.distance_fields.shape == (300, 56, 56) and strokes.distance_fields.dtype == np.uint8
    assert np.bincount(strokes.labels).tolist() == [30] * 10
    assert 0.75 < read_strokes(strokes) < 1


def test_digits_of_a_font_are_warped_anew_each_time() -> None:
    strokes = write_font_digits(load_fonts([DEJAVU])[:1], 5, np.random.default_rng(1))
    assert strokes.labels.tolist() == sorted(5 * list(range(10)))
    assert len(np.unique(strokes.distance_fields, axis=0)) == 50
    assert read_strokes(strokes) > 0.75


def test_letters_of_a_font_are_marked_where_digits_look_like_them() -> None:
    letters = write_font_letters(load_fonts([DEJAVU])[:1], 200, np.random.default_rng(1))
    assert letters.distance_fields.shape == (200, 56, 56)
    assert 100 < letters.labels.sum() < 190
    like_digits = replace(letters, labels=letters.labels * 0)
    assert read_strokes(like_digits) < 0.5  # few look like a 0


def test_a_font_s_signs_stand_where_it_has_them_beside_digits() -> None:
    font = load_fonts([DEJAVU])[-1]
    places = {}
    for character in SIGNS:
        sign = draw_font_sign(character, font)
        assert sign is not None and sign[0].shape == (56, 56) and set(np.unique(sign[0])) == {0, 1}
        rows, columns = np.nonzero(sign[0])
        places[character] = (sign[1], np.ptp(rows) + 1, np.ptp(columns) + 1)  # foot in digit heights, pixels of 40
    assert abs(places["."][0]) < 0.05 and places["."][1] < 10 and places[","][0] < -0.05
    assert places["'"][0] > 0.5 and 0.2 < places["-"][0] < 0.5 and places["-"][1] < places["-"][2]
    assert all(places[bracket][1] > 40 for bracket in "()")
    assert draw_font_sign("\u4e00", font) is None, "which it lacks"


def test_signs_of_fonts_are_written_with_any_pen() -> None:
    signs = write_font_signs(load_fonts([DEJAVU])[-1:])
    assert set(signs.forms) == {*SIGNS, CURRENCY, *ascii_letters} and len(signs.forms["×"]) == 2, "an x is one as well"
    style, rng = _sample_style(np.random.default_rng(0))[0], np.random.default_rng(1)
    thin, thick = (replace(style, pen_width=width, slant=0.0, stretch=1.0, height=40.0) for width in (2.0, 8.0))
    for character in SIGNS:
        light, heavy = (signs.write(character, pen, rng) for pen in (thin, thick))
        assert 0 < light.ink.sum() < heavy.ink.sum() and heavy.bottom < light.bottom + 0.1
    with pytest.raises(KeyError):
        signs.write("7", style, rng)


def test_equal_generators_write_equal_digits() -> None:
    first, again = (write_drawn_digits(3, np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(first.distance_fields, again.distance_fields)


def test_a_font_s_digit_is_as_large_as_one_of_mnist() -> None:
    font = load_fonts([DEJAVU])[0]
    for label in range(10):
        rows, columns = np.nonzero(draw_font_character(str(label), font))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 40


def test_fonts_that_are_not_there_are_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_fonts, "HAND_FONTS", ("one", "two"))
    folder = tmp_path / "node_modules/@fontsource/one/files"
    folder.mkdir(parents=True)
    (folder / "one-latin-400-normal.woff").write_bytes(DEJAVU.read_bytes())
    with pytest.raises(
        hand_fonts.DataError, match=r"1 handwriting fonts .*two-latin-400-normal\.woff; run `make hands`"
    ):
        load_hand_fonts(tmp_path)
    monkeypatch.setattr(hand_fonts, "HAND_FONTS", ("one",))
    assert len(load_hand_fonts(tmp_path)) == 1


def test_no_font_is_named_twice() -> None:
    assert len(set(HAND_FONTS)) == len(HAND_FONTS)
