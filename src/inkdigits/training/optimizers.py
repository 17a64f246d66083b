"""From a recipe to what moves the weights: optimizers, the learning rate of every step, a running average."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from inkdigits.training.muon import Muon
from inkdigits.training.recipes import Recipe

WARM_UP = 0.2  # share of the one-cycle schedule in which the learning rate rises
MUON_SHARE = 8.0  # Muon's learning rate, as a multiple of the recipe's, which is meant for Adam


def optimizers(recipe: Recipe, network: nn.Module) -> list[torch.optim.Optimizer]:
    """What the recipe wants; every group of weights has a `share`, by which it multiplies the recipe's learning rate.

    adam: Adam as Flux has it · adamw: AdamW, which lets weights decay but not biases and normalisations · muon: Muon
    for convolutions between channels but the last, which gives the answers; AdamW without decay for all else.
    """
    weights = [each for each in network.parameters() if each.ndim > 1]
    vectors = [each for each in network.parameters() if each.ndim <= 1]
    if recipe.optimizer == "adam":
        return [torch.optim.Adam(_groups(network.parameters()), lr=recipe.lr, weight_decay=recipe.decay, fused=True)]
    if recipe.optimizer == "adamw":
        groups = _groups(weights) + _groups(vectors, weight_decay=0.0)
        return [torch.optim.AdamW(groups, lr=recipe.lr, weight_decay=recipe.decay, fused=True)]
    last = list(list(network.children())[-1].parameters())
    hidden = [
        each for each in weights if each.ndim == 4 and each.shape[1] > 1 and all(each is not other for other in last)
    ]
    rest = [each for each in network.parameters() if all(each is not other for other in hidden)]
    return [
        Muon(_groups(hidden, share=MUON_SHARE), lr=recipe.lr, weight_decay=recipe.decay),
        torch.optim.AdamW(_groups(rest), lr=recipe.lr, weight_decay=0.0, betas=(0.9, 0.99), fused=True),
    ]


def _groups(parameters: Iterable[Tensor], share: float = 1.0, **settings: float) -> list[dict[str, Any]]:
    """Parameters as one group, or none where there are none."""
    together = list(parameters)
    return [{"params": together, "share": share, **settings}] if together else []


def learning_rate(recipe: Recipe, step: int, total_steps: int) -> float:
    """The learning rate of a step, counted from 0.

    constant: always the recipe's · onecycle: up in a straight line for a fifth of the run, down along a cosine to 0
    (Smith, "A disciplined approach to neural network hyper-parameters", 2018).
    """
    if recipe.schedule == "constant":
        return recipe.lr
    progress = (step + 1) / total_steps
    if progress < WARM_UP:
        return recipe.lr * progress / WARM_UP
    return recipe.lr * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def averaged(recipe: Recipe, network: nn.Module) -> AveragedModel | None:
    """A running average of the network's weights and statistics, if the recipe wants one."""
    if recipe.average == 0:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)  # type: ignore[no-untyped-call]
