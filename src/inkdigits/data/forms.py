"""Forms of digits that MNIST's American writers hardly use, drawn onto its digits in batches.

The 1 with a long flag and perhaps a foot, the crossed 7, the 4 whose stem begins at the bar, the 9 with a tail. Images
are float32 N×1×28×28 in 0..1, ink bright on 0; chances come from the generator. The strokes that are drawn get about
the width of the digit's own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import radians

import torch
from torch import Generator, Tensor

SIDE = 28


def long_one(images: Tensor, generator: Generator) -> Tensor:
    """Draw the long flag, and half the time onto upright ones the foot, of a European 1."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    width = pen_width(images)
    head, base = _point(images, top + width / 2), _point(images, bottom - width / 2)
    angle = uniform(count, radians(25), radians(60), generator)
    length = (bottom - top) * uniform(count, 0.25, 0.75, generator)
    flag = line(head, head + length[:, None] * torch.stack([-angle.sin(), angle.cos()], dim=1), width)
    level = torch.zeros(count)
    left, right = (torch.stack([uniform(count, 3, 8, generator), level], dim=1) for _ in range(2))
    upright = (head - base)[:, 0].abs() < 0.2 * (bottom - top)  # a leaning 1 with flag and foot would be a Z
    has_foot = (upright & (torch.rand(count, generator=generator) < 0.5))[:, None, None, None]
    return torch.maximum(torch.maximum(images, flag), line(base - left, base + right, width) * has_foot)


def short_four(images: Tensor, generator: Generator) -> Tensor:
    """Take the upper part of a 4's stem away, so that the stem begins a little above the bar."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    height = bottom - top
    rows = torch.arange(SIDE) + 0.5
    quarter = ((rows - (top + 0.2 * height)[:, None]).abs() < 1.5)[:, :, None] & (images[:, 0] > 0.3)
    columns = quarter.any(dim=1)  # N×28: where there is ink in the upper part
    left = columns.int().argmax(dim=1)
    right = SIDE - 1 - columns.flip(1).int().argmax(dim=1)
    between = (left + right + 1)[:, None, None] / 2
    start = top + height * uniform(count, 0.3, 0.55, generator)
    slant = (start[:, None] - rows)[:, :, None] * 0.3  # the left stroke leans right
    away = (rows < start[:, None])[:, :, None] & (rows > between + slant)
    is_open = (right - left > 5)[:, None, None]  # a closed 4 stays as it is
    return images * ~(away & is_open)[:, None]


def crossed_seven(images: Tensor, generator: Generator) -> Tensor:
    """Draw the bar through the middle of a 7."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    middle = _point(images, top + (bottom - top) * uniform(count, 0.4, 0.65, generator))
    tilt = uniform(count, radians(-25), radians(15), generator)
    along = torch.stack([tilt.cos(), tilt.sin()], dim=1)
    left, right = (uniform(count, 2.5, 6.5, generator)[:, None] * along for _ in range(2))
    return torch.maximum(images, line(middle - left, middle + right, pen_width(images)))


def tailed_nine(images: Tensor, generator: Generator) -> Tensor:
    """End a 9's stem in a bend to the left, at times up again, as in a hand-written g."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    width = pen_width(images)
    start = _point(images, top + (bottom - top) * uniform(count, 0.65, 0.95, generator))
    across, lift = uniform(count, 5, 14, generator), uniform(count, -1, 5, generator)
    floor = bottom - width / 2
    turn = torch.stack([start[:, 0] - uniform(count, -1, 3, generator), floor + 1.5], dim=1)
    tip = torch.stack([start[:, 0] - across, floor - lift], dim=1)
    above = images * (torch.arange(SIDE) + 0.5 < start[:, 1, None])[:, None, :, None]
    return torch.maximum(above, curve(start, turn, tip, width))


FORMS: dict[int, Callable[[Tensor, Generator], Tensor]] = {
    1: long_one,
    4: short_four,
    7: crossed_seven,
    9: tailed_nine,
}


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """`count` numbers between `low` and `high`, float32 N."""
    return torch.rand(count, generator=generator) * (high - low) + low


def box_of(images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Top, bottom, left, right of the ink, in pixels (the ends are one past the last); the whole image if empty."""
    ink = images[:, 0] > 0.2 * images.amax(dim=(1, 2, 3))[:, None, None]
    top, bottom = _ends(ink.any(dim=2))
    left, right = _ends(ink.any(dim=1))
    return top, bottom, left, right


def pen_width(images: Tensor) -> Tensor:
    """Roughly how wide the strokes are, in pixels, float32 N: the ink's area against the length of its edge."""
    ink = images[:, 0]
    edge = ink.diff(dim=1).abs().sum(dim=(1, 2)) + ink.diff(dim=2).abs().sum(dim=(1, 2))
    return (2.5 * ink.sum(dim=(1, 2)) / (edge + 1e-6)).clamp(1, 5)


def line(start: Tensor, end: Tensor, width: Tensor) -> Tensor:
    """Straight strokes from N×2 to N×2 (x, y) with `width` N in pixels, soft at the edge: N×1×28×28."""
    centres = torch.arange(SIDE) + 0.5
    pixels = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=-1).reshape(1, -1, 2)  # 1×784×2
    along, from_start = (end - start)[:, None], pixels - start[:, None]
    position = ((from_start * along).sum(dim=2) / (along.square().sum(dim=2) + 1e-6)).clamp(0, 1)
    distance = torch.linalg.vector_norm(from_start - position[:, :, None] * along, dim=2)
    ink: Tensor = (width[:, None] / 2 + 0.5 - distance).clamp(0, 1)
    return ink.reshape(-1, 1, SIDE, SIDE)


def curve(start: Tensor, turn: Tensor, end: Tensor, width: Tensor) -> Tensor:
    """A bent stroke (quadratic Bézier) in five straight pieces, as `line`: N×1×28×28."""
    points = [start.lerp(turn, t).lerp(turn.lerp(end, t), t) for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]
    pieces = [line(near, far, width) for near, far in pairwise(points)]
    return torch.stack(pieces).amax(dim=0)


def _ends(filled: Tensor) -> tuple[Tensor, Tensor]:
    """The first filled place of each row, and the one after the last: bool N×28 → two float32 N."""
    return filled.int().argmax(dim=1).float(), filled.shape[1] - filled.flip(1).int().argmax(dim=1).float()


def _point(images: Tensor, row: Tensor) -> Tensor:
    """Where the ink is at a row: its mean column, and the row, as N×2 (x, y)."""
    places = torch.arange(SIDE) + 0.5
    near = (1.5 - (places - row[:, None]).abs()).clamp(0, 1)  # N×28
    profile = (images[:, 0] * near[:, :, None]).sum(dim=1) + 1e-6  # N×28
    return torch.stack([(profile * places).sum(dim=1) / profile.sum(dim=1), row], dim=1)
