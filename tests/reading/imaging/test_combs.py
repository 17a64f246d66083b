"""Combs: numbers on a level rule with ticks are whole, and their ticks no digits."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.imaging.combs import Comb, add_combs, erase_combs, find_combs
from inkdigits.reading.imaging.grid import NO_GRID
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.reader import Reader
from tests.reading.drawing import Pixels

HEIGHT, PITCH, LEFT, FOOT = 40, 50, 60, 120
ON_IT = np.array([[LEFT + 10 + PITCH * cell, FOOT - 46, 30, HEIGHT] for cell in (0, 2)], np.float64)


def draw_comb(cells: int, strength: int = 200, growth: int = 0, tick: int = 18) -> Pixels:
    """The ink of a comb, each of its cells so many pixels wider than the last."""
    ink = np.zeros((200, 2 * LEFT + cells * PITCH), np.uint8)
    cv2.line(ink, (LEFT, FOOT), (LEFT + cells * PITCH, FOOT), strength, 3)
    for cell in range(cells + 1):
        x = LEFT + cell * PITCH + growth * cell * (cell - cells) // 2
        cv2.line(ink, (x, FOOT - tick), (x, FOOT), strength, 3)
    return ink


def find(strength: Pixels, digit_boxes: NDArray[np.float64] = ON_IT) -> list[Comb]:
    return find_combs(Ink(strength, (strength > 100).astype(np.uint8)), 200.0, digit_boxes, HEIGHT, 1.0)


@pytest.mark.parametrize("cells", [3, 6, 12])
@pytest.mark.parametrize("strength", [200, 40])
def test_a_comb_has_its_ticks_where_they_were_drawn(cells: int, strength: int) -> None:
    (comb,) = find(draw_comb(cells, strength))
    assert np.allclose(comb.ticks, LEFT + PITCH * np.arange(cells + 1), atol=2)
    walls = add_combs(NO_GRID, [comb], HEIGHT).uprights
    assert len(walls) == cells + 1 and all(wall.covers(FOOT - HEIGHT) for wall in walls), "as high as digits"


def test_a_tick_that_a_digit_hides_is_one() -> None:
    ink = draw_comb(6)
    cv2.ellipse(ink, ((LEFT + 2 * PITCH, FOOT - 20), (30, 44), 0), 200, 5)
    (comb,) = find(ink)
    assert len(comb.ticks) == 7 and abs(comb.ticks[2] - LEFT - 2 * PITCH) < 3


def test_what_only_looks_like_a_comb_is_none() -> None:
    assert not find(draw_comb(1)), "two ticks"
    assert not find(draw_comb(6, growth=8)), "not evenly spaced"
    assert not find(draw_comb(6, tick=60)), "boxes"
    pattern = draw_comb(6)
    pattern[FOOT : FOOT + 30, ::3] = 200
    assert not find(pattern), "there is more below"
    assert not find(draw_comb(6), np.zeros((0, 4))), "no digit on it"
    strokes = np.array([[LEFT - 12 + PITCH * cell, FOOT - 46, 30, HEIGHT] for cell in range(7)], np.float64)
    assert not find(draw_comb(6), strokes), "strokes of digits"


def test_a_comb_is_erased_but_for_what_crosses_it() -> None:
    strength = draw_comb(6)
    (comb,) = find(strength)
    stroke = np.s_[FOOT - 40 : FOOT + 30, LEFT + 72 : LEFT + 78]
    strength[stroke] = 200  # a 1 through the rule
    ink = erase_combs(Ink(strength, (strength > 100).astype(np.uint8)), [comb], HEIGHT, 200.0, 1.0)
    assert (ink.strength[stroke] == 200).all() and ink.mask[stroke].all()
    assert np.count_nonzero(ink.strength) == np.count_nonzero(ink.mask) == ink.mask[stroke].size


@pytest.mark.parametrize(("text", "ink"), [("4170", 60), ("1611", 60), ("4216", 190)])
def test_a_number_on_a_comb_is_whole_and_has_no_ticks(reader: Reader, digits: Digits, text: str, ink: int) -> None:
    page = 255 - draw_comb(6, 255 - ink)
    for cell, character in enumerate(text):
        glyph = digits.images[np.flatnonzero(digits.labels == int(character))[cell % 2]]
        place = page[FOOT - 50 : FOOT - 2, LEFT + 2 + cell * PITCH : LEFT + 50 + cell * PITCH]
        np.minimum(place, 255 - cv2.resize(glyph, (48, 48)), out=place)
    assert reader.read(page).text == text
