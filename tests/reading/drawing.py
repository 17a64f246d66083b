"""Paper with digits on it, drawn for tests."""

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.scenes import Material
from inkdigits.data.synthesis.strips import FormNeighbours, draw_strip
from inkdigits.data.synthesis.strokes import Strokes

Pixels = NDArray[np.uint8]


def draw_on_paper(glyph: Pixels, size: int = 120, paper: int = 235, seed: int = 0) -> Pixels:
    """One glyph, enlarged to size×size, as dark ink on slightly rough paper in light that falls off to one side."""
    height = width = 2 * size
    page = np.random.default_rng(seed).normal(paper, 2, (height, width))
    page *= np.linspace(1, 0.6, width)[np.newaxis]
    ink = cv2.resize(glyph, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.float64) / 255
    window = page[size // 2 : size // 2 + size, size // 2 : size // 2 + size]
    window *= 1 - 0.75 * np.clip(ink, 0, 1)
    return np.clip(page, 0, 255).astype(np.uint8)


def draw_rows(glyphs: Pixels, columns: int, size: int = 56) -> Pixels:
    """Glyphs as dark ink on one white page, `columns` a row, well apart."""
    cells = [np.pad(cv2.resize(255 - glyph, (size, size)), 8, constant_values=255) for glyph in glyphs]
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return np.pad(np.vstack(rows), 30, constant_values=255).astype(np.uint8)


def draw_lines(texts: Sequence[str], seed: int = 0) -> Pixels:
    """Lines of digits and signs, each by one hand, as dark ink on paper; the digits are of MNIST's test set."""
    material, hands = _load_hands()
    rng = np.random.default_rng(seed)
    strips = [draw_strip(material, hands, rng, 320, text=text, is_cluttered=False) for text in texts]
    if [strip.text for strip in strips] != list(texts):
        raise ValueError("a line is too long for this hand; take another seed")
    ink = np.vstack([np.pad(strip.ink, ((10, 10), (20, 20))) for strip in strips])
    enlarged = cv2.resize(ink, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return (240 - 200 * np.clip(enlarged, 0, 1)).astype(np.uint8)


@cache
def _load_hands() -> tuple[Material, FormNeighbours]:
    digits = Strokes.from_digits(load("test").slice(0, 400))
    return Material(digits), FormNeighbours.from_strokes(digits)


def encode_image(pixels: NDArray[Any] | Image.Image, image_format: str, **options: Any) -> bytes:
    """The bytes of a picture file of that kind."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()
