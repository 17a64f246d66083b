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

SIZE = 28  # side of a glyph, in pixels
BOX = 20  # longer side of the digit inside it
FAINT = 0.2  # of the brightest pixel: what is fainter does not count as part of the digit's box
COARSE = 2  # enlarged by more than this, strokes are drawn smoothly from few pixels

Image = NDArray[np.uint8]


def to_float(glyphs: Image) -> NDArray[np.float32]:
    """uint8 N×28×28 in 0..255 → float32 N×1×28×28 in 0..1, the form every network takes."""
    return glyphs.reshape(-1, 1, SIZE, SIZE).astype(np.float32) / np.float32(255)


def from_ink(ink: Image) -> Image:
    """One digit's ink, uint8 H×W of any size, bright on 0 → its glyph, uint8 28×28. No ink at all gives zeros."""
    peak = int(ink.max(initial=0))
    if peak == 0:
        return np.zeros((SIZE, SIZE), np.uint8)
    strong = ink >= FAINT * peak
    rows, columns = np.flatnonzero(strong.any(axis=1)), np.flatnonzero(strong.any(axis=0))
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _centred(_fit(crop, peak))


def _fit(crop: Image, peak: int) -> Image:
    """Scale the crop so that its longer side is 20 pixels and its brightest 255, aspect kept."""
    height, width = crop.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    fitted = cv2.resize(crop.astype(np.float32), size, interpolation=_interpolation(scale))
    brightest = max(float(fitted.max()), 0.5 * peak)  # thin strokes fade as they shrink: give them their light back
    lit: Image = np.clip(fitted * (255 / brightest), 0, 255).round().astype(np.uint8)
    return lit


def _interpolation(scale: float) -> int:
    if scale < 1:
        return cv2.INTER_AREA
    return cv2.INTER_LINEAR if scale < COARSE else cv2.INTER_CUBIC  # linear smears what is only a few pixels wide


def _centred(fitted: Image) -> Image:
    """Paste into 28×28 so that the centre of mass is in the middle, as far as the frame allows."""
    height, width = fitted.shape
    weight = fitted.sum(dtype=np.float64)
    row = (fitted.sum(axis=1, dtype=np.float64) @ np.arange(height)) / weight
    column = (fitted.sum(axis=0, dtype=np.float64) @ np.arange(width)) / weight
    top = int(np.clip(round(SIZE / 2 - row), 0, SIZE - height))
    left = int(np.clip(round(SIZE / 2 - column), 0, SIZE - width))
    glyph = np.zeros((SIZE, SIZE), np.uint8)
    glyph[top : top + height, left : left + width] = fitted
    return glyph
