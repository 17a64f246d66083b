"""How every figure of the lab looks: paper, ink, a few muted colours, and no more lines than needed.

Figures are built from `matplotlib.figure.Figure` alone, never from pyplot, so they can be drawn in any thread and
without a screen. All are 8 inches wide, which is 1200 pixels at 150 dots an inch.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

WIDTH = 8.0  # inches
DPI = 150
MARGIN = 0.14  # inches round the page
TITLE_HEIGHT = 0.24  # inches
FONT = "DejaVu Sans"  # comes with matplotlib, so a figure is the same everywhere
TITLE, TEXT, SMALL = 12, 9.5, 8  # points

PAPER = "#ffffff"
INK = "#22262e"
GREY = "#6d7480"
FAINT = "#e3e6ea"
# Two colours that stand apart for every kind of colour vision: what is right or learnt from, and its opposite.
BLUE = "#3f73a8"
ORANGE = "#d9742b"
# Colours of several runs. Source: Paul Tol, "Colour schemes" (SRON, 2021), scheme "bright", yellow darkened.
SERIES = ("#4477aa", "#ee6677", "#228833", "#b89f2c", "#aa3377", "#43a9c9")

GLYPH = LinearSegmentedColormap.from_list("glyph", [PAPER, INK])
MISTAKE = LinearSegmentedColormap.from_list("mistake", [PAPER, "#f6d3b5", ORANGE, "#9c4410"])
AGAINST_FOR = LinearSegmentedColormap.from_list(
    "against-for", ["#1f4e79", "#6f9bc4", "#f8f8f7", "#e39a68", "#a8480f"], N=511
)


def new_figure(height: float, title: str, note: str = "", apart: float = 0.07) -> Figure:
    """An empty page, `height` inches high, with a title at the top left and a quiet note at the bottom left.

    Axes keep `apart` inches of air on each of their sides.
    """
    air = ConstrainedLayoutEngine(w_pad=apart, h_pad=MARGIN / 2, wspace=0, hspace=0)
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=PAPER, layout=air)
    left, top = MARGIN / WIDTH, 1 - MARGIN / height
    figure.suptitle(
        title, x=left, y=top, ha="left", va="top", fontsize=TITLE, fontweight="bold", color=INK, fontfamily=FONT
    )
    if note:
        figure.supxlabel(note, x=left, ha="left", fontsize=SMALL, color=GREY, fontfamily=FONT)
    # What matplotlib may lay out: all but the margins and the title, which it does not know to leave room for.
    side, below, above = left - apart / WIDTH, MARGIN / 2 / height, (MARGIN + TITLE_HEIGHT) / height
    air.set(rect=(side, below, 1 - 2 * side, 1 - below - above))
    return figure


def plain(axes: Axes) -> None:
    """Axes for lines and bars: one line below, none around, quiet ticks."""
    axes.set_facecolor(PAPER)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=GREY, labelfontfamily=FONT, which="both")


def bare(axes: Axes, frame: bool = True) -> None:
    """Axes for a picture: no ticks, and a faint frame or none."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(frame)
        spine.set_color(FAINT)


def draw_glyph(axes: Axes, glyph: NDArray[np.uint8]) -> None:
    """Draw one 28×28 glyph, dark ink on paper."""
    axes.imshow(glyph, cmap=GLYPH, vmin=0, vmax=255, interpolation="nearest")
    bare(axes)


def heading(axes: Axes, text: str, colour: str = INK, size: float = TEXT) -> None:
    """A line over the left corner of the axes."""
    axes.set_title(text, loc="left", fontsize=size, color=colour, fontfamily=FONT)


def percent(share: float, places: int = 1) -> str:
    """A share of 0..1 in per cent. What is not quite all or nothing is never rounded to it: 0.99999 gives > 99.9 %."""
    step = 10.0**-places
    if 1 - step / 200 <= share < 1:
        return f"> {100 - step:.{places}f} %"
    if 0 < share < step / 200:
        return f"< {step:.{places}f} %"
    return f"{100 * share:.{places}f} %"
