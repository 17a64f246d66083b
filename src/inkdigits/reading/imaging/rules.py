"""Remove rules from a page's mask: ruled lines, tables, printed boxes. Strokes that cross them are kept."""

from __future__ import annotations

import cv2
import numpy as np

from inkdigits.reading.imaging.ink import estimate_stroke_width
from inkdigits.reading.imaging.pixels import Pixels

_MIN_LENGTH_RATIO = 0.3  # of the page: a shorter line is no rule
_RUN_RATIO = 0.02  # of the page: what a slightly slanted rule runs on within one row of pixels
_MAX_THICKNESS_RATIO = 0.05  # of its own length: what is thicker is no rule
_EDGE_RATIO = 0.02  # of the page: a rule that ends here goes on outside
_MIN_COMPONENTS = 3  # a drawing of fewer components is one digit or two, whose bars are no rules
_SPECK_PX = 6
_MANY_RULES = 3  # so many long lines are rules even if they end within the page
_ACROSS_RATIO, _MIN_SQUARED = 0.6, 4  # of the page: so many lines as long as this both ways make squared paper


def remove_rules(mask: Pixels) -> Pixels:
    """A mask of 0 and 1, uint8 H×W → the same without its level and upright rules."""
    (level, level_count), (upright, upright_count) = (
        _find_level_rules(each) for each in (mask, np.ascontiguousarray(mask.T))
    )
    is_squared = min(level_count, upright_count) >= _MIN_SQUARED  # there all ink may hang together
    if not (level.any() or upright.any()) or (not is_squared and _count_components(mask) < _MIN_COMPONENTS):
        return mask
    return np.asarray(mask & (1 - level) & (1 - upright.T), np.uint8)


def _count_components(mask: Pixels) -> int:
    """The number of connected components, without specks."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return int((stats[1:, 2:4].max(axis=1) >= _SPECK_PX).sum())


def _find_level_rules(mask: Pixels) -> tuple[Pixels, int]:
    """The level rules in the mask, and how many of them run across most of the page."""
    width, none = mask.shape[1], (np.zeros_like(mask), 0)
    run = max(15, round(_RUN_RATIO * max(mask.shape)))
    if width < 4 * run:
        return none
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    if not runs.any():
        return none
    joined = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((3, 2 * run), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    lengths, areas = stats[:, 2], stats[:, 4]
    is_long = (lengths >= _MIN_LENGTH_RATIO * width) & (areas <= _MAX_THICKNESS_RATIO * lengths.astype(np.float64) ** 2)
    touches_edge = (stats[:, 0] <= _EDGE_RATIO * width) | (stats[:, 0] + lengths >= (1 - _EDGE_RATIO) * width)
    is_long[0] = False
    is_rule = is_long if is_long.sum() >= _MANY_RULES else is_long & touches_edge
    if not is_rule.any():
        return none
    across_count = int((is_rule & (lengths >= _ACROSS_RATIO * width)).sum())
    lines = is_rule.astype(np.uint8)[labels]
    band = np.asarray(cv2.dilate(lines, np.ones((3, 1), np.uint8)), np.uint8) & mask
    return band & (1 - _find_crossing_strokes(mask, estimate_stroke_width(lines & mask))), across_count


def _find_crossing_strokes(mask: Pixels, thickness: float) -> Pixels:
    """What is taller than a rule of this thickness, as a stroke that crosses one or stands on it."""
    taller = np.ones((round(1.5 * thickness) + 3, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, taller), np.uint8)
