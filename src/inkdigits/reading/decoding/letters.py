"""Find digits that stand among letters, and so may be letters that look like digits: the S and the O of a word.

What a letter looks like is not known here. But ink as tall as a digit that no digit explains is some other character,
and characters that stand close together are a word. A digit is taken for a letter when its word has more other
characters than accepted digits, and also when it stands alone on a line of them: some letter there will look like one.
Many accepted digits in a row are hardly letters, and count more. Where there are many more characters than digits,
accepted or not, it is in a word. No word goes on across an upright rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.imaging.pixels import median
from inkdigits.types import Number

# Chosen by the development pictures, and by words drawn in fonts.
_WORD_REACH, _LINE_REACH = 0.5, 1.0  # of its height: so far a character reaches the next of its word, of its line
_MIN_LINE_LETTERS = 3  # letters of a line among which one digit is none
_LONG_NUMBER, _LONG_NUMBER_WEIGHT = 4, 0.5  # so many accepted digits are long; each counts by so much of their number
_MIN_WORD_LETTERS, _WORD_RATIO = 4, 2.0  # letters of what is a word beyond doubt, and times as many as digits
_LEVEL_SHARE = 0.5  # of its height: so much of a character, about its centre, must be level with the next
_LETTER_HEIGHT_RANGE = (0.4, 1.8)  # of a digit's height: a letter's
_MIN_LETTER_WIDTH = 0.3  # of its own height: what is narrower is a stroke, a bracket or a rule, and tells nothing
_LETTER_WIDTH = 0.8  # of its own height: the width of a letter where several hang together
_RULE_HEIGHT = 0.7  # of its own height: a box that holds a rule so high is a piece of a form
_MAX_ASPECT = 8.0  # times as wide as high: a rule
_REFUSED_DIGIT_WEIGHT = 0.5  # of a letter: so much counts a digit that is not accepted
_RASTER_HEIGHT_PX = 8.0  # the height of the median character where words are put together
_MAX_RASTER_SIDE_PX = 2000  # the longest side of that raster

Boxes = NDArray[np.float64]  # N×4: x, y, width, height, in pixels


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """For each of N digits, bool N: whether it stands among letters, and whether it is in a word beyond doubt."""

    are_near: NDArray[np.bool_]
    are_many: NDArray[np.bool_]


def find_letters(numbers: Sequence[Number], ink_components: Sequence[Box], grid: Grid = NO_GRID) -> Letters:
    """Which of the numbers' N digits have letters about them. `ink_components` are boxes of all of a page's ink, `grid`
    has its rules."""
    digits = [digit for number in numbers for digit in number.digits]
    if not digits:
        return Letters(np.zeros(0, np.bool_), np.zeros(0, np.bool_))
    digit_boxes = _stack_boxes([digit.box for digit in digits])
    other_boxes = _select_letter_sized(_stack_boxes(ink_components), digit_boxes)
    other_boxes = other_boxes[~_hold_rule(other_boxes, grid)]
    count = len(digits)
    is_digit = np.arange(count + len(other_boxes)) < count
    accepted = np.pad(np.array([digit.accepted for digit in digits], np.float64), (0, len(other_boxes)))
    plain_letters = np.pad(_count_letters(other_boxes, digit_boxes), (count, 0))
    letters = plain_letters + _REFUSED_DIGIT_WEIGHT * (is_digit - accepted)
    weights = np.array([weight for number in numbers for weight in [_weigh(number)] * len(number.digits)])
    sure_digits = accepted * np.pad(weights, (0, len(other_boxes)))
    boxes = np.concatenate([digit_boxes, other_boxes])
    word_labels, line_labels = (_label_groups(boxes, reach, grid) for reach in (_WORD_REACH, _LINE_REACH))

    def sum_word(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return _sum_by_label(word_labels, values)[:count]

    line_letters = _sum_by_label(line_labels, letters)[:count]
    is_alone = (sum_word(accepted) <= 1) & (line_letters >= _MIN_LINE_LETTERS)
    min_letters = np.maximum(_MIN_WORD_LETTERS, _WORD_RATIO * sum_word(is_digit.astype(np.float64)))
    return Letters((sum_word(letters) > sum_word(sure_digits)) | is_alone, sum_word(plain_letters) >= min_letters)


def _weigh(number: Number) -> float:
    """How much each accepted digit of a number counts, against letters."""
    count = sum(digit.accepted for digit in number.digits)
    return _LONG_NUMBER_WEIGHT * count if count >= _LONG_NUMBER else 1.0


def _stack_boxes(boxes: Sequence[Box]) -> Boxes:
    return np.array([box.as_list() for box in boxes], np.float64).reshape(-1, 4)


def _select_letter_sized(boxes: Boxes, digits: Boxes) -> Boxes:
    """The boxes that may be letters, by their height beside the digits'."""
    low, high = (share * median(digits[:, 3]) for share in _LETTER_HEIGHT_RANGE)
    widths, heights = boxes[:, 2], boxes[:, 3]
    return boxes[(heights >= low) & (heights <= high) & (widths <= _MAX_ASPECT * heights)]


def _hold_rule(boxes: Boxes, grid: Grid) -> NDArray[np.bool_]:
    """Which of N boxes hold an upright rule, as high as they are: they are pieces of a form, and no letters."""
    x, y, widths, heights = boxes.T
    holds = np.zeros(len(boxes), np.bool_)
    for rule in grid.uprights:
        across = np.interp(y + heights / 2, rule.along, rule.across)
        common = np.minimum(rule.end, y + heights) - np.maximum(rule.start, y)
        holds |= (x <= across) & (across <= x + widths) & (common >= _RULE_HEIGHT * heights)
    return holds


def _count_letters(boxes: Boxes, digits: Boxes) -> NDArray[np.float64]:
    """How many letters each box holds, by the width of it that no digit explains."""
    x, y, widths, heights = boxes.T
    unexplained = widths.copy()
    for start, top, width, height in digits.tolist():
        across = np.minimum(x + widths, start + width) - np.maximum(x, start)
        down = np.minimum(y + heights, top + height) - np.maximum(y, top)
        unexplained -= np.maximum(across, 0) * (down > 0.5 * np.minimum(heights, height))
    letters = np.maximum(1, np.round(unexplained / (_LETTER_WIDTH * heights)))
    return np.asarray(np.where(unexplained >= _MIN_LETTER_WIDTH * heights, letters, 0.0), np.float64)


def _label_groups(boxes: Boxes, reach: float, grid: Grid) -> NDArray[np.int64]:
    """A number for each of N boxes, the same for those that reach each other, directly or by others between, and
    not across a rule."""
    raster_scale = min(
        _RASTER_HEIGHT_PX / median(boxes[:, 3]),
        _MAX_RASTER_SIDE_PX / float((boxes[:, :2] + boxes[:, 2:]).max()),
    )
    x, y, widths, heights = (boxes * raster_scale).T
    start = np.floor([x - reach * heights, y + (1 - _LEVEL_SHARE) / 2 * heights]).astype(np.int64)  # 2×N
    end = np.ceil([x + widths + reach * heights, y + (1 + _LEVEL_SHARE) / 2 * heights]).astype(np.int64) + 1
    corner = start.min(axis=1, keepdims=True)
    start, end = start - corner, end - corner
    middle = np.floor([x + widths / 2, y + heights / 2]).astype(np.int64) - corner
    raster = np.zeros(end.max(axis=1)[::-1], np.uint8)
    for (left, top), (right, bottom) in zip(start.T.tolist(), end.T.tolist(), strict=True):
        raster[top:bottom, left:right] = 1
    for rule in grid.uprights:
        line = np.stack([rule.across, rule.along], axis=1) * raster_scale - corner.T  # K×2
        cv2.polylines(raster, [np.floor(line).astype(np.int32)], False, 0)
    return np.asarray(cv2.connectedComponents(raster, connectivity=4)[1][middle[1], middle[0]], np.int64)


def _sum_by_label(labels: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each of N things, the sum of the values of all with the same number."""
    return np.asarray(np.bincount(labels, values)[labels], np.float64)
