"""Adam along the directions in which the gradient varies: for networks so small that all pairs of numbers fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from inkdigits.errors import UsageError

LARGEST = 3_000  # numbers: a matrix of 36 MB, whose directions take a processor seconds to find
EVERY = 20  # steps until the directions are found anew
DAMPING = 1e-4  # of the most varying direction's size: a direction that hardly varies is not followed without bounds
TINY = 1e-12  # in place of 0, where no direction varies


class FullMatrixAdam(torch.optim.Optimizer):
    """Adam divides each number's step by the size of its gradient. This does it along directions that do not depend on
    each other: the eigenvectors of a running mean of g·gᵀ, so that a narrow valley that lies aslant is no obstacle.

    All parameters, D numbers, are taken as one vector; the state is of the order D². Weight decay is decoupled.
    Sources: the full-matrix form in J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods", 2011; Adam in the
    eigenbasis as in N. Vyas and others, "SOAP: Improving and stabilizing Shampoo using Adam", 2024.
    """

    def __init__(
        self, params: Iterable[Any], lr: float, betas: tuple[float, float] = (0.9, 0.999), weight_decay: float = 0.0
    ) -> None:
        """Raises UsageError for more than `LARGEST` numbers."""
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})
        if len(self.param_groups) != 1:
            raise ValueError("all parameters must be in one group")
        self._parameters: list[Tensor] = self.param_groups[0]["params"]
        if (size := sum(each.numel() for each in self._parameters)) > LARGEST:
            raise UsageError(
                f"The optimizer 'full' is for networks of up to {LARGEST:,} numbers; this one has {size:,}, take muon."
            )

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Follow the gradients that the parameters hold."""
        gradient = torch.cat([each.grad.flatten() for each in self._parameters if each.grad is not None])
        direction = self._direction(gradient)
        parts = torch.split(direction, [each.numel() for each in self._parameters])
        lr, decay = self.param_groups[0]["lr"], self.param_groups[0]["weight_decay"]
        for weights, part in zip(self._parameters, parts, strict=True):
            weights.mul_(1 - lr * decay).add_(part.view(weights.shape), alpha=-lr)

    def _direction(self, gradient: Tensor) -> Tensor:
        """Where to go, D: the mean gradient, each direction by its size. All is bias-corrected, as in Adam."""
        short, long = self.param_groups[0]["betas"]
        state: dict[str, Tensor] = self.state[self._parameters[0]]  # of all; kept with the first
        if not state:
            _begin(state, gradient)
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - short)
        state["covariance"].mul_(long).addr_(gradient, gradient, alpha=1 - long)
        if state["step"] % EVERY == 0:
            sizes, directions = torch.linalg.eigh(state["covariance"])
            state["basis"] = directions.contiguous()  # as it comes back from a checkpoint, so that sums round alike
            state["squares"] = sizes.clamp(min=0)
        state["squares"].lerp_((state["basis"].T @ gradient).square(), 1 - long)
        mean = state["basis"].T @ state["mean"] / (1 - short ** state["step"])
        size = (state["squares"] / (1 - long ** state["step"])).sqrt()
        direction: Tensor = state["basis"] @ (mean / (size + DAMPING * size.max() + TINY))
        return direction


def _begin(state: dict[str, Tensor], gradient: Tensor) -> None:
    """The state before the first step; each number is a direction at first."""
    count = len(gradient)
    state["step"] = torch.tensor(0.0)
    state["mean"], state["squares"] = torch.zeros_like(gradient), torch.zeros_like(gradient)
    state["covariance"] = gradient.new_zeros(count, count)
    state["basis"] = torch.eye(count, dtype=gradient.dtype, device=gradient.device)
