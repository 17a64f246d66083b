"""How wide strokes are, on whichever processor."""

import cv2
import numpy as np
import pytest

from inkdigits.reading.imaging.ink import estimate_stroke_width


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
