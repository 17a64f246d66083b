"""How wide strokes are, on whichever processor; ink in the noise of little light."""

import cv2
import numpy as np
import pytest

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.reading.imaging.ink import estimate_stroke_width
from inkdigits.reading.reader import Reader


@pytest.mark.parametrize("width", [4, 7, 12])
def test_strokes_are_as_wide_without_intels_library(width: int) -> None:
    mask = np.zeros((100, 80), np.uint8)
    cv2.line(mask, (20, 15), (60, 85), 1, width)
    expected = estimate_stroke_width(mask)
    assert expected == pytest.approx(width, abs=1.5)
    cv2.ipp.setUseIPP(False)
    try:
        assert estimate_stroke_width(mask) == expected
    finally:
        cv2.ipp.setUseIPP(True)


def test_without_ink_strokes_have_no_width() -> None:
    assert estimate_stroke_width(np.zeros((9, 9), np.uint8)) == 0


@pytest.mark.parametrize("light", [0.3, 0.15])
def test_a_page_in_little_light_is_read(reader: Reader, light: float) -> None:
    """The noise is a tenth of what paper has there, and more: without smoothing nothing stands out from it."""
    lines = ("1984 2026", "3141 5926", "2718 2818")
    page = draw_page(load("test").slice(0, 4000), lines, seed=1).image
    noise = np.random.default_rng(0).normal(0, 5, page.shape)
    dark = (page * light + noise).clip(0, 255).astype(np.uint8)
    assert sum(digit.accepted for digit in reader.read(dark).digits) >= 20
