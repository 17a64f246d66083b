"""Any small pictures side by side, each with a caption: averages, sums, what a step makes of a digit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.colors import CenteredNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from inkdigits.errors import UsageError
from inkdigits.lab import theme as style

MOST = 60


def pictures(
    images: Iterable[ArrayLike], captions: Sequence[str], title: str, columns: int = 5, note: str = ""
) -> Figure:
    """1 to 60 images H×W, of any sizes and number type, on one scale: 0 is paper, the greatest value ink.

    Where some values are negative, 0 stays paper, orange is above it and blue below; glyphs (uint8) among them stay ink
    of 0 to 255. Raises UsageError when there are too many, or not as many captions.
    """
    shown = [np.asarray(image) for image in images]
    if not 1 <= len(shown) <= MOST or len(captions) != len(shown) or columns < 1:
        raise UsageError(f"Give 1 to {MOST} pictures with as many captions, not {len(shown)} with {len(captions)}.")
    rows, across = -(-len(shown) // columns), min(columns, len(shown))
    cell = style.WIDTH / max(across, 3)
    figure = style.new_figure(0.5 + rows * (cell + 0.2), title, note)
    grid = figure.subplots(rows, max(across, 3), squeeze=False).ravel()
    signed = any(image.min(initial=0) < 0 for image in shown)
    glyphs = [signed and image.dtype == np.uint8 for image in shown]
    others = [image for image, glyph in zip(shown, glyphs, strict=True) if not glyph]
    greatest = max(float(np.abs(image).max(initial=0)) for image in others) or 1.0
    scale = CenteredNorm(0, greatest) if signed else Normalize(0, greatest)
    colours = style.AGAINST_FOR if signed else style.GLYPH
    for axes in grid:
        axes.set_axis_off()
    for axes, image, caption, glyph in zip(grid, shown, captions, glyphs, strict=False):
        axes.set_axis_on()
        if glyph:
            style.draw_glyph(axes, image)
        else:
            axes.imshow(np.asarray(image, np.float64), cmap=colours, norm=scale, interpolation="nearest")
        style.bare(axes)
        style.heading(axes, caption)
    return figure
