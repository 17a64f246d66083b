"""A canvas to draw on in a notebook. It hands over strokes, not pixels, so that any pen can draw them again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import cv2
import numpy as np
import traitlets
from numpy.typing import NDArray

from inkdigits.errors import UsageError

SIDE = 280  # pixels
MAX_WIDTH = 2000  # pixels
PEN = 18  # pixels; MNIST's strokes are about so wide where a digit fills the canvas
MOST_POINTS = 20_000  # in all strokes together
SHIFT = 4  # bits behind the point in the coordinates that OpenCV draws with
# A three, so that there is something to see before anybody has drawn.
# fmt: off
THREE = [[
    84, 76, 89, 72, 99, 62, 112, 56, 126, 52, 142, 52, 156, 54, 168, 62, 178, 72, 181, 85, 179, 99, 173, 111, 163,
    121, 150, 128, 134, 132, 126, 134, 134, 135, 152, 137, 166, 142, 180, 152, 188, 163, 192, 177, 191, 191, 185,
    205, 174, 216, 160, 226, 144, 230, 126, 228, 111, 224, 97, 214, 90, 210
]]
# fmt: on


Strokes = Iterable[Iterable[float]]


class Canvas(anywidget.AnyWidget):
    """White paper, 280×280 unless it has another width, with a pen, an undo and a clear button.

    `strokes` has a list x, y, x, y, … for every stroke, in pixels; `pen` is the pen's width in pixels. Both change
    whenever the pen is lifted.
    """

    _esm = Path(__file__).with_name("canvas.js")
    strokes: Any = traitlets.List().tag(sync=True)
    pen = traitlets.Int(PEN, min=1, max=60).tag(sync=True)
    width = traitlets.Int(SIDE, min=1, max=MAX_WIDTH).tag(sync=True)
    height = traitlets.Int(SIDE).tag(sync=True)


def rasterise(strokes: Strokes, pen: float = PEN, width: int = SIDE) -> NDArray[np.uint8]:
    """The strokes as a picture: uint8 280×`width`, dark ink (0) on white paper (255).

    Raises UsageError for what are no strokes, and for more than 20,000 points.
    """
    paper: NDArray[np.uint8] = np.full((SIDE, width), 255, np.uint8)
    lines = [_points(stroke, width) for stroke in strokes]
    if sum(map(len, lines)) > MOST_POINTS:
        raise UsageError(f"A drawing has at most {MOST_POINTS:,} points; clear the canvas and draw less.")
    for line in lines:
        cv2.polylines(paper, [line], False, 0, max(1, round(pen)), cv2.LINE_AA, SHIFT)
    return paper


def _points(stroke: Iterable[Any], width: int) -> NDArray[np.int32]:
    """K×2, moved into the canvas, in sixteenths of a pixel."""
    try:
        points = np.asarray(list(stroke), np.float64).reshape(-1, 2)
    except (TypeError, ValueError) as error:
        raise UsageError(f"A stroke is a list x, y, x, y, … of numbers ({error}).") from error
    if not len(points) or not np.isfinite(points).all():
        raise UsageError("A stroke needs at least one point, and all its numbers must be finite.")
    points = np.concatenate([points, points[-1:]])  # a single point is a dot: OpenCV draws nothing of it alone
    fixed: NDArray[np.int32] = (np.clip(points, 0, (width, SIDE)) * 2**SHIFT).round().astype(np.int32)
    return fixed
