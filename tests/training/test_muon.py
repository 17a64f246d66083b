"""Muon against linear algebra."""

import numpy as np
import pytest
import torch

from inkdigits.training.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(8, 8), (4, 36), (36, 4)])
def test_singular_values_come_near_1_and_directions_stay(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    straight = orthogonalise(matrix)
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
    expected = -0.1 * orthogonalise(gradient.flatten(1)).view_as(moved)
    assert torch.allclose(moved, expected, atol=1e-4)
