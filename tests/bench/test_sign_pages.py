"""The second generator of signs: where its signs stand, its pages and strips, and that training knows nothing of it."""

import ast
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from bench.datasets import held_out_signs, sign_outlines, sign_pages, sign_texts
from bench.datasets.held_out_signs import (
    HELD_OUT_FONTS,
    SIGN_CHARACTERS,
    FontHand,
    SignHand,
    load_font_hands,
    load_hershey_hands,
    make_outline_hands,
)
from bench.datasets.sign_pages import LINES_PER_PAGE, SignMaterial, draw_decimal, draw_sign_page
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.hand_fonts import HAND_FONTS
from inkdigits.errors import DataError

FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
HANDS: list[SignHand] = [FontHand.from_file(FONT), *make_outline_hands(3)]
HEIGHT = 50.0  # pixels


@pytest.fixture(scope="module")
def material() -> SignMaterial:
    digits = load("train").slice(55_000, 55_300)
    return SignMaterial.from_digits(digits, {"fonts": HANDS[:1], "outlines": HANDS[1:]})


@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: f"{type(hand).__name__} {hand.pen_ratio:.2f}")
def test_signs_stand_where_hands_put_them(hand: SignHand) -> None:
    spans = {}
    for sign in SIGN_CHARACTERS:
        ink, bottom = hand.draw(sign, HEIGHT, 0.1, np.random.default_rng(1))
        assert ink.dtype == np.float32 and 0.5 < ink.max() <= 1 and min(ink[[0, -1]].max(axis=1)) > 0
        spans[sign] = bottom / HEIGHT, (bottom + ink.shape[0]) / HEIGHT
    assert -0.15 < spans["."][0] < 0.12 and spans["."][1] < 0.3
    assert spans[","][0] < spans["."][0] - 0.05 and spans[","][1] < 0.4
    assert spans["'"][0] > 0.5 and spans["'"][1] > 0.85
    assert 0.2 < spans["-"][0] < spans["-"][1] < 0.75
    assert all(spans[bracket][0] < 0.05 and spans[bracket][1] > 0.75 for bracket in "()/")


def test_a_font_hand_writes_digits_as_wide_as_its_font() -> None:
    assert HANDS[0].pen_ratio == pytest.approx(0.125, abs=0.03)  # DejaVu's stems beside the height of its 8


def test_pages_are_lines_of_one_hand(material: SignMaterial) -> None:
    page, again = (draw_sign_page(material, 1) for _ in range(2))
    assert np.array_equal(page.image, again.image) and page.lines == again.lines
    assert page.source == "outlines"
    assert len(page.lines) == LINES_PER_PAGE == len(page.extents) and all(page.lines)
    assert set("".join(page.lines)) <= {*"0123456789 ", *SIGN_CHARACTERS, sign_texts.RAISED}
    tops, bottoms = page.extents.T
    assert (bottoms[:-1] < tops[1:] + HEIGHT / 2).all()
    assert all(page.image[top:bottom].min() < np.median(page.image) - 40 for top, bottom in page.extents)


def test_strips_have_points_and_commas_in_turn(material: SignMaterial) -> None:
    images, texts = zip(*(draw_decimal(material, number) for number in range(6)), strict=True)
    assert [text.strip("0123456789") for text in texts] == [".", ","] * 3
    assert all(image.dtype == np.uint8 and np.median(image) > 200 and image.min() < 120 for image in images)
    assert np.array_equal(images[3], draw_decimal(material, 3)[0])


def test_every_sign_is_written_in_the_long_run() -> None:
    rng = np.random.default_rng(0)
    texts = "".join(sign_texts.sample_item(rng) for _ in range(600))
    assert min(texts.count(sign) for sign in (*SIGN_CHARACTERS, sign_texts.RAISED)) > 25


def test_training_shares_nothing_with_it() -> None:
    assert not set(HELD_OUT_FONTS) & set(HAND_FONTS)
    for module in (held_out_signs, sign_outlines, sign_pages, sign_texts):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not imported & {f"inkdigits.data.synthesis.{name}" for name in ("signs", "hand_signs", "hand_fonts")}


@pytest.mark.parametrize("load_hands", [load_font_hands, load_hershey_hands])
def test_what_was_not_fetched_is_asked_for(load_hands, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match="make hands-held-out"):
        load_hands(tmp_path)
