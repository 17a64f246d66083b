"""Muon against linear algebra, and calibration against answers that are known."""

import numpy as np
import pytest
import torch

from inkdigits.training.calibrate import calibration_error, guarantee, least_confidence, temperature
from inkdigits.training.evaluate import wilson
from inkdigits.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(8, 8), (4, 36), (36, 4)])
def test_singular_values_come_near_1_and_directions_stay(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    straight = orthogonal(matrix)
    u, _, v = np.linalg.svd(matrix.numpy(), full_matrices=False)
    turned = u.T @ straight.numpy() @ v.T  # in the matrix's own directions it is diagonal
    assert np.allclose(turned, np.diag(np.diag(turned)), atol=1e-4)
    assert (np.diag(turned) > 0.3).all() and (np.diag(turned) < 1.3).all()


def test_muons_step_follows_the_gradient_and_lets_weights_decay() -> None:
    weights = torch.nn.Parameter(torch.ones(6, 3, 3, 3))
    gradient = torch.randn(6, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    weights.grad = gradient.clone()
    Muon([weights], lr=0.1, weight_decay=0.5).step()
    moved = weights.detach() - (1 - 0.05) * torch.ones(6, 3, 3, 3)
    expected = -0.1 * orthogonal(gradient.flatten(1)).view_as(moved)
    assert torch.allclose(moved, expected, atol=1e-4)


def test_the_temperature_that_was_put_in_comes_out() -> None:
    """Labels are drawn from softmax(z); the network says 3 z; so the temperature is 3."""
    generator = torch.Generator().manual_seed(0)
    z = 2 * torch.randn(20_000, 10, generator=generator)
    labels = torch.multinomial(z.softmax(dim=1), 1, generator=generator)[:, 0]
    assert temperature(3 * z, labels) == pytest.approx(3, rel=0.05)


def test_calibration_error_by_hand() -> None:
    probabilities = np.zeros((4, 10), np.float32)
    probabilities[:, 0] = (0.8, 0.8, 0.8, 0.8)
    probabilities[:, 1] = 0.2
    assert calibration_error(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(0.05)
    assert calibration_error(probabilities, np.array([0, 0, 0, 0])) == pytest.approx(0.2)


def test_the_least_confidence_keeps_its_promise() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.4, 1, 5000).astype(np.float32)
    right = rng.uniform(size=5000) < confidence**0.2
    threshold = least_confidence(confidence, right, wrong=0.02)
    accepted = confidence >= threshold
    assert (~right[accepted]).mean() <= 0.02
    assert 0.05 < accepted.mean() < 1
    for lower in np.linspace(0.5, threshold - 1e-4, 200):
        assert (~right[confidence >= lower]).mean() > 0.02, "a lower threshold would have done"
    promised = guarantee(confidence, right, threshold)
    wrong, n = int((~right[accepted]).sum()), int(accepted.sum())
    assert (promised["wrong"], promised["n"], promised["coverage"]) == (wrong, 5000, n / 5000)
    assert promised["wrong_at_most"] == wilson(wrong, n)[1]


def test_the_ends_of_the_least_confidence() -> None:
    confidence = np.array([0.9, 0.8, 0.7], np.float32)
    assert least_confidence(confidence, np.array([True, True, True])) == 0.5
    assert least_confidence(confidence, np.array([False, False, False])) == 1.0
    assert least_confidence(confidence, np.array([True, True, False])) == pytest.approx(0.75)
