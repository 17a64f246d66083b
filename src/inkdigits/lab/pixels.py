"""One image as the table of numbers that it is."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inkdigits.lab import theme as style
from inkdigits.lab.theme import WIDTH

SIZE = 5.4  # points: three digits fit into a twenty-eighth of the page


def pixels(image: NDArray[np.uint8], title: str) -> Figure:
    """An image uint8 H×W, square or nearly, with the value of every pixel that is not 0 written into it."""
    figure = style.new_figure(WIDTH * image.shape[0] / image.shape[1] + 0.4, title)
    axes = figure.add_subplot()
    style.draw_glyph(axes, image)
    for (row, column), value in np.ndenumerate(image):
        if value:
            colour = style.PAPER if value > 127 else style.INK
            axes.text(
                column, row, str(value), ha="center", va="center", fontsize=SIZE, color=colour, fontfamily=style.FONT
            )
    return figure
