"""Forms of digits that MNIST's American writers hardly use, drawn onto its digits in batches.

The 1 with a long flag and perhaps a foot, or as a roof; the 2 on a level foot, or with a curled head; the 4 whose stem
begins at the bar, the crossed 7, the 9 with a tail or an open loop. Images are float32 N×1×28×28 in 0..1, ink bright on
0; chances come from the generator. The strokes that are drawn get about the width of the digit's own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import radians

import torch
from torch import Generator, Tensor

from inkdigits.data.augmentation.warp import uniform

SIDE = 28


def long_one(images: Tensor, generator: Generator) -> Tensor:
    """Draw the long flag, and at times onto upright ones the foot, of a European 1."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    width = pen_width(images)
    head, base = _point(images, top + width / 2), _point(images, bottom - width / 2)
    angle = uniform(count, radians(25), radians(60), generator)
    length = (bottom - top) * uniform(count, 0.25, 0.75, generator)
    flag = line(head, head + length[:, None] * torch.stack([-angle.sin(), angle.cos()], dim=1), width)
    level = torch.zeros(count)
    left, right = (torch.stack([uniform(count, 2, 7, generator), level], dim=1) for _ in range(2))
    upright = (head - base)[:, 0].abs() < 0.2 * (bottom - top)  # a leaning 1 with flag and foot would be a Z
    has_foot = (upright & (torch.rand(count, generator=generator) < 0.5))[:, None, None, None]
    return torch.maximum(torch.maximum(images, flag), line(base - left, base + right, width) * has_foot)


def peaked_one(images: Tensor, generator: Generator) -> Tensor:
    """Write a 1 as a roof: its upstroke nearly as long as its stem, and steep, steeper where the 1 leans."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    width, height = pen_width(images), bottom - top
    head, base = _point(images, top + width / 2), _point(images, bottom - width / 2)
    lean = ((head - base)[:, 0] / height).clamp(0, 0.5)
    down = height * uniform(count, 0.45, 0.95, generator)
    across = down * (lean + uniform(count, 0.15, 0.5, generator)).clamp(max=0.75)
    foot = torch.stack([(head[:, 0] - across).clamp(min=1.0), head[:, 1] + down], dim=1)
    return torch.maximum(images, line(head, foot, width * uniform(count, 0.7, 1.1, generator)))


def flat_two(images: Tensor, generator: Generator) -> Tensor:
    """Give a 2 a straight, level foot."""
    count = len(images)
    _, bottom, left, right = box_of(images)
    width = pen_width(images)
    level = bottom - width / 2
    start = torch.stack([left + width / 2 + uniform(count, 0, 2, generator), level], dim=1)
    end = torch.stack([right - width / 2 + uniform(count, -2, 2, generator), level], dim=1)
    return torch.maximum(images, line(start, end, width * uniform(count, 0.8, 1.2, generator)))


def curled_two(images: Tensor, generator: Generator) -> Tensor:
    """Begin a 2 with a curl: from within its arch to the left, and up to where the arch begins."""
    count = len(images)
    top, bottom, left, right = box_of(images)
    height, across, width = bottom - top, right - left, pen_width(images)
    rows = torch.arange(SIDE) + 0.5
    upper = (rows > (top + 0.1 * height)[:, None]) & (rows < (top + 0.38 * height)[:, None])
    ink = (images[:, 0] > 0.4) & upper[:, :, None]
    begins = ink.any(dim=1).int().argmax(dim=1)  # the leftmost column of the upper part, and the ink's mean row there
    column = ink[torch.arange(count), :, begins].float()
    row = (column * rows).sum(dim=1) / (column.sum(dim=1) + 1e-6)
    x = begins + 0.5 + width / 4
    tip = (x + across * uniform(count, 0.2, 0.5, generator), row + height * uniform(count, -0.05, 0.15, generator))
    turn = (x - across * uniform(count, -0.05, 0.2, generator), row + height * uniform(count, 0.15, 0.35, generator))
    return torch.maximum(
        images, curve(torch.stack([x, row], dim=1), torch.stack(turn, dim=1), torch.stack(tip, dim=1), width)
    )


def short_four(images: Tensor, generator: Generator) -> Tensor:
    """Write a 4 as a slanting stroke and a bar, crossed by a stem that begins only a little above the bar."""
    count = len(images)
    top, bottom, left, right = box_of(images)
    height, width = bottom - top, pen_width(images)
    rows = torch.arange(SIDE) + 0.5
    low = (rows > (top + 0.35 * height)[:, None]) & (rows < (top + 0.8 * height)[:, None])
    bar = rows[(images[:, 0].sum(dim=2) * low).argmax(dim=1)]  # the fullest row of the lower half
    cut = bar - width / 2 - height * uniform(count, 0, 0.22, generator)
    below = images * (rows > cut[:, None])[:, None, :, None]
    start = torch.stack([left + width / 2, bar], dim=1)
    head = torch.stack([left + (right - left) * uniform(count, 0.25, 0.8, generator), top + width / 2], dim=1)
    return torch.maximum(below, line(start, head, width))


def crossed_seven(images: Tensor, generator: Generator) -> Tensor:
    """Draw the bar through the middle of a 7."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    middle = _point(images, top + (bottom - top) * uniform(count, 0.35, 0.7, generator))
    tilt = uniform(count, radians(-25), radians(15), generator)
    along = torch.stack([tilt.cos(), tilt.sin()], dim=1)
    left, right = (uniform(count, 2.5, 8.5, generator)[:, None] * along for _ in range(2))
    return torch.maximum(images, line(middle - left, middle + right, pen_width(images)))


def tailed_nine(images: Tensor, generator: Generator) -> Tensor:
    """End a 9's stem in a bend to the left, at times after one to the right or up again, as in a hand-written g."""
    count = len(images)
    top, bottom, _, _ = box_of(images)
    width = pen_width(images)
    start = _point(images, top + (bottom - top) * uniform(count, 0.5, 0.95, generator))
    across, lift = uniform(count, 5, 14, generator), uniform(count, -1, 5, generator)
    floor = bottom - width / 2
    turn = torch.stack([start[:, 0] - uniform(count, -5, 3, generator), floor + 1.5], dim=1)
    tip = torch.stack([start[:, 0] - across, floor - lift], dim=1)
    above = images * (torch.arange(SIDE) + 0.5 < start[:, 1, None])[:, None, :, None]
    return torch.maximum(above, curve(start, turn, tip, width))


def open_nine(images: Tensor, generator: Generator) -> Tensor:
    """Leave the loop of a 9 open at its lower left, as a hasty hand does."""
    count = len(images)
    top, bottom, left, right = box_of(images)
    x = left + (right - left) * uniform(count, 0.15, 0.45, generator)
    y = top + (bottom - top) * uniform(count, 0.38, 0.52, generator)
    middle = torch.stack([x, y], dim=1)
    reach = torch.stack([0.2 * (right - left), torch.zeros(count)], dim=1)
    return images * (1 - line(middle - reach, middle + reach, uniform(count, 1.5, 3.5, generator)))


FORMS: dict[int, tuple[Callable[[Tensor, Generator], Tensor], ...]] = {
    1: (long_one,),
    2: (flat_two,),
    4: (short_four,),
    7: (crossed_seven,),
    9: (tailed_nine, open_nine),
}
RARER: dict[int, tuple[Callable[[Tensor, Generator], Tensor], ...]] = {  # so far only the detector learns them
    1: (peaked_one,),
    2: (curled_two,),
}


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
