"""What a network needs to answer, once it has learnt: batch normalisation becomes part of the convolution before it."""

from __future__ import annotations

from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn

from inkdigits.models.turned import TurnedNorm


def stored(network: nn.Module) -> int:
    """How many numbers the trained network needs to answer: those of `folded`."""
    return sum(each.numel() for each in folded(network).parameters())


def folded(network: nn.Module) -> nn.Module:
    """A copy in evaluation mode that gives the same answers without batch normalisation.

    A normalisation scales and shifts each channel by fixed numbers once the network has learnt, so a convolution right
    before it can do that with its own weights and a bias. Past max pooling it can only where every scale is positive,
    which keeps the order of values; else scale and shift stay, as one filter of 1×1 a channel.
    """
    copy = deepcopy(network).eval()
    for block in copy.modules():
        if isinstance(block, nn.Sequential):
            for place, layer in enumerate(block):
                if isinstance(layer, nn.BatchNorm2d | TurnedNorm):
                    _fold(block, place, *_affine(layer))
    return copy


def _affine(layer: nn.BatchNorm2d | TurnedNorm) -> tuple[Tensor, Tensor]:
    """What a normalisation multiplies each channel by, and what it adds."""
    if isinstance(layer, TurnedNorm):
        return layer.affine()
    mean, variance = (cast(Tensor, each) for each in (layer.running_mean, layer.running_var))
    scale = layer.weight * (variance + layer.eps).rsqrt()
    return scale, layer.bias - mean * scale


@torch.no_grad()
def _fold(block: nn.Sequential, place: int, scale: Tensor, shift: Tensor) -> None:
    """Take the normalisation at `place` out of the block."""
    before = place - 1
    if isinstance(block[before], nn.MaxPool2d) and bool((scale > 0).all()):
        before -= 1
    convolution = block[before]
    if isinstance(convolution, nn.Conv2d) and convolution.bias is None:
        convolution.weight.mul_(scale[:, None, None, None])
        convolution.bias = nn.Parameter(shift)
        block[place] = nn.Identity()
        return
    channels = len(scale)
    alone = nn.Conv2d(channels, channels, 1, groups=channels)
    alone.weight.copy_(scale[:, None, None, None])
    cast(Tensor, alone.bias).copy_(shift)
    block[place] = alone
