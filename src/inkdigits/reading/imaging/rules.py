"""Rules: ruled lines, tables, printed boxes. Find the upright ones in a page's mask, or remove them all from it.
Strokes that cross them are kept."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

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

_MAX_RULES = 400  # where there are more, as in barcodes, nothing more is looked for
# All of a digit's height:
_MIN_UPRIGHT, _MIN_PAIRED = 1.25, 1.5  # a shorter line is no rule; and no wall near to that of another box,
_MAX_PAIR_WIDTH = 0.7  # both together no wider than this
_MAX_THICKNESS = 0.35
_MAX_BEND = 0.2  # over a stretch of twice a digit's height


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A printed line, nearly upright or nearly level: its places `across`, float64 K, in pixels of the page, at the
    places `along`, float64 K and rising: x at each y of an upright one, y at each x of a level one."""

    along: NDArray[np.float64]
    across: NDArray[np.float64]

    @property
    def start(self) -> float:
        """Where it begins, along it."""
        return float(self.along[0])

    @property
    def end(self) -> float:
        """Where it ends, along it."""
        return float(self.along[-1])

    @property
    def length(self) -> float:
        """From its beginning to its end."""
        return self.end - self.start

    @property
    def middle(self) -> float:
        """Where it is across, in the mean."""
        return float(self.across.mean())

    @property
    def slope(self) -> float:
        """How far across it runs for each pixel along it."""
        return float(self.across[-1] - self.across[0]) / self.length

    def find_across(self, along: float) -> float:
        """Where it is at a place along it; beyond an end, where that end is."""
        return float(np.interp(along, self.along, self.across))

    def covers(self, along: float, margin: float = 0.0) -> bool:
        """Whether a place along it is on it, at least `margin` from its ends; a negative margin is beyond them."""
        return self.start + margin <= along <= self.end - margin


def find_uprights(
    mask: Pixels, digit_height: float, scale: float, max_break: float, min_inked_share: float
) -> list[Rule]:
    """The long upright lines of a mask with `scale` pixels a pixel of the page."""
    height = digit_height * scale
    run, hole = max(3, round(_MIN_UPRIGHT * height)), max(3, round(max_break * height))
    if mask.shape[0] < run or mask.shape[1] < 3:
        return []
    rules, is_left = list[Rule](), np.ones_like(mask)
    wider = cv2.dilate(mask, np.ones((1, 3), np.uint8))  # what slants a little stays whole
    for own, min_length in ((wider, run), (mask, max(run, round(_MIN_PAIRED * height)))):
        closed = cv2.bitwise_and(cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((hole, 1), np.uint8)), is_left)
        runs = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((min_length, 1), np.uint8), borderValue=0)
        if not runs.any() or len(rules) > _MAX_RULES:
            return rules
        _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
        is_thin = stats[:, cv2.CC_STAT_AREA] <= (_MAX_THICKNESS * height + 2) * stats[:, cv2.CC_STAT_HEIGHT]
        # What was made wider may hang together with what is beside it: the walls of two boxes, a rule and a stroke.
        is_joined = ~is_thin & (stats[:, cv2.CC_STAT_WIDTH] <= _MAX_PAIR_WIDTH * height + 2)
        for label in np.flatnonzero(is_thin[1:]) + 1:
            x, y, width, length = stats[label, :4].tolist()
            inside = labels[y : y + length, x : x + width] == label
            rows = np.arange(y, y + length)
            across = _smooth((inside @ np.arange(width)) / inside.sum(axis=1) + x, round(height))
            is_joined[label] = not _is_straight(across, height)
            if not is_joined[label] and sample_along(mask, rows, across).mean() >= min_inked_share:
                rules.append(Rule((rows + 0.5) / scale, (across + 0.5) / scale))
        is_left = is_joined.astype(np.uint8)[labels]
    return rules


def _smooth(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """The median of each of K values and those up to `reach` before and after it: a stroke that touches a rule does not
    bend it."""
    reach = min(reach, (len(values) - 1) // 2)
    before, after = 2 * values[0] - values[reach:0:-1], 2 * values[-1] - values[-2 : -2 - reach : -1]  # straight on
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([before, values, after]), 2 * reach + 1)
    return np.asarray(np.partition(windows, reach, axis=1)[:, reach], np.float64)  # a printed page has many lines


def _is_straight(across: NDArray[np.float64], height: float) -> bool:
    """Whether a line bends nowhere much, whose digits are `height` high."""
    half = min(len(across) // 2, round(height))
    bends = across[2 * half :] - 2 * across[half : len(across) - half] + across[: len(across) - 2 * half]
    return float(np.abs(bends).max(initial=0.0)) <= _MAX_BEND * height


def sample_along(pixels: Pixels, rows: NDArray[np.intp], across: NDArray[np.float64]) -> Pixels:
    """The greatest of the pixels on an upright line and right beside it, in each of K rows: uint8 K."""
    columns = np.clip(across.astype(np.intp) + np.array([[-1], [0], [1]]), 0, pixels.shape[1] - 1)  # 3×K
    return np.asarray(pixels[rows, columns].max(axis=0), np.uint8)


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
