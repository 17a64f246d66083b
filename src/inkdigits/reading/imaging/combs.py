"""Combs: a level rule with short ticks on it, evenly spaced, with room for a digit between each two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.grid import DIGIT_HEIGHT_PX, Grid, are_one, sort_rules
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.pixels import Pixels, median, shrink_by
from inkdigits.reading.imaging.rules import Rule, find_uprights

_MIN_STRENGTHS = (0.25, 0.12)  # of the digits' strength: of a comb; a pale one is looked for after others
_MAX_BREAK, _MIN_INKED_SHARE = 0.25, 0.85  # of its rule: a break in it, of a digit's height; and what of it is ink
# Of a digit's height:
_TICK_HEIGHTS, _MAX_TICK_WIDTH = (0.15, 0.9), 0.25
_PITCHES, _MIN_LENGTH = (0.65, 2.5), 2.5  # from tick to tick; and of its rule
_MIN_BELOW = 0.15  # so far below it the paper is looked at
_MAX_END = 0.4  # from the ends of the rule to the first tick and to the last
_REACH_ABOVE, _REACH_BELOW = 1.3, 0.3  # so far above and below its rule a comb parts digits
# So many ticks, and so many of all, are seen, not lower or higher than this share of their median, so near to where
# they should be, of the pitch: digits touch the others.
_MIN_TICKS, _MIN_SEEN, _MAX_UNEVENNESS, _MAX_OFFSET = 3, 0.7, 0.2, 0.08
_MARGIN_PX = 5  # of the ink: so far its ends may go on
_MAX_INSIDE = 0.3  # of its ticks: no more are within digits
_MAX_BELOW = 0.2  # of its rule's length: there is no more ink right below it


@dataclass(frozen=True, slots=True, eq=False)
class Comb:
    """Its level rule, and its ticks: their columns, float64 K, and their height above the rule, in pixels of the
    page."""

    level: Rule
    ticks: NDArray[np.float64]
    height: float


def find_combs(
    ink: Ink, full_strength: float, digit_boxes: NDArray[np.float64], digit_height: float, scale: float
) -> list[Comb]:
    """The combs of a page with plain digits on them, `digit_boxes` N×4 (x, y, width, height) in pixels of the page.

    The ink has `scale` pixels a pixel of the page; `full_strength` is the strength of its digits, and they are
    `digit_height` pixels of the page high.
    """
    shrinking = min(1.0, DIGIT_HEIGHT_PX / (digit_height * scale))
    small, small_scale = shrink_by(ink.strength, shrinking), shrinking * scale
    combs = list[Comb]()
    for min_strength in _MIN_STRENGTHS:
        mask = (small > min_strength * full_strength).astype(np.uint8)
        levels = find_uprights(np.ascontiguousarray(mask.T), digit_height, small_scale, _MAX_BREAK, _MIN_INKED_SHARE)
        new = [level for level in levels if not any(are_one(level, each.level, digit_height) for each in combs)]
        found = (_find_ticks(level, mask, digit_height, small_scale) for level in new)
        combs += [comb for comb in found if comb is not None and _parts_digits(comb, digit_boxes, digit_height)]
    return combs


def _parts_digits(comb: Comb, digit_boxes: NDArray[np.float64], digit_height: float) -> bool:
    """Whether there are digits on a comb, and its ticks between them: few are strokes of theirs."""
    x, y, widths, heights = digit_boxes.T
    above = np.interp(x + widths / 2, comb.level.along, comb.level.across) - (y + heights / 2)
    is_on_it = (x + widths / 2 > comb.level.start) & (x + widths / 2 < comb.level.end)
    is_on_it &= (above > 0) & (above < _REACH_ABOVE * digit_height)
    ticks = comb.ticks[:, np.newaxis]
    is_inside = ((ticks > x[is_on_it]) & (ticks < (x + widths)[is_on_it])).any(axis=1)
    return bool(is_on_it.any() and is_inside.mean() <= _MAX_INSIDE)


def add_combs(grid: Grid, combs: Sequence[Comb], digit_height: float) -> Grid:
    """The grid with the ticks of combs as upright rules that reach as high as digits."""
    walls = [
        Rule(np.array([y - _REACH_ABOVE * digit_height, y + _REACH_BELOW * digit_height]), np.array([x, x]))
        for comb in combs
        for x in comb.ticks.tolist()
        for y in [comb.level.find_across(x)]
    ]
    return replace(grid, uprights=sort_rules([*grid.uprights, *walls]))


def erase_combs(ink: Ink, combs: Sequence[Comb], digit_height: float, full_strength: float, scale: float) -> Ink:
    """The ink without combs, but for the strokes that cross their rules, and those that hide a tick."""
    is_ink = ink.strength > _MIN_STRENGTHS[-1] * full_strength
    is_erased = np.zeros_like(is_ink)
    for comb in combs:
        start, end = int(comb.level.start * scale) - _MARGIN_PX, int(comb.level.end * scale) + _MARGIN_PX + 1
        x = np.arange(max(0, start), min(is_ink.shape[1], end))
        y = np.interp(x / scale, comb.level.along, comb.level.across) * scale
        _erase_line(is_ink.T, is_erased.T, x, y)
        for tick in (comb.ticks * scale).tolist():
            foot = comb.level.find_across(tick / scale) * scale
            rows = np.arange(max(0, int(foot - comb.height * scale) - 2), min(len(is_ink), int(foot) + 1))
            max_run = max(3.0, _MAX_TICK_WIDTH * digit_height * scale)
            _erase_line(is_ink, is_erased, rows, np.full(len(rows), tick), max_run)
    return Ink(np.where(is_erased, np.uint8(0), ink.strength), np.where(is_erased, np.uint8(0), ink.mask))


def _erase_line(
    is_ink: NDArray[np.bool_],
    is_erased: NDArray[np.bool_],
    rows: NDArray[np.intp],
    across: NDArray[np.float64],
    max_run: float = np.inf,
) -> None:
    """Mark the pixels of an upright line, at the columns `across` in these rows, but where ink goes on on both sides.

    The line is as wide as its ink is in the median, where that is no wider than `max_run` pixels.
    """
    runs = np.array([_find_run(is_ink[row], int(x)) for row, x in zip(rows.tolist(), across.tolist(), strict=True)])
    lengths = runs[:, 1] - runs[:, 0]
    is_own = (lengths > 0) & (lengths <= max_run)
    if not is_own.any():
        return
    width = median(lengths[is_own].astype(np.float64))
    for row, (start, end), x in zip(rows.tolist(), runs.tolist(), across.tolist(), strict=True):
        left, right = max(0, int(x - width / 2) - 1), int(x + width / 2) + 2
        if not (start < left and end > right):
            is_erased[row, left:right] = True


def _find_run(is_ink: NDArray[np.bool_], place: int) -> tuple[int, int]:
    """From where to where there is ink around a place of a row of pixels, bool W, or right beside it; empty without."""
    near = [each for each in (place, place - 1, place + 1) if 0 <= each < len(is_ink) and is_ink[each]]
    if not near:
        return place, place
    gaps = np.flatnonzero(~is_ink)
    index = int(np.searchsorted(gaps, near[0]))
    return int(gaps[index - 1]) + 1 if index else 0, int(gaps[index]) if index < len(gaps) else len(is_ink)


def _find_ticks(level: Rule, mask: Pixels, digit_height: float, scale: float) -> Comb | None:
    """The comb that a level rule belongs to; None if it is no comb. `mask` has `scale` pixels a pixel of the page."""
    low, high = (pitch * digit_height for pitch in _PITCHES)
    x, heights = _measure_ticks(level, mask, digit_height, scale)
    is_long = level.length >= _MIN_LENGTH * digit_height
    if len(x) < _MIN_TICKS or not is_long or _measure_below(level, mask, digit_height, scale) > _MAX_BELOW:
        return None
    firsts, lasts = [level.start], [level.end]  # or the ticks nearest to the rule's ends
    firsts += [float(x[0])] if x[0] - level.start <= _MAX_END * digit_height else []
    lasts += [float(x[-1])] if level.end - x[-1] <= _MAX_END * digit_height else []
    best, best_score = None, 0
    counts = range(max(2, len(x) // 2), min(int(len(x) / _MIN_SEEN), int(level.length / low)) + 1)
    for count, first, last in product(counts, firsts[::-1], lasts[::-1]):
        if (pitch := (last - first) / count) > high:
            continue
        expected_x = np.linspace(first, last, count + 1)
        distances = np.abs(x - expected_x[:, np.newaxis])
        nearest = distances.argmin(axis=1)
        is_seen = distances.min(axis=1) <= _MAX_OFFSET * pitch + 1 / scale
        usual = median(heights[nearest][is_seen]) if is_seen.any() else 0.0
        is_seen &= np.abs(heights[nearest] - usual) <= _MAX_UNEVENNESS * usual + 1 / scale
        seen_count = int(is_seen.sum())
        score = seen_count - (len(expected_x) - seen_count) - (len(x) - seen_count)  # without what tells against it
        if seen_count >= max(_MIN_TICKS, _MIN_SEEN * len(expected_x)) and score > best_score:
            best, best_score = Comb(level, np.where(is_seen, x[nearest], expected_x), usual), score
    return best


def _measure_below(level: Rule, mask: Pixels, digit_height: float, scale: float) -> float:
    """The share of a level rule's length with ink right below it."""
    columns = np.clip((level.along * scale).astype(np.intp), 0, mask.shape[1] - 1)
    y = level.across * scale
    thickness = median(_measure_runs(mask, columns, y, digit_height * scale / 2))
    below = np.clip((y + thickness + _MIN_BELOW * digit_height * scale).astype(np.intp), 0, len(mask) - 1)
    return float(mask[below, columns].mean())


def _measure_runs(mask: Pixels, columns: NDArray[np.intp], y: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """How far there is ink upwards from a place in each of K columns of a mask, `reach` at most, in its pixels."""
    rows = np.clip(y.astype(np.intp) - np.arange(round(reach))[:, np.newaxis], 0, len(mask) - 1)
    return np.asarray(np.cumprod(mask[rows, columns], axis=0).sum(axis=0), np.float64)


def _measure_ticks(
    level: Rule, mask: Pixels, digit_height: float, scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What may be ticks on a level rule: their columns and heights, both float64 K, in pixels of the page."""
    margin = round(_MAX_TICK_WIDTH * digit_height * scale)
    start, end = int(level.start * scale) - margin, int(level.end * scale) + margin + 1
    columns = np.arange(max(0, start), min(mask.shape[1], end))
    y = np.interp(columns / scale, level.along, level.across) * scale
    runs = _measure_runs(mask, columns, y, 1.5 * digit_height * scale)
    runs -= median(runs)  # the rule itself
    least, most = (share * digit_height * scale for share in _TICK_HEIGHTS)
    is_high = np.concatenate([[False], runs >= least, [False]])
    edges = np.flatnonzero(is_high[1:] != is_high[:-1])
    x, heights = list[float](), list[float]()
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        height = float(runs[start:end].max())
        if end - start <= max(2, _MAX_TICK_WIDTH * digit_height * scale) and height <= most:
            x.append(float(columns[start:end].mean() + 0.5) / scale)
            heights.append(height / scale)
    return np.array(x), np.array(heights)
