"""Texture changes and shape stays: blank paper stays blank, phases stay, a wave is a wave."""

from collections.abc import Callable

import pytest
import torch

from inkdigits.data.augmentation.texture import (
    add_wave,
    apply_random_filter,
    mix_spectra,
    sample_per_image,
    stretch_contrast,
)
from inkdigits.data.sets.mnist import load
from inkdigits.glyph import to_float

Change = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return torch.from_numpy(to_float(load("train").slice(0, 200).images))


def make_generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("change", [apply_random_filter, add_wave, mix_spectra])
def test_images_stay_images_and_the_same_chances_do_the_same(change: Change, digits: torch.Tensor) -> None:
    before = digits.clone()
    one, two, other = (change(digits, make_generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert one.shape == digits.shape and one.dtype == torch.float32
    assert one.min() >= 0 and one.max() <= 1 and one.isfinite().all()
    assert torch.equal(digits, before), "what was given stays as it was"
    assert change(torch.zeros(3, 1, 28, 28), make_generator(0)).isfinite().all()


def test_a_filter_reaches_three_pixels_at_most_and_each_image_has_its_own() -> None:
    dots = torch.zeros(300, 1, 28, 28)
    dots[:, :, 14, 14] = 1
    filtered = apply_random_filter(dots, make_generator(0))
    assert torch.allclose(filtered.amax(dim=(1, 2, 3)).max(), torch.tensor(1.0))
    for reach, some in ((1, True), (2, True), (3, False)):
        outside = filtered.clone()
        outside[:, :, 14 - reach : 15 + reach, 14 - reach : 15 + reach] = 0
        assert (outside.amax(dim=(1, 2, 3)) > 0).any() == some
    assert len({image.numpy().tobytes() for image in filtered}) == 300


def test_a_filter_leaves_blank_paper_blank() -> None:
    assert apply_random_filter(torch.zeros(9, 1, 28, 28), make_generator(0)).max() == 0


def test_a_wave_is_one_plane_wave_no_stronger_than_said() -> None:
    waves = add_wave(torch.full((300, 1, 28, 28), 0.5), make_generator(0)) - 0.5
    assert waves.abs().max() <= 0.4 + 1e-5 and (waves.abs().amax(dim=(1, 2, 3)) > 0.03).all()
    for each_way in (waves, waves.transpose(2, 3)):  # neighbours of a sine wave sum to a fixed multiple of it
        sums, middle = each_way[..., 2:] + each_way[..., :-2], each_way[..., 1:-1]
        factor = (sums * middle).sum(dim=(1, 2, 3), keepdim=True) / middle.square().sum(dim=(1, 2, 3), keepdim=True)
        assert torch.allclose(sums, factor * middle, atol=1e-3)


def test_a_spectrum_mixed_with_its_own_is_the_image(digits: torch.Tensor) -> None:
    same = stretch_contrast(digits[:1]).expand(5, -1, -1, -1)
    assert torch.allclose(mix_spectra(same, make_generator(0)), same, atol=1e-4)


def test_a_mixed_spectrum_leaves_the_digit_the_likest(digits: torch.Tensor) -> None:
    mixed, given = mix_spectra(digits, make_generator(0)).flatten(1), digits.flatten(1)
    likeness = torch.nn.functional.normalize(mixed) @ torch.nn.functional.normalize(given).T
    assert (likeness.argmax(dim=1) == torch.arange(len(digits))).float().mean() > 0.95


def test_full_contrast() -> None:
    images = torch.zeros(2, 1, 28, 28)
    images[1, 0, 3, 4] = 0.25
    assert stretch_contrast(images)[1].max() == 1 and stretch_contrast(images)[0].max() == 0


def test_one_number_for_each_image() -> None:
    numbers = sample_per_image(torch.zeros(500, 1, 28, 28), 2, 3, make_generator(0))
    assert numbers.shape == (500, 1, 1, 1)
    assert 2 <= numbers.min() < 2.05 and 2.95 < numbers.max() <= 3
