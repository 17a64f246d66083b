"""What a network needs to answer, once it has learnt: batch normalisation becomes part of the convolution before it."""

from __future__ import annotations

from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn

from inkdigits.models.turned import EquivariantBatchNorm


def count_folded_parameters(network: nn.Module) -> int:
    """How many numbers the trained network needs to answer: those that `fold_batch_norm` leaves."""
    return sum(each.numel() for each in fold_batch_norm(network).parameters())


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """A copy in evaluation mode that gives the same answers without batch normalisation.

    A normalisation scales and shifts each channel by fixed numbers once the network has learnt, so a convolution right
    before it can do that with its own weights and a bias. Past max pooling it can only where every scale is positive,
    which keeps the order of values; else scale and shift stay, as one filter of 1×1 a channel.
    """
    copy = deepcopy(network).eval()
    for block in copy.modules():
        if isinstance(block, nn.Sequential):
            for index, layer in enumerate(block):
                if isinstance(layer, nn.BatchNorm2d | EquivariantBatchNorm):
                    _fold_layer(block, index, *_compute_affine(layer))
    return copy


def _compute_affine(layer: nn.BatchNorm2d | EquivariantBatchNorm) -> tuple[Tensor, Tensor]:
    """What a normalisation multiplies each channel by, and what it adds."""
    if isinstance(layer, EquivariantBatchNorm):
        return layer.affine()
    mean, variance = (cast(Tensor, each) for each in (layer.running_mean, layer.running_var))
    scale = layer.weight * (variance + layer.eps).rsqrt()
    return scale, layer.bias - mean * scale


@torch.no_grad()
def _fold_layer(block: nn.Sequential, index: int, scale: Tensor, shift: Tensor) -> None:
    """Take the normalisation at `index` out of the block."""
    target_index = index - 1
    if isinstance(block[target_index], nn.MaxPool2d) and bool((scale > 0).all()):
        target_index -= 1
    convolution = block[target_index]
    if isinstance(convolution, nn.Conv2d) and convolution.bias is None:
        convolution.weight.mul_(scale[:, None, None, None])
        convolution.bias = nn.Parameter(shift)
        block[index] = nn.Identity()
        return
    channels = len(scale)
    affine_conv = nn.Conv2d(channels, channels, 1, groups=channels)
    affine_conv.weight.copy_(scale[:, None, None, None])
    cast(Tensor, affine_conv.bias).copy_(shift)
    block[index] = affine_conv
