"""A small modern CNN: five convolutions, batch-normalised, that keep the picture a picture to the end."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional


class CNN(nn.Sequential):
    """One convolution at 28×28, two at 14×14, two at 7×7, with `width`, 2, 3, 4 and 4 times `width` channels."""

    def __init__(self, width: int = 16) -> None:
        super().__init__(
            OrderedDict(
                conv1=conv_block(1, width, kernel=5, pool=True),  # N×1×28×28 → N×16×14×14 (of a width of 16)
                conv2=conv_block(width, 2 * width),  # → N×32×14×14
                conv3=conv_block(2 * width, 3 * width, pool=True),  # → N×48×7×7
                conv4=conv_block(3 * width, 4 * width),  # → N×64×7×7
                conv5=conv_block(4 * width, 4 * width),  # → N×64×7×7
                embedding=MaxAndMeanPool(),  # → N×128
                logits=nn.Linear(8 * width, 10),  # → N×10
            )
        )


def conv_block(
    in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, pool: bool = False
) -> nn.Sequential:
    """`kernel`×`kernel` convolution → 2×2 max pooling, if asked for → batch normalisation → relu.

    Its maps are as large as what comes in, divided by `stride`, and by 2 where it pools. Pooling comes before the
    normalisation, which then has a quarter of the work. The convolution needs no bias of its own: the normalisation
    has one.
    """
    layers: list[nn.Module] = [nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False)]
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.BatchNorm2d(out_channels), nn.ReLU())


class MaxAndMeanPool(nn.Module):
    """Each channel's strongest and mean answer over the picture: N×C×H×W → N×2C."""

    def forward(self, maps: Tensor) -> Tensor:
        size = maps.shape[2:]
        pooled = [functional.max_pool2d(maps, size), functional.avg_pool2d(maps, size)]  # quicker than amax and mean
        return torch.cat(pooled, dim=1).flatten(1)
