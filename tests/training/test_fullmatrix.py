"""Full-matrix Adam against Adam itself, and in the valley that it is for."""

import pytest
import torch
from torch import Tensor, nn

from inkdigits.errors import UsageError
from inkdigits.models.build import build
from inkdigits.training.fullmatrix import EVERY, FullMatrixAdam
from inkdigits.training.optimizers import optimizers
from inkdigits.training.recipes import recipe

SIZES = torch.logspace(0, 4, 6, dtype=torch.float64)  # of a valley that is 10,000 times as steep across as along
START = torch.ones(6, dtype=torch.float64)


def aslant() -> Tensor:
    """A rotation of six axes."""
    return torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64))[0]


def height(axes: Tensor, where: Tensor) -> Tensor:
    return ((axes @ where).square() * SIZES).sum() / 2


def descended(kind: type[torch.optim.Optimizer], axes: Tensor, steps: int = 400, **settings: object) -> float:
    """How high it is after so many steps whose lengths go down to 0, from gradients that are a tenth noise."""
    weights, noise = nn.Parameter(axes.T @ START), torch.Generator().manual_seed(1)
    optimizer = kind([weights], lr=0.1, **settings)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / steps)
        optimizer.zero_grad()
        height(axes, weights).backward()  # type: ignore[no-untyped-call]
        assert weights.grad is not None
        across = axes @ weights.grad
        across += 0.1 * across.abs() * torch.randn(6, generator=noise, dtype=torch.float64)
        weights.grad.copy_(axes.T @ across)
        optimizer.step()
    return height(axes, weights).item()


def test_a_valley_that_lies_aslant_is_no_obstacle() -> None:
    settings = {"betas": (0.9, 0.99)}
    along, across = (descended(FullMatrixAdam, axes, **settings) for axes in (torch.eye(6).double(), aslant()))
    assert across < 1e-2 and along < 1e-2
    assert descended(torch.optim.Adam, aslant(), **settings) > 10 * across


def test_until_directions_are_found_it_is_adam() -> None:
    shapes = [(3, 2), (4,)]
    random = torch.Generator().manual_seed(2)
    ours, theirs = ([nn.Parameter(torch.ones(shape)) for shape in shapes] for _ in range(2))
    settings = {"lr": 0.01, "betas": (0.9, 0.999), "weight_decay": 0.1}
    full, adam = FullMatrixAdam(ours, **settings), torch.optim.AdamW(theirs, **settings)
    for _ in range(EVERY - 1):
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(mine.shape, generator=random)
            other.grad = mine.grad.clone()
        full.step()
        adam.step()
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-4) and not torch.allclose(mine, torch.ones(()), atol=1e-2)


def test_what_has_no_slope_stays() -> None:
    weights = nn.Parameter(torch.ones(3))
    optimizer = FullMatrixAdam([weights], lr=0.1)
    for _ in range(EVERY + 1):
        weights.grad = torch.tensor([0.0, 1.0, 0.0])
        optimizer.step()
    assert weights[0] == weights[2] == 1 and weights[1] < 0


def test_it_is_for_small_networks() -> None:
    with pytest.raises(UsageError, match=r"'full' is for networks of up to 3,000 numbers; this one has 7,850"):
        optimizers(recipe("softmax").with_knobs(optimizer="full"), build("softmax"))
    [made] = optimizers(recipe("tiny-600").with_knobs(decay=0.1), build("tiny-600"))
    assert isinstance(made, FullMatrixAdam) and made.defaults["weight_decay"] == 0.1
