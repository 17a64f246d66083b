"""A page → the marks on it that may be digits: the light evened out, rules taken away, connected parts gathered."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading import ink as inks
from inkdigits.reading.ink import Ink
from inkdigits.reading.normalise import Mark, soft
from inkdigits.reading.pixels import Pixels
from inkdigits.reading.rules import without_rules
from inkdigits.types import Box

_WORKING = 2400  # longest side, in pixels, that a page is looked at with
_MOST = 2000  # marks on one page; a photo of gravel has more, and none of them is a digit
_LEAST_HEIGHT = 6  # pixels
_SHORT = 0.45  # of the usual height: what is shorter is a dot, a dash or a piece of a digit
_TALL = 2.5  # of the usual height: what is taller is a frame, a shadow or a drawing
_SPECK = 0.15  # of the usual height: what is smaller is no piece of a digit either
_WIDE = 2.2  # of its own height: what is wider is a stroke or a word


def locate(grey: Pixels) -> list[Mark]:
    """The marks of a page, uint8 H×W, in no special order; boxes are in pixels of `grey`."""
    small = inks.shrunk(grey, _WORKING)
    lifted = inks.lift(small)
    labels, boxes = _parts(without_rules(lifted.mask))
    if not len(boxes):
        return []
    groups = _pieces_joined(boxes, _usual_height(boxes))
    scale = grey.shape[1] / small.shape[1]
    return [_cut(lifted, labels, boxes, group, scale) for group in groups]


def _parts(mask: Pixels) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Connected parts: their labels H×W (part i has i + 1) and boxes N×4 (x, y, width, height)."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return np.asarray(labels, np.int32), np.asarray(stats[1:, :4], np.int32)


def _usual_height(boxes: NDArray[np.int32]) -> float:
    """The height of a digit on this page: the median of the parts shaped like one, tall ones counting more."""
    width, height = boxes[:, 2], boxes[:, 3]
    shaped = height[(height >= _LEAST_HEIGHT) & (width <= _WIDE * height)]
    if not shaped.size:
        return 0.0
    ordered = np.sort(shaped).astype(np.float64)
    return float(ordered[np.searchsorted(np.cumsum(ordered), ordered.sum() / 2)])


def _pieces_joined(boxes: NDArray[np.int32], usual: float) -> list[list[int]]:
    """Which parts make up each mark: digits stand for themselves, smaller pieces go to the digit they belong to."""
    height = boxes[:, 3]
    order = [int(i) for i in np.argsort(-height, kind="stable")]
    is_body = _is_body(boxes, usual)
    bodies = [i for i in order if is_body[i]][:_MOST]
    groups = {i: [i] for i in bodies}
    if not bodies:
        return []
    pieces = np.flatnonzero((height < _SHORT * usual) & (boxes[:, 2:4].max(axis=1) >= _SPECK * usual))
    for piece in pieces:
        owner = _owner(boxes[piece], boxes[bodies], usual)
        if owner is not None:
            groups[bodies[owner]].append(int(piece))
    return list(groups.values())


def _is_body(boxes: NDArray[np.int32], usual: float) -> NDArray[np.bool_]:
    width, height = boxes[:, 2], boxes[:, 3]
    return (height >= max(_LEAST_HEIGHT, _SHORT * usual)) & (height <= _TALL * usual) & (width <= _WIDE * height)


def _owner(piece: NDArray[np.int32], bodies: NDArray[np.int32], usual: float) -> int | None:
    """The body a piece belongs to: it lies above or beside it within a small gap, such as the flag of a 5."""
    left, top, width, height = (int(v) for v in piece)
    overlap = np.minimum(left + width, bodies[:, 0] + bodies[:, 2]) - np.maximum(left, bodies[:, 0])
    down = np.maximum(bodies[:, 1] - (top + height), top - (bodies[:, 1] + bodies[:, 3]))
    near = (overlap >= 0.4 * width) & (down <= 0.15 * usual) & (top + height / 2 < bodies[:, 1] + 0.6 * bodies[:, 3])
    return int(np.argmax(np.where(near, overlap, -1))) if near.any() else None


def _cut(lifted: Ink, labels: NDArray[np.int32], boxes: NDArray[np.int32], group: list[int], scale: float) -> Mark:
    """Cut a mark's own ink out of the page, its neighbours' left behind."""
    box = Box.around([Box(*(int(v) for v in boxes[i])) for i in group])
    top, left = max(0, box.y - 1), max(0, box.x - 1)
    window = np.s_[top : box.bottom + 1, left : box.right + 1]
    mask = np.isin(labels[window], [i + 1 for i in group]).astype(np.uint8)
    others = (labels[window] > 0) & (mask == 0)
    own = np.where(others, 0, lifted.strength[window]).astype(np.uint8)
    whole = Box(int(box.x * scale), int(box.y * scale), round(box.width * scale), round(box.height * scale))
    return Mark(whole, soft(Ink(own, mask)))
