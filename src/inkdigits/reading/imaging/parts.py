"""Find out whether a page has a dark part with bright ink beside a bright part with dark ink: a board beside a sheet, a
sheet on a patterned table."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.pixels import Pixels, shrink

_SIDE_PX = 128  # longest side of the image on which parts are told apart
_BLUR_RATIO = 1 / 8  # of its shorter side: strokes are narrower
_MIN_WIDTH_RATIO = 1 / 6  # of its shorter side: a part is wider somewhere, else it is thick ink
_MIN_SHARE = 0.1  # of the page: a part is no smaller
_MIN_DIFFERENCE = 48  # of 255: between the two parts' brightness
_MIN_SKEWNESS = 2.0  # of the brightness of a part of dark paper: bright ink is its long tail
_SEAM_PX = 2  # on either side of where the parts meet, in which ink cannot be told


def find_dark_part(grey: Pixels) -> tuple[Pixels, Pixels] | None:
    """The dark part of a page, uint8 H×W, 0 or 1, and likewise the seam along it; None where all ink is of one
    polarity."""
    thumbnail = shrink(grey, _SIDE_PX)
    shorter_side = min(thumbnail.shape)
    blur, width = (max(3, int(ratio * shorter_side) | 1) for ratio in (_BLUR_RATIO, _MIN_WIDTH_RATIO))
    background = np.asarray(cv2.medianBlur(thumbnail, blur), np.uint8)
    bright = np.asarray(cv2.threshold(background, 0, 1, cv2.THRESH_OTSU)[1], np.uint8)
    dark, wide = _open(np.bitwise_xor(bright, np.uint8(1)), width), _open(bright, width)
    if min(dark.mean(), wide.mean()) < _MIN_SHARE:
        return None
    inner = np.ones((blur // 2, blur // 2), np.uint8)
    in_dark, in_bright = (cv2.erode(part, inner) > 0 for part in (dark, wide))
    if not in_dark.any() or not in_bright.any():
        return None
    difference = float(background[in_bright].mean() - background[in_dark].mean())
    details = thumbnail.astype(np.float32) - background
    has_two_polarities = (
        difference >= _MIN_DIFFERENCE
        and _measure_skewness(details[in_bright]) < 0
        and _measure_skewness(details[in_dark]) >= _MIN_SKEWNESS
    )
    seam = cv2.morphologyEx(dark, cv2.MORPH_GRADIENT, np.ones((2 * _SEAM_PX + 1, 2 * _SEAM_PX + 1), np.uint8))
    return (_enlarge(dark, grey), _enlarge(np.asarray(seam, np.uint8), grey)) if has_two_polarities else None


def _open(mask: Pixels, width: int) -> Pixels:
    """What of a mask of 0 and 1 is at least so wide."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((width, width), np.uint8)), np.uint8)


def _enlarge(mask: Pixels, grey: Pixels) -> Pixels:
    return np.asarray(cv2.resize(mask, grey.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _measure_skewness(details: NDArray[np.float32]) -> float:
    """The third moment, in standard deviations (at least one level of brightness)."""
    return float((details**3).mean()) / max(1.0, float(details.std())) ** 3
