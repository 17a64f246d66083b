"""Paths that a pen follows: arcs, lines and curves, as points that are N×2, x to the right and y upwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]


def make_arc(centre: tuple[float, float], radii: tuple[float, float], start: float, end: float) -> Points:
    """Part of an ellipse, from one angle to another: degrees, 0 is right, 90 up."""
    angles = np.radians(np.linspace(start, end, max(4, round(abs(end - start) / 15))))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + centre


def make_line(*points: tuple[float, float]) -> Points:
    """A stroke from point to point, straight between them."""
    return np.array(points, float)


def join_paths(*parts: Points) -> Points:
    """Parts of one stroke, written without lifting the pen."""
    return np.concatenate(parts)


def make_curve(*points: tuple[float, float]) -> Points:
    """A smooth stroke that begins and ends at the first and last point, and passes near the others."""
    corners = np.array(points, float)
    for _ in range(3):
        corners = np.concatenate([corners[:1], cut_corners(corners)[1:-1], corners[-1:]])
    return corners


def cut_corners(points: Points) -> Points:
    """The points a quarter of the way from each to the next and from the next back to it (Chaikin), 2N−2×2."""
    near, far = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
    return np.stack([near, far], axis=1).reshape(-1, 2)
