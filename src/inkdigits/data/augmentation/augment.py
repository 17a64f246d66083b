"""Batched changes to digit images: what a hand, a pen, a scanner and a page may do to a digit and leave it that digit.

Everything works on float32 N×1×28×28 in 0..1 (ink bright on 0), with random numbers from the generator it is given: the
same images and the same generator state give the same result. `warp` alone is light; `augment` is everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import radians
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from inkdigits.data.augmentation.texture import (
    add_wave,
    apply_random_filter,
    mix_spectra,
    sample_per_image,
    stretch_contrast,
)
from inkdigits.data.augmentation.variants import (
    RARE_VARIANTS,
    VARIANTS,
    draw_curve,
    draw_line,
    find_ink_bounds,
)
from inkdigits.data.augmentation.warp import Warp, sample_uniform, warp
from inkdigits.glyph import DIGIT_SIDE, GLYPH_SIDE


@dataclass(frozen=True)
class AugmentSettings:
    """The probability (0..1) that each change is made to an image; the function of the same name says what it does."""

    warp: Warp = field(default_factory=lambda: Warp(17.0, 0.17, 0.15, 0.3, 3.0, 0.8))
    plain: float = 0.2  # the light warp and nothing else
    redraw_variant: float = 0.4  # of the digits that have a variant; see `variants.py`
    redraw_rare_variant: float = 0.0  # of the digits that have a rare variant
    rescan: float = 0.45
    change_pen_width: float = 0.4
    add_neighbour: float = 0.12
    add_showthrough: float = 0.08
    add_clutter: float = 0.25
    add_scrawl: float = 0.1
    add_rule: float = 0.12
    cut_gap: float = 0.08
    cover_patch: float = 0.12
    apply_random_filter: float = 0.35
    mix_spectra: float = 0.08
    blur: float = 0.1
    change_tone: float = 0.3
    add_shadow: float = 0.2
    add_wave: float = 0.08
    add_noise: float = 0.15

    def keep_shape_changes(self) -> AugmentSettings:
        """These settings with variants and the warp only: no changes by pen, paper or scanner."""
        zeros: dict[str, Any] = {change.__name__: 0.0 for change in (rescan, change_pen_width, *CHANGES_AFTER_WARP)}
        return replace(self, **zeros)

    def with_half_plain(self) -> AugmentSettings:
        """The same, with half of the images plain: what a run ends with."""
        return replace(self, plain=0.5)


def augment(images: Tensor, labels: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    """Give each image a random few of all changes: float32 N×1×28×28 in 0..1, int64 N → the same shape and range.

    A label outside 0..9 (no digit) is welcome.
    """
    is_plain = torch.rand(len(images), generator=generator) < settings.plain
    result = torch.empty_like(images)
    result[is_plain] = warp(images[is_plain], Warp(), generator)
    result[~is_plain] = _apply_changes(images[~is_plain], labels[~is_plain], settings, generator)
    return result


def rescan(images: Tensor, generator: Generator) -> Tensor:
    """Make the digit wider or narrower, as far as its box allows, scan it with 7 to 20 pixels a side and print that.

    Its waist moves up or down on the way, as writers have it higher or lower.
    """
    count = len(images)
    top, bottom, left, right = find_ink_bounds(images)
    height, width = bottom - top, right - left
    side = torch.maximum(height, width)
    window = _make_window_grid((left + right) / 2, (top + bottom) / 2, side, side, DIGIT_SIDE)
    sag = sample_uniform(count, -0.3, 0.3, generator)[:, None] * (
        1 - torch.linspace(-1, 1, DIGIT_SIDE).square()
    )  # N×20
    window[..., 1] += (sag * side[:, None] / GLYPH_SIDE)[:, :, None]
    digit_crop = F.grid_sample(images, window, align_corners=False)  # N×1×20×20
    max_stretch = (side / width).clamp(max=2.5)
    min_stretch = (8 / DIGIT_SIDE * side / width).clamp(max=1, min=0.55)
    stretch = torch.where(
        torch.rand(count, generator=generator) < 0.5,
        sample_uniform(count, 0, 1, generator) * (max_stretch - 1) + 1,
        min_stretch + sample_uniform(count, 0, 1, generator) * (1 - min_stretch),
    )
    centre, length = torch.full((count,), DIGIT_SIDE / 2), torch.full((count,), GLYPH_SIDE * 1.0)
    print_grid = _make_window_grid(centre, centre, length / stretch, length, GLYPH_SIDE, DIGIT_SIDE)
    scan_sides = [round(7 * (DIGIT_SIDE / 7) ** draw) for draw in torch.rand(4, generator=generator).tolist()]
    scans = [
        F.grid_sample(F.interpolate(part, (scan_side, scan_side), mode="area"), grid, align_corners=False)
        for part, grid, scan_side in zip(digit_crop.chunk(4), print_grid.chunk(4), scan_sides, strict=False)
    ]
    return stretch_contrast(torch.cat(scans))


def change_pen_width(images: Tensor, generator: Generator) -> Tensor:
    """Write with a thicker or a thinner pen, by up to about a pixel on each side of the stroke."""
    pixels = sample_per_image(images, -0.9, 1.3, generator)
    thick = F.max_pool2d(images, 3, stride=1, padding=1)
    thin = -F.max_pool2d(-images, 3, stride=1, padding=1)
    redrawn = torch.where(pixels > 0, images.lerp(thick, pixels.clamp(0, 1)), images.lerp(thin, -pixels.clamp(-1, 0)))
    return stretch_contrast(redrawn)


def add_neighbour(images: Tensor, generator: Generator) -> Tensor:
    """Let parts of another digit of the batch reach in from the side, sometimes from above or below."""
    count = len(images)
    main_offset = sample_uniform(count, 13, 20, generator) * torch.randint(0, 2, (count,), generator=generator).mul(
        2
    ).sub(1)
    cross_offset = sample_uniform(count, -6, 6, generator)
    is_beside = torch.rand(count, generator=generator) < 0.75
    x, y = torch.where(is_beside, main_offset, cross_offset), torch.where(is_beside, cross_offset, main_offset)
    size = GLYPH_SIDE * sample_uniform(count, 0.7, 1.4, generator)
    window = _make_window_grid(GLYPH_SIDE / 2 + x, GLYPH_SIDE / 2 + y, size, size, GLYPH_SIDE)
    return torch.maximum(images, F.grid_sample(images.roll(1, dims=0), window, align_corners=False))


def add_showthrough(images: Tensor, generator: Generator) -> Tensor:
    """Let another digit of the batch shine through from the back of the paper: mirrored, soft and faint."""
    count = len(images)
    x, y = (GLYPH_SIDE / 2 + sample_uniform(count, -9, 9, generator) for _ in range(2))
    size = GLYPH_SIDE * sample_uniform(count, 0.7, 1.4, generator)
    back = F.grid_sample(images.roll(1, dims=0), _make_window_grid(x, y, -size, size, GLYPH_SIDE), align_corners=False)
    soft = F.avg_pool2d(back, 3, stride=1, padding=1)
    return torch.maximum(images, soft * sample_per_image(images, 0.1, 0.6, generator))


def add_clutter(images: Tensor, generator: Generator) -> Tensor:
    """Let one or two bent strokes of other writing, faint or full, pass anywhere from one side to another."""
    count = len(images)
    has_second = torch.rand(count, generator=generator) < 0.5
    strokes = torch.maximum(
        _draw_stroke_across(count, generator), _draw_stroke_across(count, generator) * has_second[:, None, None, None]
    )
    return torch.maximum(images, strokes * sample_per_image(images, 0.3, 1.4, generator).clamp(max=1))


def add_scrawl(images: Tensor, generator: Generator) -> Tensor:
    """Let a thin pen wander over the digit, with two to six corners, as writing that was put across it does."""
    count = len(images)
    corners = torch.rand(7, count, 2, generator=generator) * (GLYPH_SIDE + 8) - 4
    is_drawn = torch.arange(6) < torch.randint(3, 7, (count, 1), generator=generator)  # N×6: which pieces are drawn
    width = sample_uniform(count, 0.7, 1.6, generator)
    pieces = torch.stack([draw_line(near, far, width) for near, far in pairwise(corners)])  # 6×N×1×28×28
    strokes = (pieces * is_drawn.T[:, :, None, None, None]).amax(dim=0)
    return torch.maximum(images, strokes * sample_per_image(images, 0.4, 1.4, generator).clamp(max=1))


def add_rule(images: Tensor, generator: Generator) -> Tensor:
    """Draw a ruled line, near to level or upright, mostly past the digit, at times through it."""
    count = len(images)
    position = GLYPH_SIDE / 2 + sample_uniform(count, -13, 13, generator)
    start = torch.stack([position, torch.full((count,), -2.0)], dim=1)
    end = torch.stack(
        [position + sample_uniform(count, -2, 2, generator), torch.full((count,), GLYPH_SIDE + 2.0)], dim=1
    )
    is_level = (torch.rand(count, generator=generator) < 0.5)[:, None]
    start, end = torch.where(is_level, start.flip(1), start), torch.where(is_level, end.flip(1), end)
    strength = sample_per_image(images, 0.3, 1.4, generator).clamp(max=1)
    return torch.maximum(images, draw_line(start, end, sample_uniform(count, 0.8, 2.5, generator)) * strength)


def cut_gap(images: Tensor, generator: Generator) -> Tensor:
    """Break the strokes along one thin line through the digit."""
    count = len(images)
    middle = torch.rand(count, 2, generator=generator) * 12 + 8
    angle = sample_uniform(count, 0, radians(180), generator)
    half_cut = 20 * torch.stack([angle.cos(), angle.sin()], dim=1)
    return images * (1 - draw_line(middle - half_cut, middle + half_cut, sample_uniform(count, 0.8, 2.2, generator)))


def cover_patch(images: Tensor, generator: Generator) -> Tensor:
    """Cover a small rectangle with paper or a blot of ink."""
    count = len(images)
    centre = torch.rand(count, 2, 1, generator=generator) * 22 + 3
    half_side = torch.rand(count, 2, 1, generator=generator) * 2 + 1.5
    is_inside = ((torch.arange(GLYPH_SIDE) + 0.5 - centre).abs() < half_side).float()  # N×2×28
    cover = (is_inside[:, 0, :, None] * is_inside[:, 1, None, :])[:, None]
    return images.lerp(sample_per_image(images, 0, 1, generator).round().expand_as(images), cover)


def blur(images: Tensor, generator: Generator) -> Tensor:
    """Blur by up to about a pixel and a half."""
    soft = F.avg_pool2d(F.avg_pool2d(images, 3, stride=1, padding=1), 3, stride=1, padding=1)
    return images.lerp(soft, sample_per_image(images, 0.2, 1, generator))


def change_tone(images: Tensor, generator: Generator) -> Tensor:
    """Change contrast: from soft to black and white at any threshold, and from full ink to faint."""
    threshold, steepness = (
        sample_per_image(images, 0.2, 0.6, generator),
        sample_per_image(images, 0, 2, generator).exp(),
    )
    hard = ((images - threshold) * steepness + threshold).clamp(0, 1)
    return hard * sample_per_image(images, 0.5, 1, generator)


def add_shadow(images: Tensor, generator: Generator) -> Tensor:
    """Lay uneven grey over the paper, as shadow and stains do."""
    count = len(images)
    waves = torch.randn(count, 1, 4, 4, generator=generator) * sample_per_image(images, 0, 0.2, generator)
    grey = F.interpolate(waves, (GLYPH_SIDE, GLYPH_SIDE), mode="bicubic", align_corners=True) + sample_per_image(
        images, 0, 0.5, generator
    )
    return images + (1 - images) * grey.clamp(0, 0.7)


def add_noise(images: Tensor, generator: Generator) -> Tensor:
    """Add grain, at the strength of a poor camera at most."""
    grain = torch.randn(images.shape, generator=generator) * sample_per_image(images, 0.02, 0.45, generator)
    return (images + grain).clamp(0, 1)


# what comes after the warp, in this order
CHANGES_AFTER_WARP = (
    add_neighbour,
    add_showthrough,
    add_clutter,
    add_scrawl,
    add_rule,
    cut_gap,
    cover_patch,
    apply_random_filter,
    mix_spectra,
    blur,
    change_tone,
    add_shadow,
    add_wave,
    add_noise,
)


def _apply_changes(images: Tensor, labels: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    """Make every change with its probability, in the order in which they happen: hand, pen, paper, scanner."""
    for probability, variants in ((settings.redraw_variant, VARIANTS), (settings.redraw_rare_variant, RARE_VARIANTS)):
        for digit, functions in variants.items() if probability else ():
            for redraw in functions:
                images = _apply_to_some(images, probability * (labels == digit), redraw, generator)
    for change in (rescan, change_pen_width):
        images = _apply_to_some(images, getattr(settings, change.__name__), change, generator)
    images = warp(images, settings.warp, generator)
    for change in CHANGES_AFTER_WARP:
        images = _apply_to_some(images, getattr(settings, change.__name__), change, generator)
    return images


def _apply_to_some(
    images: Tensor, probability: float | Tensor, change: Callable[[Tensor, Generator], Tensor], generator: Generator
) -> Tensor:
    """Apply `change` to each image with its probability."""
    indices = torch.nonzero(torch.rand(len(images), generator=generator) < probability)[:, 0]
    if len(indices) == 0:
        return images
    return images.index_copy(0, indices, change(images[indices], generator))


def _draw_stroke_across(count: int, generator: Generator) -> Tensor:
    """A bent stroke from one side to the other, or from top to bottom: N×1×28×28."""
    start, control, end = (torch.rand(count, 2, generator=generator) * GLYPH_SIDE for _ in range(3))
    start[:, 0], end[:, 0] = -1, GLYPH_SIDE + 1
    is_upright = (torch.rand(count, generator=generator) < 0.5)[:, None]
    start, control, end = (torch.where(is_upright, point.flip(1), point) for point in (start, control, end))
    return draw_curve(start, control, end, sample_uniform(count, 0.7, 2.5, generator))


def _make_window_grid(
    x: Tensor, y: Tensor, width: Tensor, height: Tensor, pixels: int, side: int = GLYPH_SIDE
) -> Tensor:
    """The sampling grid that shows the window around x, y of images with `side` pixels: N×pixels×pixels×2."""
    zero = torch.zeros_like(x)
    rows = [
        torch.stack([width / side, zero, 2 * x / side - 1], dim=1),
        torch.stack([zero, height / side, 2 * y / side - 1], dim=1),
    ]
    return F.affine_grid(torch.stack(rows, dim=1), [len(x), 1, pixels, pixels], align_corners=False)
