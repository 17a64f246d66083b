"""Which digits stand among letters, and so are letters that look like digits: the S and the O of a word.

What a letter looks like is not known here. But ink as tall as a digit that no digit explains is some other sign, and
signs that stand close together are a word. A digit is taken for a letter when its word has more other signs than
accepted digits, and also when it stands alone on a line of signs: there one letter in some will look like a digit.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.types import Box, Digit

# Chosen by the development pictures, and by words drawn in fonts.
_WORD, _LINE = 0.5, 1.0  # of its own height: so far, to either side, a sign reaches the next of its word, of its line
_SOME = 3  # letters of a line among which one digit is none
_LEVEL = 0.5  # of its height: so much of a sign, about its middle, must be on the level of the next
_TALL = (0.4, 1.8)  # of a digit's height: a letter's
_NARROW = 0.3  # of its own height: what is narrower is a stroke, a bracket or a rule, and tells nothing
_LETTER = 0.8  # of its own height: the width of a letter where several hang together
_LONG = 8.0  # times as wide as high: a rule
_DOUBT = 0.5  # of a letter: so much counts a digit that is not accepted
_FINE = 8.0  # pixels: the height that the median sign has where words are put together
_MOST = 2000  # pixels: the longest side of that

Boxes = NDArray[np.float64]  # N×4: x, y, width, height, in pixels


def among_letters(digits: Sequence[Digit], signs: Sequence[Box]) -> NDArray[np.bool_]:
    """For each of N digits, whether it stands among letters. `signs` are boxes of all of a page's ink."""
    if not digits:
        return np.zeros(0, np.bool_)
    own = _array([digit.box for digit in digits])
    others = _candidates(_array(signs), own)
    accepted = np.array([digit.accepted for digit in digits], np.float64)
    letters = np.concatenate([_DOUBT * (1 - accepted), _count(others, own)])
    boxes = np.concatenate([own, others])
    word, line = _together(boxes, _WORD), _together(boxes, _LINE)
    sure, beside = (_sums(word, each)[: len(own)] for each in (np.pad(accepted, (0, len(others))), letters))
    return np.asarray((beside > sure) | ((sure <= 1) & (_sums(line, letters)[: len(own)] >= _SOME)), np.bool_)


def _array(boxes: Sequence[Box]) -> Boxes:
    return np.array([box.as_list() for box in boxes], np.float64).reshape(-1, 4)


def _candidates(signs: Boxes, digits: Boxes) -> Boxes:
    """The signs that may be letters beside some digit."""
    low, high = (share * np.median(digits[:, 3]) for share in _TALL)
    wide, tall = signs[:, 2], signs[:, 3]
    return signs[(tall >= low) & (tall <= high) & (wide <= _LONG * tall)]


def _count(signs: Boxes, digits: Boxes) -> NDArray[np.float64]:
    """How many letters each sign is, by the width of it that no digit explains."""
    x, y, wide, tall = signs.T
    left = wide.copy()
    for start, top, width, height in digits.tolist():
        across = np.minimum(x + wide, start + width) - np.maximum(x, start)
        down = np.minimum(y + tall, top + height) - np.maximum(y, top)
        left -= np.maximum(across, 0) * (down > 0.5 * np.minimum(tall, height))
    letters = np.maximum(1, np.round(left / (_LETTER * tall)))
    return np.asarray(np.where(left >= _NARROW * tall, letters, 0.0), np.float64)


def _together(boxes: Boxes, reach: float) -> NDArray[np.int64]:
    """A number for each of N boxes, the same for those that reach each other, directly or by others between."""
    fine = min(_FINE / float(np.median(boxes[:, 3])), _MOST / float((boxes[:, :2] + boxes[:, 2:]).max()))
    x, y, wide, tall = (boxes * fine).T
    start = np.floor([x - reach * tall, y + (1 - _LEVEL) / 2 * tall]).astype(np.int64)  # 2×N
    end = np.ceil([x + wide + reach * tall, y + (1 + _LEVEL) / 2 * tall]).astype(np.int64) + 1
    corner = start.min(axis=1, keepdims=True)
    start, end = start - corner, end - corner
    page = np.zeros(end.max(axis=1)[::-1], np.uint8)
    for (left, top), (right, bottom) in zip(start.T.tolist(), end.T.tolist(), strict=True):
        page[top:bottom, left:right] = 1
    return np.asarray(cv2.connectedComponents(page, connectivity=4)[1][start[1], start[0]], np.int64)


def _sums(number: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each of N things, the sum of the values of all with the same number."""
    return np.asarray(np.bincount(number, values)[number], np.float64)
