"""Whatever is done to digits, they stay images of the same shape and range, and the same chances do the same."""

from dataclasses import replace

import pytest
import torch

from inkdigits.data.augmentation.augment import AugmentSettings, add_clutter, add_showthrough, augment
from inkdigits.data.augmentation.variants import RARE_VARIANTS
from inkdigits.data.augmentation.warp import Warp, warp
from inkdigits.data.sets.mnist import load
from inkdigits.glyph import to_float


@pytest.fixture(scope="module")
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    part = load("train").slice(0, 200)
    return torch.from_numpy(to_float(part.images)), torch.from_numpy(part.labels)


def make_generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("settings", [AugmentSettings(), AugmentSettings().with_half_plain()])
def test_augmented_digits_are_digits(digits: tuple[torch.Tensor, torch.Tensor], settings: AugmentSettings) -> None:
    images, labels = digits
    before = images.clone()
    one, two, other = (augment(images, labels, settings, make_generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert one.shape == images.shape and one.dtype == torch.float32
    assert one.min() >= 0 and one.max() <= 1 and one.isfinite().all()
    assert torch.equal(images, before), "what was given stays as it was"
    assert (one.amax(dim=(1, 2, 3)) > 0.2).all(), "there is still ink"


def test_a_warp_of_nothing_is_nothing(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    still = Warp(rotation=0, scale=0, stretch=0, shear=0, shift=0, elastic=0)
    assert torch.allclose(warp(digits[0], still, make_generator(0)), digits[0], atol=1e-4)


def test_a_shift_moves_the_ink_by_so_many_pixels_at_most(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    images = torch.zeros(300, 1, 28, 28)
    images[:, :, 12:16, 12:16] = 1
    moved = warp(images, Warp(rotation=0, scale=0, stretch=0, shear=0, shift=2, elastic=0), make_generator(3))
    places = torch.arange(28.0)
    for axis in (2, 3):
        centre = (moved.sum(dim=(1, 5 - axis)) * places).sum(dim=1) / moved.sum(dim=(1, 2, 3))
        assert ((centre - 13.5).abs() < 2.05).all() and (centre - 13.5).abs().max() > 1.7


def test_ink_makes_edges_darker_or_lighter_and_leaves_paper_and_full_ink() -> None:
    images = torch.tensor([0.0, 0.5, 1.0]).repeat(300, 1, 28, 10)[..., :28].contiguous()
    still = Warp(rotation=0, scale=0, stretch=0, shear=0, shift=0, elastic=0)
    inked = warp(images, replace(still, ink=0.6), make_generator(4))
    assert torch.allclose(inked[images == 0.0], torch.tensor(0.0), atol=1e-3)
    assert torch.allclose(inked[images == 1.0], torch.tensor(1.0), atol=1e-3)
    powers = inked[:, 0, 14, 13].log() / torch.tensor(0.5).log()  # one an image: column 13 has half ink
    assert (powers.log().abs() < 0.61).all() and powers.log().min() < -0.55 and powers.log().max() > 0.55
    assert powers.log().mean().abs() < 0.1, "as often darker as lighter"


def test_images_without_ink() -> None:
    assert augment(torch.zeros(10, 1, 28, 28), torch.arange(10), AugmentSettings(), make_generator(0)).isfinite().all()


def test_rare_variants_add_strokes_to_their_digits_only(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = digits
    shaping = replace(
        AugmentSettings().keep_shape_changes(), plain=0.0, redraw_variant=0.0, warp=Warp(0, 0, 0, 0, 0, 0)
    )
    plain, rare = (
        augment(images, labels, replace(shaping, redraw_rare_variant=chance), make_generator(1))
        for chance in (0.0, 1.0)
    )
    changed = (rare - plain).abs().amax(dim=(1, 2, 3)) > 0.5
    has_one = torch.isin(labels, torch.tensor(list(RARE_VARIANTS)))
    assert not changed[~has_one].any() and changed[has_one].float().mean() > 0.8
    assert rare.isfinite().all() and rare.min() >= 0 and rare.max() <= 1


def test_clutter_crosses_the_picture_and_leaves_the_digit(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    added = add_clutter(digits[0], make_generator(4)) - digits[0]
    assert added.min() >= 0
    edges = torch.zeros(28, 28, dtype=torch.bool)
    edges[0] = edges[-1] = edges[:, 0] = edges[:, -1] = True
    assert (added[:, 0, edges].amax(dim=1) > 0.1).all(), "every stroke begins at an edge"
    assert (added.amax(dim=(1, 2, 3)) > 0.95).any(), "some are in full ink"


def test_what_shines_through_is_the_next_digit_mirrored_and_faint(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    left = torch.zeros(200, 1, 28, 28)
    left[:, :, 13:15, 2:14] = 1  # all ink on the left
    with_showthrough = add_showthrough(
        torch.cat([torch.zeros_like(left), left])[torch.arange(400).reshape(2, 200).T.flatten()], make_generator(5)
    )
    blank = with_showthrough[0::2]  # each is followed, in the roll, by one with the bar
    assert blank.max() <= 0.6 and blank.max() > 0.4
    places = torch.arange(28.0)
    found = blank.amax(dim=(1, 2, 3)) > 0.05
    centre = (blank.sum(dim=(1, 2))[found] * places).sum(dim=1) / blank.sum(dim=(1, 2, 3))[found]
    assert centre.mean() > 16, "mirrored, it lies on the right"
