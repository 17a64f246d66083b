"""The training loop: one for every recipe. Read `train` first; the rest of the file is what it calls.

A step draws a batch, takes the loss, follows its gradient, and then calls every callback with the state. Whatever
watches, records or saves a training is such a callback (callbacks.py); the loop knows none of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from inkdigits.data.splits import Split
from inkdigits.models.build import build
from inkdigits.training.batches import Batches, seeded
from inkdigits.training.recipes import Recipe

WARM_UP = 0.25  # share of the one-cycle schedule in which the learning rate rises


@dataclass
class State:
    """All of a training at one moment: what callbacks are given. Setting `stop` ends it after this step."""

    recipe: Recipe
    split: Split
    network: nn.Sequential
    optimizer: torch.optim.Optimizer
    batches: Batches
    total_steps: int
    average: AveragedModel | None = None
    step: int = 0  # steps done
    seconds: float = 0.0  # spent training, over all sittings of a resumed run
    loss: Tensor = field(default_factory=lambda: torch.tensor(math.nan))  # of the last batch, before its step
    logits: Tensor = field(default_factory=lambda: torch.empty(0, 10))  # of the last batch, N×10
    labels: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))  # of the last batch, N
    history: list[dict[str, Any]] = field(default_factory=list)  # the figures recorded so far
    stop: bool = False

    @property
    def epoch(self) -> float:
        """How often every digit was seen."""
        return self.step / self.batches.per_epoch

    @property
    def done(self) -> bool:
        return self.step >= self.total_steps

    @property
    def judged(self) -> nn.Sequential:
        """The network that counts: the average of weights where the recipe keeps one."""
        return self.average.module if self.average is not None else self.network


Callback = Callable[[State], None]


def begin(recipe: Recipe, split: Split, device: torch.device) -> State:
    """A training before its first step: fresh network, fresh optimizer. Equal recipes and data give equal states."""
    network = build(recipe.model, hidden=recipe.hidden, width=recipe.width, seed=recipe.seed).to(device)
    network = network.to(memory_format=torch.channels_last)  # convolutions are about 1.4 × as fast so on a CPU
    batches = Batches(split.train, recipe, device)
    return State(
        recipe=recipe,
        split=split,
        network=network,
        optimizer=optimizer(recipe, network),
        batches=batches,
        total_steps=recipe.total_steps(len(split.train)),
        average=averaged(recipe, network),
    )


def train(state: State, callbacks: Iterable[Callback]) -> State:
    """Take steps until the recipe's last, or until a callback sets `state.stop`."""
    callbacks = list(callbacks)
    started = time.perf_counter() - state.seconds
    state.network.train()
    while not state.done and not state.stop:
        for group in state.optimizer.param_groups:
            group["lr"] = learning_rate(state.recipe, state.step, state.total_steps)
        images, state.labels = state.batches(state.step)
        seeded(state.recipe.seed, state.step)  # whatever a layer draws depends on the seed and the step only
        state.logits = state.network(images)
        state.loss = F.cross_entropy(state.logits, state.labels, label_smoothing=state.recipe.smoothing)
        state.optimizer.zero_grad()
        state.loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        if state.average is not None:
            state.average.update_parameters(state.network)
        state.step += 1
        state.seconds = time.perf_counter() - started
        for callback in callbacks:
            callback(state)
    return state


def learning_rate(recipe: Recipe, step: int, total_steps: int) -> float:
    """The learning rate of a step, counted from 0.

    constant: always the recipe's · onecycle: up in a straight line for a quarter of the run, down along a cosine to 0
    (Smith, "A disciplined approach to neural network hyper-parameters", 2018).
    """
    if recipe.schedule == "constant":
        return recipe.lr
    progress = (step + 1) / total_steps
    if progress < WARM_UP:
        return recipe.lr * progress / WARM_UP
    return recipe.lr * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    """Adam as Flux has it, or AdamW; both in the form that updates all weights in one go."""
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return kinds[recipe.optimizer](network.parameters(), lr=recipe.lr, weight_decay=recipe.decay, fused=True)


def averaged(recipe: Recipe, network: nn.Module) -> AveragedModel | None:
    """A running average of the network's weights and statistics, if the recipe wants one."""
    if recipe.average == 0:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
