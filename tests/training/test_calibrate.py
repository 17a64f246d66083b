"""Calibration against answers that are known."""

import numpy as np
import pytest
import torch

from inkdigits.training.calibrate import (
    calibration_error,
    compute_confidence_threshold,
    fit_temperature,
    measure_guarantee,
)
from inkdigits.training.evaluate import wilson_interval


def test_the_temperature_that_was_put_in_comes_out() -> None:
    """Labels are drawn from softmax(z); the network says 3 z; so the temperature is 3."""
    generator = torch.Generator().manual_seed(0)
    z = 2 * torch.randn(20_000, 10, generator=generator)
    labels = torch.multinomial(z.softmax(dim=1), 1, generator=generator)[:, 0]
    assert fit_temperature(3 * z, labels) == pytest.approx(3, rel=0.05)


def test_calibration_error_by_hand() -> None:
    probabilities = np.zeros((4, 10), np.float32)
    probabilities[:, 0] = (0.8, 0.8, 0.8, 0.8)
    probabilities[:, 1] = 0.2
    assert calibration_error(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(0.05)
    assert calibration_error(probabilities, np.array([0, 0, 0, 0])) == pytest.approx(0.2)


@pytest.mark.parametrize("cost", [2.0, 10.0, 50.0])
def test_no_other_threshold_is_cheaper_where_confidence_means_what_it_says(cost: float) -> None:
    """A wrong digit costs `cost`, a refused one 1; digits are drawn that are right as often as they are confident."""
    rng = np.random.default_rng(0)
    confidence = 1 - rng.beta(0.3, 3, 400_000)
    right = rng.uniform(size=len(confidence)) < confidence

    def measure_cost(threshold: float) -> float:
        accepted = confidence >= threshold
        return float(np.where(accepted, cost * ~right, 1.0).mean())

    ours = measure_cost(compute_confidence_threshold(cost))
    assert all(ours <= measure_cost(threshold) * 1.005 for threshold in np.linspace(0, 1, 101))
    assert ours < min(measure_cost(0), measure_cost(1.01))


def test_a_guarantee_counts() -> None:
    confidence = np.array([0.99, 0.95, 0.9, 0.9, 0.7, 0.6])
    right = np.array([True, False, True, True, False, True])
    assert measure_guarantee(confidence, right, 0.9) == {
        "n": 6,
        "coverage": 4 / 6,
        "wrong": 1,
        "wrong_at_most": wilson_interval(1, 4)[1],
    }
    assert measure_guarantee(confidence, right, 1.0)["coverage"] == 0
