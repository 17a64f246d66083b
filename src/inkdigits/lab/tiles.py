"""Many small glyphs with words beside them on one page, drawn in one axes, which is what makes it quick."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy import uint8
from numpy.typing import NDArray

from inkdigits.glyph import GLYPH_SIDE
from inkdigits.lab import theme as style

INNER = style.WIDTH - 2 * style.MARGIN  # inches of a page that can be drawn on
EDGE = 0.5  # units, so that no frame is cut
AROUND = 0.75  # inches that title, note and margins take of its height


def canvas(width: float, height: float, title: str, note: str) -> tuple[Figure, Axes]:
    """A page of `width`×`height` units (a glyph has 28×28), x to the right, y down, and the axes to draw in."""
    figure = style.new_figure(INNER * height / width + AROUND, title, note, apart=0)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal", anchor="NW")
    axes.set_autoscale_on(False)
    axes.set_xlim(-EDGE, width + EDGE)
    axes.set_ylim(height, -EDGE)
    return figure, axes


def put_glyph(axes: Axes, glyph: NDArray[uint8], x: float, y: float) -> None:
    """Draw one 28×28 glyph, dark ink on paper, its upper left corner at (x, y), with a faint frame."""
    axes.imshow(
        glyph,
        cmap=style.GLYPH,
        vmin=0,
        vmax=255,
        interpolation="nearest",
        extent=(x, x + GLYPH_SIDE, y + GLYPH_SIDE, y),
    )
    axes.add_patch(Rectangle((x, y), GLYPH_SIDE, GLYPH_SIDE, fill=False, edgecolor=style.FAINT, linewidth=0.8))


def put_text(
    axes: Axes, text: str, x: float, y: float, colour: str = style.GREY, size: float = style.SMALL, ha: str = "left"
) -> None:
    """Write one line, its upper edge at y."""
    axes.text(x, y, text, ha=ha, va="top", fontsize=size, color=colour, fontfamily=style.FONT)
