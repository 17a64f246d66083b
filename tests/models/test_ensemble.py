"""Several networks as one: what it says is the mean of what they say, worked out by numpy."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.errors import UsageError
from inkdigits.models.build import build_network, compute_activations, count_parameters
from inkdigits.models.ensemble import EnsembleNet, require_digit_classifier
from inkdigits.training.recipes import get_recipe
from inkdigits.training.tasks import Classification

IMAGES = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def build_members(name: str, count: int = 3) -> list[nn.Sequential]:
    return [build_network(name, seed=seed).eval() for seed in range(count)]


def mean_log_probabilities(networks: list[nn.Sequential]) -> NDArray[np.float64]:
    """The logarithm of the mean of their probabilities, in double precision and without a trick: 5×10."""
    with torch.inference_mode():
        logits = np.stack([network(IMAGES).double().numpy() for network in networks])  # M×5×10
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    return np.asarray(np.log((powers / powers.sum(axis=2, keepdims=True)).mean(axis=0)))


@pytest.mark.parametrize(("name", "count"), [("mlp", 3), ("softmax", 2), ("fast", 2), ("cnn", 2)])
def test_it_says_the_mean_of_the_probabilities(name: str, count: int) -> None:
    networks = build_members(name, count)
    with torch.inference_mode():
        log_probabilities = EnsembleNet(networks).eval()(IMAGES)
    assert log_probabilities.shape == (5, 10)
    assert np.allclose(log_probabilities.numpy(), mean_log_probabilities(networks), atol=1e-5)
    assert not np.allclose(log_probabilities.numpy(), mean_log_probabilities(networks[:1]), atol=1e-3), (
        "one member alone says something else"
    )


def test_the_mean_is_of_probabilities_and_not_of_logits() -> None:
    networks = build_members("mlp", 2)
    with torch.no_grad():
        for place, network in enumerate(networks):  # sure, each of another digit
            network.logits.bias[place] += 9.0
    with torch.inference_mode():
        shares = EnsembleNet(networks).eval()(IMAGES).exp()
    assert torch.allclose(shares[:, :2], torch.tensor(0.5), atol=0.01)
    assert torch.allclose(shares.sum(dim=1), torch.tensor(1.0), atol=1e-5)


def test_where_all_are_sure_that_it_is_not_a_digit_it_still_is_a_number() -> None:
    """Probabilities of e⁻⁵⁰⁰, which are 0 in float32."""
    networks = build_members("mlp", 2)
    with torch.no_grad():
        for network in networks:
            network.logits.bias[3] -= 500.0
    with torch.inference_mode():
        log_probabilities = EnsembleNet(networks).eval()(IMAGES).numpy()
    assert log_probabilities[:, 3].max() < -450
    assert np.allclose(log_probabilities, mean_log_probabilities(networks), atol=1e-3)


def test_its_layers_are_features_side_by_side_and_logits() -> None:
    networks = build_members("fast", 2)
    with torch.inference_mode():
        activations = compute_activations(EnsembleNet(networks).eval(), IMAGES)
        alone = [compute_activations(network, IMAGES)["embedding"] for network in networks]
    assert list(activations) == ["embedding", "logits"]
    assert torch.equal(activations["embedding"], torch.cat(alone, dim=1)) and activations["embedding"].shape == (5, 256)
    assert not torch.equal(*alone)


def test_while_they_learn_each_answers_for_itself() -> None:
    """Of two networks, one after the other; each learns as if the other were not there."""
    networks = build_members("mlp", 2)
    together = EnsembleNet(networks).train()
    with torch.no_grad():
        assert torch.equal(together(IMAGES), torch.cat([network(IMAGES) for network in networks]))
    labels = torch.tensor([3, 1, 4, 1, 5])
    _, logits, repeated = Classification().loss(together(IMAGES), labels, get_recipe("mlp"))
    assert repeated.tolist() == 2 * labels.tolist() and len(logits) == 10

    def compute_gradients(logits: Tensor) -> list[Tensor]:
        return list(
            torch.autograd.grad(
                Classification().loss(logits, labels, get_recipe("mlp"))[0], list(networks[1].parameters())
            )
        )

    for mine, alone in zip(compute_gradients(together(IMAGES)), compute_gradients(networks[1](IMAGES)), strict=True):
        assert torch.allclose(2 * mine, alone, atol=1e-6)
        assert alone.abs().max() > 0


def test_it_has_all_that_its_members_learnt() -> None:
    networks = build_members("mlp")
    assert count_parameters(EnsembleNet(networks)) == 3 * 15_910
    assert len(EnsembleNet(networks).state_dict()) == 3 * 4


@pytest.mark.parametrize("name", ["reader", "detector"])
def test_networks_that_tell_more_or_else_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="classify the ten digits can form an ensemble"):
        EnsembleNet(build_members(name, 2))


def test_being_looked_at_changes_nothing_about_a_network() -> None:
    network = build_network("fast").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    require_digit_classifier(network)
    assert network.training and network.conv1.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
