"""A page with a dark and a bright part is read in both; pages of one polarity have no parts."""

from collections import Counter

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.reading.imaging.parts import find_dark_part, find_sheet
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.reader import Reader


@pytest.fixture(scope="module")
def sheet() -> Pixels:
    """Dark ink on bright paper, grey."""
    return draw_page(load("test").slice(0, 4000), ("1984 2026", "3141 5926"), seed=1).image[:, :, 1]


def draw_board(sheet: Pixels) -> Pixels:
    """The same as chalk on a board."""
    return np.asarray(230 - sheet.astype(np.float32) * 0.8, np.float32).clip(20, 230).astype(np.uint8)


@pytest.mark.parametrize("board_first", [True, False])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_board_beside_a_sheet(reader: Reader, sheet: Pixels, axis: int, board_first: bool) -> None:
    parts = (draw_board(sheet), sheet) if board_first else (sheet, draw_board(sheet))
    alone = [reader.read(part) for part in parts]
    both = reader.read(np.concatenate(parts, axis))
    assert sum(digit.accepted for digit in both.digits) >= 0.8 * sum(len(each.digits) for each in alone)


def test_pages_of_one_polarity_have_no_parts(sheet: Pixels) -> None:
    shaded = (sheet * np.where(np.arange(sheet.shape[1]) < sheet.shape[1] // 2, 0.5, 1.0)).astype(np.uint8)
    table = np.pad(sheet, sheet.shape[0] // 2, constant_values=60)
    noise = np.random.default_rng(0).normal(0, 4, table.shape)
    rough = (table + noise).clip(0, 255).astype(np.uint8)
    for page in (sheet, 255 - sheet, draw_board(sheet), shaded, table, rough):
        assert find_dark_part(page) is None


@pytest.mark.parametrize("grain", [2, 12])
def test_a_sheet_on_a_dark_table_is_read_and_the_table_is_not(reader: Reader, sheet: Pixels, grain: int) -> None:
    """The table has a grain, as of wood, that is no ink."""
    rng = np.random.default_rng(0)
    height, width = (2 * side for side in sheet.shape)
    page = np.repeat(rng.normal(70, grain, (height, width // 30 + 1)), 30, axis=1)[:, :width].clip(0, 255)
    page = page.astype(np.uint8)
    page[sheet.shape[0] // 3 :, sheet.shape[1] // 2 :][: sheet.shape[0], : sheet.shape[1]] = sheet
    inside = find_sheet(page)
    assert inside is not None and abs(inside.mean() - 1 / 4) < 0.04
    assert reader.read(page).text == reader.read(sheet).text


@pytest.mark.parametrize("ground", [70, 150])
@pytest.mark.parametrize("shaded", [0.35, 0.5])
def test_a_sheet_on_a_table_is_read_in_a_shadow_too(reader: Reader, sheet: Pixels, ground: int, shaded: float) -> None:
    """The table may be brighter than the sheet is in the shadow."""
    page = np.full((sheet.shape[0] + 160, sheet.shape[1] + 160), ground, np.uint8)
    lit = sheet.astype(np.float64)
    lit[:, round((1 - shaded) * sheet.shape[1]) :] *= 0.5
    page[80 : 80 + sheet.shape[0], 80 : 80 + sheet.shape[1]] = lit.astype(np.uint8)
    plain = reader.read(sheet).digits
    assert len(reader.read(page).digits) >= 0.9 * len(plain)


def draw_hand_shadow(shape: tuple[int, int], finger_px: int) -> NDArray[np.float32]:
    """How much light is left, 0..1: that of a palm at the lower edge and of four fingers."""
    height, width = shape
    hand = np.zeros(shape, np.float32)
    cv2.ellipse(hand, (width // 3, height), (width // 4, height // 3), 0, 0, 360, 1, -1)
    for finger in range(4):
        tip, root = (
            (round(width * x), round(height * y)) for x, y in ((0.1 + 0.14 * finger, 0.25), (0.2 + finger / 11, 0.8))
        )
        cv2.line(hand, root, tip, 1, finger_px)
    return np.asarray(1 - 0.43 * cv2.GaussianBlur(hand, (0, 0), 4), np.float32)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sheet_is_read_in_the_shadow_of_a_hand(reader: Reader, seed: int) -> None:
    """Its fingers are many times as broad as strokes, and the outline of the lit part is not that of the sheet."""
    lines = ("1984 2026 73", "314 592 6535", "2718 2818 28", "4590 16 661")
    sheet = draw_page(load("test").slice(4000, 8000), lines, seed).image[:, :, 1]
    page = np.full((sheet.shape[0] + 80, sheet.shape[1] + 80), 75, np.uint8)
    page[40:-40, 40:-40] = sheet * draw_hand_shadow(sheet.shape, sheet.shape[0] // 8)
    right = Counter(reader.read(sheet).text.split()) & Counter(reader.read(page).text.split())
    assert right.total() >= 9


def test_nothing_is_too_small() -> None:
    for shape in ((1, 1), (1, 300), (300, 2), (41, 41)):
        assert find_dark_part(np.zeros(shape, np.uint8)) is None
