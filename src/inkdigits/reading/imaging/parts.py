"""Find out what a page has beside its paper: a dark part with bright ink beside a bright part with dark ink, as of a
board beside a sheet, or a dark table round a bright sheet; and how bright paper is on both sides of a shadow's edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.pixels import Pixels, shrink

_SIDE_PX = 128  # longest side of the image on which parts are told apart
_BLUR_RATIO = 1 / 8  # of its shorter side: strokes are narrower
_MIN_WIDTH_RATIO = 1 / 6  # of its shorter side: a part is wider somewhere, else it is thick ink
_MIN_SHARE, _MIN_SHEET_SHARE = 0.1, 0.04  # of the page: a part is no smaller, nor a sheet that is read alone
_MIN_DIFFERENCE = 48  # of 255: between the two parts' brightness
_MIN_SKEWNESS = 2.0  # of the brightness of a part of dark paper: bright ink is its long tail; of a sheet the reverse
_STROKE_BLUR_PX, _MIN_SHADED_SKEWNESS = 5, 1.0  # as much in a shadow, of narrow strokes: fingers may be darker
_MIN_CONVEX_SHARE = 0.85  # of its convex hull, that a sheet fills
# In a shadow paper is no darker than a part of what it is beside it. Where smoothing makes it too bright, by such a
# share, it is set right, the more the more it is; a page has a shadow if so much of it is plainly too bright.
_MAX_SHADOW_RATIO, _EXCESS_RANGE, _PLAIN_EXCESS, _MIN_SHADOW_EDGE = 2.0, (0.08, 0.14), 0.15, 0.01
_SEAM_PX = 2  # on either side of where the parts meet, in which ink cannot be told


def find_dark_part(grey: Pixels) -> tuple[Pixels, Pixels] | None:
    """The dark part of a page, uint8 H×W, 0 or 1, and likewise the seam along it; None where all ink is of one
    polarity."""
    parts = _part(grey, _MIN_SHARE)
    if parts is None or parts.bright_skewness >= 0 or parts.dark_skewness < _MIN_SKEWNESS:
        return None
    square = np.ones((2 * _SEAM_PX + 1, 2 * _SEAM_PX + 1), np.uint8)
    seam = cv2.morphologyEx(parts.dark, cv2.MORPH_GRADIENT, square)
    return _enlarge(parts.dark, grey), _enlarge(np.asarray(seam, np.uint8), grey)


def find_sheet(grey: Pixels) -> Pixels | None:
    """The inside of a bright sheet with dark ink on it that lies on something dark, uint8 H×W, 0 or 1; None where there
    is none. A sheet whose outline cannot be told, as in the shadow of a hand, is all of the page."""
    parts = _part(grey, _MIN_SHEET_SHARE)
    if parts is None or parts.bright_skewness > -_MIN_SKEWNESS:
        return None
    if _has_shaded_paper(parts):
        return np.ones_like(grey)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(parts.bright, connectivity=4)
    largest = (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    sheet = np.zeros_like(largest)
    cv2.fillConvexPoly(sheet, cv2.convexHull(cv2.findNonZero(largest)), 1)
    if largest.sum() < _MIN_CONVEX_SHARE * sheet.sum():
        return np.ones_like(grey) if parts.dark_skewness < _MIN_SKEWNESS else None
    inside = cv2.erode(sheet, np.ones((3, 3), np.uint8), borderValue=1)  # its edge is neither
    return _enlarge(np.asarray(inside, np.uint8), grey)


def smooth_paper(closed: Pixels, side_px: int) -> Pixels:
    """The paper's brightness where strokes were closed over by a disc of that side."""
    return np.asarray(cv2.blur(closed, (side_px, side_px), borderType=cv2.BORDER_REPLICATE), np.uint8)


def smooth_shaded_paper(closed: Pixels, side_px: int) -> Pixels:
    """As `smooth_paper`, but at the edge of a sharp shadow the brightness stays what it is on either side, so that no
    band of ink runs along it. A median keeps such edges; those of what is much darker, as of a table, stay smooth."""
    smooth, stepped = smooth_paper(closed, side_px), cv2.medianBlur(closed, side_px)
    excess = smooth / np.maximum(stepped, 1) - 1
    is_plain = excess > _PLAIN_EXCESS
    if is_plain.mean() < _MIN_SHADOW_EDGE:  # most pages, and the rest takes longer
        return smooth
    square = np.ones((side_px, side_px), np.uint8)
    is_shadow = cv2.dilate(closed, square) < _MAX_SHADOW_RATIO * cv2.erode(closed, square)
    if (is_shadow & is_plain).mean() < _MIN_SHADOW_EDGE:
        return smooth
    low, high = _EXCESS_RANGE
    weight = is_shadow * np.clip((excess - low) / (high - low), 0, 1)
    return np.asarray(smooth * (1 - weight) + stepped * weight, np.uint8)


def _has_shaded_paper(parts: _Parts) -> bool:
    """Whether there is dark ink on the brighter or the darker half of the dark part: that is paper in a shadow."""
    is_dark = parts.dark > 0
    level, _ = cv2.threshold(parts.background[is_dark], 0, 1, cv2.THRESH_OTSU)
    blur, width = _measure_sides(parts.dark)
    is_brighter = parts.background > level
    for is_half in (is_dark & is_brighter, is_dark & ~is_brighter):
        shaded = _open(is_half.astype(np.uint8), width)
        is_inside = cv2.erode(shaded, np.ones((blur // 2, blur // 2), np.uint8)) > 0
        is_large = is_inside.any() and shaded.mean() >= _MIN_SHEET_SHARE
        if is_large and _measure_skewness(parts.strokes[is_inside]) <= -_MIN_SHADED_SKEWNESS:
            return True
    return False


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The `dark` and the `bright` part of a page made small, uint8 of 0 and 1, and the skewness of what stands out from
    the background in each: bright ink is its long tail in one, dark ink in the other. `background` is the page made
    small without what is narrow, `strokes` float32 what the narrowest of it add to it."""

    background: Pixels
    strokes: NDArray[np.float32]
    dark: Pixels
    bright: Pixels
    dark_skewness: float
    bright_skewness: float


def _part(grey: Pixels, min_bright_share: float) -> _Parts | None:
    """The two parts of a page; None where they are too small or too alike."""
    thumbnail = shrink(grey, _SIDE_PX)
    blur, width = _measure_sides(thumbnail)
    background = np.asarray(cv2.medianBlur(thumbnail, blur), np.uint8)
    is_bright = np.asarray(cv2.threshold(background, 0, 1, cv2.THRESH_OTSU)[1], np.uint8)
    dark, bright = _open(np.bitwise_xor(is_bright, np.uint8(1)), width), _open(is_bright, width)
    if dark.mean() < _MIN_SHARE or bright.mean() < min_bright_share:
        return None
    inner = np.ones((blur // 2, blur // 2), np.uint8)
    in_dark, in_bright = (cv2.erode(part, inner) > 0 for part in (dark, bright))
    if not in_dark.any() or not in_bright.any():
        return None
    if float(background[in_bright].mean() - background[in_dark].mean()) < _MIN_DIFFERENCE:
        return None
    details = thumbnail.astype(np.float32) - background
    return _Parts(
        background,
        thumbnail.astype(np.float32) - cv2.medianBlur(thumbnail, _STROKE_BLUR_PX),
        dark,
        bright,
        _measure_skewness(details[in_dark]),
        _measure_skewness(details[in_bright]),
    )


def _measure_sides(thumbnail: Pixels) -> tuple[int, int]:
    """Odd pixels of a page made small: what is wider than a stroke, and as wide as a part."""
    blur, width = (max(3, int(ratio * min(thumbnail.shape)) | 1) for ratio in (_BLUR_RATIO, _MIN_WIDTH_RATIO))
    return blur, width


def _open(mask: Pixels, width: int) -> Pixels:
    """What of a mask of 0 and 1 is at least so wide."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((width, width), np.uint8)), np.uint8)


def _enlarge(mask: Pixels, grey: Pixels) -> Pixels:
    return np.asarray(cv2.resize(mask, grey.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _measure_skewness(details: NDArray[np.float32]) -> float:
    """The third moment, in standard deviations (at least one level of brightness)."""
    return float((details**3).mean()) / max(1.0, float(details.std())) ** 3
