"""Layers whose filters are used four times, turned by 0, 90, 180 and 270 degrees, and stored once.

A stroke that runs down and one that runs across are found by one filter. Maps come in four directions: of 4C channels
the first C see the picture with the filters as they are, the next C with the filters turned by a quarter, and so on.
After Cohen and Welling, "Group equivariant convolutional networks", 2016: turn the picture, and the maps turn and
change places, but say the same.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

DIRECTIONS = 4
MOMENTUM, EPSILON = 0.1, 1e-5  # as nn.BatchNorm2d has them


class TurnedFilters(nn.Conv2d):
    """One `kernel`×`kernel` filter a channel in four directions: N×1×H×W or N×4C×H×W → N×4C×H×W.

    Of the picture, all filters look at the one channel there is; later each looks at a channel of its own. Without a
    `border` of zeros the maps lose `kernel` − 1 pixels.
    """

    def __init__(self, channels: int, kernel: int, border: bool = True) -> None:
        padding = kernel // 2 if border else 0
        super().__init__(channels, channels, kernel, padding=padding, groups=channels, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        turned = [self.weight.rot90(quarters, (2, 3)) for quarters in range(DIRECTIONS)]
        return _convolved(maps, turned, self.bias, padding=self.padding, groups=maps.shape[1])  # filters 4C×1×k×k


class TurnedMixture(nn.Conv2d):
    """Mixes all channels of all directions at each place: N×4C×H×W → N×4D×H×W.

    The next direction mixes with the same weights, counted on from itself.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(DIRECTIONS * inputs, outputs, 1, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        apart = self.weight.view(len(self.weight), DIRECTIONS, -1, 1, 1)  # D×4×C×1×1
        turned = [apart.roll(quarters, 1).flatten(1, 2) for quarters in range(DIRECTIONS)]
        return _convolved(maps, turned, self.bias)  # weights 4D×4C×1×1


class TurnedNorm(nn.Module):
    """Batch normalisation that takes the four directions of a channel as one, with a shift and no scale of its own.

    What follows can scale by itself; and all scales being positive, `models/fold.py` can always fold them away.
    (nn.BatchNorm2d would do for maps laid out otherwise, and take ten times as long.)
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        if not self.training:
            return _scaled(maps, *self.affine())
        normal, mean, variance = _Normalised.apply(maps, self.bias)  # type: ignore[no-untyped-call]
        self.running_mean.lerp_(mean, MOMENTUM)
        self.running_var.lerp_(variance, MOMENTUM)
        return cast(Tensor, normal)

    def affine(self) -> tuple[Tensor, Tensor]:
        """What it multiplies by and what it adds when it does not learn: C and C numbers."""
        return _affine(self.running_mean, self.running_var, self.bias)


class _Normalised(torch.autograd.Function):
    """Maps N×4C×H×W, of a batch, and a shift C → the maps normalised and shifted, their mean C, their variance C.

    The derivative is written out (Ioffe and Szegedy, "Batch normalization", 2015): the one that PyTorch would find
    makes so many copies of the maps that a training takes a fifth longer.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        places = _places(maps).float()
        mean, square = (each.mean(0).view(DIRECTIONS, -1).mean(0) for each in (places, places * places))
        variance = square - mean * mean
        scale, shift = _affine(mean, variance, bias)
        ctx.save_for_backward(maps, mean, scale)
        ctx.mark_non_differentiable(mean, variance)
        return _scaled(maps, scale, shift), mean, variance

    @staticmethod
    def backward(ctx: Any, slope: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
        maps, mean, scale = ctx.saved_tensors
        count = maps.numel() // len(mean)
        summed, crossed = (_places(each).sum(0).float().view(DIRECTIONS, -1).sum(0) for each in (slope, slope * maps))
        of_maps = -(scale**3) * (crossed - mean * summed) / count
        of_all = -scale * summed / count - of_maps * mean
        return torch.addcmul(_scaled(maps, of_maps, of_all), slope, _wide(scale, maps)), summed


def _affine(mean: Tensor, variance: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """What normalising multiplies by, and what it adds: C and C numbers."""
    scale = (variance + EPSILON).rsqrt()
    return scale, bias - mean * scale


def _scaled(maps: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Scale and shift each channel, in all directions alike."""
    return torch.addcmul(_wide(shift, maps), maps, _wide(scale, maps))


def _wide(each: Tensor, maps: Tensor) -> Tensor:
    """One number a channel, C, as the maps N×4C×H×W can be multiplied by it: 4C×1×1."""
    return each.repeat(DIRECTIONS)[:, None, None].to(maps.dtype)


def _places(maps: Tensor) -> Tensor:
    """N×4C×H×W → NHW×4C, without a copy where channels are last."""
    return maps.permute(0, 2, 3, 1).flatten(0, 2)


def _convolved(maps: Tensor, turned: list[Tensor], bias: Tensor | None, **settings: Any) -> Tensor:
    """Convolve with the weights of all four directions, one after another; they share the bias."""
    weights = torch.cat(turned).clone(memory_format=torch.channels_last)  # `contiguous` leaves one channel as it is
    every = None if bias is None else bias.repeat(DIRECTIONS)
    return functional.conv2d(maps, weights, every, **settings)
