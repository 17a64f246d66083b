"""Newton's method for the last layer against the closed form, and against what a resumed training needs."""

import numpy as np
import pytest
import torch
from torch import nn

from inkdigits.data.sets import mnist
from inkdigits.data.sets.splits import Split
from inkdigits.errors import UsageError
from inkdigits.models.build import build_network
from inkdigits.training.evaluate import score_network
from inkdigits.training.loop import create_state, train
from inkdigits.training.newton import LastLayerNewton
from inkdigits.training.optimizers import build_optimizers
from inkdigits.training.recipes import get_recipe

GENERATOR = torch.Generator().manual_seed(0)
FEATURES, LABELS = torch.randn(200, 6, generator=GENERATOR), torch.randint(0, 10, (200,), generator=GENERATOR)


def take_step(layer: nn.Linear, optimizer: LastLayerNewton, rows: slice) -> None:
    """One step on a part of the features."""
    layer.zero_grad()
    nn.functional.cross_entropy(layer(FEATURES[rows]), LABELS[rows]).backward()
    optimizer.step()


def make_zero_layer() -> nn.Linear:
    layer = nn.Linear(6, 10)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def test_the_first_step_is_ridge_regression() -> None:
    layer = make_zero_layer()
    take_step(layer, LastLayerNewton(layer, lr=1.0, weight_decay=0.01), slice(None))
    inputs = np.concatenate([FEATURES.numpy(), np.ones((200, 1))], axis=1)
    targets = np.eye(10)[LABELS.numpy()] - 0.1
    ridge = 200 * 0.01 / 0.1  # of the sum, in which the curvature is 0.1 for every image
    by_hand = 10 * np.linalg.solve(inputs.T @ inputs + ridge * np.eye(7), inputs.T @ targets)
    assert np.allclose(layer.weight.detach().numpy(), by_hand[:6].T, atol=1e-3)
    assert np.allclose(layer.bias.detach().numpy(), by_hand[6], atol=1e-3)


def test_later_batches_correct_by_their_share() -> None:
    """The second step is Newton's with the curvature of both batches."""
    layer = make_zero_layer()
    optimizer = LastLayerNewton(layer, lr=0.5, weight_decay=0.1)
    take_step(layer, optimizer, slice(0, 100))
    before = torch.cat([layer.weight, layer.bias[:, None]], dim=1).detach().double().numpy()
    take_step(layer, optimizer, slice(100, 200))
    inputs = np.concatenate([FEATURES.double().numpy(), np.ones((200, 1))], axis=1)
    exp = np.exp(inputs[100:] @ before.T)
    errors = exp / exp.sum(axis=1, keepdims=True) - np.eye(10)[LABELS[100:].numpy()]
    curvature = 0.1 * inputs.T @ inputs / 100 + 0.1 * np.eye(7)
    expected = before - 0.5 * np.linalg.solve(curvature, inputs[100:].T @ errors / 100).T
    assert np.allclose(layer.weight.detach().numpy(), expected[:, :6], atol=1e-3)


def test_looking_at_other_images_changes_nothing() -> None:
    layer = make_zero_layer()
    optimizer = LastLayerNewton(layer, lr=1.0, weight_decay=0.01)
    layer.eval()(FEATURES)
    assert "curvature" not in optimizer.state[layer.weight]


def test_features_that_are_always_zero_are_no_obstacle() -> None:
    features = FEATURES * torch.tensor([1.0, 0, 1, 0, 1, 1])
    layer = make_zero_layer()
    optimizer = LastLayerNewton(layer, lr=1.0, weight_decay=0.0)
    nn.functional.cross_entropy(layer(features), LABELS).backward()
    optimizer.step()
    assert torch.isfinite(layer.weight).all() and not layer.weight[:, [1, 3]].any() and layer.weight[:, 0].any()


def test_two_steps_tell_most_digits() -> None:
    digits = mnist.load("train")
    recipe = get_recipe("instant").with_knobs(steps=2, batch=1000)
    state = train(create_state(recipe, Split(digits.slice(0, 2000), None, ""), torch.device("cpu")), [])
    assert 0.9 < score_network(state.eval_network, digits.slice(2000, 3000)).accuracy < 1


def test_a_last_layer_that_is_not_dense_is_refused() -> None:
    recipe = get_recipe("best").with_knobs(optimizer="newton")
    with pytest.raises(
        UsageError, match="whose last layer is dense; 'best' has another, choose a different --optimizer"
    ):
        build_optimizers(recipe, build_network("best"))
