"""Folding normalisations away changes no answer, and leaves as many numbers as can be counted by hand."""

import pytest
import torch
from torch import Tensor, nn

from inkdigits.models.build import build_network
from inkdigits.models.fold import count_folded_parameters, fold_batch_norm

IMAGES = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def randomise_norms(name: str) -> nn.Sequential:
    """A network whose normalisations are no longer what they began as; some of their scales are negative."""
    network = build_network(name)
    generator = torch.Generator().manual_seed(2)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for each, low in ((layer.running_mean, -1.0), (layer.running_var, 0.5), (layer.bias, -1.0)):
                assert isinstance(each, Tensor)
                each.data.uniform_(low, 2.0, generator=generator)
            if layer.weight.requires_grad:
                layer.weight.data.uniform_(-0.5, 2.0, generator=generator)
    return network.eval()


@pytest.mark.parametrize("name", ["softmax", "mlp", "cnn", "best", "tiny-600", "tiny-3k", "tiny-10k"])
def test_a_folded_network_says_the_same(name: str) -> None:
    network = randomise_norms(name)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    without = fold_batch_norm(network)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in without.modules())
    with torch.inference_mode():
        torch.testing.assert_close(without(IMAGES), network(IMAGES), atol=1e-4, rtol=1e-4)
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize(("scale", "count"), [(1.0, 5 * 9 + 5), (-1.0, 5 * 9 + 2 * 5)])
def test_a_scale_goes_past_max_pooling_only_if_it_keeps_the_order(scale: float, count: int) -> None:
    block = nn.Sequential(nn.Conv2d(1, 5, 3, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(5))
    block[2].weight.data.fill_(scale)
    network = nn.Sequential(block).eval()
    assert count_folded_parameters(network) == count
    with torch.inference_mode():
        torch.testing.assert_close(fold_batch_norm(network)(IMAGES), network(IMAGES), atol=1e-5, rtol=1e-5)


def test_what_has_no_normalisation_stores_what_it_learns() -> None:
    assert (count_folded_parameters(build_network("softmax")), count_folded_parameters(build_network("mlp"))) == (
        7_850,
        15_910,
    )
