"""From a recipe to its optimizers, the learning rate of each step, and the moving average of the weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from inkdigits.errors import UsageError
from inkdigits.training.muon import Muon
from inkdigits.training.newton import LastLayerNewton
from inkdigits.training.recipe import Recipe

WARM_UP_SHARE = 0.2  # share of the one-cycle schedule in which the learning rate rises
MUON_LR_SCALE = 8.0  # Muon's learning rate, as a multiple of the recipe's, which is meant for Adam


def build_optimizers(recipe: Recipe, network: nn.Module) -> list[torch.optim.Optimizer]:
    """The optimizers that a recipe asks for; each parameter group's `lr_scale` multiplies its learning rate.

    adam: Adam as in Flux · adamw: AdamW, which lets weights decay but not biases and normalisations · muon: Muon
    for convolutions between channels but the last, which gives the answers; AdamW without decay for all else ·
    newton: Newton's method for the last layer; all else stays as it is. Raises UsageError where that is not dense.
    """
    if recipe.optimizer == "newton":
        last_layer = list(network.children())[-1]
        if not isinstance(last_layer, nn.Linear):
            raise UsageError(
                f"The optimizer newton is for networks whose last layer is dense; '{recipe.model}' has another, "
                "choose a different --optimizer."
            )
        return [LastLayerNewton(last_layer, lr=recipe.lr, weight_decay=recipe.decay)]
    matrices = [each for each in network.parameters() if each.ndim > 1]
    vectors = [each for each in network.parameters() if each.ndim <= 1]
    if recipe.optimizer == "adam":
        return [
            torch.optim.Adam(_make_groups(network.parameters()), lr=recipe.lr, weight_decay=recipe.decay, fused=True)
        ]
    if recipe.optimizer == "adamw":
        groups = _make_groups(matrices) + _make_groups(vectors, weight_decay=0.0)
        return [torch.optim.AdamW(groups, lr=recipe.lr, weight_decay=recipe.decay, fused=True)]
    output_parameters = list(list(network.children())[-1].parameters())
    hidden_kernels = [
        each
        for each in matrices
        if each.ndim == 4 and each.shape[1] > 1 and all(each is not other for other in output_parameters)
    ]
    other_parameters = [each for each in network.parameters() if all(each is not other for other in hidden_kernels)]
    return [
        Muon(_make_groups(hidden_kernels, lr_scale=MUON_LR_SCALE), lr=recipe.lr, weight_decay=recipe.decay),
        torch.optim.AdamW(
            _make_groups(other_parameters), lr=recipe.lr, weight_decay=0.0, betas=(0.9, 0.99), fused=True
        ),
    ]


def _make_groups(parameters: Iterable[Tensor], lr_scale: float = 1.0, **settings: float) -> list[dict[str, Any]]:
    """Parameters as one group, or none where there are none."""
    parameter_list = list(parameters)
    return [{"params": parameter_list, "lr_scale": lr_scale, **settings}] if parameter_list else []


def compute_learning_rate(recipe: Recipe, step: int, total_steps: int) -> float:
    """The learning rate of a step, counted from 0.

    constant: always the recipe's · onecycle: up in a straight line for a fifth of the run, down along a cosine to 0
    (Smith, "A disciplined approach to neural network hyper-parameters", 2018).
    """
    if recipe.schedule == "constant":
        return recipe.lr
    progress = (step + 1) / total_steps
    if progress < WARM_UP_SHARE:
        return recipe.lr * progress / WARM_UP_SHARE
    return recipe.lr * (1 + math.cos(math.pi * (progress - WARM_UP_SHARE) / (1 - WARM_UP_SHARE))) / 2


def build_ema(recipe: Recipe, network: nn.Module) -> AveragedModel | None:
    """An exponential moving average of the weights and buffers, if the recipe asks for one."""
    if recipe.average == 0:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)  # type: ignore[no-untyped-call]
