"""Rows as their two readers see them."""

import numpy as np
from matplotlib.patches import Rectangle

from inkdigits.lab.rows import draw_hypotheses, draw_transcript
from inkdigits.marks import Box
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.transcript import Strip, Transcript


def test_a_hypothesis_is_as_wide_as_its_box_and_as_high_as_it_is_probable() -> None:
    seven = tuple(np.eye(10)[7].tolist())
    figure = draw_hypotheses(
        [Hypothesis(Box(10, 0, 30, 40), seven, 0.9), Hypothesis(Box(25, 0, 20, 40), seven, 0.2)], [0], "A row"
    )
    axes = figure.axes[0]
    bars = {(bar.get_x(), bar.get_width(), bar.get_height()) for bar in axes.patches if isinstance(bar, Rectangle)}
    assert bars == {(10, 30, 0.9), (25, 20, 0.2)}
    assert [text.get_text() for text in axes.texts] == ["7", "7"]


def test_a_row_without_hypotheses_is_drawn_empty() -> None:
    assert not draw_hypotheses([], [], "Nothing").axes[0].patches


def test_a_transcript_has_a_column_for_every_frame() -> None:
    frames = np.log(np.full((16, 27), 1 / 27, np.float32))
    strip = Strip(np.zeros((48, 64), np.float32), 0.0, 1.0, 24.0, 0.0)
    above, below = draw_transcript(Transcript(strip, frames), "A strip").axes
    shown = below.images[0].get_array()
    assert shown is not None and shown.shape == (11, 16) and np.allclose(shown.sum(axis=0), 1, atol=1e-5)
    assert above.images[0].get_array() is not None
