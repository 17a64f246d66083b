"""Which digit is taken for which. What is right is toned down, so that the mistakes can be seen."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from inkdigits.data.sets.digits import NUM_CLASSES
from inkdigits.lab import theme as style
from inkdigits.training.evaluate import Score


def draw_confusion(score: Score) -> Figure:
    """The confusion matrix of a score: rows are the true digits, columns what they were taken for, counts written.

    Only mistakes are coloured, on a scale from 0 to the most frequent one. At the right stands each digit's recall.
    """
    counts = np.array(score.confusion, np.int64)
    mistakes = counts * (1 - np.eye(NUM_CLASSES, dtype=np.int64))
    title = f"{score.name}: {mistakes.sum():,} of {score.n:,} digits taken for another"
    figure = style.new_figure(7.2, title, f"Accuracy {style.percent(score.accuracy, 2)}, 95 % interval "
                              f"{style.percent(score.low, 2)} to {style.percent(score.high, 2)}.")  # fmt: skip
    axes = figure.add_subplot()
    top = max(1, int(mistakes.max()))
    axes.imshow(mistakes, cmap=style.MISTAKE, vmin=0, vmax=top)
    edges = np.arange(1, NUM_CLASSES) - 0.5
    axes.hlines(edges, -0.5, NUM_CLASSES - 0.5, color=style.PAPER, linewidth=1.5)
    axes.vlines(edges, -0.5, NUM_CLASSES - 0.5, color=style.PAPER, linewidth=1.5)
    _write(axes, counts, top)
    _label(axes)
    for digit, recall in enumerate(score.recall):
        share = "–" if recall is None else style.percent(recall)
        _text(axes, (NUM_CLASSES - 0.2, digit), share, style.GREY, ha="left")
    _text(axes, (NUM_CLASSES - 0.2, -0.72), "found", style.GREY, ha="left")
    return figure


def _write(axes: Axes, counts: NDArray[np.int64], top: int) -> None:
    """The counts: grey on the diagonal, a faint point for none, white on a dark cell."""
    for truth, guess in np.ndindex(counts.shape):
        count = int(counts[truth, guess])
        if truth == guess:
            axes.add_patch(Rectangle((guess - 0.5, truth - 0.5), 1, 1, color="#f1f3f5", linewidth=0))
            _text(axes, (guess, truth), f"{count:,}", style.GREY)
        elif count == 0:
            _text(axes, (guess, truth), "·", "#c3c8cf")
        else:
            _text(axes, (guess, truth), f"{count:,}", style.PAPER if count > 0.6 * top else style.INK)


def _text(axes: Axes, place: tuple[float, float], text: str, colour: str, ha: str = "center") -> None:
    axes.text(*place, text, ha=ha, va="center", fontsize=style.TEXT, color=colour, fontfamily=style.FONT)


def _label(axes: Axes) -> None:
    style.bare(axes, frame=False)
    names = [str(digit) for digit in range(NUM_CLASSES)]
    axes.set_xticks(range(NUM_CLASSES), names)
    axes.set_yticks(range(NUM_CLASSES), names)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0, labelsize=style.TITLE, labelcolor=style.INK, labelfontfamily=style.FONT)
    axes.set_xlabel("taken for", fontsize=style.TEXT, color=style.GREY, fontfamily=style.FONT, labelpad=8)
    axes.set_ylabel("truth", fontsize=style.TEXT, color=style.GREY, fontfamily=style.FONT, labelpad=8)
