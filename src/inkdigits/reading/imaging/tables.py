"""Mend the rules of a page's tables: some are too faint to be ink, one is hidden among digits, and what looks like one
is a column of strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.grid import (
    DIGIT_HEIGHT_PX,
    FREE_LENGTH,
    MAX_OTHERS,
    SAME_RULE,
    Grid,
    are_one,
    drop_strokes,
    find_grid,
    sort_rules,
)
from inkdigits.reading.imaging.pixels import Pixels, median, shrink_by
from inkdigits.reading.imaging.rules import Rule, sample_along

_MIN_FAINT_STRENGTH = 0.045  # of the digits' strength: of rules, where the digits are shrunk so
_STROKE_STRENGTH = 0.5  # of the digits' strength: where a rule is not as strong as this, no stroke is on it;
_MIN_LOCAL_SHARE, _MIN_FAINT_SHARE = 0.8, 0.9  # of the least strength it has almost everywhere there
_MIN_ALIKE = 0.3  # where it is weak, of what the page's rules have there in the median
_AVERAGED_PX, _MAX_FAINT_WIDTH_PX = 9, 5  # of the shrunk page: along a faint rule, and narrower than this across it
# Of a digit's height:
_MIN_CELL_WIDTH = 1.5  # of a table whose rules are faint
_LONGER = 0.5  # a faint rule is longer than the parts of it that are ink
_AS_LONG = 0.5  # of the longest rule: a faint one, or one of a table
# Of a digit's width: its inside, and that with the strokes at its sides; and of a line's length: so much is within
# digits, where it is strokes of them.
_INNER_SHARE, _STROKES_SHARE, _MIN_CHAINED_SHARE = 0.6, 0.76, 0.4
# Columns of one width, but for so much, and so many, of at least so many digits' heights: a rule is missing in one that
# is a multiple, if most digits are so far from its place, of a column's width.
_SAME_WIDTH, _MIN_COLUMNS, _MIN_COLUMN_WIDTH, _MIN_SPREAD = 0.12, 3, 1.2, 0.3


def mend_table(
    grid: Grid,
    strength: Pixels,
    full_strength: float,
    digit_boxes: NDArray[np.float64],
    digit_height: float,
    scale: float = 1.0,
) -> Grid:
    """The grid with the rules that its tables lack, and without strokes of digits.

    `strength`, uint8 H×W, is that of the page's ink, with `scale` pixels a pixel of the page, and `full_strength` that
    of its digits. `digit_boxes` are those of plain digits, N×4 (x, y, width, height), in pixels of the page.
    """
    if grid.is_squared_paper or len(grid.uprights) > MAX_OTHERS:
        return grid
    grid = _drop_chains(_add_faint_rules(grid, strength, full_strength, digit_height, scale), digit_boxes)
    return replace(grid, uprights=sort_rules([*grid.uprights, *_find_missing(grid, digit_boxes, digit_height)]))


def _add_faint_rules(grid: Grid, strength: Pixels, full_strength: float, digit_height: float, scale: float) -> Grid:
    """The grid with the rules of a table that are too faint to be ink, or only partly ink, where there is one.

    Of faint upright rules only those of a table count, which are long and stand far apart; others may be strokes, the
    pattern of the paper, or squares that no writer heeds.
    """
    shrinking = min(1.0, DIGIT_HEIGHT_PX / (digit_height * scale))
    small = shrink_by(strength, shrinking)
    min_strength = _MIN_FAINT_STRENGTH * full_strength
    faint = find_grid(_find_faint_lines(small, min_strength), digit_height, shrinking * scale)
    min_length = _find_min_length([*grid.uprights, *faint.uprights], digit_height)
    candidates = [rule for rule in faint.uprights if rule.length >= min_length]
    strengths = [_measure_along(rule, small, shrinking * scale) for rule in candidates]
    least = [float(np.sort(each)[len(each) // 4]) for each in strengths]
    uprights = [
        rule
        for rule, own, own_least in zip(candidates, strengths, least, strict=True)
        if own_least >= _MIN_ALIKE * median(np.array(least)) and _runs_on(own, min_strength, full_strength)
    ]
    distances = np.diff([rule.middle for rule in uprights])
    if len(uprights) < 2 or median(distances) < _MIN_CELL_WIDTH * digit_height or faint.is_squared_paper:
        return replace(grid, slope=grid.slope or faint.slope)
    return Grid(
        drop_strokes(_merge_rules(grid.uprights, uprights, digit_height), digit_height),
        _merge_rules(grid.levels, faint.levels, digit_height),
        slope=grid.slope or faint.slope,
    )


def _find_min_length(rules: Sequence[Rule], digit_height: float) -> float:
    """How long a rule of a table is at least, on a page with these rules."""
    longest = max((rule.length for rule in rules), default=0.0)
    return max(FREE_LENGTH * digit_height, _AS_LONG * longest)


def _find_faint_lines(strength: Pixels, min_strength: float) -> Pixels:
    """The mask, uint8 of 0 and 1, of thin upright and level lines of at least so much strength: along them noise
    averages out, and what is wide stands out from nothing beside it."""

    def find_upright_lines(pixels: Pixels) -> NDArray[np.bool_]:
        averaged = cv2.blur(pixels, (1, _AVERAGED_PX))
        lines = cv2.morphologyEx(averaged, cv2.MORPH_TOPHAT, np.ones((1, _MAX_FAINT_WIDTH_PX), np.uint8))
        return np.asarray(lines > min_strength)

    return (find_upright_lines(strength) | find_upright_lines(np.ascontiguousarray(strength.T)).T).astype(np.uint8)


def _measure_along(rule: Rule, strength: Pixels, scale: float) -> Pixels:
    """The strength all along an upright rule, or right beside it, uint8 K; it has `scale` pixels a pixel of the
    page."""
    rows = np.clip((rule.along * scale).astype(np.intp), 0, len(strength) - 1)
    return sample_along(strength, rows, rule.across * scale)


def _runs_on(along: Pixels, min_strength: float, full_strength: float) -> bool:
    """Whether there is some ink almost all along a rule, by its strength there, also where no stroke is on it: strokes
    of digits below each other, averaged, look like a rule."""
    weak = along[along < _STROKE_STRENGTH * full_strength]
    lacking_count = int((weak <= _MIN_LOCAL_SHARE * min_strength).sum())
    return lacking_count <= (1 - _MIN_FAINT_SHARE) * max(len(weak), len(along) / 2)


def _merge_rules(rules: Sequence[Rule], others: Sequence[Rule], digit_height: float) -> tuple[Rule, ...]:
    """Rules and those of the others that are none of them, or are one whose parts they are."""
    merged = list(rules)
    for other in others:
        broken = [rule for rule in merged if are_one(rule, other, SAME_RULE * digit_height)]
        if other.length >= max((rule.length for rule in broken), default=0.0) + _LONGER * digit_height:
            merged = [rule for rule in merged if rule not in broken] + [other]
    return sort_rules(merged)


def _drop_chains(grid: Grid, digit_boxes: NDArray[np.float64]) -> Grid:
    """The grid without upright lines that are strokes of digits below one another, joined by level rules: along much of
    their length they run through the inside of N digits, `digit_boxes` N×4 (x, y, width, height)."""
    x, y, widths, heights = digit_boxes.T
    middles = y + heights / 2

    def is_chain(rule: Rule) -> bool:
        depths = (np.interp(middles, rule.along, rule.across) - x) / widths
        is_through = (np.abs(depths - 0.5) < _STROKES_SHARE / 2) & (middles > rule.start) & (middles < rule.end)
        return bool(is_through.sum() > 1 and heights[is_through].sum() > _MIN_CHAINED_SHARE * rule.length)

    return replace(grid, uprights=tuple(rule for rule in grid.uprights if not is_chain(rule)))


def _find_missing(grid: Grid, digit_boxes: NDArray[np.float64], digit_height: float) -> list[Rule]:
    """The upright rules that columns of one width lack, where digits stand on both sides of them and none across."""
    min_length = _find_min_length(grid.uprights, digit_height)
    own = [rule for rule in grid.uprights if rule.length >= min_length]
    widths = np.diff([rule.middle for rule in own])
    columns = widths[widths >= _MIN_COLUMN_WIDTH * digit_height]
    width = float(np.sort(columns)[len(columns) // 4]) if len(columns) else np.inf
    if (np.abs(columns / width - 1) < _SAME_WIDTH).sum() < _MIN_COLUMNS:
        return []
    missing = []
    for (left, right), distance in zip(pairwise(own), widths.tolist(), strict=True):
        count = round(distance / width)
        along = left.along[(left.along >= right.start) & (left.along <= right.end)]
        if count > 1 and abs(distance / count / width - 1) < _SAME_WIDTH and len(along) > 1:
            walls = np.interp(along, left.along, left.across), np.interp(along, right.along, right.across)
            between = [Rule(along, walls[0] + (walls[1] - walls[0]) * step / count) for step in range(1, count)]
            missing += [rule for rule in between if _is_between_digits(rule, digit_boxes, width)]
    return missing


def _is_between_digits(rule: Rule, digit_boxes: NDArray[np.float64], width: float) -> bool:
    """Whether digits stand on both sides of an upright rule, nearer than a column's width, but not all close to it, as
    those of a number in a column twice as wide, and it runs through none."""
    x, y, widths, heights = digit_boxes.T
    middles = y + heights / 2
    distances = x + widths / 2 - np.interp(middles, rule.along, rule.across)
    is_near = (middles > rule.start) & (middles < rule.end) & (np.abs(distances) < width)
    runs_through = (np.abs(distances) < _INNER_SHARE / 2 * widths)[is_near].any()
    near = distances[is_near]
    is_between = (near < 0).any() and (near > 0).any() and median(np.abs(near)) > _MIN_SPREAD * width
    return bool(is_between and not runs_through)
