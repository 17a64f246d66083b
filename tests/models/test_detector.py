"""The network that finds digits on a page: its shapes on pages of any size, and that a page moved moves its answers."""

import math

import pytest
import torch

from inkdigits.models.build import build_network, compute_activations, count_parameters
from inkdigits.models.detector import OUTPUT_CHANNELS, STRIDE

PAGE = torch.rand(2, 1, 96, 128, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("height", "width"), [(16, 16), (64, 96), (160, 32)])
def test_an_answer_for_every_cell_of_a_page(height: int, width: int) -> None:
    activations = compute_activations(build_network("detector").eval(), torch.zeros(3, 1, height, width))
    assert activations["answers"].shape == (3, OUTPUT_CHANNELS, height // STRIDE, width // STRIDE)
    assert list(activations)[-1] == "answers"
    assert activations["around"].shape == activations["conv3"].shape == (3, 48, height // 4, width // 4)


def test_how_many_numbers_are_learnt() -> None:
    """Kernels by hand, two numbers a normalised channel, biases where nothing is normalised."""
    fine = 25 * 24 + 9 * 24 * 48 + 9 * 48 * 48 + 2 * (24 + 48 + 48)
    half = 9 * 48 * 96 + 2 * 9 * 96 * 96 + 2 * 3 * 96 + 96 * 48 + 48
    quarter = 9 * 96 * 160 + 2 * 9 * 160 * 160 + 2 * 3 * 160 + 160 * 96 + 96
    last = 9 * 48 * 96 + 2 * 96 + 96 * OUTPUT_CHANNELS + OUTPUT_CHANNELS
    assert count_parameters(build_network("detector")) == fine + half + quarter + last


def test_it_begins_by_expecting_no_digit() -> None:
    with torch.inference_mode():
        centre_logits = build_network("detector").eval()(PAGE)[:, 0]
    assert (centre_logits.sigmoid() < 0.1).all() and centre_logits.mean() == pytest.approx(-4, abs=1)
    assert math.isfinite(float(centre_logits.std()))


def test_what_is_moved_is_answered_in_another_place() -> None:
    """By 16 pixels, the coarsest step; away from the edges, where the page goes on in nothing."""
    network = build_network("detector", seed=1).eval()
    page = torch.zeros(1, 1, 256, 256)
    page[:, :, 96:160, 96:160] = torch.rand(64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        here, there = network(page), network(page.roll((32, -16), dims=(2, 3)))
    cells = slice(28, 36)
    assert torch.allclose(here[..., cells, cells], there[..., 36:44, 24:32], atol=1e-4)
    assert here[..., cells, cells].std() > 1e-3
