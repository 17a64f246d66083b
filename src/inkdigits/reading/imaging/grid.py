"""Find the rules that part a page's digits: the upright and level lines of tables and of boxes for digits.

Rules are told from strokes by the height of the page's digits: they are longer, thin, and straight. They may tilt by
some 10° and bend a little, as on a photo of a sheet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.pixels import Pixels, median, weighted_median

_DIGIT_HEIGHT_PX = 16.0  # that the mask is shrunk to
_MIN_COVERAGE = 24  # of 255: so much of a pixel of the shrunk mask is ink where it counts as ink
# All of a digit's height:
_MIN_LENGTH = 1.25  # a shorter line is no rule,
_FREE_LENGTH = 3.0  # and one that is not so long only if it reaches from one level rule to another,
_REACH = 0.35  # as near to them as this
_LEVEL_LENGTH = 2.5  # as the former, for a level rule
_MAX_THICKNESS = 0.35
_MAX_BEND = 0.2  # over a stretch of twice a digit's height
_SAME_RULE = 0.5  # nearer together, two lines are one rule
_SLOPE_LENGTH = 8.0  # of level rules that tell how a page slopes
_MIN_CELL_WIDTH = 1.5  # of a table whose rules are faint
# How long a break in a rule may be, of a digit's height, and how much of the rule has ink: of one like any other, and
# of an upright one that is broken, on a page with others.
_WHOLE, _BROKEN = (0.25, 0.85), (0.4, 0.7)
_MIN_OTHERS = 2
# Where the page's edge cuts off boxes, upright rules reach from a level one to that edge, and are so much longer than a
# digit is high; so many of them, or they may be 1s on a line.
_CUT_LENGTH, _MIN_CUT = 1.5, 4
# Squared paper has so many rules either way, as far apart both ways but for so much, and two pieces of one rule are
# nearer together, in digits' heights.
_MIN_SQUARED, _UNEVEN_SQUARES, _PIECES = 5, 0.2, 0.15


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

    def find_across(self, along: float) -> float:
        """Where it is at a place along it; beyond an end, where that end is."""
        return float(np.interp(along, self.along, self.across))

    def covers(self, along: float, margin: float = 0.0) -> bool:
        """Whether a place along it is on it, at least `margin` from its ends; a negative margin is beyond them."""
        return self.start + margin <= along <= self.end - margin


@dataclass(frozen=True, slots=True)
class Grid:
    """The rules of a page: upright ones from left to right, and level ones. Those of squared paper part no numbers, and
    1s stand on them. `slope` is that of long level ones, pixels down per pixel to the right; 0 without any."""

    uprights: tuple[Rule, ...] = ()
    levels: tuple[Rule, ...] = ()
    is_squared_paper: bool = False
    slope: float = 0.0

    def find_cell(self, x: float, y: float, min_length: float = 0.0) -> tuple[float, float] | None:
        """The columns of the upright rules, at least so long, on either side of a place on the page; None where there
        is not one on both sides."""
        rules = [rule for rule in self.uprights if rule.length >= min_length and rule.covers(y)]
        walls = [rule.find_across(y) for rule in rules]
        right = bisect_left(walls, x)
        return (walls[right - 1], walls[right]) if 0 < right < len(walls) else None


NO_GRID = Grid()


def find_grid(mask: Pixels, digit_height: float, scale: float = 1.0) -> Grid:
    """The rules in the mask of a page's ink, uint8 H×W of 0 and 1, whose digits are about `digit_height` pixels of the
    page high. `scale` is the mask's pixels a pixel of the page."""
    shrinking = min(1.0, _DIGIT_HEIGHT_PX / (digit_height * scale))
    small = _shrink_mask(mask, shrinking)
    uprights = _find_uprights(small, digit_height, shrinking * scale, *_WHOLE)
    found = _find_uprights(np.ascontiguousarray(small.T), digit_height, shrinking * scale, *_WHOLE)
    levels = tuple(rule for rule in found if _is_rule(rule, uprights, digit_height, _LEVEL_LENGTH))
    slope = _measure_slope([rule for rule in levels if rule.length >= _SLOPE_LENGTH * digit_height])
    whole = [rule for rule in uprights if _is_rule(rule, levels, digit_height)]
    cut_off = [
        rule for rule in uprights if rule not in whole and _is_cut(rule, levels, digit_height, mask.shape, scale)
    ]
    whole += cut_off if len(cut_off) >= _MIN_CUT else []
    if len(whole) >= _MIN_OTHERS:
        broken = _find_uprights(small, digit_height, shrinking * scale, *_BROKEN)
        whole += [
            rule
            for rule in broken
            if _is_rule(rule, levels, digit_height)
            and not any(_are_one(rule, other, _SAME_RULE * digit_height) for other in whole)
        ]
    grid = Grid(tuple(sorted(whole, key=lambda rule: float(rule.across.mean()))), levels, slope=slope)
    return replace(grid, is_squared_paper=_is_squared_paper(grid, digit_height))


def find_table(mask: Pixels, digit_height: float, scale: float = 1.0) -> Grid:
    """As `find_grid`, in a mask that holds faint ink too: of upright rules only those of a table, which are long and
    stand far apart. Others may be strokes, the pattern of the paper, or squares that no writer heeds."""
    grid = find_grid(mask, digit_height, scale)
    uprights = tuple(rule for rule in grid.uprights if rule.length >= _FREE_LENGTH * digit_height)
    distances = np.diff([float(rule.across.mean()) for rule in uprights])
    is_table = len(uprights) > 1 and median(distances) >= _MIN_CELL_WIDTH * digit_height
    return replace(grid, uprights=uprights if is_table and not grid.is_squared_paper else ())


def _measure_slope(levels: Sequence[Rule]) -> float:
    """The slope of level rules, long ones counting more; 0 without any."""
    if not levels:
        return 0.0
    slopes = [(rule.across[-1] - rule.across[0]) / rule.length for rule in levels]
    return weighted_median(np.array(slopes), np.array([rule.length for rule in levels]))


def _is_squared_paper(grid: Grid, digit_height: float) -> bool:
    """Whether the rules are those of squared paper, its squares lower than the digits: no writer heeds them."""
    if min(len(grid.uprights), len(grid.levels)) < _MIN_SQUARED:
        return False
    across = [np.sort([rule.across.mean() for rule in rules]) for rules in (grid.uprights, grid.levels)]
    distances = [np.diff(each)[np.diff(each) > _PIECES * digit_height] for each in across]
    if not all(map(len, distances)):
        return False
    width, height = map(median, distances)
    return abs(width - height) < _UNEVEN_SQUARES * height and height < digit_height


def _shrink_mask(mask: Pixels, scale: float) -> Pixels:
    """The mask at a scale of at most 1; a thin line stays."""
    if scale >= 1:
        return mask
    size = [max(1, round(side * scale)) for side in mask.shape[::-1]]
    small = cv2.resize(mask * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small >= _MIN_COVERAGE, np.uint8)


def _find_uprights(
    mask: Pixels, digit_height: float, scale: float, max_break: float, min_inked_share: float
) -> list[Rule]:
    """The long upright lines of a mask with `scale` pixels a pixel of the page."""
    height = digit_height * scale
    run, hole = max(3, round(_MIN_LENGTH * height)), max(3, round(max_break * height))
    if mask.shape[0] < run or mask.shape[1] < 3:
        return []
    wider = cv2.dilate(mask, np.ones((1, 3), np.uint8))  # what slants a little stays whole
    closed = cv2.morphologyEx(wider, cv2.MORPH_CLOSE, np.ones((hole, 1), np.uint8))
    runs = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((run, 1), np.uint8), borderValue=0)
    if not runs.any():
        return []
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    is_thin = stats[:, cv2.CC_STAT_AREA] <= (_MAX_THICKNESS * height + 2) * stats[:, cv2.CC_STAT_HEIGHT]
    rules = []
    for label in np.flatnonzero(is_thin[1:]) + 1:
        x, y, width, length = stats[label, :4].tolist()
        inside = labels[y : y + length, x : x + width] == label
        rows = np.arange(y, y + length)
        across = _smooth((inside @ np.arange(width)) / inside.sum(axis=1) + x, round(height))
        if _is_straight(across, height) and _measure_inked_share(mask, rows, across) >= min_inked_share:
            rules.append(Rule((rows + 0.5) / scale, (across + 0.5) / scale))
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


def _measure_inked_share(mask: Pixels, rows: NDArray[np.intp], across: NDArray[np.float64]) -> float:
    """How much of a line has ink on it, or right beside it."""
    columns = np.clip(across.astype(np.intp) + np.array([[-1], [0], [1]]), 0, mask.shape[1] - 1)  # 3×K
    return float(mask[rows, columns].any(axis=0).mean())


def _is_rule(line: Rule, others: Sequence[Rule], digit_height: float, free_length: float = _FREE_LENGTH) -> bool:
    """Whether a line is too long for a stroke, or reaches from one to another of those that cross its direction."""
    reach = _REACH * digit_height
    ends = (float(line.across[0]), line.start), (float(line.across[-1]), line.end)
    return line.length >= free_length * digit_height or all(
        any(abs(other.find_across(across) - along) <= reach and other.covers(across, -reach) for other in others)
        for across, along in ends
    )


def _is_cut(line: Rule, levels: Sequence[Rule], digit_height: float, mask_shape: tuple[int, ...], scale: float) -> bool:
    """Whether an upright line reaches from a level rule to the upper or the lower edge of the page."""
    if line.length < _CUT_LENGTH * digit_height:
        return False
    height, width = (side / scale for side in mask_shape)
    edges = (Rule(np.array([0.0, width]), np.array([y, y])) for y in (0.0, height))
    return any(_is_rule(line, (*levels, edge), digit_height) for edge in edges)


def _are_one(rule: Rule, other: Rule, distance: float) -> bool:
    """Whether two lines run beside each other, nearer than a distance in pixels."""
    common = (rule.along >= other.start) & (rule.along <= other.end)
    distances = np.abs(np.interp(rule.along, other.along, other.across) - rule.across)[common]
    return bool((distances < distance).any())
