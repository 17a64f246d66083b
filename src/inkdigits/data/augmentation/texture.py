"""Batched changes to the texture of a digit image, after published general methods: other filters, waves and spectra.

A network that has met many textures has to go by shape. As everywhere in `augment.py`: float32 N×1×28×28 in 0..1 (ink
bright on 0), the same shape and range back, random numbers from the generator, nothing changed in place.
"""

from __future__ import annotations

from math import pi

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from inkdigits.glyph import GLYPH_SIDE


def apply_random_filter(images: Tensor, generator: Generator) -> Tensor:
    """Filter each image with a kernel of random numbers, 3, 5 or 7 pixels wide, and mix that with the image or not.

    After Xu et al., "Robust and generalizable visual representation learning via random convolutions", 2021,
    arXiv:2007.13003. Magnitudes are taken, so that empty paper stays 0; the strongest becomes 1.
    """
    count = len(images)
    reach = torch.randint(1, 4, (count, 1, 1), generator=generator)
    distance = torch.arange(-3, 4).abs()
    kernels = torch.randn(count, 7, 7, generator=generator) * (torch.maximum(distance[:, None], distance) <= reach)
    filtered = F.conv2d(images.transpose(0, 1), kernels[:, None], padding=3, groups=count).transpose(0, 1)
    mix_ratio = sample_per_image(images, 0, 1.5, generator).clamp(max=1)  # a third of the images is not mixed
    return images.lerp(stretch_contrast(filtered.abs()), mix_ratio)


def add_wave(images: Tensor, generator: Generator) -> Tensor:
    """Add one plane wave of any direction and of 1 to 14 periods across the image.

    After Vaish et al., "Fourier-basis functions to bridge augmentation gap", 2024, arXiv:2403.01944.
    """
    angle, phase = sample_per_image(images, 0, pi, generator), sample_per_image(images, 0, 2 * pi, generator)
    periods = sample_per_image(images, 1, GLYPH_SIDE / 2, generator)
    positions = torch.arange(GLYPH_SIDE) / GLYPH_SIDE
    along = positions * angle.cos() + positions[:, None] * angle.sin()  # N×1×28×28
    return (images + sample_per_image(images, 0.05, 0.4, generator) * (2 * pi * periods * along + phase).sin()).clamp(
        0, 1
    )


def mix_spectra(images: Tensor, generator: Generator) -> Tensor:
    """Mix the strengths of each image's frequencies with those of the next; their phases, the shape, stay.

    After Xu et al., "A Fourier-based framework for domain generalization", 2021, arXiv:2105.11120.
    """
    spectra = torch.fft.rfft2(images)
    magnitude = spectra.abs()
    mixed_magnitude = magnitude.lerp(magnitude.roll(1, dims=0), sample_per_image(images, 0, 1, generator))
    return stretch_contrast(
        torch.fft.irfft2(torch.polar(mixed_magnitude, spectra.angle()), s=(GLYPH_SIDE, GLYPH_SIDE)).clamp(0, 1)
    ).clamp(0, 1)


def sample_per_image(images: Tensor, low: float, high: float, generator: Generator) -> Tensor:
    """One number an image, uniform from low to high, ready to multiply it: N×1×1×1."""
    return low + (high - low) * torch.rand(len(images), 1, 1, 1, generator=generator)


def stretch_contrast(images: Tensor) -> Tensor:
    """Scale each image so that its brightest pixel is 1 (an empty one stays empty)."""
    return images / images.amax(dim=(1, 2, 3), keepdim=True).clamp(min=0.05)
