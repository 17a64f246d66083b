import numpy as np
import pytest

from inkdigits.lab.calibration import draw_refusal, draw_reliability


def one_hot(sure: list[float]) -> np.ndarray:
    """Probabilities N×10 that give digit 0 so much and share out the rest."""
    return np.array([[each, *[(1 - each) / 9] * 9] for each in sure], np.float32)


def test_the_height_of_a_bar_is_the_share_that_is_right() -> None:
    probabilities = one_hot([0.85] * 4 + [0.55] * 2)
    figure = draw_reliability(probabilities, np.array([0, 0, 0, 1, 0, 1]), "some")
    heights = [bar.get_height() for bar in figure.axes[0].patches[:10]]
    assert heights[8] == pytest.approx(0.75) and heights[5] == pytest.approx(0.5)
    missing = [bar.get_height() for bar in figure.axes[0].patches[10:]]
    assert missing[8] == pytest.approx(0.10, abs=1e-6) and missing[5] == pytest.approx(0.05, abs=1e-6)
    assert [text.get_text() for text in figure.axes[1].texts] == [*"00000200", "4", "0"][:10]


def test_to_be_quite_sure_has_a_place_too() -> None:
    figure = draw_reliability(one_hot([1.0, 1.0]), np.array([0, 0]), "some")
    assert figure.axes[0].patches[9].get_height() == 1


def test_the_line_begins_at_the_surest_and_ends_with_all() -> None:
    figure = draw_refusal(
        np.array([0.9, 0.5, 0.7, 0.6], np.float32), np.array([True, False, True, True]), "some", at=0.6
    )
    line, point = figure.axes[0].lines
    assert line.get_ydata() == pytest.approx([0, 0, 0, 25]) and line.get_xdata() == pytest.approx([75, 50, 25, 0])
    assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx((25, 0))


def test_where_nothing_is_accepted_there_is_no_point() -> None:
    figure = draw_refusal(np.array([0.2], np.float32), np.array([True]), "some", at=0.9)
    assert len(figure.axes[0].lines) == 1
