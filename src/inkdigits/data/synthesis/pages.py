"""Pages with known truth: digits of a set, written with a pen on paper of our own drawing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import DataError
from inkdigits.glyph import DIGIT_SIDE

Array = NDArray[np.float32]
PAPER_RGB = np.array([244, 240, 229], np.float32)  # red, green, blue of warm white
INK_RGB = np.array([38, 52, 110], np.float32)  # of a blue pen
MARGIN_PIXELS = 60  # pixels
NUMBER_GAP_RATIO = 0.9  # between numbers, in digit heights


@dataclass(frozen=True)
class Page:
    """`image` uint8 H×W×3 (red, green, blue) and the `truth`: one string a line, numbers parted by spaces."""

    image: NDArray[np.uint8]
    truth: tuple[str, ...]


def draw_page(digits: Digits, lines: tuple[str, ...], seed: int = 0, digit_height: int = 64) -> Page:
    """Write `lines` (of 0–9 and spaces) with digits of the set, each `digit_height` pixels high, spaced out.

    Equal arguments give equal pages. Raises DataError when the set lacks a digit that is to be written.
    """
    rng = np.random.default_rng(seed)
    rows = [_write_line(digits, line, digit_height, rng) for line in lines]
    width = max(row.shape[1] for row in rows) + 2 * MARGIN_PIXELS
    ink = np.zeros((sum(row.shape[0] for row in rows) + 2 * MARGIN_PIXELS, width), np.float32)
    top = MARGIN_PIXELS
    for row in rows:
        ink[top : top + row.shape[0], MARGIN_PIXELS : MARGIN_PIXELS + row.shape[1]] = row
        top += row.shape[0]
    cover = (cv2.GaussianBlur(ink, (0, 0), digit_height / 80) * 0.92)[:, :, None]  # H×W×1
    paper = _draw_paper(ink.shape[0], width, rng)
    image = paper * (1 - cover) + INK_RGB * cover + rng.normal(0, 2, paper.shape)
    return Page(np.clip(image, 0, 255).round().astype(np.uint8), lines)


def _write_line(digits: Digits, text: str, digit_height: int, rng: np.random.Generator) -> Array:
    """Ink of one line, 0..1, 1.6 digit heights tall; every digit a little higher, lower, larger or smaller."""
    row = np.zeros((round(1.6 * digit_height), round((1.1 * len(text) + 1) * digit_height)), np.float32)
    x = 0
    for character in text:
        if character == " ":
            x += round(NUMBER_GAP_RATIO * digit_height)
            continue
        image = _write_digit(digits, int(character), digit_height * rng.uniform(0.9, 1.1), rng)
        y = round((row.shape[0] - image.shape[0]) / 2 + rng.uniform(-0.06, 0.06) * digit_height)
        y = min(max(0, y), row.shape[0] - image.shape[0])  # the largest digits, moved, would leave their row
        target = row[y : y + image.shape[0], x : x + image.shape[1]]
        np.maximum(target, image, out=target)
        x += image.shape[1] + round(rng.uniform(0.12, 0.25) * digit_height)
    return row[:, :x]


def _write_digit(digits: Digits, digit: int, height: float, rng: np.random.Generator) -> Array:
    """One of the set's images of that digit, cut to its ink and enlarged so that a full box is `height` high."""
    candidates = np.flatnonzero(digits.labels == digit)
    if len(candidates) == 0:
        raise DataError(f"{digits.name} has no {digit} to write with.")
    image = digits.images[rng.choice(candidates)]
    columns = np.flatnonzero(image.max(axis=0) > 50)
    digit_crop = image[:, columns[0] : columns[-1] + 1].astype(np.float32) / 255
    scale = height / DIGIT_SIDE
    enlarged = cv2.resize(digit_crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.asarray(
        np.clip(3 * (enlarged - 0.33), 0, 1), np.float32
    )  # a pen's edge is sharper than a blown-up pixel's


def _draw_paper(height: int, width: int, rng: np.random.Generator) -> Array:
    """Paper with a soft fibre and light that falls off to one side, float32 H×W×3 in 0..255."""
    fibre = cv2.resize(rng.normal(0, 3, (height // 6 + 1, width // 6 + 1)).astype(np.float32), (width, height))
    angle = rng.uniform(0, 2 * np.pi)
    down, right = np.mgrid[0:height, 0:width].astype(np.float32)
    shade = (np.cos(angle) * right / width + np.sin(angle) * down / height)[:, :, None]
    return np.asarray((PAPER_RGB + fibre[:, :, None]) * (1 - 0.18 * (shade - shade.min())), np.float32)
