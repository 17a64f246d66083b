"""Muon: momentum whose steps turn every direction of a layer equally far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

NEWTON_SCHULZ_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the odd polynomial that drives singular values towards 1
NEWTON_SCHULZ_STEPS = 5


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, made nearly orthogonal before it is followed; for weights of two and more dimensions.

    A convolution's weights are taken as the matrix of its outputs by everything else. Source: K. Jordan and others,
    "Muon: An optimizer for hidden layers in neural networks", 2024. Weight decay is decoupled, as in AdamW.
    """

    def __init__(self, params: Iterable[Any], lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Follow the gradients that the parameters hold."""
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is not None:
                    self._update(weights, weights.grad, group["lr"], group["momentum"], group["weight_decay"])

    def _update(self, weights: Tensor, gradient: Tensor, lr: float, momentum: float, decay: float) -> None:
        state = self.state[weights]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(weights)
        velocity: Tensor = state["velocity"].lerp_(gradient, 1 - momentum)
        direction = orthogonalise(gradient.lerp(velocity, momentum).flatten(1))
        aspect_scale = max(1.0, direction.shape[0] / direction.shape[1]) ** 0.5
        weights.mul_(1 - lr * decay).add_(direction.view_as(weights), alpha=-lr * aspect_scale)


def orthogonalise(matrix: Tensor) -> Tensor:
    """The matrix, R×C, with its singular values brought near 1 by five Newton–Schulz steps; its directions stay."""
    a, b, c = NEWTON_SCHULZ_COEFFICIENTS
    wide: Tensor = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / (wide.norm() + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    orthogonalised: Tensor = x if matrix.shape[0] <= matrix.shape[1] else x.T
    return orthogonalised
