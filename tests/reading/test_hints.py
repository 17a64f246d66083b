"""Where nothing is read, the reader says why."""

import cv2
import numpy as np
import pytest

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.reading import hints
from inkdigits.reading.reader import Reader
from tests.reading.drawing import Pixels


def draw_word(height: int = 200, paper: int = 255) -> Pixels:
    page = np.full((height, 640), paper, np.uint8)
    cv2.putText(page, "nothing", (60, height // 2), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 0, 3, cv2.LINE_AA)
    return page


def shrink(page: Pixels, scale: float) -> Pixels:
    return np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize(("brightness", "hint"), [(255, hints.NO_INK), (0, hints.TOO_DARK)])
def test_a_page_without_ink(reader: Reader, single: bool, brightness: int, hint: str) -> None:
    reading = reader.read(np.full((200, 300), brightness, np.uint8), single=single)
    assert reading.hint == hint


def test_tiny_writing(reader: Reader) -> None:
    tiny = shrink(draw_page(load("test").slice(0, 1000), ("1984 2026",), seed=3).image, 0.06)
    assert reader.read(np.pad(tiny, ((30, 30), (30, 30), (0, 0)), "edge")).hint == hints.TOO_SMALL.format(height=5)


def test_a_page_with_a_word_only(reader: Reader) -> None:
    assert reader.read(draw_word()).hint in (hints.NO_DIGITS, hints.ALL_UNSURE)


def test_nothing_sure_and_something_sure(reader: Reader) -> None:
    page = draw_page(load("test").slice(0, 1000), ("1984 2026",), seed=3).image
    assert reader.read(page).hint is None
    assert reader.read(page, min_confidence=1).hint == hints.ALL_UNSURE
