"""Ink on paper as a camera sees it: papers, pens, light that falls off, blur, noise, JPEG. Everything by the generator.

Ink is float32 H×W in 0..1, bright on 0; pictures are H×W×3 (red, green, blue) in 0..255, float32 on the way.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.synthesis.strokes import Ink

Array = NDArray[np.float32]
Image = NDArray[np.uint8]
PAPER_COLOURS = ((248, 248, 246), (244, 240, 229), (226, 224, 220), (240, 232, 196), (222, 234, 240))  # white to bluish
PEN_COLOURS = (
    (32, 32, 36),
    (38, 52, 120),
    (20, 40, 160),
    (150, 30, 36),
    (26, 96, 60),
    (92, 92, 96),
)  # the last: a pencil
PRINT_COLOURS = ((150, 176, 214), (168, 168, 168), (210, 160, 160), (140, 190, 160))  # of rules and patterns


def sample_colour(colours: tuple[tuple[int, int, int], ...], rng: Generator) -> Array:
    """One of the colours, a little different each time, float32 3."""
    return np.asarray(np.clip(np.array(colours[rng.integers(len(colours))]) + rng.normal(0, 5, 3), 0, 255), np.float32)


def draw_paper(size: tuple[int, int], rng: Generator) -> Array:
    """Empty paper of `size` (height, width) with a soft fibre."""
    height, width = size
    fibre = rng.normal(0, rng.uniform(0.5, 4), (height // 6 + 2, width // 6 + 2)).astype(np.float32)
    return np.asarray(sample_colour(PAPER_COLOURS, rng) + cv2.resize(fibre, (width, height))[:, :, None], np.float32)


def lay_ink(picture: Array, ink: Ink, pen: Array) -> Array:
    """The picture with ink of a colour on it."""
    coverage = ink[:, :, None]
    return np.asarray(picture * (1 - coverage) + pen * coverage, np.float32)


def take_photo(picture: Array, blur_pixels: float, rng: Generator) -> Image:
    """A photo of the picture: light that falls off, a soft lens (`blur`, pixels), noise, and half of the time JPEG."""
    size = picture.shape[0], picture.shape[1]
    blurred = (
        cv2.GaussianBlur(picture * draw_light(size, rng)[:, :, None], (0, 0), blur_pixels) if blur_pixels else picture
    )
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(0.5, 6))
    image = np.clip(blurred + noise, 0, 255).round().astype(np.uint8)
    return compress_jpeg(image, int(rng.integers(60, 95))) if rng.random() < 0.5 else image


def draw_light(size: tuple[int, int], rng: Generator) -> Array:
    """How much light falls where, up to 1: less to one side and to the corners; in a third, a shadow over a part."""
    down, right = (np.linspace(-1, 1, side, dtype=np.float32) for side in size)
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * right + np.sin(angle) * down[:, None]  # -1.5 to 1.5
    corners = right**2 + down[:, None] ** 2  # 0 to 2
    bright = 1 - rng.uniform(0, 0.13) * (slope + 1.5) - rng.uniform(0, 0.1) * corners
    if rng.random() < 1 / 3:
        bright = bright * (
            1 - rng.uniform(0.1, 0.45) * cast_shadow(slope, rng.uniform(0.03, 0.3), rng.uniform(-0.5, 0.7))
        )
    return np.asarray(bright, np.float32)


def cast_shadow(slope: Array, soft: float, edge: float) -> Array:
    """0 in the light and 1 in the shade, which begins where `slope` passes `edge`, over a band of about `soft`."""
    return np.asarray(1 / (1 + np.exp(np.clip((edge - slope) * 4 / soft, -60, 60))), np.float32)


def compress_jpeg(image: Image, quality: int) -> Image:
    """The picture as JPEG of that quality gives it back."""
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
