"""Newton's method for a network's last layer, where one step goes as far as Adam comes in thousands."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

EVEN_CURVATURE = 0.1  # of the cross-entropy in a logit where ten digits are equally likely
MIN_DAMPING = 1e-6  # share of the mean curvature; features that are always 0 have none of their own


class LastLayerNewton(torch.optim.Optimizer):
    """Newton's method for a dense layer of ten logits under cross-entropy, its inputs being taken as given.

    The curvature is the mean of the inputs' products with each other, times what it is where all digits are equally
    likely. So the first step from weights of zero is the closed-form answer of ridge regression to digits as
    0.9 and −0.1, whose ridge is `weight_decay`. Curvature adds up over the steps: each later batch corrects the answer
    by its share, as recursive least squares do. It is measured whenever the layer is called in training mode.
    """

    def __init__(self, layer: nn.Linear, lr: float, weight_decay: float) -> None:
        groups: list[dict[str, Any]] = [{"params": [layer.weight, layer.bias], "lr_scale": 1.0}]
        super().__init__(groups, {"lr": lr, "weight_decay": weight_decay})
        self.layer = layer
        layer.register_forward_pre_hook(self._add_curvature)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Follow the gradient as far as the curvature of all batches until now lets it."""
        weight, bias = self.layer.weight, self.layer.bias
        if weight.grad is None or bias.grad is None:
            return
        group = self.param_groups[0]
        curvature: Tensor = self.state[weight]["curvature"]
        damping = group["weight_decay"] + MIN_DAMPING * curvature.diagonal().mean()
        factor = torch.linalg.cholesky(curvature + damping * torch.eye(len(curvature), device=curvature.device))
        gradient = torch.cat([weight.grad, bias.grad[:, None]], dim=1)  # 10×(D+1)
        direction = torch.cholesky_solve(gradient.T, factor).T
        weight.sub_(direction[:, :-1], alpha=group["lr"])
        bias.sub_(direction[:, -1], alpha=group["lr"])

    @torch.no_grad()
    def _add_curvature(self, layer: nn.Module, inputs: tuple[Tensor]) -> None:
        """Add that of a batch of inputs, N×D, and of the 1 that the bias is multiplied by: (D+1)×(D+1)."""
        if layer.training:
            features = nn.functional.pad(inputs[0].float(), (0, 1), value=1.0)
            curvature = EVEN_CURVATURE / len(features) * (features.T @ features)
            state = self.state[self.layer.weight]
            state["curvature"] = state["curvature"] + curvature if "curvature" in state else curvature
