"""The 28×28 convention of MNIST, in one place: what a network sees.

A *glyph* is one digit as uint8 28×28, ink bright (255) on 0, aspect kept, its longer side 20 pixels,
its centre of mass in the middle. This is how MNIST itself was made (LeCun et al., "Gradient-based learning
applied to document recognition", 1998, and the page of the data set), so a network trained on MNIST
expects exactly this.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

GLYPH_SIDE = 28  # side of a glyph, in pixels
DIGIT_SIDE = 20  # longer side of the digit inside it
INK_MIN_RATIO = 0.2  # of the brightest pixel: what is fainter does not count as part of the digit's box
CUBIC_MIN_SCALE = 2  # enlarged by more than this, strokes are drawn smoothly from few pixels

Image = NDArray[np.uint8]


def to_float(glyphs: Image) -> NDArray[np.float32]:
    """uint8 N×28×28 in 0..255 → float32 N×1×28×28 in 0..1, the form every network takes."""
    return glyphs.reshape(-1, 1, GLYPH_SIDE, GLYPH_SIDE).astype(np.float32) / np.float32(255)


def make_glyph(ink: Image) -> Image:
    """One digit's ink, uint8 H×W of any size, bright on 0 → its glyph, uint8 28×28. No ink at all gives zeros."""
    peak = int(ink.max(initial=0))
    if peak == 0:
        return np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    is_ink = ink >= INK_MIN_RATIO * peak
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _centre_by_mass(_resize_to_digit_side(crop, peak))


def _resize_to_digit_side(crop: Image, peak: int) -> Image:
    """Scale the crop so that its longer side is 20 pixels and its brightest 255, aspect kept."""
    height, width = crop.shape
    scale = DIGIT_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = _resize(crop.astype(np.float32), size, _choose_interpolation(scale))
    brightest = max(float(resized.max()), 0.5 * peak)  # thin strokes fade as they shrink: give them their light back
    brightened: Image = np.clip(resized * (255 / brightest), 0, 255).round().astype(np.uint8)
    return brightened


def _resize(image: NDArray[np.float32], size: tuple[int, int], interpolation: int) -> NDArray[np.float32]:
    """OpenCV's, by its own code: Intel's IPP, which it has for some processors, rounds otherwise, and a glyph is to be
    the same wherever it is made."""
    had_ipp = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)  # of this thread only
    try:
        return np.asarray(cv2.resize(image, size, interpolation=interpolation), np.float32)
    finally:
        cv2.ipp.setUseIPP(had_ipp)


def _choose_interpolation(scale: float) -> int:
    if scale < 1:
        return cv2.INTER_AREA
    return (
        cv2.INTER_LINEAR if scale < CUBIC_MIN_SCALE else cv2.INTER_CUBIC
    )  # linear smears what is only a few pixels wide


def _centre_by_mass(resized: Image) -> Image:
    """Paste into 28×28 so that the centre of mass is in the middle, as far as the frame allows."""
    height, width = resized.shape
    total_ink = resized.sum(dtype=np.float64)
    row = (resized.sum(axis=1, dtype=np.float64) @ np.arange(height)) / total_ink
    column = (resized.sum(axis=0, dtype=np.float64) @ np.arange(width)) / total_ink
    top = min(max(round(GLYPH_SIDE / 2 - row), 0), GLYPH_SIDE - height)
    left = min(max(round(GLYPH_SIDE / 2 - column), 0), GLYPH_SIDE - width)
    glyph = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    glyph[top : top + height, left : left + width] = resized
    return glyph
