"""Ruled lines, table rules and printed boxes: found in a page's mask and taken away, strokes that cross them kept."""

from __future__ import annotations

import cv2
import numpy as np

from inkdigits.reading.imaging.ink import stroke_width
from inkdigits.reading.imaging.pixels import Pixels

_LONG = 0.3  # of the page: a shorter line is no rule
_RUN = 0.02  # of the page: what a slightly slanted rule runs on within one row of pixels
_THIN = 0.05  # of its own length: what is thicker is no rule
_EDGE = 0.02  # of the page: a rule that ends here goes on outside
_FEW = 3  # a drawing of fewer parts is one digit or two, whose bars are no rules
_SPECK = 6  # pixels
_MANY = 3  # so many long lines are rules even if they end within the page


def without_rules(mask: Pixels) -> Pixels:
    """A mask of 0 and 1, uint8 H×W → the same without its level and upright rules."""
    if _parts(mask) < _FEW:
        return mask
    level, upright = _rules(mask), _rules(np.ascontiguousarray(mask.T)).T
    return mask & (1 - (level | upright))


def _parts(mask: Pixels) -> int:
    """How many connected parts there are, specks left out."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return int((stats[1:, 2:4].max(axis=1) >= _SPECK).sum())


def _rules(mask: Pixels) -> Pixels:
    """The level rules in the mask."""
    width = mask.shape[1]
    run = max(15, round(_RUN * max(mask.shape)))
    if width < 4 * run:
        return np.zeros_like(mask)
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    joined = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((3, 2 * run), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    lengths, areas = stats[:, 2], stats[:, 4]
    long = (lengths >= _LONG * width) & (areas <= _THIN * lengths.astype(np.float64) ** 2)
    reaches = (stats[:, 0] <= _EDGE * width) | (stats[:, 0] + lengths >= (1 - _EDGE) * width)
    long[0] = False
    chosen = long if long.sum() >= _MANY else long & reaches
    if not chosen.any():
        return np.zeros_like(mask)
    lines = chosen.astype(np.uint8)[labels]
    band = np.asarray(cv2.dilate(lines, np.ones((3, 1), np.uint8)), np.uint8) & mask
    return band & (1 - _strokes(mask, stroke_width(lines & mask)))


def _strokes(mask: Pixels, thickness: float) -> Pixels:
    """What is taller than a rule of this thickness, as a stroke that crosses one or stands on it."""
    taller = np.ones((round(1.5 * thickness) + 3, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, taller), np.uint8)
