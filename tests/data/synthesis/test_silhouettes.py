"""Silhouettes: filled or outlined, all different."""

import numpy as np

from inkdigits.data.synthesis.silhouettes import SIDE, draw_silhouette


def test_silhouettes_are_ink_that_differs() -> None:
    made = [draw_silhouette(np.random.default_rng(seed)) for seed in range(60)]
    assert all(each.shape == (SIDE, SIDE) and each.dtype == np.uint8 and each.max() > 40 for each in made)
    assert len({each.tobytes() for each in made}) == 60
    assert np.array_equal(made[3], draw_silhouette(np.random.default_rng(3)))


def test_most_are_about_as_wide_to_both_sides() -> None:
    made = [draw_silhouette(np.random.default_rng(seed)) > 40 for seed in range(80)]
    sides = [(each[:, : SIDE // 2].sum() + 1) / (each[:, SIDE // 2 :].sum() + 1) for each in made]
    assert 0.6 < np.median(sides) < 1.6 and np.mean([0.4 < side < 2.5 for side in sides]) > 0.7
