"""Bending images, and inking them: what every hand and pen do to a digit, and all that the quicker recipes vary.

Works on float32 N×1×H×W in 0..1 with random numbers from the generator it is given: the same images and the same
generator state give the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import radians

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


@dataclass(frozen=True)
class Warp:
    """How far an image may be bent and inked. Each amount is drawn uniformly from ± its value, per image and axis.

    `rotation` in degrees; `scale` as a share of the size; `stretch` scales width against height, as a share;
    `shear` in pixels sideways per pixel of height; `shift` in pixels; `elastic` is the standard deviation, in pixels,
    by which the points of a 5×5 grid move (after Simard et al., "Best practices for convolutional neural networks
    applied to visual document analysis", 2003, with a coarse grid in place of smoothed noise). Grey values are raised
    to the power of e^`ink`: the grey edges of a stroke become darker, and it thinner, or lighter, and it thicker.
    """

    rotation: float = 12.0
    scale: float = 0.12
    stretch: float = 0.0
    shear: float = 0.2
    shift: float = 2.0
    elastic: float = 0.6
    ink: float = 0.0


def warp(images: Tensor, settings: Warp, generator: Generator) -> Tensor:
    """Bend and ink each image in its own way: float32 N×1×H×W in 0..1 → the same shape and range; outside is 0.

    The grid is summed up here: `affine_grid` and `interpolate` take five times as long for the same numbers.
    """
    count, _, height, width = images.shape
    if count == 0:
        return images
    (x, y), cubic_weights = _make_pixel_grid(height, width)
    affine = _sample_affine(count, settings, width, generator)[..., None, None]  # N×2×3×1×1
    grid = affine[:, :, 0] * x + (affine[:, :, 1] * y + affine[:, :, 2])  # N×2×H×W
    if settings.elastic:
        coarse = torch.randn(count, 2, 5, 5, generator=generator) * (settings.elastic * 2 / width)
        grid += cubic_weights[0] @ coarse @ cubic_weights[1].T
    warped = F.grid_sample(images, grid.permute(0, 2, 3, 1), mode="bilinear", padding_mode="zeros", align_corners=False)
    if settings.ink:
        warped = warped.clamp(0, 1).pow(
            sample_uniform(count, -settings.ink, settings.ink, generator).exp()[:, None, None, None]
        )
    return warped


@lru_cache
def _make_pixel_grid(height: int, width: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Where pixels are in −1..1 (x 1×W, y H×1), and the bicubic weights of five points for each (H×5, W×5)."""
    x, y = ((torch.arange(side) * 2 + 1) / side - 1 for side in (width, height))
    basis = torch.eye(5)[None, :, None]  # 1×5×1×5: each point alone
    row_weights, column_weights = (
        F.interpolate(basis, (1, side), mode="bicubic", align_corners=True)[0, :, 0].T for side in (height, width)
    )
    return (x[None], y[:, None]), (row_weights, column_weights)


def _sample_affine(count: int, settings: Warp, width: int, generator: Generator) -> Tensor:
    """One 2×3 matrix an image, from target to source, in the −1..1 coordinates of `affine_grid`: N×2×3."""

    def sample_symmetric(limit: float) -> Tensor:
        return sample_uniform(count, -limit, limit, generator)

    angle, shear = sample_symmetric(radians(settings.rotation)), sample_symmetric(settings.shear)
    scale, stretch = 1 + sample_symmetric(settings.scale), 1 + sample_symmetric(settings.stretch)
    across, down = scale * stretch.sqrt(), scale * stretch.rsqrt()
    cos, sin = angle.cos(), angle.sin()
    rows = [
        torch.stack([cos / across, (shear * cos - sin) / across, sample_symmetric(2 * settings.shift / width)], dim=1),
        torch.stack([sin / down, (shear * sin + cos) / down, sample_symmetric(2 * settings.shift / width)], dim=1),
    ]
    return torch.stack(rows, dim=1)


def sample_uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """`count` numbers between `low` and `high`, float32 N."""
    return torch.rand(count, generator=generator) * (high - low) + low
