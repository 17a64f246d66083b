"""The networks of `best`, `tiny-600`, `tiny-3k` and `tiny-10k`: every number is used in many places and directions.

A 3×3 convolution from 16 channels to 16 takes 2,304 weights. Parted into one filter a channel and a mixture of channels
at each place (Howard and others, "MobileNets", 2017) it takes 144 + 256; with filters and mixtures that are used in
four directions (equivariant.py), 36 + 64; in eight, 18 + 32.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from torch import nn

from inkdigits.models.turned import (
    QUARTER_TURNS,
    EquivariantBatchNorm,
    EquivariantDepthwiseConv,
    EquivariantPointwiseConv,
)


class EquivariantNet(nn.Sequential):
    """784 pixels → convolutions with C channels in each of R directions → RC features → 10.

    In the end `embedding` looks at all four places of each map with a weight for each: here the network learns what is
    above and what is below.
    """

    def __init__(
        self,
        stem_channels: int,
        channels_12x12: tuple[int, ...],
        channels_6x6: tuple[int, ...],
        directions: int = QUARTER_TURNS,
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        """`stem_channels` are the 5×5 filters that look at the picture. `channels_12x12` and `channels_6x6` have the
        channels a direction of the convolutions on maps of that size; the last of each halves them. `directions` are 4,
        or 8 with mirror images."""
        build_block = partial(equivariant_block, directions=directions, activation=activation)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["conv1"] = build_block(1, stem_channels, kernel=5, pool=True, border=False)  # N×1×28×28 → N×RC×12×12
        for index, (in_channels, out_channels) in enumerate(
            pairwise((stem_channels, *channels_12x12, *channels_6x6)), start=1
        ):
            is_last = index == len(channels_12x12 + channels_6x6)
            pools = is_last or index == len(channels_12x12)
            layers[f"conv{index + 1}"] = build_block(
                in_channels, out_channels, pool=pools, border=not is_last
            )  # in the end N×RC×2×2
        features = directions * channels_6x6[-1]
        layers["embedding"] = embedding_block(features, activation)  # → N×RC
        layers["logits"] = nn.Linear(features, 10)  # → N×10
        super().__init__(layers)


def equivariant_block(
    in_channels: int,
    out_channels: int,
    kernel: int = 3,
    pool: bool = False,
    border: bool = True,
    directions: int = QUARTER_TURNS,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Filters → mixture (of the picture, which is one channel, only filters) → 2×2 max pooling, if asked for →
    normalisation → activation; as `cnn.conv_block`, in four directions or eight."""
    layers: list[nn.Module] = [
        EquivariantDepthwiseConv(out_channels if in_channels == 1 else in_channels, kernel, border, directions)
    ]
    if in_channels > 1:
        layers.append(EquivariantPointwiseConv(in_channels, out_channels, directions))
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, EquivariantBatchNorm(out_channels), activation())


def embedding_block(features: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """One weight for each of the four places of each map: N×F×2×2 → N×F."""
    depthwise_conv = nn.Conv2d(features, features, 2, groups=features, bias=False)
    return nn.Sequential(depthwise_conv, nn.BatchNorm2d(features), activation(), nn.Flatten())
