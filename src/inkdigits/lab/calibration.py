"""Does confidence mean what it says? And what is gained by refusing what is unsure?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inkdigits.lab import theme as style

BINS = 10


def draw_reliability(probabilities: NDArray[np.float32], labels: NDArray[np.int64], title: str) -> Figure:
    """Confidence against accuracy: `probabilities` N×10 and `labels` N (at least one), in ten bins of equal width.

    Below stands how many digits each bin has. On the diagonal, of all digits of which the network is 80 % sure, 80 %
    are right. Source: DeGroot and Fienberg, "The comparison and evaluation of forecasters", 1983.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        accuracy, sure = (np.bincount(place, weights=each, minlength=BINS) / count for each in (right, confidence))
    figure = style.new_figure(5.2, title, "Orange: more confident than accurate. Brown: more accurate than confident.")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.8, linestyle=(0, (4, 3)))
    middles = (np.arange(BINS) + 0.5) / BINS
    above.bar(middles, accuracy, width=0.094, color=style.BLUE)
    above.bar(middles, sure - accuracy, bottom=accuracy, width=0.094, color=style.ORANGE, alpha=0.45)
    below.bar(middles, count, width=0.094, color=style.FAINT)
    for middle, each in zip(middles, count, strict=True):
        below.text(middle, each, f"{each:,}", ha="center", va="bottom", fontsize=style.SMALL, color=style.GREY)
    _finish(above, below)
    return figure


def _finish(above: Axes, below: Axes) -> None:
    for axes in (above, below):
        style.plain(axes)
    above.set_xlim(0, 1)
    above.set_ylim(0, 1)
    below.margins(y=0.35)
    below.set_yticks([])
    shares = np.linspace(0, 1, 6)
    above.set_yticks(shares, [style.percent(share, 0) for share in shares])
    below.set_xticks(shares, [style.percent(share, 0) for share in shares])
    below.set_xlabel("how sure the network is", fontsize=style.TEXT, color=style.GREY, fontfamily=style.FONT)
    style.heading(above, "how many of those are right")


def draw_refusal(confidence: NDArray[np.float32], right: NDArray[np.bool_], title: str, at: float) -> Figure:
    """What is wrong among the accepted, over the share that is refused; N confidences (0..1), N times right or not.

    The point is where the least accepted confidence is `at`. Source: El-Yaniv and Wiener, "On the foundations of
    noise-free selective classification", 2010.
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(right) + 1)
    refused = 1 - np.arange(1, len(right) + 1) / len(right)
    figure = style.new_figure(3.6, title)
    axes = figure.add_subplot()
    axes.plot(100 * refused, 100 * wrong, color=style.BLUE, linewidth=2)
    accepted = int((confidence >= at).sum())
    if accepted:
        axes.plot(100 * refused[accepted - 1], 100 * wrong[accepted - 1], "o", color=style.ORANGE, markersize=8)
    style.plain(axes)
    axes.grid(axis="y", color=style.FAINT, linewidth=0.8)
    axes.set_xlim(0, 60)
    axes.set_ylim(0, None)
    axes.set_xlabel("refused, % of all", fontsize=style.TEXT, color=style.GREY, fontfamily=style.FONT)
    style.heading(axes, "wrong, % of what is accepted")
    return figure
