"""What is used in four directions really turns with the picture, and is stored once."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from inkdigits.models.build import build, parameters
from inkdigits.models.fold import folded, stored
from inkdigits.models.turned import TurnedNorm
from inkdigits.models.turnednet import turned

PICTURES = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def turned_by_a_quarter(maps: Tensor) -> Tensor:
    """What maps of 4C channels must be once the picture is turned: each turned, and its direction the next one."""
    return maps.rot90(1, (2, 3)).unflatten(1, (4, -1)).roll(1, 1).flatten(1, 2)


def test_maps_turn_with_the_picture() -> None:
    torch.manual_seed(0)
    trunk = nn.Sequential(turned(1, 3, 5), turned(3, 4, pool=True), turned(4, 2)).eval()
    for layer in trunk.modules():
        if isinstance(layer, TurnedNorm):
            layer.bias.data.uniform_(-1, 1)
            layer.running_mean.uniform_(-1, 1)
    with torch.inference_mode():
        expected = turned_by_a_quarter(trunk(PICTURES))
        said = trunk(PICTURES.rot90(1, (2, 3)))
    assert said.shape == (4, 8, 14, 14) and said.std() > 0.01
    torch.testing.assert_close(said, expected, atol=1e-5, rtol=1e-4)


def test_normalisation_takes_the_four_directions_as_one() -> None:
    norm, maps = TurnedNorm(3).train(), 2 + 3 * torch.rand(5, 12, 6, 6)
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
    norm, wanted = TurnedNorm(3).train(), torch.randn(5, 12, 6, 6)
    maps = (2 + 3 * torch.rand(5, 12, 6, 6)).requires_grad_()
    apart = maps.unflatten(1, (4, 3))
    mean, variance = apart.mean((0, 1, 3, 4)), apart.var((0, 1, 3, 4), correction=0)
    plain = (apart - mean[:, None, None]) * (variance + 1e-5).rsqrt()[:, None, None] + norm.bias[:, None, None]
    learnt = (maps, norm.bias)
    expected = torch.autograd.grad((plain.flatten(1, 2) * wanted).sum(), learnt)
    for found, slope in zip(torch.autograd.grad((norm(maps) * wanted).sum(), learnt), expected, strict=True):
        torch.testing.assert_close(found, slope, atol=1e-4, rtol=1e-4)
        assert slope.abs().max() > 0.1


def test_numbers_are_those_that_can_be_counted_by_hand() -> None:
    def count(kernel: int, channels: list[int]) -> int:
        first = kernel**2 * channels[0] + channels[0]
        further = sum(9 * a + 4 * a * b + b for a, b in pairwise(channels))
        features = 4 * channels[-1]
        return first + further + 4 * features + features + 10 * features + 10

    sizes = {
        "tiny-600": (3, [4, 4, 4, 4], 650),
        "tiny-3k": (5, [4, 9, 11, 11, 13], 3_000),
        "tiny-10k": (5, [6, 12, 16, 20, 24, 28], 10_000),
    }
    for name, (kernel, channels, limit) in sizes.items():
        network = build(name)
        assert stored(network) == count(kernel, channels) <= limit
        assert parameters(network) == stored(network) + 4 * channels[-1]  # the last normalisation's scales
    assert stored(build("tiny-600")) == 602
    assert stored(build("best")) == 3 * count(5, [8, 24, 32, 48, 64, 64]) <= 500_000


def test_a_folded_turned_layer_keeps_its_numbers_once() -> None:
    block = nn.Sequential(turned(1, 3)).eval()
    assert sum(each.numel() for each in folded(block).parameters()) == 3 * 9 + 3
