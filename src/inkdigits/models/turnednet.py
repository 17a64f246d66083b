"""The networks of `best`, `tiny-600`, `tiny-3k` and `tiny-10k`: every number is used in many places and directions.

A 3×3 convolution from 16 channels to 16 takes 2,304 weights. Parted into one filter a channel and a mixture of channels
at each place (Howard and others, "MobileNets", 2017) it takes 144 + 256; with filters and mixtures that are used in
four directions (turned.py), 36 + 64.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

from torch import nn

from inkdigits.models.turned import DIRECTIONS, TurnedFilters, TurnedMixture, TurnedNorm


class TurnedNet(nn.Sequential):
    """784 pixels → convolutions with C channels in each of four directions → 4C features → 10.

    In the end `embedding` looks at all four places of each map with a weight for each: here the network learns what is
    above and what is below.
    """

    def __init__(self, kernel: int, first: int, large: tuple[int, ...], small: tuple[int, ...]) -> None:
        """`kernel` is the side of the `first` filters. `large` and `small` have the channels a direction of the
        convolutions on maps of 12×12 (13×13 after a first kernel of 3) and of 6×6; the last of each halves them."""
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["conv1"] = turned(1, first, kernel, pool=True, border=False)  # N×1×28×28 → N×4C×12×12
        for place, (before, after) in enumerate(pairwise((first, *large, *small)), start=1):
            last = place == len(large + small)
            halves = last or place == len(large)
            layers[f"conv{place + 1}"] = turned(before, after, pool=halves, border=not last)  # in the end N×4C×2×2
        features = DIRECTIONS * small[-1]
        layers["embedding"] = whole(features)  # → N×4C
        layers["logits"] = nn.Linear(features, 10)  # → N×10
        super().__init__(layers)


def turned(inputs: int, outputs: int, kernel: int = 3, pool: bool = False, border: bool = True) -> nn.Sequential:
    """Filters → mixture (of the picture, which is one channel, only filters) → 2×2 max pooling, if asked for →
    normalisation → relu; as `cnn.convolution`, in four directions."""
    layers: list[nn.Module] = [TurnedFilters(outputs if inputs == 1 else inputs, kernel, border)]
    if inputs > 1:
        layers.append(TurnedMixture(inputs, outputs))
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, TurnedNorm(outputs), nn.ReLU())


def whole(features: int) -> nn.Sequential:
    """One weight for each of the four places of each map: N×F×2×2 → N×F."""
    look = nn.Conv2d(features, features, 2, groups=features, bias=False)
    return nn.Sequential(look, nn.BatchNorm2d(features), nn.ReLU(), nn.Flatten())
