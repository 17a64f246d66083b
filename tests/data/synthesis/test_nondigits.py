"""What is no digit: made up from fonts, scribbles, halves, groups, shapes and paper."""

from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis import nondigits
from inkdigits.errors import DataError
from tests.conftest import FONT_FAMILIES, FONT_FOLDER


@pytest.mark.usefixtures("bundled_fonts")
def test_they_are_glyphs_and_depend_on_the_seed_only() -> None:
    digits = load().slice(0, 500)
    one, two, other = (nondigits.make_nondigits(200, digits.images, digits.labels, seed) for seed in (1, 1, 2))
    assert one.shape == (200, 28, 28) and one.dtype == np.uint8
    assert np.array_equal(one, two) and not np.array_equal(one, other)
    assert (one.max(axis=(1, 2)) > 0).mean() > 0.98  # a patch of paper may be blank


def test_letters_are_all_there_and_none_is_like_a_digit() -> None:
    glyphs = nondigits.draw_font_glyphs(
        50, nondigits.DISTINCT_LETTERS, FONT_FAMILIES, np.random.default_rng(0), FONT_FOLDER
    )
    assert len(glyphs) == 50 and all(glyph.shape == (28, 28) and glyph.max() == 255 for glyph in glyphs)
    assert not set(nondigits.DISTINCT_LETTERS) & set("oOlLiIsSzZbBgGqQ0123456789")


def test_training_and_unseen_fonts_are_apart() -> None:
    assert not set(nondigits.TRAINING_FONTS) & set(nondigits.UNSEEN_FONTS)


def test_a_font_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No font of DejaVuSans, DejaVuSerif is under .*; install"):
        nondigits.draw_font_glyphs(1, "a", FONT_FAMILIES, np.random.default_rng(0), tmp_path)


def test_without_letters_no_font_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(nondigits, "FONT_FOLDER", tmp_path)
    digits = load().slice(0, 500)
    made = nondigits.make_nondigits(101, digits.images, digits.labels, 1, with_letters=False)
    assert made.shape == (101, 28, 28) and (made.max(axis=(1, 2)) > 0).mean() > 0.95
