"""The networks: sizes, shapes, how they begin, and what they compute, checked by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from inkdigits.data.sets.mnist import load
from inkdigits.errors import UsageError
from inkdigits.glyph import to_float
from inkdigits.models.build import ARCHITECTURES, build_network, compute_activations, count_parameters
from inkdigits.models.instant import InstantNet

IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
SHAPES = {
    "softmax": {"embedding": (3, 784), "logits": (3, 10)},
    "mlp": {"pixels": (3, 784), "hidden": (3, 20), "embedding": (3, 20), "logits": (3, 10)},
    "cnn": {
        "conv1": (3, 16, 14, 14),
        "conv2": (3, 32, 14, 14),
        "conv3": (3, 48, 7, 7),
        "conv4": (3, 64, 7, 7),
        "conv5": (3, 64, 7, 7),
        "embedding": (3, 128),
        "logits": (3, 10),
    },
    "instant": {"conv1": (3, 48, 14, 14), "embedding": (3, 768), "logits": (3, 10)},
    "fast": {
        "conv1": (3, 16, 14, 14),
        "conv2": (3, 32, 7, 7),
        "conv3": (3, 64, 7, 7),
        "embedding": (3, 128),
        "logits": (3, 10),
    },
    "reader": {
        "conv1": (3, 16, 28, 28),
        "conv2": (3, 32, 14, 14),
        "conv3": (3, 64, 14, 14),
        "conv4": (3, 96, 7, 7),
        "conv5": (3, 128, 7, 7),
        "conv6": (3, 128, 7, 7),
        "embedding": (3, 256),
        "logits": (3, 11),  # ten digits, and whether there is one
    },
    "best": {"embedding": (3, 3 * 256), "logits": (3, 10)},
    "tiny-600": {"upright": (3, 1, 28, 28), "embedding": (3, 16), "logits": (3, 10)},
    "tiny-3k": {
        "conv1": (3, 16, 12, 12),
        "conv2": (3, 36, 12, 12),
        "conv3": (3, 44, 12, 12),
        "conv4": (3, 44, 6, 6),
        "conv5": (3, 52, 2, 2),
        "embedding": (3, 52),
        "logits": (3, 10),
    },
    "tiny-10k": {
        "conv1": (3, 24, 12, 12),
        "conv2": (3, 48, 12, 12),
        "conv3": (3, 64, 6, 6),
        "conv4": (3, 80, 6, 6),
        "conv5": (3, 96, 6, 6),
        "conv6": (3, 112, 2, 2),
        "embedding": (3, 112),
        "logits": (3, 10),
    },
}


def count_cnn_parameters(first: int, channels: list[int], outputs: int = 10) -> int:
    """Counted by hand: kernels without bias, the first with `first` places and all others with 9, two numbers a
    normalised channel, and a last layer that sees every channel's strongest and mean answer."""
    kernels = first * channels[0] + sum(9 * before * after for before, after in pairwise(channels))
    return kernels + 2 * sum(channels) + 2 * channels[-1] * outputs + outputs


@pytest.mark.parametrize(
    ("name", "knobs", "count"),
    [
        ("softmax", {}, 7_850),
        ("mlp", {}, 15_910),
        ("mlp", {"hidden": 64}, 784 * 64 + 64 + 64 * 10 + 10),
        ("cnn", {}, count_cnn_parameters(25, [16, 32, 48, 64, 64])),
        ("cnn", {}, 400 + 4_608 + 13_824 + 27_648 + 36_864 + 448 + 1_290),
        ("cnn", {"width": 4}, count_cnn_parameters(25, [4, 8, 12, 16, 16])),
        ("instant", {}, 768 * 10 + 10),  # its filters do not learn
        ("fast", {}, count_cnn_parameters(25, [16, 32, 64])),
        ("reader", {}, count_cnn_parameters(9, [16, 32, 64, 96, 128, 128], outputs=11)),
    ],
)
def test_how_many_numbers_are_learnt(name: str, knobs: dict[str, int], count: int) -> None:
    assert count_parameters(build_network(name, **knobs)) == count


def test_every_network_is_tested_here() -> None:
    of_their_own = {"detector", "transcriber"}  # files: test_detector.py, and training/test_transcription.py
    assert set(SHAPES) | of_their_own == set(ARCHITECTURES)


@pytest.mark.parametrize("name", SHAPES)
def test_the_shape_of_every_layer(name: str) -> None:
    network = build_network(name).eval()
    activations = compute_activations(network, IMAGES)
    assert {layer: tuple(signal.shape) for layer, signal in activations.items()} == SHAPES[name]
    assert list(activations)[-2:] == ["embedding", "logits"]
    assert torch.equal(activations["logits"], network(IMAGES))


@pytest.mark.parametrize("name", SHAPES)
def test_equal_seeds_give_equal_weights_whatever_was_drawn_before(name: str) -> None:
    one = build_network(name, seed=3)
    torch.rand(17)
    two, other = build_network(name, seed=3), build_network(name, seed=4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_building_leaves_the_random_numbers_of_others_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    build_network("cnn")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("name", ["softmax", "mlp"])
def test_dense_layers_begin_as_in_flux(name: str) -> None:
    for layer in build_network(name):
        if isinstance(layer, nn.Linear):
            limit = math.sqrt(6 / (layer.in_features + layer.out_features))
            assert layer.weight.abs().max() <= limit
            assert layer.weight.abs().max() > 0.97 * limit or layer.weight.numel() < 500
            assert float(layer.weight.std().detach()) == pytest.approx(
                limit / math.sqrt(3), rel=0.1
            )  # of a uniform distribution
            assert not layer.bias.any()


def test_softmax_is_one_matrix_product() -> None:
    network = build_network("softmax", seed=1)
    images = load("train").images[:5]
    weight, bias = (value.detach().numpy() for value in (network.logits.weight, network.logits.bias))
    by_hand = images.reshape(5, 784) / 255 @ weight.T + bias
    with torch.inference_mode():
        assert np.allclose(network(torch.from_numpy(to_float(images))).numpy(), by_hand, atol=1e-5)


def test_mlp_is_two_with_a_bend_between() -> None:
    network = build_network("mlp", seed=1)
    images = load("train").images[:5]
    w1, b1, w2, b2 = (value.detach().numpy() for value in network.parameters())
    by_hand = np.maximum(images.reshape(5, 784) / 255 @ w1.T + b1, 0) @ w2.T + b2
    with torch.inference_mode():
        assert np.allclose(network(torch.from_numpy(to_float(images))).numpy(), by_hand, atol=1e-5)


def test_the_cnns_embedding_is_each_channels_greatest_and_mean() -> None:
    activations = compute_activations(build_network("cnn").eval(), IMAGES)
    maps = activations["conv5"].detach().numpy()
    by_hand = np.concatenate([maps.max(axis=(2, 3)), maps.mean(axis=(2, 3))], axis=1)
    assert np.allclose(activations["embedding"].detach().numpy(), by_hand, atol=1e-5)


def test_a_convolution_is_what_the_definition_says() -> None:
    first = build_network("cnn", seed=2).conv1[0]
    kernel, image = first.weight[3, 0].detach().numpy(), IMAGES[0, 0].numpy()
    padded = np.pad(image, 2)
    by_hand = sum(kernel[i, j] * padded[i : i + 28, j : j + 28] for i in range(5) for j in range(5))
    assert np.allclose(first(IMAGES)[0, 3].detach().numpy(), by_hand, atol=1e-5)


def test_a_convolution_pools_before_it_normalises_and_bends() -> None:
    block = build_network("cnn", seed=2).conv1.eval()
    kernel, pool, norm, relu = block
    pooled = kernel(IMAGES).reshape(3, 16, 14, 2, 14, 2).amax(dim=(3, 5))
    assert torch.equal(pool(kernel(IMAGES)), pooled)
    assert torch.equal(block(IMAGES), relu(norm(pooled))) and block(IMAGES).min() == 0


def test_the_instant_networks_features_are_roots_of_means() -> None:
    activations = compute_activations(build_network("instant", seed=2), IMAGES)
    maps, features = (activations[name].detach().numpy() for name in ("conv1", "embedding"))
    regions = [maps[:, :, y : y + 5, x : x + 5].mean(axis=(2, 3)) for y in range(0, 10, 3) for x in range(0, 10, 3)]
    assert np.allclose(features.reshape(3, 48, 16), np.stack(regions, axis=2) ** 0.5, atol=1e-5)


def test_the_instant_networks_filters_are_smooth_and_see_no_even_grey() -> None:
    smooth, rough = InstantNet().conv1[0].weight[:, 0], InstantNet(points=7).conv1[0].weight[:, 0]
    for filters in (smooth, rough):
        assert filters.mean(dim=(1, 2)).abs().max() < 1e-6 and torch.allclose(
            filters.square().sum(dim=(1, 2)), torch.ones(48)
        )
    differences = [filters.diff(dim=2).square().mean() / filters.square().mean() for filters in (smooth, rough)]
    assert differences[0] < 0.5 * differences[1]


def test_the_fast_network_looks_at_every_other_place() -> None:
    first = build_network("fast", seed=2).conv1[0]
    everywhere = nn.functional.conv2d(IMAGES, first.weight, padding=2)
    assert torch.allclose(first(IMAGES), everywhere[:, :, ::2, ::2], atol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_a_gradient_is_the_slope_of_the_loss(name: str) -> None:
    """One weight of the first layer and one of the last, against a finite difference."""
    network = build_network(name, seed=5).double().eval()
    labels = torch.tensor([3, 1, 4])

    def loss() -> torch.Tensor:
        return nn.functional.cross_entropy(network(IMAGES.double()), labels)

    loss().backward()
    weights = [weight for weight in network.parameters() if weight.ndim > 1 and weight.requires_grad]
    for weight in (weights[0], weights[-1]):
        assert weight.grad is not None
        place = int(weight.grad.abs().argmax())
        with torch.no_grad():
            flat = weight.view(-1)
            flat[place] += 1e-6
            above = loss()
            flat[place] -= 2e-6
            below = loss()
            flat[place] += 1e-6
        slope = (above - below) / 2e-6
        assert float(weight.grad.view(-1)[place]) == pytest.approx(float(slope), rel=1e-4)


def test_what_does_not_exist() -> None:
    with pytest.raises(UsageError, match="no network 'perceptron'; choose one of softmax, mlp, cnn"):
        build_network("perceptron")
    with pytest.raises(UsageError, match="'softmax' has no knob hidden"):
        build_network("softmax", hidden=20)
    with pytest.raises(UsageError, match="'mlp' has no knob width"):
        build_network("mlp", width=20)
