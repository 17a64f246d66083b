"""The training loop: one for every recipe. Read `train` first; the rest of the file is what it calls.

A step draws a batch, computes the loss, follows its gradient, and then calls every callback with the state. Recording
metrics and saving checkpoints are callbacks too (callbacks.py); the loop knows nothing about them.
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
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from inkdigits.data.sets.splits import Split
from inkdigits.models.build import build_network
from inkdigits.reading.networks.session import WEIGHTS_FOLDER
from inkdigits.training.batches import seed_generator
from inkdigits.training.optimizers import build_ema, build_optimizers, compute_learning_rate
from inkdigits.training.recipe import Recipe
from inkdigits.training.tasks import BatchSource, Task, get_task


@dataclass
class State:
    """The state of a training, as callbacks get it. Setting `stop` ends the training after the current step."""

    recipe: Recipe
    split: Split
    network: nn.Sequential
    optimizers: list[torch.optim.Optimizer]
    task: Task
    batches: BatchSource
    total_steps: int
    ema: AveragedModel | None = None
    compute_dtype: torch.dtype = torch.float32  # of the forward pass while training
    step: int = 0  # steps done
    lr: float = 0.0  # of the last step
    seconds: float = 0.0  # spent training, including the time before a resume
    loss: Tensor = field(default_factory=lambda: torch.tensor(math.nan))  # of the last batch, before its step
    logits: Tensor = field(default_factory=lambda: torch.empty(0, 10))  # of the last batch, N×10
    labels: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))  # of the last batch, N
    history: list[dict[str, Any]] = field(default_factory=list)  # the metrics recorded so far
    stop: bool = False

    @property
    def epoch(self) -> float:
        """Epochs done: how often each digit has been seen."""
        return self.step / self.batches.batches_per_epoch

    @property
    def is_done(self) -> bool:
        return self.step >= self.total_steps

    @property
    def eval_network(self) -> nn.Sequential:
        """The network to evaluate and save: the averaged weights if the recipe keeps an average."""
        return cast(nn.Sequential, self.ema.module) if self.ema is not None else self.network


Callback = Callable[[State], None]


@dataclass(frozen=True)
class WarmStart:
    """What a training starts from instead of fresh weights: the weights of the recipe's network, and non-digits, uint8
    N×28×28, which would otherwise be rendered (that needs fonts)."""

    weights: Mapping[str, Tensor]
    nondigits: NDArray[np.uint8] | None = None


def create_state(recipe: Recipe, split: Split, device: torch.device, warm_start: WarmStart | None = None) -> State:
    """The state before the first step: a fresh network, or the one to start from, and fresh optimizers.

    Equal recipes, data and warm starts give equal states.
    """
    network = build_network(recipe.model, hidden=recipe.hidden, width=recipe.width, seed=recipe.seed).to(device)
    if recipe.start is not None:
        network.load_state_dict(load_packaged_layers(recipe.start, network), strict=False)
    if warm_start is not None:
        network.load_state_dict(warm_start.weights)
    batches = get_task(recipe).batches(
        split.train, recipe, device, None if warm_start is None else warm_start.nondigits
    )
    return assemble_state(recipe, split, network, batches, device)


def load_packaged_layers(name: str, network: nn.Sequential) -> dict[str, Tensor]:
    """The weights of a packaged network, of those layers that `network` has as well."""
    weights: dict[str, Tensor] = load_file(WEIGHTS_FOLDER / f"{name}.safetensors")
    own = network.state_dict()
    return {key: value for key, value in weights.items() if key in own}


def assemble_state(
    recipe: Recipe, split: Split, network: nn.Sequential, batches: BatchSource, device: torch.device
) -> State:
    """The state before the first step for any network and any batches; all else comes from the recipe."""
    return State(
        recipe=recipe,
        split=split,
        network=network,
        task=get_task(recipe),
        optimizers=build_optimizers(recipe, network),
        batches=batches,
        total_steps=recipe.count_steps(len(split.train)),
        ema=build_ema(recipe, network),
        compute_dtype=pick_compute_dtype(recipe, device),
    )


def pick_compute_dtype(recipe: Recipe, device: torch.device) -> torch.dtype:
    """bfloat16 if the recipe asks for it and the device supports it natively, else float32.

    Without native support bfloat16 is emulated, many times slower than float32.
    """
    if device.type == "cuda":
        is_native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        is_native = device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if recipe.precision == "bfloat16" and is_native else torch.float32


def train(state: State, callbacks: Iterable[Callback]) -> State:
    """Train until the recipe's last step, or until a callback sets `state.stop`."""
    callbacks = list(callbacks)
    start_time = time.perf_counter() - state.seconds
    state.network.train()
    while not state.is_done and not state.stop:
        state.lr = compute_learning_rate(state.recipe, state.step, state.total_steps)
        inputs, targets = state.batches(state.step)
        seed_generator(state.recipe.seed, state.step)  # random layers depend on the seed and the step only
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=state.compute_dtype == torch.bfloat16):
            outputs = state.network(inputs).float()
        state.loss, state.logits, state.labels = state.task.loss(outputs, targets, state.recipe)
        state.network.zero_grad()
        state.loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in state.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = state.lr * group["lr_scale"]
            optimizer.step()
        if state.ema is not None:
            state.ema.update_parameters(state.network)
        state.step += 1
        state.seconds = time.perf_counter() - start_time
        for callback in callbacks:
            callback(state)
    return state
