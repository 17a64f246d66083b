"""How wide strokes are, on whichever processor; ink in the noise of little light."""

import cv2
import numpy as np
import pytest

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.reading.imaging.ink import estimate_stroke_width, extract_ink
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


@pytest.mark.parametrize("darker", ["gap between sheets", "edge of a scan", "cloth under a sheet", "specks"])
def test_pencil_is_read_beside_what_is_darker(reader: Reader, darker: str) -> None:
    """Otsu's threshold alone is then between what is darker and the pencil."""
    page = draw_page(load("test").slice(0, 4000), ("1984 2026", "3141 5926", "2718 2818"), seed=1).image[:, :, 1]
    pale = (200 - 0.25 * (200 - page.astype(np.float32))).clip(0, 255).astype(np.uint8)
    height, width = pale.shape
    if darker == "gap between sheets":
        pale = np.hstack([pale, np.full((height, 40), 25, np.uint8), np.full_like(pale, 200)])
    elif darker == "edge of a scan":
        pale = cv2.copyMakeBorder(pale, 0, 80, 60, 0, cv2.BORDER_CONSTANT, value=[15])
    elif darker == "cloth under a sheet":
        rows, columns = np.mgrid[0 : height + 200, 0 : width + 200] // 40
        cloth = np.where((rows + columns) % 2, np.uint8(90), np.uint8(200))
        cloth[100:-100, 100:-100] = pale
        pale = cloth
    else:
        pale[np.random.default_rng(0).random(pale.shape) < 0.004] = 20
    assert sum(digit.accepted for digit in reader.read(pale).digits) >= 18


def test_a_digit_that_fills_its_picture_is_the_ink_beside_specks() -> None:
    """It is broad and reaches across, as a dark edge does, but has paper round it."""
    page = np.full((400, 300), 220, np.uint8)
    page[np.random.default_rng(0).random(page.shape) < 0.02] = 150
    cv2.ellipse(page, (150, 200), (90, 150), 0, 0, 360, (40,), 40)
    ink = extract_ink(page)
    assert ink.strength[200, 60] > 150


@pytest.mark.parametrize("shade", [0.55, 0.65])
def test_no_band_of_ink_runs_along_the_edge_of_a_sharp_shadow(shade: float) -> None:
    page, near_strokes = np.full((400, 500), 210, np.uint8), np.zeros((400, 500), np.uint8)
    for baseline in range(80, 400, 70):
        for layer, value, thickness in ((page, 165, 3), (near_strokes, 1, 9)):
            cv2.putText(layer, "128 306 44", (40, baseline), cv2.FONT_HERSHEY_SIMPLEX, 1.4, value, thickness)
    y, x = np.mgrid[:400, :500]
    beside_edge = x - 300 - 0.4 * (y - 200)
    light = 1 - (1 - shade) * cv2.GaussianBlur((beside_edge < 0).astype(np.float32), (0, 0), 2)
    mask = extract_ink((page * light).astype(np.uint8)).mask
    assert mask[page == 165].mean() > 0.97
    assert mask[(np.abs(beside_edge) < 40) & (near_strokes == 0)].mean() < 0.01
