"""Layers whose filters are used four times, turned by 0, 90, 180 and 270 degrees, and stored once; or eight times, with
their mirror images as well.

A stroke that runs down and one that runs across are found by one filter. Maps come in R directions, four or eight: of
RC channels the first C see the picture with the filters as they are, the next C with the filters turned by a quarter,
and so on; after four, with the mirrored ones in the same way. After Cohen and Welling, "Group equivariant convolutional
networks", 2016: turn or mirror the picture, and the maps do the same and change places, but say the same.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

QUARTERS = 4
MOMENTUM, EPSILON = 0.1, 1e-5  # as nn.BatchNorm2d has them


class TurnedFilters(nn.Conv2d):
    """One `kernel`×`kernel` filter a channel in R `directions`: N×1×H×W or N×RC×H×W → N×RC×H×W.

    Of the picture, all filters look at the one channel there is; later each looks at a channel of its own. Without a
    `border` of zeros the maps lose `kernel` − 1 pixels.
    """

    def __init__(self, channels: int, kernel: int, border: bool = True, directions: int = QUARTERS) -> None:
        padding = kernel // 2 if border else 0
        super().__init__(channels, channels, kernel, padding=padding, groups=channels, bias=False)
        self.sides = directions // QUARTERS  # 2: mirrored as well

    def forward(self, maps: Tensor) -> Tensor:
        sides = [self.weight] if self.sides == 1 else [self.weight, self.weight.flip(3)]
        turned = [side.rot90(quarters, (2, 3)) for side in sides for quarters in range(QUARTERS)]
        return _convolved(maps, turned, self.bias, padding=self.padding, groups=maps.shape[1])  # filters RC×1×k×k


class TurnedMixture(nn.Conv2d):
    """Mixes all channels of all R `directions` at each place: N×RC×H×W → N×RD×H×W.

    The next direction mixes with the same weights, counted on from itself; a mirrored one counts the other way round.
    """

    def __init__(self, inputs: int, outputs: int, directions: int = QUARTERS) -> None:
        super().__init__(directions * inputs, outputs, 1, bias=False)
        self.sides = directions // QUARTERS

    def forward(self, maps: Tensor) -> Tensor:
        apart = self.weight.view(len(self.weight), self.sides, QUARTERS, -1, 1, 1)  # D×sides×4×C×1×1
        sides = [apart] if self.sides == 1 else [apart, apart.flip((1, 2)).roll(1, 2)]
        turned = [side.roll(quarters, 2).flatten(1, 3) for side in sides for quarters in range(QUARTERS)]
        return _convolved(maps, turned, self.bias)  # weights RD×RC×1×1


class TurnedNorm(nn.Module):
    """Batch normalisation that takes all directions of a channel as one, with a shift and no scale of its own.

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
    """Maps N×RC×H×W, of a batch, and a shift C → the maps normalised and shifted, their mean C, their variance C.

    The derivative is written out (Ioffe and Szegedy, "Batch normalization", 2015): the one that PyTorch would find
    makes so many copies of the maps that a training takes a fifth longer.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        places = _places(maps).float()
        mean, square = (each.mean(0).view(-1, len(bias)).mean(0) for each in (places, places * places))
        variance = square - mean * mean
        scale, shift = _affine(mean, variance, bias)
        ctx.save_for_backward(maps, mean, scale)
        ctx.mark_non_differentiable(mean, variance)
        return _scaled(maps, scale, shift), mean, variance

    @staticmethod
    def backward(ctx: Any, slope: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
        maps, mean, scale = ctx.saved_tensors
        count = maps.numel() // len(mean)
        of_each = (_places(each).sum(0).float() for each in (slope, slope * maps))  # RC numbers
        summed, crossed = (each.view(-1, len(mean)).sum(0) for each in of_each)
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
    """One number a channel, C, as the maps N×RC×H×W can be multiplied by it: RC×1×1."""
    return each.repeat(maps.shape[1] // len(each))[:, None, None].to(maps.dtype)


def _places(maps: Tensor) -> Tensor:
    """N×RC×H×W → NHW×RC, without a copy where channels are last."""
    return maps.permute(0, 2, 3, 1).flatten(0, 2)


def _convolved(maps: Tensor, turned: list[Tensor], bias: Tensor | None, **settings: Any) -> Tensor:
    """Convolve with the weights of all directions, one after another; they share the bias."""
    weights = torch.cat(turned).clone(memory_format=torch.channels_last)  # `contiguous` leaves one channel as it is
    every = None if bias is None else bias.repeat(len(turned))
    return functional.conv2d(maps, weights, every, **settings)
