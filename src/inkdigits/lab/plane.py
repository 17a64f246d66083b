"""A network whose last layer but one has two numbers: every digit is a point of a plane, every class a region of it.

The regions are not painted pixel by pixel but computed: class d wins where w_d·z + b_d is the greatest of ten linear
functions, so its region is what nine straight cuts leave of the plane, a convex polygon.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from inkdigits.data.sets.digits import NUM_CLASSES
from inkdigits.lab import theme as style

Points = NDArray[np.float64]
# Ten colours. Source: Paul Tol, "Colour schemes" (SRON, 2021), "bright" and "muted", apart in hue.
TEN = ("#4477aa", "#ee6677", "#228833", "#b89f2c", "#43a9c9", "#aa3377", "#e07b39", "#44aa99", "#882255", "#6d7480")


def draw_regions(weights: Points, biases: Points, box: tuple[float, float, float, float]) -> list[Points]:
    """Where in the box (left, bottom, right, top) each class wins: ten polygons K×2, empty where a class never does.

    `weights` 10×2 and `biases` 10 are those of the last layer. Each polygon is the box cut along nine lines, after
    Sutherland and Hodgman, "Reentrant polygon clipping", 1974.
    """
    left, bottom, right, top = box
    corners = np.array([[left, bottom], [right, bottom], [right, top], [left, top]], np.float64)
    polygons = []
    for one in range(NUM_CLASSES):
        part = corners
        for other in range(NUM_CLASSES):
            if other != one:
                part = clip_polygon(part, weights[one] - weights[other], float(biases[one] - biases[other]))
        polygons.append(part)
    return polygons


def clip_polygon(polygon: Points, normal: Points, offset: float) -> Points:
    """What of a convex polygon K×2 lies where normal·z + offset ≥ 0, M×2."""
    corners: list[Points] = []
    for here, following in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        a, b = float(normal @ here) + offset, float(normal @ following) + offset
        if a >= 0:
            corners.append(here)
        if (a >= 0) != (b >= 0):
            corners.append(here + (following - here) * a / (a - b))
    return np.array(corners, np.float64).reshape(-1, 2)


def decision_map(
    weights: Points, biases: Points, points: Points, labels: NDArray[np.int64], title: str, star: Points | None = None
) -> Figure:
    """The regions of the ten classes and in them the points N×2 in the colours of their labels; `star` is one more."""
    figure = style.new_figure(
        7.2, title, "Each colour is a class. A point of another colour than its region is a mistake."
    )
    axes = figure.add_subplot()
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.06 * (high - low)
    box = (*(low - margin), *(high + margin))
    for digit, part in enumerate(draw_regions(weights, biases, box)):
        if len(part) >= 3:
            axes.add_patch(Polygon(part, facecolor=TEN[digit], alpha=0.16, edgecolor=style.PAPER, linewidth=1.5))
    axes.scatter(points[:, 0], points[:, 1], s=7, c=[TEN[label] for label in labels], linewidths=0)
    for digit in np.unique(labels):
        x, y = np.median(points[labels == digit], axis=0)
        frame = {"boxstyle": "circle,pad=0.18", "facecolor": "#ffffffcc", "edgecolor": TEN[digit]}
        axes.text(
            x, y, str(digit), ha="center", va="center", fontsize=17, fontweight="bold", color=style.INK, bbox=frame
        )
    if star is not None:
        axes.plot(*star, "*", color=style.INK, markersize=20, markeredgecolor=style.PAPER)
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    style.bare(axes)
    return figure
