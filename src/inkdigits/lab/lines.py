"""One quantity over another as lines, each named at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from inkdigits.errors import UsageError
from inkdigits.lab import theme as style
from inkdigits.lab.labels import End, label_ends

COLOURS = (style.BLUE, style.ORANGE, *style.SERIES[2:])
MOST_TICKS = 12


def draw_lines(
    across: Sequence[float],
    series: Mapping[str, Sequence[float]],
    title: str,
    *,
    below: str = "",
    up: str = "",
    scales: tuple[str, str] = ("linear", "linear"),
    note: str = "",
) -> Figure:
    """1 to 6 lines over the same `across`, by name; `below` and `up` say what is measured along the two axes.

    `scales` are matplotlib's, "linear" or "log", across and up. Where there are no more than twelve points, each is
    marked and written below. Raises UsageError for more lines, or one that has not as many points as `across`.
    """
    if not 1 <= len(series) <= len(COLOURS) or any(len(each) != len(across) for each in series.values()):
        raise UsageError(f"Give 1 to {len(COLOURS)} lines, each with as many points as there are x values.")
    figure = style.new_figure(4.0, title, note)
    axes = figure.add_subplot()
    marker = "o" if len(across) <= MOST_TICKS else ""
    for (name, values), colour in zip(series.items(), COLOURS, strict=False):
        axes.plot(across, values, color=colour, linewidth=2.0, marker=marker, markersize=4, label=name, gid=name)
    _scales(axes, across, scales)
    axes.set_xlabel(below, fontsize=style.TEXT, color=style.GREY, fontfamily=style.FONT)
    style.heading(axes, up)
    label_ends(axes, [_end(values, name, c) for (name, values), c in zip(series.items(), COLOURS, strict=False)])
    return figure


def _scales(axes: Axes, across: Sequence[float], scales: tuple[str, str]) -> None:
    style.plain(axes)
    axes.set_xscale(scales[0])
    axes.set_yscale(scales[1])
    if len(across) <= MOST_TICKS:
        axes.set_xticks(list(across))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color=style.FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(x=0.02)


def _end(values: Sequence[float], name: str, colour: str) -> End:
    """The last value that is a number."""
    finite: Any = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    return End(float(finite[-1]) if len(finite) else 0.0, name, colour)
