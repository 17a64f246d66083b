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

QUARTER_TURNS = 4
MOMENTUM, EPSILON = 0.1, 1e-5  # as nn.BatchNorm2d has them


class EquivariantDepthwiseConv(nn.Conv2d):
    """One `kernel`×`kernel` filter a channel in R `directions`: N×1×H×W or N×RC×H×W → N×RC×H×W.

    Of the picture, all filters look at the one channel there is; later each looks at a channel of its own. Without a
    `border` of zeros the maps lose `kernel` − 1 pixels.
    """

    def __init__(self, channels: int, kernel: int, border: bool = True, directions: int = QUARTER_TURNS) -> None:
        padding = kernel // 2 if border else 0
        super().__init__(channels, channels, kernel, padding=padding, groups=channels, bias=False)
        self.reflections = directions // QUARTER_TURNS  # 2: mirrored as well

    def forward(self, maps: Tensor) -> Tensor:
        reflected = [self.weight] if self.reflections == 1 else [self.weight, self.weight.flip(3)]
        rotated = [side.rot90(quarters, (2, 3)) for side in reflected for quarters in range(QUARTER_TURNS)]
        return _convolve(maps, rotated, self.bias, padding=self.padding, groups=maps.shape[1])  # filters RC×1×k×k


class EquivariantPointwiseConv(nn.Conv2d):
    """Mixes all channels of all R `directions` at each place: N×RC×H×W → N×RD×H×W.

    The next direction mixes with the same weights, counted on from itself; a mirrored one counts the other way round.
    """

    def __init__(self, in_channels: int, out_channels: int, directions: int = QUARTER_TURNS) -> None:
        super().__init__(directions * in_channels, out_channels, 1, bias=False)
        self.reflections = directions // QUARTER_TURNS

    def forward(self, maps: Tensor) -> Tensor:
        weight = self.weight.view(len(self.weight), self.reflections, QUARTER_TURNS, -1, 1, 1)  # D×reflections×4×C×1×1
        reflected = [weight] if self.reflections == 1 else [weight, weight.flip((1, 2)).roll(1, 2)]
        rotated = [side.roll(quarters, 2).flatten(1, 3) for side in reflected for quarters in range(QUARTER_TURNS)]
        return _convolve(maps, rotated, self.bias)  # weights RD×RC×1×1


class EquivariantBatchNorm(nn.Module):
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
            return _apply_affine(maps, *self.affine())
        normalised, mean, variance = _BatchNormFunction.apply(maps, self.bias)  # type: ignore[no-untyped-call]
        self.running_mean.lerp_(mean, MOMENTUM)
        self.running_var.lerp_(variance, MOMENTUM)
        return cast(Tensor, normalised)

    def affine(self) -> tuple[Tensor, Tensor]:
        """What it multiplies by and what it adds when it does not learn: C and C numbers."""
        return _compute_affine(self.running_mean, self.running_var, self.bias)


class _BatchNormFunction(torch.autograd.Function):
    """Maps N×RC×H×W, of a batch, and a shift C → the maps normalised and shifted, their mean C, their variance C.

    The derivative is written out (Ioffe and Szegedy, "Batch normalization", 2015): the one that PyTorch would find
    makes so many copies of the maps that a training takes a fifth longer.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        positions = _flatten_positions(maps).float()
        mean, mean_square = (each.mean(0).view(-1, len(bias)).mean(0) for each in (positions, positions * positions))
        variance = mean_square - mean * mean
        scale, shift = _compute_affine(mean, variance, bias)
        ctx.save_for_backward(maps, mean, scale)
        ctx.mark_non_differentiable(mean, variance)
        return _apply_affine(maps, scale, shift), mean, variance

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
        maps, mean, scale = ctx.saved_tensors
        count = maps.numel() // len(mean)
        sums = (_flatten_positions(each).sum(0).float() for each in (grad_output, grad_output * maps))  # RC numbers
        grad_bias, grad_dot_maps = (each.view(-1, len(mean)).sum(0) for each in sums)
        maps_factor = -(scale**3) * (grad_dot_maps - mean * grad_bias) / count
        offset = -scale * grad_bias / count - maps_factor * mean
        return torch.addcmul(
            _apply_affine(maps, maps_factor, offset), grad_output, _broadcast_channels(scale, maps)
        ), grad_bias


def _compute_affine(mean: Tensor, variance: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """What normalising multiplies by, and what it adds: C and C numbers."""
    scale = (variance + EPSILON).rsqrt()
    return scale, bias - mean * scale


def _apply_affine(maps: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Scale and shift each channel, in all directions alike."""
    return torch.addcmul(_broadcast_channels(shift, maps), maps, _broadcast_channels(scale, maps))


def _broadcast_channels(per_channel: Tensor, maps: Tensor) -> Tensor:
    """One number a channel, C, as the maps N×RC×H×W can be multiplied by it: RC×1×1."""
    return per_channel.repeat(maps.shape[1] // len(per_channel))[:, None, None].to(maps.dtype)


def _flatten_positions(maps: Tensor) -> Tensor:
    """N×RC×H×W → NHW×RC, without a copy where channels are last."""
    return maps.permute(0, 2, 3, 1).flatten(0, 2)


def _convolve(maps: Tensor, rotated_weights: list[Tensor], bias: Tensor | None, **settings: Any) -> Tensor:
    """Convolve with the weights of all directions, one after another; they share the bias."""
    weights = torch.cat(rotated_weights).clone(
        memory_format=torch.channels_last
    )  # `contiguous` leaves one channel as it is
    repeated_bias = None if bias is None else bias.repeat(len(rotated_weights))
    return functional.conv2d(maps, weights, repeated_bias, **settings)
