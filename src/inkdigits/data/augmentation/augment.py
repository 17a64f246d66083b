"""Batched changes to digit images: what a hand, a pen, a scanner and a page may do to a digit and leave it that digit.

Everything works on float32 N×1×28×28 in 0..1 (ink bright on 0) and takes its chances from the generator it is given:
the same images and the same generator state give the same result. `warp` alone is light; `augment` is everything.
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

from inkdigits.data.augmentation.forms import FORMS, RARER, SIDE, box_of, curve, line
from inkdigits.data.augmentation.texture import each, filtering, full_contrast, spectrum, wave
from inkdigits.data.augmentation.warp import Warp, uniform, warp

BOX = 20


@dataclass(frozen=True)
class Hands:
    """The chance (0..1) that each change is made to an image; see the function of the same name for what it does."""

    warp: Warp = field(default_factory=lambda: Warp(17.0, 0.17, 0.15, 0.3, 3.0, 0.8))
    plain: float = 0.2  # the light warp and nothing else
    form: float = 0.4  # of the digits that have another form; see `forms.py`
    rarer: float = 0.0  # of those that have one of its rarer forms
    rescan: float = 0.45
    pen: float = 0.4
    neighbour: float = 0.12
    showthrough: float = 0.08
    clutter: float = 0.25
    scrawl: float = 0.1
    rule: float = 0.12
    gap: float = 0.08
    patch: float = 0.12
    filtering: float = 0.35
    spectrum: float = 0.08
    blur: float = 0.1
    tone: float = 0.3
    light: float = 0.2
    wave: float = 0.08
    noise: float = 0.15

    def shaping(self) -> Hands:
        """The same hand's forms and bends, and nothing of its pen, its paper and its scanner."""
        nothing: dict[str, Any] = {change.__name__: 0.0 for change in (rescan, pen, *LATER)}
        return replace(self, **nothing)

    def calmer(self) -> Hands:
        """The same, with half of the images plain: what a run ends with."""
        return replace(self, plain=0.5)


def augment(images: Tensor, labels: Tensor, settings: Hands, generator: Generator) -> Tensor:
    """Give each image a random few of all changes: float32 N×1×28×28 in 0..1, int64 N → the same shape and range.

    A label outside 0..9 (no digit) is welcome.
    """
    plain = torch.rand(len(images), generator=generator) < settings.plain
    result = torch.empty_like(images)
    result[plain] = warp(images[plain], Warp(), generator)
    result[~plain] = _changed(images[~plain], labels[~plain], settings, generator)
    return result


def rescan(images: Tensor, generator: Generator) -> Tensor:
    """Make the digit wider or narrower, as far as its box allows, scan it with 7 to 20 pixels a side and print that.

    Its waist moves up or down on the way, as writers have it higher or lower.
    """
    count = len(images)
    top, bottom, left, right = box_of(images)
    height, width = bottom - top, right - left
    side = torch.maximum(height, width)
    window = _window((left + right) / 2, (top + bottom) / 2, side, side, BOX)
    sag = uniform(count, -0.3, 0.3, generator)[:, None] * (1 - torch.linspace(-1, 1, BOX).square())  # N×20
    window[..., 1] += (sag * side[:, None] / SIDE)[:, :, None]
    tight = F.grid_sample(images, window, align_corners=False)  # N×1×20×20
    widest = (side / width).clamp(max=2.5)
    narrowest = (8 / BOX * side / width).clamp(max=1, min=0.55)
    wider = torch.where(
        torch.rand(count, generator=generator) < 0.5,
        uniform(count, 0, 1, generator) * (widest - 1) + 1,
        narrowest + uniform(count, 0, 1, generator) * (1 - narrowest),
    )
    centre, length = torch.full((count,), BOX / 2), torch.full((count,), SIDE * 1.0)
    printed = _window(centre, centre, length / wider, length, SIDE, BOX)
    pixels = [round(7 * (BOX / 7) ** chance) for chance in torch.rand(4, generator=generator).tolist()]
    scans = [
        F.grid_sample(F.interpolate(part, (side_, side_), mode="area"), grid, align_corners=False)
        for part, grid, side_ in zip(tight.chunk(4), printed.chunk(4), pixels, strict=False)
    ]
    return full_contrast(torch.cat(scans))


def pen(images: Tensor, generator: Generator) -> Tensor:
    """Write with a thicker or a thinner pen, by up to about a pixel on each side of the stroke."""
    amount = each(images, -0.9, 1.3, generator)
    thick = F.max_pool2d(images, 3, stride=1, padding=1)
    thin = -F.max_pool2d(-images, 3, stride=1, padding=1)
    changed = torch.where(amount > 0, images.lerp(thick, amount.clamp(0, 1)), images.lerp(thin, -amount.clamp(-1, 0)))
    return full_contrast(changed)


def neighbour(images: Tensor, generator: Generator) -> Tensor:
    """Let parts of another digit of the batch reach in from the side, sometimes from above or below."""
    count = len(images)
    away = uniform(count, 13, 20, generator) * torch.randint(0, 2, (count,), generator=generator).mul(2).sub(1)
    aside = uniform(count, -6, 6, generator)
    beside = torch.rand(count, generator=generator) < 0.75
    x, y = torch.where(beside, away, aside), torch.where(beside, aside, away)
    size = SIDE * uniform(count, 0.7, 1.4, generator)
    window = _window(SIDE / 2 + x, SIDE / 2 + y, size, size, SIDE)
    return torch.maximum(images, F.grid_sample(images.roll(1, dims=0), window, align_corners=False))


def showthrough(images: Tensor, generator: Generator) -> Tensor:
    """Let another digit of the batch shine through from the back of the paper: mirrored, soft and faint."""
    count = len(images)
    x, y = (SIDE / 2 + uniform(count, -9, 9, generator) for _ in range(2))
    size = SIDE * uniform(count, 0.7, 1.4, generator)
    back = F.grid_sample(images.roll(1, dims=0), _window(x, y, -size, size, SIDE), align_corners=False)
    soft = F.avg_pool2d(back, 3, stride=1, padding=1)
    return torch.maximum(images, soft * each(images, 0.1, 0.6, generator))


def clutter(images: Tensor, generator: Generator) -> Tensor:
    """Let one or two bent strokes of other writing, faint or full, pass anywhere from one side to another."""
    count = len(images)
    second = torch.rand(count, generator=generator) < 0.5
    strokes = torch.maximum(_stroke(count, generator), _stroke(count, generator) * second[:, None, None, None])
    return torch.maximum(images, strokes * each(images, 0.3, 1.4, generator).clamp(max=1))


def scrawl(images: Tensor, generator: Generator) -> Tensor:
    """Let a thin pen wander over the digit, with two to six corners, as writing that was put across it does."""
    count = len(images)
    corners = torch.rand(7, count, 2, generator=generator) * (SIDE + 8) - 4
    there = torch.arange(6) < torch.randint(3, 7, (count, 1), generator=generator)  # N×6: which pieces are drawn
    width = uniform(count, 0.7, 1.6, generator)
    pieces = torch.stack([line(near, far, width) for near, far in pairwise(corners)])  # 6×N×1×28×28
    drawn = (pieces * there.T[:, :, None, None, None]).amax(dim=0)
    return torch.maximum(images, drawn * each(images, 0.4, 1.4, generator).clamp(max=1))


def rule(images: Tensor, generator: Generator) -> Tensor:
    """Draw a ruled line, near to level or upright, mostly past the digit, at times through it."""
    count = len(images)
    place = SIDE / 2 + uniform(count, -13, 13, generator)
    near = torch.stack([place, torch.full((count,), -2.0)], dim=1)
    far = torch.stack([place + uniform(count, -2, 2, generator), torch.full((count,), SIDE + 2.0)], dim=1)
    level = (torch.rand(count, generator=generator) < 0.5)[:, None]
    near, far = torch.where(level, near.flip(1), near), torch.where(level, far.flip(1), far)
    strength = each(images, 0.3, 1.4, generator).clamp(max=1)
    return torch.maximum(images, line(near, far, uniform(count, 0.8, 2.5, generator)) * strength)


def gap(images: Tensor, generator: Generator) -> Tensor:
    """Break the strokes along one thin line through the digit."""
    count = len(images)
    middle = torch.rand(count, 2, generator=generator) * 12 + 8
    angle = uniform(count, 0, radians(180), generator)
    along = 20 * torch.stack([angle.cos(), angle.sin()], dim=1)
    return images * (1 - line(middle - along, middle + along, uniform(count, 0.8, 2.2, generator)))


def patch(images: Tensor, generator: Generator) -> Tensor:
    """Cover a small rectangle with paper or a blot of ink."""
    count = len(images)
    at = torch.rand(count, 2, 1, generator=generator) * 22 + 3
    half = torch.rand(count, 2, 1, generator=generator) * 2 + 1.5
    inside = ((torch.arange(SIDE) + 0.5 - at).abs() < half).float()  # N×2×28
    cover = (inside[:, 0, :, None] * inside[:, 1, None, :])[:, None]
    return images.lerp(each(images, 0, 1, generator).round().expand_as(images), cover)


def blur(images: Tensor, generator: Generator) -> Tensor:
    """Blur by up to about a pixel and a half."""
    soft = F.avg_pool2d(F.avg_pool2d(images, 3, stride=1, padding=1), 3, stride=1, padding=1)
    return images.lerp(soft, each(images, 0.2, 1, generator))


def tone(images: Tensor, generator: Generator) -> Tensor:
    """Change contrast: from soft to black and white at any threshold, and from full ink to faint."""
    threshold, steepness = each(images, 0.2, 0.6, generator), each(images, 0, 2, generator).exp()
    hard = ((images - threshold) * steepness + threshold).clamp(0, 1)
    return hard * each(images, 0.5, 1, generator)


def light(images: Tensor, generator: Generator) -> Tensor:
    """Lay uneven grey over the paper, as shadow and stains do."""
    count = len(images)
    waves = torch.randn(count, 1, 4, 4, generator=generator) * each(images, 0, 0.2, generator)
    grey = F.interpolate(waves, (SIDE, SIDE), mode="bicubic", align_corners=True) + each(images, 0, 0.5, generator)
    return images + (1 - images) * grey.clamp(0, 0.7)


def noise(images: Tensor, generator: Generator) -> Tensor:
    """Add grain, at the strength of a poor camera at most."""
    grain = torch.randn(images.shape, generator=generator) * each(images, 0.02, 0.45, generator)
    return (images + grain).clamp(0, 1)


# what comes after the warp, in this order
LATER = (neighbour, showthrough, clutter, scrawl, rule, gap, patch, filtering, spectrum, blur, tone, light, wave, noise)


def _changed(images: Tensor, labels: Tensor, settings: Hands, generator: Generator) -> Tensor:
    """Every change with its chance, in the order in which they happen to a digit: hand, pen, paper, scanner."""
    for share, forms in ((settings.form, FORMS), (settings.rarer, RARER)):
        for digit, redraws in forms.items() if share else ():
            for redraw in redraws:
                images = _some(images, share * (labels == digit), redraw, generator)
    for change in (rescan, pen):
        images = _some(images, getattr(settings, change.__name__), change, generator)
    images = warp(images, settings.warp, generator)
    for change in LATER:
        images = _some(images, getattr(settings, change.__name__), change, generator)
    return images


def _some(
    images: Tensor, chance: float | Tensor, change: Callable[[Tensor, Generator], Tensor], generator: Generator
) -> Tensor:
    """Apply `change` to each image with its chance."""
    chosen = torch.nonzero(torch.rand(len(images), generator=generator) < chance)[:, 0]
    if len(chosen) == 0:
        return images
    return images.index_copy(0, chosen, change(images[chosen], generator))


def _stroke(count: int, generator: Generator) -> Tensor:
    """A bent stroke from one side to the other, or from top to bottom: N×1×28×28."""
    start, turn, end = (torch.rand(count, 2, generator=generator) * SIDE for _ in range(3))
    start[:, 0], end[:, 0] = -1, SIDE + 1
    upright = (torch.rand(count, generator=generator) < 0.5)[:, None]
    start, turn, end = (torch.where(upright, point.flip(1), point) for point in (start, turn, end))
    return curve(start, turn, end, uniform(count, 0.7, 2.5, generator))


def _window(x: Tensor, y: Tensor, width: Tensor, height: Tensor, pixels: int, side: int = SIDE) -> Tensor:
    """The sampling grid that shows the window around x, y of images with `side` pixels: N×pixels×pixels×2."""
    zero = torch.zeros_like(x)
    rows = [
        torch.stack([width / side, zero, 2 * x / side - 1], dim=1),
        torch.stack([zero, height / side, 2 * y / side - 1], dim=1),
    ]
    return F.affine_grid(torch.stack(rows, dim=1), [len(x), 1, pixels, pixels], align_corners=False)
