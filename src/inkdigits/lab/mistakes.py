"""The worst mistakes: digits taken for another with the greatest confidence."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import UsageError
from inkdigits.lab import theme as style
from inkdigits.training import evaluate

COLUMNS = 6


def draw_mistakes(digits: Digits, logits: Tensor, most: int = 24, first: int = 1) -> Figure:
    """The `most` (1 to 60) most confident mistakes, each with truth, guess, confidence and number.

    `logits` are N×10, those of the N digits, `first` is the number of the first of them. Raises UsageError when
    `most` is out of range or the lengths differ.
    """
    if not 1 <= most <= 60:
        raise UsageError(f"A figure of mistakes shows 1 to 60 of them, not {most}.")
    if len(logits) != len(digits):
        raise UsageError(f"There are {len(logits)} logits for {len(digits)} digits.")
    wrong = evaluate.find_mistakes(logits, digits.labels)
    if len(wrong) == 0:
        return style.new_figure(1.2, f"{digits.name}: no mistake in {len(digits):,} digits")
    shown = wrong[:most]
    title = f"{digits.name}: {len(wrong):,} mistakes in {len(digits):,} digits"
    title += f", the {len(shown)} most confident" if len(shown) < len(wrong) else ", the most confident first"
    rows = -(-len(shown) // COLUMNS)
    figure = style.new_figure(0.45 + 1.68 * rows, title)
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    confidences, guesses = logits[shown].softmax(dim=1).max(dim=1)
    for axes, place, guess, confidence in zip(grid, shown, guesses.tolist(), confidences.tolist(), strict=False):
        style.draw_glyph(axes, digits.images[place])
        style.heading(axes, f"{digits.labels[place]} taken for {guess}", size=style.TEXT)
        _caption(axes, f"{style.percent(confidence)} sure", f"no. {place + first}")
    for axes in grid[len(shown) :]:
        axes.set_axis_off()
    return figure


def _caption(axes: Axes, left: str, right: str) -> None:
    """Two quiet words below a picture."""
    for x, ha, text in ((0.0, "left", left), (1.0, "right", right)):
        axes.text(
            x, -0.03, text, ha=ha, va="top", transform=axes.transAxes,
            fontsize=6.5, color=style.GREY, fontfamily=style.FONT,
        )  # fmt: skip
