"""Single predictions as the lecture looks at them: the picture, its label, and ten probabilities as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.errors import UsageError
from inkdigits.lab import theme as style

LECTURE = (5001, 5002, 5003)  # counted from 1: the first digits that the lecture's networks have not learnt from
MOST = 6  # pictures beside each other that can still be read


def choose_examples(digits: Digits, numbers: Sequence[int]) -> Digits:
    """The digits with those numbers, counted from 1. Raises UsageError when there is no such digit."""
    if absent := [number for number in numbers if not 1 <= number <= len(digits)]:
        raise UsageError(f"{digits.name} has no digit {absent[0]}: they are numbered 1 to {len(digits)}.")
    indices = np.array(numbers, np.int64) - 1
    return Digits(digits.images[indices], digits.labels[indices], digits.name)


def draw_predictions(digits: Digits, logits: Tensor, numbers: Sequence[int]) -> Figure:
    """What a network says of N digits (1 to 6): `logits` are its logits N×10, `numbers` how the captions count them.

    The bar of the true digit is blue; a wrong guess is orange. Raises UsageError when the lengths do not agree.
    """
    if not 1 <= len(digits) <= MOST or not len(digits) == len(logits) == len(numbers):
        raise UsageError(f"Give 1 to {MOST} digits to predict, with as many logits and numbers.")
    columns = max(3, len(digits))
    heights = [5.8 / columns, 2.4]
    figure = style.new_figure(sum(heights) + 1.3, f"{digits.name}: what the network says", apart=0.12)
    grid = figure.subplots(2, columns, squeeze=False, height_ratios=heights)
    for axes in grid[:, len(digits) :].ravel():
        axes.set_axis_off()
    probabilities = logits.softmax(dim=1).numpy()
    for column in range(len(digits)):
        label = int(digits.labels[column])
        style.draw_glyph(grid[0, column], digits.images[column])
        style.heading(grid[0, column], f"no. {numbers[column]}, label {label}", style.GREY)
        _bars(grid[1, column], probabilities[column], label)
    return figure


def _bars(axes: Axes, probabilities: NDArray[np.float32], label: int) -> None:
    """Ten bars from the top down, 0 to 9, each with its probability where there is something to see."""
    guess = int(probabilities.argmax())
    colours = [style.FAINT] * NUM_CLASSES
    colours[guess], colours[label] = style.ORANGE, style.BLUE
    axes.barh(range(NUM_CLASSES), np.ones(NUM_CLASSES), color="#f6f7f8", height=0.72)
    axes.barh(range(NUM_CLASSES), probabilities, color=colours, height=0.72)
    for digit, probability in enumerate(probabilities):
        if probability >= 0.005 or digit in (guess, label):
            axes.text(
                1.03, digit, style.percent(float(probability)), va="center",
                fontsize=style.SMALL, color=style.GREY, fontfamily=style.FONT,
            )  # fmt: skip
    style.plain(axes)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlim(0, 1)
    axes.set_ylim(NUM_CLASSES - 0.4, -0.6)
    axes.set_xticks([])
    axes.set_yticks(range(NUM_CLASSES), [str(digit) for digit in range(NUM_CLASSES)])
    axes.tick_params(labelsize=style.TEXT, labelcolor=style.INK)
    right = guess == label
    style.heading(axes, f"says {guess}" + ("" if right else f", it is {label}"), style.BLUE if right else style.ORANGE)
