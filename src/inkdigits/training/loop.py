"""The training loop: one for every recipe. Read `train` first; the rest of the file is what it calls.

A step draws a batch, takes the loss, follows its gradient, and then calls every callback with the state. Whatever
watches, records or saves a training is such a callback (callbacks.py); the loop knows none of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from inkdigits.data.splits import Split
from inkdigits.models.build import build
from inkdigits.training.batches import seeded
from inkdigits.training.optimizers import averaged, learning_rate, optimizers
from inkdigits.training.recipes import Recipe
from inkdigits.training.tasks import BatchSource, Task, task_of


@dataclass
class State:
    """All of a training at one moment: what callbacks are given. Setting `stop` ends it after this step."""

    recipe: Recipe
    split: Split
    network: nn.Sequential
    optimizers: list[torch.optim.Optimizer]
    task: Task
    batches: BatchSource
    total_steps: int
    average: AveragedModel | None = None
    arithmetic: torch.dtype = torch.float32  # what the network computes in while it learns
    step: int = 0  # steps done
    lr: float = 0.0  # of the last step
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
        return cast(nn.Sequential, self.average.module) if self.average is not None else self.network


Callback = Callable[[State], None]


@dataclass(frozen=True)
class Start:
    """What a training goes on from that is not to begin anew: the weights of a network of the recipe's kind, and things
    that are no digits, uint8 N×28×28, which the recipe would else have made anew (it takes fonts)."""

    weights: Mapping[str, Tensor]
    nondigits: NDArray[np.uint8] | None = None


def begin(recipe: Recipe, split: Split, device: torch.device, start: Start | None = None) -> State:
    """A training before its first step: fresh network, or the one it is to start from, and fresh optimizers.

    Equal recipes, data and starts give equal states.
    """
    network = build(recipe.model, hidden=recipe.hidden, width=recipe.width, seed=recipe.seed).to(device)
    if start is not None:
        network.load_state_dict(start.weights)
    batches = task_of(recipe).batches(split.train, recipe, device, None if start is None else start.nondigits)
    return ready(recipe, split, network, batches, device)


def ready(recipe: Recipe, split: Split, network: nn.Sequential, batches: BatchSource, device: torch.device) -> State:
    """The training of any network by any batches, with all else as the recipe has it, before its first step."""
    return State(
        recipe=recipe,
        split=split,
        network=network,
        task=task_of(recipe),
        optimizers=optimizers(recipe, network),
        batches=batches,
        total_steps=recipe.total_steps(len(split.train)),
        average=averaged(recipe, network),
        arithmetic=arithmetic(recipe, device),
    )


def arithmetic(recipe: Recipe, device: torch.device) -> torch.dtype:
    """bfloat16 where the recipe wants it and the device computes with it, else float32.

    A processor that has none imitates it, which is many times slower than float32.
    """
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if recipe.precision == "bfloat16" and native else torch.float32


def train(state: State, callbacks: Iterable[Callback]) -> State:
    """Take steps until the recipe's last, or until a callback sets `state.stop`."""
    callbacks = list(callbacks)
    started = time.perf_counter() - state.seconds
    state.network.train()
    while not state.done and not state.stop:
        state.lr = learning_rate(state.recipe, state.step, state.total_steps)
        inputs, targets = state.batches(state.step)
        seeded(state.recipe.seed, state.step)  # whatever a layer draws depends on the seed and the step only
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=state.arithmetic == torch.bfloat16):
            outputs = state.network(inputs).float()
        state.loss, state.logits, state.labels = state.task.loss(outputs, targets, state.recipe)
        state.network.zero_grad()
        state.loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in state.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = state.lr * group["share"]
            optimizer.step()
        if state.average is not None:
            state.average.update_parameters(state.network)
        state.step += 1
        state.seconds = time.perf_counter() - started
        for callback in callbacks:
            callback(state)
    return state
