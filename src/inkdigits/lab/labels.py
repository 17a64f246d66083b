"""Names at the ends of lines, in place of a legend: each in its line's colour, moved apart where they would meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from inkdigits.lab import theme as style

GAP = 0.065  # least distance of two labels, as a share of the axes' height


@dataclass(frozen=True)
class End:
    """Where a line ends (in the axes' data units), and what is written there."""

    y: float
    text: str
    colour: str


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Write the labels to the right of the axes. Their limits and scales must be set already."""
    if not ends:
        return
    to_share = axes.transData + axes.transAxes.inverted()
    x = axes.get_xlim()[0]
    heights = np.array([to_share.transform((x, end.y))[1] for end in ends])
    for end, height in zip(ends, spread_labels(heights, GAP), strict=True):
        axes.text(
            1.015, height, end.text, transform=axes.transAxes, va="center", ha="left",
            fontsize=style.TEXT, color=end.colour, fontfamily=style.FONT,
        )  # fmt: skip


def spread_labels(heights: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Heights moved apart to at least `gap`, in the same order, each group staying around its own middle.

    Isotonic least squares after taking the gaps out (pool adjacent violators: Barlow et al., "Statistical inference
    under order restrictions", 1972), so nothing moves further than it must.
    """
    order = np.argsort(heights, kind="stable")
    targets = heights[order] - gap * np.arange(len(heights))
    groups: list[tuple[float, int]] = []  # mean and size of each group that has been pooled
    for height in targets.tolist():
        mean, size = float(height), 1
        while groups and groups[-1][0] > mean:
            previous_mean, previous_size = groups.pop()
            mean, size = (previous_mean * previous_size + mean * size) / (previous_size + size), previous_size + size
        groups.append((mean, size))
    pooled = np.repeat([mean for mean, _ in groups], [size for _, size in groups])
    moved = np.empty(len(heights))
    moved[order] = pooled + gap * np.arange(len(heights))
    return moved
