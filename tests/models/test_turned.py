"""What is used in four directions, or eight, really turns with the picture, and is stored once."""

from functools import partial
from itertools import pairwise

import pytest
import torch
from torch import nn

from inkdigits.models.build import build_network, count_parameters
from inkdigits.models.fold import count_folded_parameters, fold_batch_norm
from inkdigits.models.turned import EquivariantBatchNorm
from inkdigits.models.turnednet import equivariant_block

PICTURES = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def build_layers(directions: int) -> nn.Module:
    torch.manual_seed(0)
    layer = partial(equivariant_block, directions=directions)
    trunk = nn.Sequential(layer(1, 3, 5), layer(3, 4, pool=True), layer(4, 2)).eval()
    for module in trunk.modules():
        if isinstance(module, EquivariantBatchNorm):
            module.bias.data.uniform_(-1, 1)
            module.running_mean.uniform_(-1, 1)
    return trunk


@pytest.mark.parametrize("directions", [4, 8])
def test_maps_turn_with_the_picture(directions: int) -> None:
    trunk = build_layers(directions)
    with torch.inference_mode():
        maps = trunk(PICTURES).rot90(1, (2, 3)).unflatten(1, (directions // 4, 4, -1))  # N×reflections×4×C×H×W
        rotated_maps = trunk(PICTURES.rot90(1, (2, 3)))
    assert rotated_maps.shape == (4, 2 * directions, 14, 14) and rotated_maps.std() > 0.01
    torch.testing.assert_close(
        rotated_maps, maps.roll(1, 2).flatten(1, 3), atol=1e-5, rtol=1e-4
    )  # the next direction's


def test_maps_are_mirrored_with_the_picture() -> None:
    trunk = build_layers(8)
    with torch.inference_mode():
        maps = trunk(PICTURES).flip(3).unflatten(1, (2, 4, -1))
        mirrored_maps = trunk(PICTURES.flip(3))
    other_way_round = torch.stack([maps[:, side, -quarters] for side in (1, 0) for quarters in range(4)], 1)
    torch.testing.assert_close(mirrored_maps, other_way_round.flatten(1, 2), atol=1e-5, rtol=1e-4)


def test_normalisation_takes_the_four_directions_as_one() -> None:
    norm, maps = EquivariantBatchNorm(3).train(), 2 + 3 * torch.rand(5, 12, 6, 6)
    norm.bias.data.copy_(torch.tensor([0.5, -1.0, 2.0]))
    apart = maps.unflatten(1, (4, 3))  # N×4×C×H×W
    mean, variance = apart.mean((0, 1, 3, 4)), apart.var((0, 1, 3, 4), correction=0)
    shape = (1, 1, 3, 1, 1)
    expected = (apart - mean.view(shape)) / (variance.view(shape) + 1e-5).sqrt() + norm.bias.view(shape)
    torch.testing.assert_close(norm(maps), expected.flatten(1, 2), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(norm.running_mean, 0.1 * mean)
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * variance, atol=1e-4, rtol=1e-4)
    norm.eval()
    again = norm(maps)
    assert torch.equal(norm(maps), again)  # asked, it measures nothing


def test_its_derivative_is_what_autograd_finds() -> None:
    norm, grad_output = EquivariantBatchNorm(3).train(), torch.randn(5, 12, 6, 6)
    maps = (2 + 3 * torch.rand(5, 12, 6, 6)).requires_grad_()
    apart = maps.unflatten(1, (4, 3))
    mean, variance = apart.mean((0, 1, 3, 4)), apart.var((0, 1, 3, 4), correction=0)
    plain = (apart - mean[:, None, None]) * (variance + 1e-5).rsqrt()[:, None, None] + norm.bias[:, None, None]
    inputs = (maps, norm.bias)
    expected = torch.autograd.grad((plain.flatten(1, 2) * grad_output).sum(), inputs)
    for found, slope in zip(torch.autograd.grad((norm(maps) * grad_output).sum(), inputs), expected, strict=True):
        torch.testing.assert_close(found, slope, atol=1e-4, rtol=1e-4)
        assert slope.abs().max() > 0.1


def test_numbers_are_those_that_can_be_counted_by_hand() -> None:
    def count(channels: list[int], directions: int = 4) -> int:
        first = 5 * 5 * channels[0] + channels[0]
        further = sum(9 * a + directions * a * b + b for a, b in pairwise(channels))
        features = directions * channels[-1]
        return first + further + 4 * features + features + 10 * features + 10

    sizes = {
        "tiny-600": ([3, 3, 3, 2], 8, 650),
        "tiny-3k": ([4, 9, 11, 11, 13], 4, 3_000),
        "tiny-10k": ([6, 12, 16, 20, 24, 28], 4, 10_000),
    }
    for name, (channels, directions, limit) in sizes.items():
        network = build_network(name)
        assert count_folded_parameters(network) == count(channels, directions) <= limit
        assert (
            count_parameters(network) == count_folded_parameters(network) + directions * channels[-1]
        )  # the last normalisation's scales
    assert count_folded_parameters(build_network("tiny-600")) == 609
    assert count_folded_parameters(build_network("best")) == 3 * count([8, 24, 32, 48, 64, 64]) <= 500_000


def test_a_folded_turned_layer_keeps_its_numbers_once() -> None:
    block = nn.Sequential(equivariant_block(1, 3)).eval()
    assert sum(each.numel() for each in fold_batch_norm(block).parameters()) == 3 * 9 + 3
