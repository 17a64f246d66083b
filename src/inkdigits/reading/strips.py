"""Cut strips out of a page: the ink along a row of digits, made straight and level, digits about 30 pixels high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.decoding.grammar import weigh_signs
from inkdigits.reading.decoding.spacing import measure_row_height
from inkdigits.reading.decoding.transcript import Strip, Transcript
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.networks.activations import log_softmax
from inkdigits.reading.networks.second import SecondReader
from inkdigits.reading.networks.transcriber import (
    DIGIT_HEIGHT_PX,
    STRIP_HEIGHT_PX,
    WIDTH_MULTIPLE_PX,
    Transcriber,
)
from inkdigits.reading.proposals import Proposals

_MARGIN_RATIO = 1.0  # of the row's height: so far a strip goes on beyond the row's ink
_MAX_HEIGHT_PX = 40.0  # of the tallest ink of a row, on its strip
_ROW_INK_HEIGHTS, _ROW_INK_WIDTH = (0.5, 1.9), 5.0  # of the row's height: so high and wide is its ink
# Ink so narrow, of its height, and so high, of the row's, is a printed box's wall, where there are so many.
_MAX_WALL_ASPECT, _MIN_WALL, _MIN_WALLS = 0.2, 1.3, 3
_DASH_WIDTHS, _DASH_HEIGHT, _DASH_LEVEL = (0.25, 1.2), 0.3, 0.25  # of the row's height: of a minus, and off its line
_ROW_INK_LEVEL, _ROW_INK_REACH = 0.6, 1.8  # of the row's height: and is so far off its line, and from it, at most
_MIN_SLOPE_WIDTH = 2.0  # of its height: a row whose digits lie nearer together tells no slope
_MIN_SLOPE_DIGITS = 3
_MAX_LINE_SLOPE = 0.45  # pixels down per pixel to the right: a steeper row is written as stairs
_MAX_WIDTH_PX = 6000  # of a strip
_VIEWS = ((1.0, 0.0), (0.85, 0.3))  # that a row is transcribed in: sizes, and by how much it is straightened


def transcribe_row(
    transcriber: Transcriber,
    second: SecondReader | None,
    proposals: Proposals,
    boxes: Sequence[Box],
    is_one_view: bool = False,
) -> list[Transcript]:
    """What the transcriber makes of a row of digits, `boxes` in pixels of the page, in each of several views, and at
    last what the `second` reader makes of the first view, if there is one.

    With `is_one_view` the transcriber is shown one view only.
    """
    strips = cut_strips(proposals, boxes, _VIEWS[:1] if is_one_view else _VIEWS)
    seen = [transcriber.transcribe(strip.ink) for strip in strips]
    transcripts = [
        Transcript(strip, log_softmax(frames + weigh_signs(frames))) for strip, frames in zip(strips, seen, strict=True)
    ]
    if second is not None:
        transcripts.append(Transcript(strips[0], second.transcribe(strips[0].ink), is_second=True))
    return transcripts


def cut_strips(
    proposals: Proposals, boxes: Sequence[Box], views: Sequence[tuple[float, float]] = _VIEWS[:1]
) -> list[Strip]:
    """The strip along a row of digits, `boxes` in pixels of the page, at least one, in each of several views.

    It holds all ink that goes on with the row. A view is a size and a straightening. At a size below 1 everything is
    so much smaller; a straightening moves ink so many columns to the left for every row that it is higher, about the
    middle, as most hands lean to the right.
    """
    row = _locate_row(proposals, boxes)
    return [_cut_strip(proposals, row, size * row.scale, straightening) for size, straightening in views]


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a row lies, in pixels of the ink: from `left` to `right`, the middles of its digits at y = `level` +
    `slope` · x; `scale` is that of its strip, in strip pixels an ink pixel. `centres`, float64 N×2 (x, y), are the
    middles of its ink."""

    left: float
    right: float
    level: float
    slope: float
    scale: float
    centres: NDArray[np.float64]

    def measure_stairs(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far below its line the ink nearest to each of K columns is, float64 K; 0 unless the row is of stairs."""
        if abs(self.slope) <= _MAX_LINE_SLOPE:
            return np.zeros(len(x))
        nearest = self.centres[np.abs(self.centres[:, 0] - x[:, np.newaxis]).argmin(axis=1)]
        return np.asarray(nearest[:, 1] - self.level - self.slope * x, np.float64)


def _locate_row(proposals: Proposals, boxes: Sequence[Box]) -> _Row:
    ink_scale = proposals.ink_scale
    digit_boxes = np.array([box.as_list() for box in boxes], np.float64) * ink_scale
    height = measure_row_height(digit_boxes[:, 3].tolist())
    level, slope = _fit_line(digit_boxes, height)
    components = np.array([box.as_list() for box in proposals.ink_components], np.float64).reshape(-1, 4) * ink_scale
    row_boxes = _add_row_ink(digit_boxes, components, height, level, slope)
    left = max(0.0, float(row_boxes[:, 0].min()) - _MARGIN_RATIO * height)
    right = float((row_boxes[:, 0] + row_boxes[:, 2]).max()) + _MARGIN_RATIO * height
    is_wall = (row_boxes[:, 2] <= _MAX_WALL_ASPECT * row_boxes[:, 3]) & (row_boxes[:, 3] > _MIN_WALL * height)
    is_wall &= is_wall.sum() >= _MIN_WALLS
    scale = min(DIGIT_HEIGHT_PX / height, _MAX_HEIGHT_PX / float(row_boxes[~is_wall, 3].max(initial=height)))
    centres = row_boxes[:, :2] + row_boxes[:, 2:] / 2
    return _Row(left, min(proposals.ink.strength.shape[1], right), level, slope, scale, centres)


def _cut_strip(proposals: Proposals, row: _Row, scale: float, straightening: float) -> Strip:
    """The strip of a row, `scale` of its pixels an ink pixel."""
    width = max(WIDTH_MULTIPLE_PX, min(_MAX_WIDTH_PX, round((row.right - row.left) * scale)))
    width += -width % WIDTH_MULTIPLE_PX
    window, corner = _cut_window(proposals.ink.strength, row, scale)
    shrinking = min(1.0, scale)  # sampled with fewer pixels, ink is averaged first
    if shrinking < 1:
        window = np.asarray(
            cv2.resize(window, None, fx=shrinking, fy=shrinking, interpolation=cv2.INTER_AREA), np.uint8
        )
    top = row.level + row.slope * row.left - STRIP_HEIGHT_PX / 2 / scale
    to_window = (
        np.array([[1 / scale, 0.0, row.left - corner[0]], [row.slope / scale, 1 / scale, top - corner[1]]]) * shrinking
    )
    middle = (STRIP_HEIGHT_PX - 1) / 2
    to_window = to_window @ np.array([[1, -straightening, straightening * middle], [0, 1, 0], [0, 0, 1]])
    stairs = row.measure_stairs(row.left + np.arange(width) / scale)
    if stairs.any():  # a digit on stairs stays upright only if all of it is moved alike
        sampled = _sample_columns(window, to_window, stairs * shrinking)
    else:
        size, how = (width, STRIP_HEIGHT_PX), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        sampled = np.asarray(cv2.warpAffine(window, to_window, size, flags=how), np.uint8)
    ink = np.clip(sampled.astype(np.float32) / np.float32(proposals.full_strength), 0, 1)
    ink_scale = proposals.ink_scale
    return Strip(ink, row.left / ink_scale, scale * ink_scale, row.level / ink_scale, row.slope)


def _sample_columns(window: Pixels, to_window: NDArray[np.float64], below: NDArray[np.float64]) -> Pixels:
    """A strip, its K columns taken from so many pixels of the window lower than `to_window`, 2×3, says."""
    columns, rows = np.meshgrid(np.arange(len(below)), np.arange(STRIP_HEIGHT_PX))
    x, y = ((own[0] * columns + own[1] * rows + own[2]).astype(np.float32) for own in to_window)
    return np.asarray(cv2.remap(window, x, y + below.astype(np.float32), cv2.INTER_LINEAR), np.uint8)


def _add_row_ink(
    digits: NDArray[np.float64], components: NDArray[np.float64], height: float, level: float, slope: float
) -> NDArray[np.float64]:
    """The boxes of a row's digits and of all ink of about their height that goes on with the row on either side."""
    x, y, widths, heights = components.T
    off_line = np.abs(y + heights / 2 - level - slope * (x + widths / 2))
    is_alike = (heights >= _ROW_INK_HEIGHTS[0] * height) & (heights <= _ROW_INK_HEIGHTS[1] * height)
    is_alike |= _find_minuses(components, height, float(digits[:, 0].min()), off_line)
    candidates = components[is_alike & (off_line <= _ROW_INK_LEVEL * height) & (widths <= _ROW_INK_WIDTH * height)]
    row, reach = digits, _ROW_INK_REACH * height
    while len(candidates):
        left, right = row[:, 0].min() - reach, (row[:, 0] + row[:, 2]).max() + reach
        is_near = (candidates[:, 0] < right) & (candidates[:, 0] + candidates[:, 2] > left)
        if not is_near.any():
            break
        row, candidates = np.concatenate([row, candidates[is_near]]), candidates[~is_near]
    return row


def _cut_window(strength: Pixels, row: _Row, scale: float) -> tuple[Pixels, tuple[int, int]]:
    """The part of the ink that a strip lies on, and its left top corner."""
    levels = row.level + row.slope * row.left, row.level + row.slope * row.right
    reach = STRIP_HEIGHT_PX / 2 / scale + 2 + float(np.abs(row.measure_stairs(row.centres[:, 0])).max())
    height, width = strength.shape
    top, bottom = max(0, int(min(levels) - reach)), min(height, int(max(levels) + reach) + 1)
    start, end = max(0, int(row.left) - 2), min(width, int(row.right) + 3)
    return strength[top : max(bottom, top + 1), start:end], (start, top)


def _find_minuses(
    components: NDArray[np.float64], height: float, left: float, off_line: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which of N components may be the minus of a row that begins at `left`, each so far off its line. Dashes below one
    another are bullets, or empty cells."""
    widths, heights = components.T[2:]
    is_dash = (heights <= _DASH_HEIGHT * height) & (widths <= _DASH_WIDTHS[1] * height)
    is_dash &= widths >= np.maximum(_DASH_WIDTHS[0] * height, 1.5 * heights)
    ends = components[:, 0] + widths
    is_before = is_dash & (off_line <= _DASH_LEVEL * height) & (ends <= left) & (ends > left - _ROW_INK_REACH * height)
    across, down = (np.abs(components[is_before][:, [side]] - components[is_dash][:, side]) for side in (0, 1))
    is_before[is_before] = ~((across < 0.7 * height) & (down > 0.5) & (down < 5 * height)).any(axis=1)
    return np.asarray(is_before, np.bool_)


def _fit_line(boxes: NDArray[np.float64], height: float) -> tuple[float, float]:
    """Where the middle of a row is at column 0, and its slope, by least squares; tall digits count more."""
    x, y, weights = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2, boxes[:, 3]
    middle_x, middle_y = np.average(x, weights=weights), np.average(y, weights=weights)
    slope = 0.0
    if len(boxes) >= _MIN_SLOPE_DIGITS and np.ptp(x) > _MIN_SLOPE_WIDTH * height:
        slope = float((weights * (x - middle_x) * (y - middle_y)).sum() / (weights * (x - middle_x) ** 2).sum())
    return float(middle_y - slope * middle_x), slope
