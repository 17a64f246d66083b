"""What a page has on it besides writing, as it is left when the light was evened out: rules, boxes, patterns, noise.

Everything is float32 H×W in 0..1, ink bright on 0. What has no ink in it is laid under the writing by `numpy.maximum`;
what a camera or scanner does to all of it is `degrade`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.data.synthesis.strokes import Ink

Size = tuple[int, int]  # height, width


def draw_rules(size: Size, digit_height: float, rng: Generator) -> Ink:
    """Lines of ruled or squared paper, or of a table; `digit_height` in pixels."""
    ink = np.zeros(size, np.float32)
    spacing = digit_height * rng.uniform(0.8, 3.0)
    thickness = max(1, round(digit_height * rng.uniform(0.02, 0.12)))
    slope = rng.normal(0, 0.02)
    for y in np.arange(rng.uniform(-spacing, spacing), size[0] + spacing, spacing):
        draw_rule(ink, (0, y), (size[1], y + slope * size[1]), thickness)
    if rng.random() < 0.45:
        spacing *= rng.uniform(0.8, 2.5)
        for x in np.arange(rng.uniform(0, spacing), size[1] + spacing, spacing):
            draw_rule(ink, (x, 0), (x - slope * size[0], size[0]), thickness)
    if rng.random() < 0.25:
        ink *= np.arange(size[1]) // max(2, thickness * int(rng.integers(2, 5))) % 2  # dotted or dashed
    return ink * np.float32(rng.uniform(0.25, 1))


def draw_frame(size: Size, box: tuple[float, float, float, float], digit_height: float, rng: Generator) -> Ink:
    """One printed frame around `box` (x, y, width, height), of sharp corners."""
    ink = np.zeros(size, np.float32)
    x, y, width, height = box
    margins = digit_height * rng.uniform(0.1, 0.5, 4)
    corners = (
        np.array([[x - margins[0], y - margins[1]], [x + width + margins[2], y + height + margins[3]]])
        .round()
        .astype(int)
    )
    thickness = max(1, round(digit_height * rng.uniform(0.02, 0.1)))
    cv2.rectangle(ink, corners[0].tolist(), corners[1].tolist(), 1.0, thickness, cv2.LINE_AA)
    return ink * np.float32(rng.uniform(0.3, 1))


def draw_rule(ink: Ink, start: tuple[float, float], end: tuple[float, float], thickness: int) -> None:
    """Draw a straight line from `start` to `end` (x, y in pixels), `thickness` pixels wide, into `ink`."""
    first, last = (tuple(round(16 * value) for value in point) for point in (start, end))
    cv2.line(ink, first, last, 1.0, thickness, cv2.LINE_AA, 4)


def draw_pattern(size: Size, digit_height: float, rng: Generator) -> Ink:
    """Faint waves, lines or dots as they are printed on cheques; `digit_height` in pixels."""
    down, right = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    along, across = np.cos(angle) * right + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * right
    period = digit_height * rng.uniform(0.08, 0.4)
    phase = rng.uniform(0, 3) * np.sin(2 * np.pi * along / (digit_height * rng.uniform(0.8, 5)) + rng.uniform(0, 6))
    ink = np.sin(2 * np.pi * across / period + phase)
    if rng.random() < 0.3:
        ink *= np.sin(2 * np.pi * along / (period * rng.uniform(0.7, 1.5)))
    threshold = rng.uniform(-0.6, 0.7)
    return np.asarray(np.clip((ink - threshold) * rng.uniform(1, 4), 0, 1) * rng.uniform(0.04, 0.4), np.float32)


def draw_stains(size: Size, rng: Generator) -> Ink:
    """Smooth stains of any grain, as shadows, fabrics and photos leave them."""
    cells = rng.integers(2, max(3, min(size) // 4), 2)
    smooth = cv2.resize(rng.random(cells).astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    threshold = rng.uniform(0.2, 0.8)
    return np.asarray(np.clip((smooth - threshold) * rng.uniform(0.5, 8), 0, 1) * rng.uniform(0.1, 1), np.float32)


def draw_texture(size: Size, rng: Generator) -> Ink:
    """Structure of many grains at once, as photos of cloth, stone, leaves and fur have it."""
    ink = np.zeros(size, np.float32)
    decay = rng.uniform(0.3, 1.2)
    for octave in range(int(rng.integers(2, 5)), int(rng.integers(6, 9))):
        cells = tuple(min(side, max(2, round(side * 2.0**octave / max(size)))) for side in size)
        grid = rng.normal(0, 1, cells).astype(np.float32)
        ink += cv2.resize(grid, size[::-1], interpolation=cv2.INTER_CUBIC) * np.float32(2.0 ** (-decay * octave))
    ink = (ink - ink.mean()) / (ink.std() + np.float32(1e-6))
    return np.asarray(np.clip((ink - rng.uniform(-0.3, 1.2)) * rng.uniform(0.4, 2), 0, 1), np.float32)


def draw_grain(size: Size, pen_width: float, rng: Generator) -> Ink:
    """How much of the ink stays on a rough surface, 1 on its ridges and less in its pores, for a pen `pen_width` pixels
    wide."""
    heights = rng.normal(0, 1, size).astype(np.float32)
    smooth = cv2.GaussianBlur(heights, (0, 0), max(0.4, pen_width * rng.uniform(0.08, 0.3)))
    ridges = np.clip((smooth / smooth.std() + rng.uniform(0.0, 1.2)) * rng.uniform(1, 6), 0, 1)
    return np.asarray(1 - rng.uniform(0.6, 1) * (1 - ridges), np.float32)


def draw_dark_edge(size: Size, rng: Generator) -> Ink:
    """Something dark that reaches in from the edge: a shadow, a table, the end of the paper."""
    ink = np.zeros(size, np.float32)
    height, width = size
    side = rng.integers(4)
    reach = rng.uniform(0.03, 0.3)
    end_depths = rng.uniform(0.3, 1.7, 2) * reach
    if side < 2:
        corners = np.array([[0, 0], [width, 0], [width, end_depths[0] * height], [0, end_depths[1] * height]])
        corners[:, 1] = corners[:, 1] if side else height - corners[:, 1]
    else:
        corners = np.array([[0, 0], [end_depths[0] * width, 0], [end_depths[1] * width, height], [0, height]])
        corners[:, 0] = corners[:, 0] if side == 2 else width - corners[:, 0]
    cv2.fillPoly(ink, [corners.round().astype(np.int32)], 1.0)
    blurred = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 12))
    return np.asarray(blurred * rng.uniform(0.2, 1), np.float32)


def degrade(ink: Ink, digit_height: float, rng: Generator) -> Ink:
    """What pen, camera and scanner do: gaps, few pixels, blur, noise, thresholds, JPEG, less contrast."""
    draws = rng.random(8)
    if draws[0] < 0.08:
        ink = ink * (1 - draw_stains(ink.shape, rng) * rng.uniform(0.3, 1))  # a pen that skips
    if draws[1] < 0.3:
        ink = _lower_resolution(ink, digit_height / rng.uniform(11, 28))
    if draws[2] < 0.5:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 0.04 * digit_height)), np.float32)
    if draws[3] < 0.5:
        grain = rng.normal(0, rng.uniform(0.01, 0.12), ink.shape).astype(np.float32)
        ink = ink + (cv2.GaussianBlur(grain, (0, 0), 1.0) * 2.5 if rng.random() < 0.5 else grain)
    if draws[4] < 0.08:
        ink = np.where(rng.random(ink.shape) < rng.uniform(0.001, 0.02), rng.uniform(0.3, 1), ink)
    ink = np.clip(ink, 0, 1)
    if draws[5] < 0.15:
        ink = np.clip((ink - rng.uniform(0.2, 0.6)) * rng.uniform(3, 30) + 0.5, 0, 1)
    if draws[6] < 0.12:
        ink = _compress_as_jpeg(ink, int(rng.integers(12, 60)))
    if draws[7] < 0.4:
        ink = ink * rng.uniform(0.5, 1)
    return np.asarray(ink, np.float32)


def _lower_resolution(ink: Ink, factor: float) -> Ink:
    """With `factor` times fewer pixels along each side, enlarged again."""
    if factor <= 1:
        return ink
    small_size = (max(4, round(ink.shape[1] / factor)), max(4, round(ink.shape[0] / factor)))
    return np.asarray(
        cv2.resize(cv2.resize(ink, small_size, interpolation=cv2.INTER_AREA), ink.shape[::-1]), np.float32
    )


def _compress_as_jpeg(ink: Ink, quality: int) -> Ink:
    encoded = cv2.imencode(".jpg", (ink * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.float32) / np.float32(255)
