"""The networks of `best`, `tiny-600`, `tiny-3k` and `tiny-10k`: every number is used in many places and directions.

A 3×3 convolution from 16 channels to 16 takes 2,304 weights. Parted into one filter a channel and a mixture of channels
at each place (Howard and others, "MobileNets", 2017) it takes 144 + 256; with filters and mixtures that are used in
four directions (turned.py), 36 + 64; in eight, 18 + 32.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from torch import nn

from inkdigits.models.turned import QUARTERS, TurnedFilters, TurnedMixture, TurnedNorm


class TurnedNet(nn.Sequential):
    """784 pixels → convolutions with C channels in each of R directions → RC features → 10.

    In the end `embedding` looks at all four places of each map with a weight for each: here the network learns what is
    above and what is below.
    """

    def __init__(
        self,
        first: int,
        large: tuple[int, ...],
        small: tuple[int, ...],
        directions: int = QUARTERS,
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        """`first` are the 5×5 filters that look at the picture. `large` and `small` have the channels a direction of
        the convolutions on maps of 12×12 and of 6×6; the last of each halves them. `directions` are 4, or 8 with mirror
        images."""
        convolved = partial(turned, directions=directions, activation=activation)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["conv1"] = convolved(1, first, kernel=5, pool=True, border=False)  # N×1×28×28 → N×RC×12×12
        for place, (before, after) in enumerate(pairwise((first, *large, *small)), start=1):
            last = place == len(large + small)
            halves = last or place == len(large)
            layers[f"conv{place + 1}"] = convolved(before, after, pool=halves, border=not last)  # in the end N×RC×2×2
        features = directions * small[-1]
        layers["embedding"] = whole(features, activation)  # → N×RC
        layers["logits"] = nn.Linear(features, 10)  # → N×10
        super().__init__(layers)


def turned(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    pool: bool = False,
    border: bool = True,
    directions: int = QUARTERS,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Filters → mixture (of the picture, which is one channel, only filters) → 2×2 max pooling, if asked for →
    normalisation → activation; as `cnn.convolution`, in four directions or eight."""
    layers: list[nn.Module] = [TurnedFilters(outputs if inputs == 1 else inputs, kernel, border, directions)]
    if inputs > 1:
        layers.append(TurnedMixture(inputs, outputs, directions))
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, TurnedNorm(outputs), activation())


def whole(features: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """One weight for each of the four places of each map: N×F×2×2 → N×F."""
    look = nn.Conv2d(features, features, 2, groups=features, bias=False)
    return nn.Sequential(look, nn.BatchNorm2d(features), activation(), nn.Flatten())
