"""Digits set upright and seen from nine places, before a network learns anything."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkdigits.data.sets.mnist import load
from inkdigits.glyph import to_float
from inkdigits.models.views import NineLooks, Upright

DIGITS = torch.from_numpy(to_float(load("train").slice(0, 200).images))


def measure_lean(images: Tensor) -> np.ndarray:
    """By how many columns the ink moves from one row to the next, by numpy's line through it."""
    leans = []
    for image in images[:, 0].numpy().astype(np.float64):
        rows, columns = np.nonzero(image)
        leans.append(np.polyfit(rows, columns, 1, w=np.sqrt(image[rows, columns]))[0])
    return np.array(leans)


def test_digits_lean_no_more() -> None:
    before, after = np.abs(measure_lean(DIGITS)), np.abs(measure_lean(Upright()(DIGITS)))
    assert before.mean() > 0.15 and after.max() < 0.05
    assert torch.allclose(Upright()(DIGITS).sum(dim=(2, 3)), DIGITS.sum(dim=(2, 3)), rtol=0.02)  # the edge cuts little


@pytest.mark.parametrize("shear", [-0.5, 0.25, 0.5])
def test_a_slanted_stroke_comes_out_straight(shear: float) -> None:
    image = torch.zeros(1, 1, 28, 28)
    for row in range(4, 24):
        position = 14 + shear * (row - 13.5)
        share = position - int(position)
        image[0, 0, row, int(position)], image[0, 0, row, int(position) + 1] = 1 - share, share
    columns = torch.arange(28.0)
    upright_rows = Upright()(image)[0, 0, 4:24]
    middles = (upright_rows * columns).sum(dim=1) / upright_rows.sum(dim=1)
    assert middles.max() - middles.min() < 0.05 and 13 < middles.mean() < 15


def test_what_stands_upright_stays_as_it_is() -> None:
    image = torch.rand(2, 1, 28, 14)
    symmetric = torch.cat([image, image.flip(3)], dim=3)
    assert torch.allclose(Upright()(symmetric), symmetric, atol=1e-4)
    nothing = torch.zeros(1, 1, 28, 28)
    assert torch.equal(Upright()(nothing), nothing)


def test_each_image_is_set_upright_by_itself() -> None:
    together = Upright()(DIGITS[:5])
    for index in range(5):
        assert torch.allclose(Upright()(DIGITS[index : index + 1])[0], together[index], atol=1e-6)


def test_nine_looks_are_nine_images_and_one_while_it_learns() -> None:
    looking = NineLooks(nn.Sequential(nn.Flatten(), nn.Linear(784, 5), nn.ReLU()))
    images = DIGITS[:4]
    with torch.no_grad():
        assert torch.equal(looking.train()(images), looking.features(images))
        moved = [torch.roll(images, (row, column), (2, 3)) for row in (-1, 0, 1) for column in (-1, 0, 1)]
        mean = torch.stack([looking.features(each) for each in moved]).mean(dim=0)
        assert torch.allclose(looking.eval()(images), mean, atol=1e-6)  # no ink of theirs stands on the border
