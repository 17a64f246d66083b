"""From a name to a network, and from a network to its layers' activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from inkdigits.errors import UsageError, known_names
from inkdigits.models.cnn import CNN
from inkdigits.models.detector import DetectorNet
from inkdigits.models.ensemble import build_ensemble
from inkdigits.models.fast import FastNet
from inkdigits.models.instant import InstantNet
from inkdigits.models.mlp import MLP
from inkdigits.models.readernet import ReaderNet
from inkdigits.models.softmax import Softmax
from inkdigits.models.transcriber import TranscriberNet
from inkdigits.models.turnednet import EquivariantNet
from inkdigits.models.views import build_viewing

TaskName = Literal["classification", "detection", "transcription"]


@dataclass(frozen=True)
class Architecture:
    """A kind of network: how it is made, which of the knobs `hidden` and `width` it has, and what it answers.

    `digitness`: its eleventh logit says whether there is a digit at all. `task`: it classifies images of one digit,
    detects digits wherever they stand on a page, or transcribes a strip of a page as a text.
    """

    make: Callable[..., nn.Sequential]
    knobs: tuple[str, ...] = ()
    digitness: bool = False
    task: TaskName = "classification"


ARCHITECTURES: Mapping[str, Architecture] = {
    "softmax": Architecture(Softmax),
    "mlp": Architecture(MLP, knobs=("hidden",)),
    "cnn": Architecture(CNN, knobs=("width",)),
    "fast": Architecture(FastNet),
    "instant": Architecture(InstantNet),
    "reader": Architecture(ReaderNet, digitness=True),
    "detector": Architecture(DetectorNet, task="detection"),
    "transcriber": Architecture(TranscriberNet, task="transcription"),
    "best": Architecture(partial(build_ensemble, 3, partial(EquivariantNet, 8, (24, 32), (48, 64, 64)))),
    "tiny-600": Architecture(
        partial(build_viewing, partial(EquivariantNet, 3, (3, 3), (2,), directions=8, activation=nn.SiLU))
    ),
    "tiny-3k": Architecture(partial(EquivariantNet, 4, (9, 11, 11), (13,))),
    "tiny-10k": Architecture(partial(EquivariantNet, 6, (12, 16), (20, 24, 28))),
}


def build_network(name: str, hidden: int | None = None, width: int | None = None, seed: int = 0) -> nn.Sequential:
    """A fresh network. `hidden` (units) belongs to mlp, `width` (first channels) to cnn; None takes its own default.

    Equal seeds give equal weights, whatever was drawn before. Raises UsageError for a name or a knob it has not.
    """
    if name not in ARCHITECTURES:
        raise UsageError(f"There is no network '{name}'; {known_names(name, ARCHITECTURES)}")
    knobs = {knob: value for knob, value in (("hidden", hidden), ("width", width)) if value is not None}
    unknown = [knob for knob in knobs if knob not in ARCHITECTURES[name].knobs]
    if unknown:
        raise UsageError(f"The network '{name}' has no knob {' or '.join(unknown)}.")
    return build_seeded(partial(ARCHITECTURES[name].make, **knobs), seed)


def build_seeded(make_network: Callable[[], nn.Sequential], seed: int) -> nn.Sequential:
    """What `make_network` makes, with the weights of that seed, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = make_network()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # convolutions are about 1.4 × as fast so on a CPU
    return network


def count_parameters(network: nn.Module) -> int:
    """How many numbers the network learns."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def compute_activations(network: nn.Sequential, images: Tensor) -> dict[str, Tensor]:
    """The output of every named layer for `images` (float32 N×1×28×28), first to last; the last is `logits`."""
    activations: dict[str, Tensor] = {}
    signal = images
    for name, layer in network.named_children():
        signal = activations[name] = layer(signal)
    return activations
