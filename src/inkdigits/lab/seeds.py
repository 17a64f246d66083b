"""What chance does to a figure: one dot a seed, and beside the dots their mean and how far they scatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from inkdigits.errors import UsageError
from inkdigits.lab import theme as style


def draw_seeds(runs: Mapping[str, Sequence[float]], title: str, note: str = "") -> Figure:
    """A row for each name with the accuracies (0..1) of its runs, at least two: dots, mean ± standard deviation.

    Raises UsageError for a name with fewer.
    """
    if not runs or any(len(each) < 2 for each in runs.values()):
        raise UsageError("Give at least two runs for each name, to show how they scatter.")
    figure = style.new_figure(1.1 + 0.62 * len(runs), title, note)
    axes = figure.add_subplot()
    for row, accuracies in enumerate(runs.values()):
        shares = 100 * np.asarray(accuracies)
        mean, sd = shares.mean(), shares.std(ddof=1)
        axes.errorbar(mean, row + 0.22, xerr=sd, fmt="D", color=style.ORANGE, capsize=4, markersize=5, linewidth=1.6)
        axes.plot(shares, np.full(len(shares), row), "o", color=style.BLUE, markersize=8, alpha=0.6, markeredgewidth=0)
        axes.text(1.015, row, f"{mean:.2f} ± {sd:.2f} %", transform=axes.get_yaxis_transform(), va="center",
                  fontsize=style.TEXT, color=style.INK, fontfamily=style.FONT)  # fmt: skip
    style.plain(axes)
    axes.grid(axis="x", color=style.FAINT, linewidth=0.8)
    axes.set_yticks(range(len(runs)), list(runs))
    axes.tick_params(axis="y", labelsize=style.TEXT, labelcolor=style.INK)
    axes.set_ylim(len(runs) - 0.4, -0.5)
    axes.set_xlabel("accuracy in %: a dot is a run; orange, mean ± sd", fontsize=style.TEXT, color=style.GREY,
                    fontfamily=style.FONT)  # fmt: skip
    return figure
