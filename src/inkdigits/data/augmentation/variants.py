"""Variants of digits that MNIST's American writers hardly use, drawn onto its digits in batches.

The 1 with a long flag and perhaps a foot, or as a roof; the 2 on a level foot, or with a curled head; the 4 whose stem
begins at the bar, the crossed 7, the 9 with a tail or an open loop. Images are float32 N×1×28×28 in 0..1, ink bright on
0; random numbers come from the generator. The strokes that are drawn get about the width of the digit's own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import radians

import torch
from torch import Generator, Tensor

from inkdigits.data.augmentation.warp import sample_uniform
from inkdigits.glyph import GLYPH_SIDE


def draw_flagged_one(images: Tensor, generator: Generator) -> Tensor:
    """Draw the long flag, and at times onto upright ones the foot, of a European 1."""
    count = len(images)
    top, bottom, _, _ = find_ink_bounds(images)
    width = estimate_pen_width(images)
    head, base = _locate_ink_in_row(images, top + width / 2), _locate_ink_in_row(images, bottom - width / 2)
    flag_angle = sample_uniform(count, radians(25), radians(60), generator)
    flag_length = (bottom - top) * sample_uniform(count, 0.25, 0.75, generator)
    flag = draw_line(
        head, head + flag_length[:, None] * torch.stack([-flag_angle.sin(), flag_angle.cos()], dim=1), width
    )
    zeros = torch.zeros(count)
    left, right = (torch.stack([sample_uniform(count, 2, 7, generator), zeros], dim=1) for _ in range(2))
    is_upright = (head - base)[:, 0].abs() < 0.2 * (bottom - top)  # a leaning 1 with flag and foot would be a Z
    has_foot = (is_upright & (torch.rand(count, generator=generator) < 0.5))[:, None, None, None]
    return torch.maximum(torch.maximum(images, flag), draw_line(base - left, base + right, width) * has_foot)


def draw_peaked_one(images: Tensor, generator: Generator) -> Tensor:
    """Write a 1 as a roof: its upstroke nearly as long as its stem, and steep, steeper where the 1 leans."""
    count = len(images)
    top, bottom, _, _ = find_ink_bounds(images)
    width, height = estimate_pen_width(images), bottom - top
    head, base = _locate_ink_in_row(images, top + width / 2), _locate_ink_in_row(images, bottom - width / 2)
    lean = ((head - base)[:, 0] / height).clamp(0, 0.5)
    drop = height * sample_uniform(count, 0.45, 0.95, generator)
    reach = drop * (lean + sample_uniform(count, 0.15, 0.5, generator)).clamp(max=0.75)
    foot = torch.stack([(head[:, 0] - reach).clamp(min=1.0), head[:, 1] + drop], dim=1)
    return torch.maximum(images, draw_line(head, foot, width * sample_uniform(count, 0.7, 1.1, generator)))


def draw_flat_two(images: Tensor, generator: Generator) -> Tensor:
    """Give a 2 a straight, level foot."""
    count = len(images)
    _, bottom, left, right = find_ink_bounds(images)
    width = estimate_pen_width(images)
    foot_row = bottom - width / 2
    start = torch.stack([left + width / 2 + sample_uniform(count, 0, 2, generator), foot_row], dim=1)
    end = torch.stack([right - width / 2 + sample_uniform(count, -2, 2, generator), foot_row], dim=1)
    return torch.maximum(images, draw_line(start, end, width * sample_uniform(count, 0.8, 1.2, generator)))


def draw_curled_two(images: Tensor, generator: Generator) -> Tensor:
    """Begin a 2 with a curl: from within its arch to the left, and up to where the arch begins."""
    count = len(images)
    top, bottom, left, right = find_ink_bounds(images)
    height, box_width, width = bottom - top, right - left, estimate_pen_width(images)
    rows = torch.arange(GLYPH_SIDE) + 0.5
    is_upper = (rows > (top + 0.1 * height)[:, None]) & (rows < (top + 0.38 * height)[:, None])
    is_ink = (images[:, 0] > 0.4) & is_upper[:, :, None]
    first_column = (
        is_ink.any(dim=1).int().argmax(dim=1)
    )  # the leftmost column of the upper part, and the ink's mean row there
    column_ink = is_ink[torch.arange(count), :, first_column].float()
    row = (column_ink * rows).sum(dim=1) / (column_ink.sum(dim=1) + 1e-6)
    x = first_column + 0.5 + width / 4
    tip = (
        x + box_width * sample_uniform(count, 0.2, 0.5, generator),
        row + height * sample_uniform(count, -0.05, 0.15, generator),
    )
    control = (
        x - box_width * sample_uniform(count, -0.05, 0.2, generator),
        row + height * sample_uniform(count, 0.15, 0.35, generator),
    )
    return torch.maximum(
        images, draw_curve(torch.stack([x, row], dim=1), torch.stack(control, dim=1), torch.stack(tip, dim=1), width)
    )


def draw_short_four(images: Tensor, generator: Generator) -> Tensor:
    """Write a 4 as a slanting stroke and a bar, crossed by a stem that begins only a little above the bar."""
    count = len(images)
    top, bottom, left, right = find_ink_bounds(images)
    height, width = bottom - top, estimate_pen_width(images)
    rows = torch.arange(GLYPH_SIDE) + 0.5
    is_low = (rows > (top + 0.35 * height)[:, None]) & (rows < (top + 0.8 * height)[:, None])
    bar = rows[(images[:, 0].sum(dim=2) * is_low).argmax(dim=1)]  # the fullest row of the lower half
    cut_row = bar - width / 2 - height * sample_uniform(count, 0, 0.22, generator)
    lower_part = images * (rows > cut_row[:, None])[:, None, :, None]
    start = torch.stack([left + width / 2, bar], dim=1)
    head = torch.stack([left + (right - left) * sample_uniform(count, 0.25, 0.8, generator), top + width / 2], dim=1)
    return torch.maximum(lower_part, draw_line(start, head, width))


def draw_crossed_seven(images: Tensor, generator: Generator) -> Tensor:
    """Draw the bar through the middle of a 7."""
    count = len(images)
    top, bottom, _, _ = find_ink_bounds(images)
    middle = _locate_ink_in_row(images, top + (bottom - top) * sample_uniform(count, 0.35, 0.7, generator))
    tilt = sample_uniform(count, radians(-25), radians(15), generator)
    direction = torch.stack([tilt.cos(), tilt.sin()], dim=1)
    left, right = (sample_uniform(count, 2.5, 8.5, generator)[:, None] * direction for _ in range(2))
    return torch.maximum(images, draw_line(middle - left, middle + right, estimate_pen_width(images)))


def draw_tailed_nine(images: Tensor, generator: Generator) -> Tensor:
    """End a 9's stem in a bend to the left, at times after one to the right or up again, as in a hand-written g."""
    count = len(images)
    top, bottom, _, _ = find_ink_bounds(images)
    width = estimate_pen_width(images)
    start = _locate_ink_in_row(images, top + (bottom - top) * sample_uniform(count, 0.5, 0.95, generator))
    reach, lift = sample_uniform(count, 5, 14, generator), sample_uniform(count, -1, 5, generator)
    foot_row = bottom - width / 2
    control = torch.stack([start[:, 0] - sample_uniform(count, -5, 3, generator), foot_row + 1.5], dim=1)
    tip = torch.stack([start[:, 0] - reach, foot_row - lift], dim=1)
    upper_part = images * (torch.arange(GLYPH_SIDE) + 0.5 < start[:, 1, None])[:, None, :, None]
    return torch.maximum(upper_part, draw_curve(start, control, tip, width))


def draw_open_nine(images: Tensor, generator: Generator) -> Tensor:
    """Leave the loop of a 9 open at its lower left, as a hasty hand does."""
    count = len(images)
    top, bottom, left, right = find_ink_bounds(images)
    x = left + (right - left) * sample_uniform(count, 0.15, 0.45, generator)
    y = top + (bottom - top) * sample_uniform(count, 0.38, 0.52, generator)
    middle = torch.stack([x, y], dim=1)
    half_cut = torch.stack([0.2 * (right - left), torch.zeros(count)], dim=1)
    return images * (1 - draw_line(middle - half_cut, middle + half_cut, sample_uniform(count, 1.5, 3.5, generator)))


VARIANTS: dict[int, tuple[Callable[[Tensor, Generator], Tensor], ...]] = {
    1: (draw_flagged_one,),
    2: (draw_flat_two,),
    4: (draw_short_four,),
    7: (draw_crossed_seven,),
    9: (draw_tailed_nine, draw_open_nine),
}
RARE_VARIANTS: dict[int, tuple[Callable[[Tensor, Generator], Tensor], ...]] = {  # so far only the detector learns them
    1: (draw_peaked_one,),
    2: (draw_curled_two,),
}


def find_ink_bounds(images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Top, bottom, left, right of the ink, in pixels (the ends are one past the last); the whole image if empty."""
    ink = images[:, 0] > 0.2 * images.amax(dim=(1, 2, 3))[:, None, None]
    top, bottom = _find_first_and_end(ink.any(dim=2))
    left, right = _find_first_and_end(ink.any(dim=1))
    return top, bottom, left, right


def estimate_pen_width(images: Tensor) -> Tensor:
    """Roughly how wide the strokes are, in pixels, float32 N: the ink's area against the length of its edge."""
    ink = images[:, 0]
    edge = ink.diff(dim=1).abs().sum(dim=(1, 2)) + ink.diff(dim=2).abs().sum(dim=(1, 2))
    return (2.5 * ink.sum(dim=(1, 2)) / (edge + 1e-6)).clamp(1, 5)


def draw_line(start: Tensor, end: Tensor, width: Tensor) -> Tensor:
    """Straight strokes from N×2 to N×2 (x, y) with `width` N in pixels, soft at the edge: N×1×28×28."""
    centres = torch.arange(GLYPH_SIDE) + 0.5
    pixels = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=-1).reshape(1, -1, 2)  # 1×784×2
    along, from_start = (end - start)[:, None], pixels - start[:, None]
    position = ((from_start * along).sum(dim=2) / (along.square().sum(dim=2) + 1e-6)).clamp(0, 1)
    distance = torch.linalg.vector_norm(from_start - position[:, :, None] * along, dim=2)
    ink: Tensor = (width[:, None] / 2 + 0.5 - distance).clamp(0, 1)
    return ink.reshape(-1, 1, GLYPH_SIDE, GLYPH_SIDE)


def draw_curve(start: Tensor, control: Tensor, end: Tensor, width: Tensor) -> Tensor:
    """A bent stroke (quadratic Bézier) in five straight pieces, as `draw_line`: N×1×28×28."""
    points = [start.lerp(control, t).lerp(control.lerp(end, t), t) for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]
    pieces = [draw_line(near, far, width) for near, far in pairwise(points)]
    return torch.stack(pieces).amax(dim=0)


def _find_first_and_end(is_filled: Tensor) -> tuple[Tensor, Tensor]:
    """The first filled place of each row, and the one after the last: bool N×28 → two float32 N."""
    return is_filled.int().argmax(dim=1).float(), is_filled.shape[1] - is_filled.flip(1).int().argmax(dim=1).float()


def _locate_ink_in_row(images: Tensor, row: Tensor) -> Tensor:
    """Where the ink is at a row: its mean column, and the row, as N×2 (x, y)."""
    positions = torch.arange(GLYPH_SIDE) + 0.5
    row_weights = (1.5 - (positions - row[:, None]).abs()).clamp(0, 1)  # N×28
    profile = (images[:, 0] * row_weights[:, :, None]).sum(dim=1) + 1e-6  # N×28
    return torch.stack([(profile * positions).sum(dim=1) / profile.sum(dim=1), row], dim=1)
