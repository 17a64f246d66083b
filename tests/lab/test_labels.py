import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.lab.labels import spread_labels


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_labels_keep_their_order_their_distance_and_their_middle(heights: list[float]) -> None:
    before = np.array(heights)
    after = spread_labels(before, 0.05)
    order = np.argsort(before, kind="stable")
    assert (np.diff(after[order]) >= 0.05 - 1e-9).all()
    assert np.isclose(after.mean(), before.mean())


def test_labels_far_enough_apart_stay() -> None:
    assert np.allclose(spread_labels(np.array([0.9, 0.1, 0.5]), 0.1), [0.9, 0.1, 0.5])


def test_two_equal_labels_move_by_half_the_gap_each() -> None:
    assert np.allclose(spread_labels(np.array([0.5, 0.5]), 0.1), [0.45, 0.55])
