"""What the layers of a network say of one digit, as pictures; and which of its parts mattered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from inkdigits.lab import theme as style

ACROSS = 12  # maps of a layer that are drawn
GAP, EDGE = 0.25, 0.02  # between two maps, and around all of them: shares of a map's side


def draw_maps(layers: Mapping[str, NDArray[np.float32]], title: str) -> Figure:
    """A row for every layer that has maps (C×H×W), first to last, the twelve strongest of each; others are left out.

    White is nothing; within a layer the darkest is the strongest answer of all its maps.
    """
    shown = {name: activations for name, activations in layers.items() if activations.ndim == 3}
    figure = style.new_figure(
        0.7 + 0.86 * len(shown), title, "The maps with the strongest answers, in their own order."
    )
    rows = figure.subplots(len(shown), 1, squeeze=False).ravel()  # axes for each map would take a second
    for axes, (name, activations) in zip(rows, shown.items(), strict=True):
        channels = np.sort(np.argsort(-activations.max(axis=(1, 2)), kind="stable")[:ACROSS])
        for index, channel in enumerate(channels):
            left = index * (1 + GAP)
            axes.imshow(
                activations[channel],
                cmap=style.GLYPH,
                vmin=0,
                vmax=float(activations.max()) or 1.0,
                interpolation="nearest",
                extent=(left, left + 1, 0, 1),
            )
            axes.add_patch(Rectangle((left, 0), 1, 1, fill=False, edgecolor=style.FAINT, linewidth=0.8))
        axes.set(xlim=(-EDGE, ACROSS * (1 + GAP) - GAP + EDGE), ylim=(-EDGE, 1 + EDGE))
        style.bare(axes, frame=False)
        count, height, width = activations.shape
        _add_heading(axes, f"{name}: {count} maps of {height}×{width}")
    return figure


def _add_heading(axes: Axes, text: str) -> None:
    """A heading that may be wider than its axes, and moves nothing."""
    label = axes.annotate(
        text, (0, 1), (0, 4), "axes fraction", "offset points",
        fontsize=style.SMALL, color=style.GREY, fontfamily=style.FONT,
    )  # fmt: skip
    label.set_in_layout(False)


def draw_occlusion(glyph: NDArray[np.uint8], falls: NDArray[np.float32], title: str, note: str = "") -> Figure:
    """A glyph, uint8 28×28, and beside it by how much the probability falls, 0..1 28×28, where ink is blanked."""
    figure = style.new_figure(3.9, title, note)
    left, right = figure.subplots(1, 2)
    style.draw_glyph(left, glyph)
    right.imshow(glyph, cmap=style.GLYPH, vmin=0, vmax=900, interpolation="nearest")
    most = float(falls.max()) or 1.0
    right.imshow(falls, cmap="Oranges", vmin=0, vmax=most, alpha=np.clip(0.75 * falls / most, 0, 0.75))
    style.bare(right)
    style.heading(left, "the digit")
    style.heading(right, f"blanked here, it is up to {style.percent(most)} less sure", style.ORANGE)
    return figure
