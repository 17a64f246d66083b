"""Reject numbers that are crossed out: a straight stroke, level or slanted, runs through all of their digits.

Digits leave gaps between them and hollows in them, so that hardly any straight line across a number stays in ink from
end to end, unless it was drawn. Two or three digits that touch may have one, but who crosses a number out begins before
it or ends behind it. A rule does too, but goes on far beyond the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.decoding.digits import set_accepted
from inkdigits.reading.imaging.ink import Ink
from inkdigits.types import CROSSED_OUT, Line, Number

_MIN_ASPECT = 0.8  # width over height of a number that is looked at: a stroke through less may belong to a digit
_MIN_DIGITS = 2
_OVERSHOOT = 0.3  # of its height: so far above its top and below its foot a stroke begins and ends at most
_MAX_OFF_CENTRE = 0.2  # of its height: so far above or below its middle the middle of a stroke is
_MIN_INKED_SHARE = 0.97  # of the line
_MAX_FILLED_SHARE = 0.6  # of its box: what has more ink is marked by a broad pen
_MIN_REACH, _MAX_REACH = 0.07, 2.0  # of its height: so far a stroke goes on beyond the digits that were read
_PLAIN_ASPECT = 2.0  # through a number that is so wide, in heights, it need not go on beyond it
_TOLERANCE_RATIO = 0.1  # of its height: so much a stroke may be off a straight line beyond the digits
_MAX_GAP_PX = 5  # that a stroke may have
_STEPS = 33  # levels that are tried at each end of a number


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A straight stroke, from column `left` to column `right` of the page."""

    left: float
    right: float


def reject_crossed_out(lines: Sequence[Line], ink: Ink, ink_scale: float) -> tuple[Line, ...]:
    """The lines with the numbers rejected that a stroke runs through; `ink` has `ink_scale` pixels a page pixel."""
    return tuple(_reject_in_line(line, ink.mask, ink_scale) for line in lines)


def _reject_in_line(line: Line, mask: NDArray[np.uint8], scale: float) -> Line:
    strokes = [stroke for number in line.numbers if (stroke := _find_stroke(number, mask, scale)) is not None]
    if not strokes:
        return line
    numbers = tuple(_reject(each) if _is_crossed(each.box, strokes) else each for each in line.numbers)
    return replace(line, numbers=numbers)


def _is_crossed(box: Box, strokes: Sequence[_Stroke]) -> bool:
    return any(stroke.left <= box.centre_x <= stroke.right for stroke in strokes)


def _reject(number: Number) -> Number:
    digits = tuple(set_accepted(digit, False) for digit in number.digits)
    return replace(number, digits=digits, rejected=CROSSED_OUT)


def _find_stroke(number: Number, mask: NDArray[np.uint8], scale: float) -> _Stroke | None:
    """The stroke that crosses a number out, if one does."""
    box = number.box
    if number.rejected or len(number.digits) < _MIN_DIGITS or box.width < _MIN_ASPECT * box.height:
        return None
    height, width = box.height * scale, mask.shape[1]
    columns = np.arange(max(0, int(box.x * scale)), min(width, int(box.right * scale)))
    top, foot = (box.y - _OVERSHOOT * box.height) * scale, (box.bottom + _OVERSHOOT * box.height) * scale
    band = mask[max(0, int(top)) : max(0, int(foot) + 1), columns]
    if band.any(axis=0).mean() < _MIN_INKED_SHARE or band.mean() > _MAX_FILLED_SHARE:  # rules out most numbers, cheaply
        return None
    ends = np.linspace(top, foot, _STEPS)
    starts, goals = (each.ravel() for each in np.meshgrid(ends, ends))
    is_central = np.abs((starts + goals) / 2 - (top + foot) / 2) <= _MAX_OFF_CENTRE * height
    starts, goals = starts[is_central], goals[is_central]
    slopes = (goals - starts) / max(1, len(columns) - 1)
    margin, tolerance = 2 * _MAX_REACH * height, max(1, round(_TOLERANCE_RATIO * height))
    reach = np.arange(max(0, int(columns[0] - margin)), min(width, int(columns[-1] + margin)))
    levels = starts[:, np.newaxis] + slopes[:, np.newaxis] * (reach - columns[0])
    rows = np.clip(levels.round(), 0, len(mask) - 1).astype(np.int64)
    crosses = mask[rows[:, np.searchsorted(reach, columns)], columns].mean(axis=1) >= _MIN_INKED_SHARE
    if not crosses.any():
        return None
    thick = cv2.dilate(mask[:, reach], np.ones((2 * tolerance + 1, 1), np.uint8))  # a stroke is not quite straight
    inked = thick[rows[crosses], reach - reach[0]] > 0
    strokes = [_measure_stroke(reach, each, int(columns[len(columns) // 2])) for each in inked]
    left, right = max(strokes, key=lambda stroke: stroke[1] - stroke[0])
    reach_beyond = max(columns[0] - left, right - columns[-1]) / height
    goes_on = reach_beyond >= _MIN_REACH or box.width >= _PLAIN_ASPECT * box.height
    return _Stroke(left / scale, right / scale) if goes_on and reach_beyond <= _MAX_REACH else None


def _measure_stroke(columns: NDArray[np.int64], inked: NDArray[np.bool_], middle: int) -> tuple[int, int]:
    """From where to where a line is in ink, beyond gaps of a few pixels, around a column."""
    gaps = np.flatnonzero(np.convolve(~inked, np.ones(_MAX_GAP_PX), "same") >= _MAX_GAP_PX)
    breaks = columns[gaps]
    before, after = breaks[breaks < middle], breaks[breaks > middle]
    return int(before[-1]) if len(before) else int(columns[0]), int(after[0]) if len(after) else int(columns[-1])
