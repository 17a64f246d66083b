"""The network of one second: filters drawn at random, which stay as they are, and a last layer to be solved for."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

FILTERS, FILTER_SIDE = 48, 7


class InstantNet(nn.Sequential):
    """784 pixels → 48 random filters, at every other place → how strongly each answers in 4×4 regions → 10.

    Only the last layer learns. It begins at zero, so that all digits are equally likely at first. That such features do
    nearly as well as learnt ones: Saxe and others, "On random weights and unsupervised feature learning", 2011.
    """

    def __init__(self, points: int = 4) -> None:
        """`points` as in `draw_random_filters`."""
        filters, logits = draw_random_filters(points), nn.Linear(16 * FILTERS, 10)
        nn.init.zeros_(logits.weight)
        nn.init.zeros_(logits.bias)
        super().__init__(
            OrderedDict(
                conv1=nn.Sequential(filters, nn.ReLU()),  # N×1×28×28 → N×48×14×14
                embedding=RootMeanPool(),  # → N×768
                logits=logits,  # → N×10
            )
        )


def draw_random_filters(points: int) -> nn.Conv2d:
    """Filters of 7×7 pixels with mean 0 and length 1, which do not learn: `points`×`points` random numbers, and what
    is between them. With 7 all pixels are independent; with fewer the filters are smooth, as strokes are."""
    convolution = nn.Conv2d(1, FILTERS, FILTER_SIDE, stride=2, padding=FILTER_SIDE // 2, bias=False)
    values = torch.randn(FILTERS, 1, points, points)
    filters = functional.interpolate(values, (FILTER_SIDE, FILTER_SIDE), mode="bicubic", align_corners=True)
    filters -= filters.mean(dim=(2, 3), keepdim=True)
    convolution.weight = nn.Parameter(filters / filters.norm(dim=(2, 3), keepdim=True), requires_grad=False)
    return convolution


class RootMeanPool(nn.Module):
    """The square root of each channel's mean in 4×4 overlapping regions, float32 N×C×14×14 → N×16C; none is below 0.

    The root brings faint answers nearer to strong ones.
    """

    def forward(self, maps: Tensor) -> Tensor:
        return functional.avg_pool2d(maps, 5, stride=3).sqrt().flatten(1)
