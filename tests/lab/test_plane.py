import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path

from inkdigits.lab.plane import clip_polygon, decision_map, draw_regions

BOX = (-10.0, -8.0, 10.0, 12.0)


def area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


@given(st.integers(0, 2**32 - 1))
def test_regions_are_what_argmax_says_and_fill_the_box(seed: int) -> None:
    chance = np.random.default_rng(seed)
    weights, biases = chance.normal(size=(10, 2)), chance.normal(size=10)
    found = draw_regions(weights, biases, BOX)
    assert sum(area(part) for part in found if len(part)) == pytest.approx(20 * 20, rel=1e-6)
    points = chance.uniform(BOX[:2], BOX[2:], (200, 2))
    scores = points @ weights.T + biases
    clear = np.ptp(np.sort(scores, axis=1)[:, -2:], axis=1) > 1e-6  # not on a border
    for digit, part in enumerate(found):
        inside = Path(part).contains_points(points) if len(part) >= 3 else np.zeros(len(points), bool)
        assert (inside == (scores.argmax(axis=1) == digit))[clear].all()


def test_a_cut_keeps_the_side_it_is_told() -> None:
    square = np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]])
    assert area(clip_polygon(square, np.array([1.0, 0]), -1.5)) == pytest.approx(1)
    assert len(clip_polygon(square, np.array([1.0, 0]), -5)) == 0


def test_the_map_has_a_dot_for_every_digit_and_the_star() -> None:
    chance = np.random.default_rng(0)
    figure = decision_map(
        chance.normal(size=(10, 2)), np.zeros(10), chance.normal(size=(30, 2)), np.arange(30) % 10, "a map", np.zeros(2)
    )
    (axes,) = figure.axes
    assert len(axes.collections[0].get_offsets()) == 30
    assert len(axes.lines) == 1
    assert [text.get_text() for text in axes.texts] == list("0123456789")
