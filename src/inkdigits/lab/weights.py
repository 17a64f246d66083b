"""What a network has learnt, as pictures of its first weights: one colour speaks for, the other against, paper is 0."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

from inkdigits.data.sets.digits import NUM_CLASSES
from inkdigits.errors import UsageError
from inkdigits.glyph import GLYPH_SIDE
from inkdigits.lab import theme as style
from inkdigits.models.mlp import MLP
from inkdigits.models.softmax import Softmax

MOST_UNITS = 20  # hidden units on one page
MOST_FILTERS = 64
FULL = 99.5  # per cent of weights that fit the colour scale; a few great ones would pale the rest
RIM = "Orange speaks for, blue against. Speckles at the rim: pixels without ink teach nothing, so weights stay random."

Weights = NDArray[np.float32]


def draw_weights(network: nn.Module) -> Figure:
    """The picture that fits the network: softmax's ten digits, the mlp's hidden units, the first filters of one
    that begins with a convolution, or with several side by side.

    Raises UsageError for any other network.
    """
    if isinstance(network, Softmax):
        return _softmax(_numbers(network, "logits.weight"))
    if isinstance(network, MLP):
        return _mlp(_numbers(network, "hidden.weight"), _numbers(network, "logits.weight"))
    if first := [name for name in network.state_dict() if f".{name}".endswith(".conv1.0.weight")]:
        return _cnn(np.concatenate([_numbers(network, name) for name in first]))
    raise UsageError(f"The weights of a {type(network).__name__} cannot be drawn.")


def _softmax(pixels: Weights) -> Figure:
    """10×784: for each digit, which pixels speak for it and which against."""
    figure = style.new_figure(4.2, "Ten digits, one weight for every pixel", RIM)
    grid = figure.subplots(2, 5)
    norm = _norm(pixels)
    for digit, axes in enumerate(grid.ravel()):
        _draw(axes, pixels[digit].reshape(GLYPH_SIDE, GLYPH_SIDE), norm)
        style.heading(axes, str(digit), size=style.TITLE)
    _scale(figure, grid, norm)
    return figure


def _mlp(pixels: Weights, outgoing: Weights) -> Figure:
    """H×784 and 10×H: what each hidden unit looks for, and below it for which digits it then speaks."""
    strongest = np.argsort(-np.linalg.norm(outgoing, axis=0), kind="stable")
    shown = np.sort(strongest[:MOST_UNITS])
    rows = math.ceil(len(shown) / 5)
    many = "" if len(shown) == len(strongest) else f", the {len(shown)} with the greatest say"
    title = f"{len(strongest)} hidden units{many}: what each looks for, and for which digits it then speaks"
    figure = style.new_figure(0.7 + 2.25 * rows, title, RIM)
    grid = figure.subplots(2 * rows, 5, squeeze=False, height_ratios=[3.2, 1] * rows)
    norm, reach = _norm(pixels), 1.08 * float(np.abs(outgoing).max())
    for place, unit in enumerate(shown):
        above, below = grid[2 * (place // 5), place % 5], grid[2 * (place // 5) + 1, place % 5]
        _draw(above, pixels[unit].reshape(GLYPH_SIDE, GLYPH_SIDE), norm)
        style.heading(above, f"unit {unit + 1}", style.GREY, style.SMALL)
        _bars(below, outgoing[:, unit], reach)
    for place in range(len(shown), 5 * rows):
        grid[2 * (place // 5), place % 5].set_axis_off()
        grid[2 * (place // 5) + 1, place % 5].set_axis_off()
    _scale(figure, grid, norm)
    return figure


def _cnn(filters: Weights) -> Figure:
    """C×1×K×K: the small patterns that the first convolution looks for everywhere."""
    shown = filters[:MOST_FILTERS]
    rows = math.ceil(len(shown) / 8)
    many = "" if len(shown) == len(filters) else f", the first {len(shown)}"
    note = "Orange: ink here raises the filter's answer; blue: ink here lowers it."
    title = f"{len(filters)} filters of {filters.shape[2]}×{filters.shape[3]} in the first convolution{many}"
    figure = style.new_figure(0.8 + 1.05 * rows, title, note)
    grid = figure.subplots(rows, 8, squeeze=False)
    norm = _norm(shown)
    for place, axes in enumerate(grid.ravel()):
        if place < len(shown):
            _draw(axes, shown[place, 0], norm)
        else:
            axes.set_axis_off()
    _scale(figure, grid, norm)
    return figure


def _numbers(network: nn.Module, name: str) -> Weights:
    return np.ascontiguousarray(network.state_dict()[name].cpu().numpy(), np.float32)


def _norm(values: Weights) -> CenteredNorm:
    """One colour scale for all pictures of a figure, 0 in its middle."""
    return CenteredNorm(0, float(np.percentile(np.abs(values), FULL)) or 1.0)


def _draw(axes: Axes, picture: Weights, norm: CenteredNorm) -> None:
    axes.imshow(picture, cmap=style.AGAINST_FOR, norm=norm, interpolation="nearest")
    style.bare(axes)


def _bars(axes: Axes, outgoing: Weights, reach: float) -> None:
    """Ten bars up and down from 0, one a digit."""
    colours = [style.ORANGE if weight > 0 else style.BLUE for weight in outgoing]
    axes.bar(range(NUM_CLASSES), outgoing, color=colours, width=0.75)
    axes.axhline(0, color=style.GREY, linewidth=0.6)
    style.plain(axes)
    axes.spines["bottom"].set_visible(False)
    axes.set_ylim(-reach, reach)
    axes.set_yticks([])
    axes.set_xticks(range(NUM_CLASSES), [str(digit) for digit in range(NUM_CLASSES)])
    axes.tick_params(labelsize=6.5, pad=1)


def _scale(figure: Figure, grid: NDArray[np.object_], norm: CenteredNorm) -> None:
    """The colour scale at the right."""
    share = min(0.7, 2.2 / figure.get_figheight())  # of the height: the bar is as small on a long page
    colours = ScalarMappable(norm, style.AGAINST_FOR)
    bar = figure.colorbar(colours, ax=grid, shrink=share, aspect=25, pad=0.02, extend="both", extendfrac=0.03)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=style.SMALL, labelcolor=style.GREY, labelfontfamily=style.FONT)
