"""What becomes of a picture on its way to a digit, step by step, as a screen shows it: 0 is black, 255 is white."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from inkdigits.data.sets.digits import NUM_CLASSES
from inkdigits.errors import UsageError
from inkdigits.lab import theme as style

MOST = 60


def stages(pictures: Mapping[str, ArrayLike], title: str, columns: int = 4, note: str = "") -> Figure:
    """1 to 60 pictures with their names: grey H×W or coloured H×W×3, 0..255, of any sizes, as many in a row as told.

    Raises UsageError for none, or more.
    """
    shown = {name: np.asarray(picture) for name, picture in pictures.items()}
    if not 1 <= len(shown) <= MOST or columns < 1:
        raise UsageError(f"Give 1 to {MOST} pictures, not {len(shown)}.")
    rows, width = -(-len(shown) // columns), style.WIDTH / columns
    tallest = max(picture.shape[0] / picture.shape[1] for picture in shown.values())
    figure = style.new_figure(0.5 + rows * (width * min(tallest, 1.2) + 0.25), title, note)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(shown) :]:
        axes.set_axis_off()
    for axes, (name, picture) in zip(grid, shown.items(), strict=False):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest" if len(picture) < 99 else None)
        style.bare(axes)
        style.heading(axes, name)
    return figure


def bars(probabilities: NDArray[np.float32], title: str, note: str = "") -> Figure:
    """Ten probabilities, 0..1, of one digit, side by side; the greatest is blue."""
    figure = style.new_figure(2.3, title, note)
    axes = figure.add_subplot()
    colours = [style.FAINT] * NUM_CLASSES
    colours[int(np.argmax(probabilities))] = style.BLUE
    axes.bar(range(NUM_CLASSES), probabilities, color=colours, width=0.8)
    for digit, share in enumerate(probabilities):
        axes.text(
            digit, float(share) + 0.02, style.percent(float(share)), ha="center", va="bottom",
            fontsize=style.SMALL, color=style.GREY, fontfamily=style.FONT,
        )  # fmt: skip
    style.plain(axes)
    axes.set_ylim(0, 1.15)
    axes.set_yticks([])
    axes.set_xticks(range(NUM_CLASSES), [str(digit) for digit in range(NUM_CLASSES)])
    axes.tick_params(labelsize=style.TITLE, labelcolor=style.INK)
    return figure
