"""A row of digits as its two readers see it: hypotheses that compete, and what is read from left to right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from inkdigits.lab import theme as style
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.transcript import Transcript

NO_DIGIT = "none"


def draw_hypotheses(hypotheses: Sequence[Hypothesis], chosen: Sequence[int], title: str) -> Figure:
    """One bar for each hypothesis of a row: as wide as its box, as high as it is probably a digit, its most probable
    digit on it. Those at the indices `chosen` are blue."""
    figure = style.new_figure(
        2.9, title, "As wide as the box on the picture; as high as it is probable that it is a digit."
    )
    axes = figure.add_subplot()
    for index, each in sorted(enumerate(hypotheses), key=lambda pair: -pair[1].digitness):
        colour = style.BLUE if index in chosen else style.ORANGE
        axes.add_patch(
            Rectangle(
                (each.box.x, 0), each.box.width, each.digitness, facecolor=colour, edgecolor=style.PAPER, alpha=0.6
            )
        )
        axes.text(
            each.box.centre_x, each.digitness + 0.02, str(int(np.argmax(each.probabilities))),
            ha="center", fontsize=style.TEXT, color=colour, fontfamily=style.FONT,
        )  # fmt: skip
    style.plain(axes)
    if hypotheses:
        axes.set_xlim(min(each.box.x for each in hypotheses) - 5, max(each.box.right for each in hypotheses) + 5)
    axes.set_ylim(0, 1.2)
    axes.set_yticks([0, 0.5, 1.0])
    axes.set_xlabel("pixels of the picture", fontsize=style.TEXT, color=style.GREY, fontfamily=style.FONT)
    return figure


def draw_transcript(transcript: Transcript, title: str) -> Figure:
    """The strip that the transcriber is shown, and below each of its places how probable each digit is there."""
    probabilities: NDArray[np.float64] = np.exp(transcript.digit_frames)  # T×11
    height, width = transcript.strip.ink.shape
    figure = style.new_figure(1.0 + style.WIDTH * height / width + 2.2, title, "The darker, the more probable.")
    above, below = figure.subplots(2, 1, height_ratios=[style.WIDTH * height / width, 2.2])
    above.imshow(transcript.strip.ink, cmap=style.GLYPH, vmin=0, vmax=1, aspect="auto")
    style.bare(above)
    below.imshow(probabilities.T, cmap=style.GLYPH, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    style.bare(below)
    below.set_yticks(range(11), [NO_DIGIT, *map(str, range(10))])
    below.tick_params(length=0, labelsize=style.SMALL, labelcolor=style.GREY)
    return figure
