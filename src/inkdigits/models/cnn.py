"""A small modern CNN: six 3×3 convolutions, batch-normalised, that keep the picture a picture to the end."""

from collections import OrderedDict

import torch
from torch import Tensor, nn


class CNN(nn.Sequential):
    """Three stages of two convolutions at 28×28, 14×14 and 7×7; channels `width`, 2 `width`, 4 `width`."""

    def __init__(self, width: int = 16) -> None:
        one, two, four = width, 2 * width, 4 * width
        super().__init__(
            OrderedDict(
                conv1=convolution(1, one),  # N×1×28×28 → N×16×28×28
                conv2=convolution(one, one, pool=True),  # → N×16×14×14
                conv3=convolution(one, two),  # → N×32×14×14
                conv4=convolution(two, two, pool=True),  # → N×32×7×7
                conv5=convolution(two, four),  # → N×64×7×7
                conv6=convolution(four, four),  # → N×64×7×7
                embedding=MaxAndMean(),  # → N×128
                logits=nn.Linear(2 * four, 10),  # → N×10
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
