"""Rings that people draw round a number, to mark it: they are no zeros, and nothing of them is to be read.

A ring is thin, closed and bulges all round, and has something inside that is about as high as a digit would be there.
A zero has nothing in it, and a printed box fills its corners. What is written may touch its ring.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.pixels import Pixels

_MAX_CANDIDATES = 500  # components that are looked at, the highest first; gravel has many more
_MIN_HEIGHT_PX = 16  # of the ink: in a smaller ring no digit can be read
_MAX_INK_SHARE = 0.4  # of its box
_HULL_SHARES = (0.68, 0.88)  # of the least rectangle around it, tilted or not; of an ellipse it is 0.785
_BAND_DEPTH = 0.16  # of its shorter side: so near to its hull's edge, and 2 pixels more, is the ring itself
_MIN_BAND_INK_SHARE = 0.6  # of the component's ink; the rest is what touches it
_MIN_CLOSED_SHARE = 0.95  # of the sectors round its middle
_SECTORS = 72
_INSIDE_HEIGHTS = (0.3, 0.9)  # of its own: what is written in it
_GROWTH = np.ones((5, 5), np.uint8)  # pixels: its soft edges go too


def erase_rings(ink: Ink, is_ring: NDArray[np.bool_], labels: NDArray[np.int32]) -> Ink:
    """The ink without the pixels that `find_rings` found, bool H×W, and without their soft edges; `labels` H×W are
    those of the connected components."""
    is_erased = is_ring | ((cv2.dilate(is_ring.astype(np.uint8), _GROWTH) > 0) & (labels == 0))
    return Ink(np.where(is_erased, np.uint8(0), ink.strength), np.where(is_erased, np.uint8(0), ink.mask))


def find_rings(labels: NDArray[np.int32], stats: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which pixels, bool H×W, belong to rings round something. `labels` H×W and `stats` are those of the connected
    components, as OpenCV gives them, the background first."""
    is_ring = np.zeros(labels.shape, np.bool_)
    _, _, widths, heights, areas = stats.T
    is_open = (heights >= _MIN_HEIGHT_PX) & (areas < _MAX_INK_SHARE * widths * heights)
    is_open[0] = False
    candidates = np.flatnonzero(is_open)
    for index in candidates[np.argsort(-heights[candidates], kind="stable")[:_MAX_CANDIDATES]]:
        x, y, width, height, _ = stats[index]
        if _has_writing(stats, index):
            place = slice(y, y + height), slice(x, x + width)
            is_ring[place] |= _find_ring(labels[place] == index)
    return is_ring


def _has_writing(stats: NDArray[np.int32], ring: np.intp) -> bool:
    """Whether a component about as high as a digit in it lies within the ring's box."""
    x, y, width, height, _ = stats[ring]
    is_inside = (stats[:, 0] > x) & (stats[:, 1] > y)
    is_inside &= (stats[:, 0] + stats[:, 2] < x + width) & (stats[:, 1] + stats[:, 3] < y + height)
    low, high = _INSIDE_HEIGHTS
    return bool((is_inside & (stats[:, 3] >= low * height) & (stats[:, 3] <= high * height)).any())


def _find_ring(is_own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a component, cut to its box, that are a ring: those near the edge of its hull, if this is about an
    ellipse and they go all the way round."""
    own: Pixels = is_own.astype(np.uint8)
    hull, corners = np.zeros_like(own), cv2.convexHull(cv2.findNonZero(own))
    cv2.fillConvexPoly(hull, corners, 1)
    hull_share = cv2.contourArea(corners) / max(1.0, float(np.prod(cv2.minAreaRect(corners)[1])))
    depth = cv2.distanceTransform(np.pad(hull, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    is_band = is_own & (depth <= _BAND_DEPTH * min(own.shape) + 2)
    low, high = _HULL_SHARES
    is_ring = low <= hull_share <= high and is_band.sum() >= _MIN_BAND_INK_SHARE * is_own.sum()
    return is_band if is_ring and _measure_closed_share(is_band) >= _MIN_CLOSED_SHARE else np.zeros_like(is_own)


def _measure_closed_share(is_band: NDArray[np.bool_]) -> float:
    """The share of the sectors round the middle of a box that have ink in them."""
    rows, columns = np.nonzero(is_band)
    height, width = is_band.shape
    angles = np.arctan2((rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5)
    sectors = ((angles / (2 * np.pi) + 0.5) * _SECTORS).astype(np.int64) % _SECTORS
    return len(np.unique(sectors)) / _SECTORS
