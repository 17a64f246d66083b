"""A small modern CNN: six 3×3 convolutions, batch-normalised, that keep the picture a picture to the end."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class CNN(nn.Sequential):
    """Three stages of two convolutions, at 28×28, 14×14 and 7×7, with `width`, 2 `width` and 4 `width` channels.

    `channels`, one number a convolution, says otherwise. `outputs` is 10, or 11 to tell as well whether there is a
    digit at all.
    """

    def __init__(self, width: int = 16, channels: Sequence[int] = (), outputs: int = 10) -> None:
        c = tuple(channels) or (width, width, 2 * width, 2 * width, 4 * width, 4 * width)
        super().__init__(
            OrderedDict(
                conv1=convolution(1, c[0]),  # N×1×28×28 → N×16×28×28 (of a width of 16)
                conv2=convolution(c[0], c[1], pool=True),  # → N×16×14×14
                conv3=convolution(c[1], c[2]),  # → N×32×14×14
                conv4=convolution(c[2], c[3], pool=True),  # → N×32×7×7
                conv5=convolution(c[3], c[4]),  # → N×64×7×7
                conv6=convolution(c[4], c[5]),  # → N×64×7×7
                embedding=MaxAndMean(),  # → N×128
                logits=nn.Linear(2 * c[5], outputs),  # → N×10
            )
        )


def convolution(inputs: int, outputs: int, pool: bool = False) -> nn.Sequential:
    """3×3 convolution → 2×2 max pooling, if asked for → batch normalisation → relu.

    Pooling comes before the normalisation, which then has a quarter of the work. The convolution needs no bias of its
    own: the normalisation has one.
    """
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)]
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.BatchNorm2d(outputs), nn.ReLU())


class MaxAndMean(nn.Module):
    """Each channel's strongest and mean answer over the picture: N×C×H×W → N×2C."""

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([maps.amax(dim=(2, 3)), maps.mean(dim=(2, 3))], dim=1)
