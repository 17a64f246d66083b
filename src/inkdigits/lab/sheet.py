"""A look at the data before anything is learnt: examples of every class, a row each."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.errors import UsageError
from inkdigits.glyph import GLYPH_SIDE
from inkdigits.lab import theme as style

GAP = 2  # pixels between two glyphs
CELL = GLYPH_SIDE + GAP


def draw_sheet(digits: Digits, columns: int = 20) -> Figure:
    """The first `columns` digits of each class (1 to 40), ten rows, with how many there are at the right.

    Raises UsageError when `columns` is out of range.
    """
    if not 1 <= columns <= 40:
        raise UsageError(f"A sheet has 1 to 40 digits in a row, not {columns}.")
    mosaic = examples(digits, columns)
    figure = style.new_figure(_height(columns), f"{digits.name}: {len(digits):,} digits")
    axes = figure.add_subplot()
    axes.imshow(mosaic, cmap=style.GLYPH, vmin=0, vmax=255)
    style.bare(axes, frame=False)
    middles = np.arange(NUM_CLASSES) * CELL + GLYPH_SIDE / 2
    axes.set_yticks(middles, [str(digit) for digit in range(NUM_CLASSES)])
    size = min(1.0, 30 / columns)  # smaller where the rows are
    axes.tick_params(length=0, labelsize=size * style.TITLE, labelcolor=style.INK, labelfontfamily=style.FONT, pad=6)
    for middle, count in zip(middles, np.bincount(digits.labels, minlength=NUM_CLASSES), strict=True):
        axes.text(
            mosaic.shape[1] + 6, middle, f"{count:,}", va="center",
            fontsize=size * style.SMALL, color=style.GREY, fontfamily=style.FONT,
        )  # fmt: skip
    return figure


def examples(digits: Digits, columns: int) -> NDArray[np.uint8]:
    """One image of the first `columns` glyphs of each class, a row each, with gaps; 0 where there are too few."""
    cells = np.zeros((NUM_CLASSES, columns, CELL, CELL), np.uint8)
    for digit in range(NUM_CLASSES):
        glyphs = digits.images[np.flatnonzero(digits.labels == digit)[:columns]]
        cells[digit, : len(glyphs), :GLYPH_SIDE, :GLYPH_SIDE] = glyphs
    return cells.transpose(0, 2, 1, 3).reshape(NUM_CLASSES * CELL, columns * CELL)[:-GAP, :-GAP]


def _height(columns: int) -> float:
    """Inches that hold ten rows as wide as the page leaves them, and the title."""
    return min(10.0, (style.WIDTH - 1.1) * NUM_CLASSES / columns + 0.62)
