"""Find the rules that part a page's digits: the upright and level lines of tables and of boxes for digits.

Rules are told from strokes by the height of the page's digits: they are longer, thin, and straight. They may tilt by
some 10° and bend a little, as on a photo of a sheet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.pixels import Pixels, median, shrink_by, weighted_median
from inkdigits.reading.imaging.rules import Rule, find_uprights

DIGIT_HEIGHT_PX = 16.0  # that the mask is shrunk to
_MIN_COVERAGE = 24  # of 255: so much of a pixel of the shrunk mask is ink where it counts as ink
# All of a digit's height:
FREE_LENGTH = 3.0  # a line that is not so long is a rule only if it reaches from one level rule to another,
_REACH = 0.35  # as near to them as this
_LEVEL_LENGTH = 2.5  # as the former, for a level rule
SAME_RULE = 0.5  # nearer together, two lines are one rule
_SLOPE_LENGTH = 8.0  # of level rules that tell how a page slopes
# A table has so many rules of its own, each so long as a share of the longest. Each leans as those beside it but for so
# much, in a photo from one side; what is not its own leans as they do but for so much, and goes astray as far as this.
_MIN_OWN, _AS_LONG_AS_OWN = 3, 0.8
_MAX_OWN_LEAN, _MAX_LEAN, _MAX_DRIFT = 0.07, 0.03, 0.1
# Walls of boxes are so far apart, and reach equally far up and down but for so much; and pieces of a broken rule are so
# far off each other's line at most.
_BOX_WIDTHS, _UNEVEN_WALLS, _PIECES_APART = (0.8, 2.5), 0.25, 0.3
# How long a break in a rule may be, of a digit's height, and how much of the rule has ink: of one like any other, and
# of an upright one that is broken, on a page with others.
_WHOLE, _BROKEN = (0.25, 0.85), (0.4, 0.7)
_MIN_OTHERS, MAX_OTHERS = 2, 400  # more are a barcode's
# Where the page's edge cuts off boxes, upright rules reach from a level one to that edge, and are so much longer than a
# digit is high; so many of them, or they may be 1s on a line.
_CUT_LENGTH, _MIN_CUT = 1.5, 4
# Squared paper has so many rules either way, as far apart both ways but for so much, and two pieces of one rule are
# nearer together, in digits' heights. Its squares are lower than a digit, or not much higher and so many a digit: most
# are empty.
_MIN_SQUARED, _UNEVEN_SQUARES, _MIN_EVEN_SQUARES, _PIECES = 5, 0.2, 0.7, 0.15
_MAX_SQUARE, _SQUARES_PER_DIGIT = 1.7, 3


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


def find_grid(mask: Pixels, digit_height: float, scale: float = 1.0, digit_count: int | None = None) -> Grid:
    """The rules in the mask of a page's ink, uint8 H×W of 0 and 1, whose digits are about `digit_height` pixels of the
    page high. `scale` is the mask's pixels a pixel of the page. How many digits there are, where it is known, tells
    squared paper from a table of squares."""
    shrinking = min(1.0, DIGIT_HEIGHT_PX / (digit_height * scale))
    small = _shrink_mask(mask, shrinking)
    uprights = find_uprights(small, digit_height, shrinking * scale, *_WHOLE)
    found = find_uprights(np.ascontiguousarray(small.T), digit_height, shrinking * scale, *_WHOLE)
    levels = tuple(rule for rule in found if _is_rule(rule, uprights, digit_height, _LEVEL_LENGTH))
    slope = _measure_slope([rule for rule in levels if rule.length >= _SLOPE_LENGTH * digit_height])
    whole = [rule for rule in uprights if _is_rule(rule, levels, digit_height)]
    cut_off = [
        rule for rule in uprights if rule not in whole and _is_cut(rule, levels, digit_height, mask.shape, scale)
    ]
    whole += cut_off if len(cut_off) >= _MIN_CUT else []
    if _MIN_OTHERS <= len(whole) <= MAX_OTHERS:
        broken = find_uprights(small, digit_height, shrinking * scale, *_BROKEN)
        whole += [
            rule
            for rule in broken
            if _is_rule(rule, levels, digit_height)
            and not any(are_one(rule, other, SAME_RULE * digit_height) for other in whole)
        ]
    grid = Grid(drop_strokes(whole, digit_height), levels, slope=slope)
    return replace(grid, is_squared_paper=_is_squared_paper(grid, digit_height, digit_count))


def drop_strokes(uprights: Sequence[Rule], digit_height: float) -> tuple[Rule, ...]:
    """Upright rules without what is a digit's stroke in a low row of a table: it leans otherwise than the table's own
    rules, which are long, or is short, and stands alone among them."""
    rules = sort_rules(uprights)
    lengths = np.array([rule.length for rule in rules])
    is_own = lengths >= max(_AS_LONG_AS_OWN * lengths.max(initial=0.0), FREE_LENGTH * digit_height)
    if is_own.sum() < _MIN_OWN:
        return rules
    middles, slopes = np.array([rule.middle for rule in rules]), np.array([rule.slope for rule in rules])
    own_places, own_slopes = middles[is_own], slopes[is_own]
    leans = np.abs(slopes - np.interp(middles, own_places, own_slopes))
    before, after = np.roll(own_slopes, 1), np.roll(own_slopes, -1)
    before[0], after[-1] = own_slopes[1], own_slopes[-2]
    own_leans = np.abs(own_slopes - (before + after) / 2)
    is_stroke = leans > _MAX_LEAN + _MAX_DRIFT * digit_height / lengths
    is_stroke |= (lengths < FREE_LENGTH * digit_height) & _find_alone(rules, middles, digit_height)
    is_stroke[is_own] = own_leans > _MAX_OWN_LEAN
    return tuple(rule for rule, stroke in zip(rules, is_stroke, strict=True) if not stroke)


def _find_alone(rules: Sequence[Rule], middles: NDArray[np.float64], digit_height: float) -> NDArray[np.bool_]:
    """Which of N upright lines is neither a wall of a row of boxes nor a piece of a broken rule, bool N."""
    starts, ends = np.array([rule.start for rule in rules]), np.array([rule.end for rule in rules])
    distances = np.abs(middles - middles[:, np.newaxis]) / digit_height  # N×N
    unevenness = np.maximum(np.abs(starts - starts[:, np.newaxis]), np.abs(ends - ends[:, np.newaxis])) / digit_height
    are_walls = (unevenness < _UNEVEN_WALLS) & (distances > _BOX_WIDTHS[0]) & (distances < _BOX_WIDTHS[1])
    are_apart = (starts > ends[:, np.newaxis]) | (ends < starts[:, np.newaxis])
    return np.asarray(~(are_walls | (are_apart & (distances < _PIECES_APART))).any(axis=1), np.bool_)


def sort_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules in their order across."""
    return tuple(sorted(rules, key=lambda rule: rule.middle))


def _measure_slope(rules: Sequence[Rule]) -> float:
    """How far across rules run for each pixel along them, long ones counting more; 0 without any."""
    if not rules:
        return 0.0
    return weighted_median(np.array([rule.slope for rule in rules]), np.array([rule.length for rule in rules]))


def _is_squared_paper(grid: Grid, digit_height: float, digit_count: int | None) -> bool:
    """Whether the rules are those of squared paper, which no writer heeds."""
    if min(len(grid.uprights), len(grid.levels)) < _MIN_SQUARED:
        return False
    distances = [_measure_distances(rules, _PIECES * digit_height) for rules in (grid.uprights, grid.levels)]
    if not all(map(len, distances)):
        return False
    width, height = map(median, distances)
    multiples = np.concatenate([each / median(each) for each in distances])  # one is lost here and there
    is_even = np.abs(multiples - multiples.round()) < _UNEVEN_SQUARES
    if abs(width - height) >= _UNEVEN_SQUARES * height or is_even.mean() < _MIN_EVEN_SQUARES:
        return False
    is_mostly_empty = (
        digit_count is not None and len(distances[0]) * len(distances[1]) > _SQUARES_PER_DIGIT * digit_count
    )
    return height < digit_height or (is_mostly_empty and height < _MAX_SQUARE * digit_height)


def _measure_distances(rules: Sequence[Rule], min_distance: float) -> NDArray[np.float64]:
    """From one of several rules to the next beside it, where all run on as they slope together."""
    slope = _measure_slope(rules)
    across = np.sort([rule.middle - slope * float(rule.along.mean()) for rule in rules])
    distances = np.diff(across)
    return np.asarray(distances[distances > min_distance], np.float64)


def _shrink_mask(mask: Pixels, scale: float) -> Pixels:
    """The mask at a scale of at most 1; a thin line stays."""
    return mask if scale >= 1 else np.asarray(shrink_by(mask * np.uint8(255), scale) >= _MIN_COVERAGE, np.uint8)


def _is_rule(line: Rule, others: Sequence[Rule], digit_height: float, free_length: float = FREE_LENGTH) -> bool:
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


def are_one(rule: Rule, other: Rule, distance: float) -> bool:
    """Whether two lines run beside each other, nearer than a distance in pixels."""
    common = (rule.along >= other.start) & (rule.along <= other.end)
    distances = np.abs(np.interp(rule.along, other.along, other.across) - rule.across)[common]
    return bool((distances < distance).any())
