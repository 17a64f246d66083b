"""What a page has on it besides writing, as it is left when the light was evened out: rules, boxes, patterns, noise.

Everything is float32 H×W in 0..1, ink bright on 0. What has no ink in it is laid under the writing by `numpy.maximum`;
what a camera or scanner does to all of it is `spoilt`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.data.synthesis.strokes import Ink

Size = tuple[int, int]  # height, width


def ruled(size: Size, height: float, rng: Generator) -> Ink:
    """Lines of ruled or squared paper, or of a table; `height` is that of a digit."""
    ink = np.zeros(size, np.float32)
    step = height * rng.uniform(0.8, 3.0)
    thick = max(1, round(height * rng.uniform(0.02, 0.12)))
    slope = rng.normal(0, 0.02)
    for level in np.arange(rng.uniform(-step, step), size[0] + step, step):
        rule(ink, (0, level), (size[1], level + slope * size[1]), thick)
    if rng.random() < 0.45:
        step *= rng.uniform(0.8, 2.5)
        for place in np.arange(rng.uniform(0, step), size[1] + step, step):
            rule(ink, (place, 0), (place - slope * size[0], size[0]), thick)
    if rng.random() < 0.25:
        ink *= np.arange(size[1]) // max(2, thick * int(rng.integers(2, 5))) % 2  # dotted or dashed
    return ink * np.float32(rng.uniform(0.25, 1))


def boxed(size: Size, box: tuple[float, float, float, float], height: float, rng: Generator) -> Ink:
    """One printed frame around `box` (x, y, width, height), of sharp corners."""
    ink = np.zeros(size, np.float32)
    x, y, width, tall = box
    grow = height * rng.uniform(0.1, 0.5, 4)
    corners = np.array([[x - grow[0], y - grow[1]], [x + width + grow[2], y + tall + grow[3]]]).round().astype(int)
    thick = max(1, round(height * rng.uniform(0.02, 0.1)))
    cv2.rectangle(ink, corners[0].tolist(), corners[1].tolist(), 1.0, thick, cv2.LINE_AA)
    return ink * np.float32(rng.uniform(0.3, 1))


def rule(ink: Ink, start: tuple[float, float], end: tuple[float, float], thick: int) -> None:
    """Draw a straight line from `start` to `end` (x, y in pixels), `thick` pixels wide, into `ink`."""
    first, last = (tuple(round(16 * value) for value in point) for point in (start, end))
    cv2.line(ink, first, last, 1.0, thick, cv2.LINE_AA, 4)


def patterned(size: Size, height: float, rng: Generator) -> Ink:
    """Faint waves, lines or dots as they are printed on cheques; `height` is that of a digit."""
    down, right = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    along, across = np.cos(angle) * right + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * right
    period = height * rng.uniform(0.08, 0.4)
    bow = rng.uniform(0, 3) * np.sin(2 * np.pi * along / (height * rng.uniform(0.8, 5)) + rng.uniform(0, 6))
    ink = np.sin(2 * np.pi * across / period + bow)
    if rng.random() < 0.3:
        ink *= np.sin(2 * np.pi * along / (period * rng.uniform(0.7, 1.5)))
    edge = rng.uniform(-0.6, 0.7)
    return np.asarray(np.clip((ink - edge) * rng.uniform(1, 4), 0, 1) * rng.uniform(0.04, 0.4), np.float32)


def clouded(size: Size, rng: Generator) -> Ink:
    """Smooth stains of any grain, as shadows, fabrics and photos leave them."""
    cells = rng.integers(2, max(3, min(size) // 4), 2)
    smooth = cv2.resize(rng.random(cells).astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    low = rng.uniform(0.2, 0.8)
    return np.asarray(np.clip((smooth - low) * rng.uniform(0.5, 8), 0, 1) * rng.uniform(0.1, 1), np.float32)


def textured(size: Size, rng: Generator) -> Ink:
    """Structure of many grains at once, as photos of cloth, stone, leaves and fur have it."""
    ink = np.zeros(size, np.float32)
    fall = rng.uniform(0.3, 1.2)
    for octave in range(int(rng.integers(2, 5)), int(rng.integers(6, 9))):
        cells = tuple(min(side, max(2, round(side * 2.0**octave / max(size)))) for side in size)
        grid = rng.normal(0, 1, cells).astype(np.float32)
        ink += cv2.resize(grid, size[::-1], interpolation=cv2.INTER_CUBIC) * np.float32(2.0 ** (-fall * octave))
    ink = (ink - ink.mean()) / (ink.std() + np.float32(1e-6))
    return np.asarray(np.clip((ink - rng.uniform(-0.3, 1.2)) * rng.uniform(0.4, 2), 0, 1), np.float32)


def dark_edge(size: Size, rng: Generator) -> Ink:
    """Something dark that reaches in from the edge: a shadow, a table, the end of the paper."""
    ink = np.zeros(size, np.float32)
    height, width = size
    side = rng.integers(4)
    reach = rng.uniform(0.03, 0.3)
    wobble = rng.uniform(0.3, 1.7, 2) * reach
    if side < 2:
        corners = np.array([[0, 0], [width, 0], [width, wobble[0] * height], [0, wobble[1] * height]])
        corners[:, 1] = corners[:, 1] if side else height - corners[:, 1]
    else:
        corners = np.array([[0, 0], [wobble[0] * width, 0], [wobble[1] * width, height], [0, height]])
        corners[:, 0] = corners[:, 0] if side == 2 else width - corners[:, 0]
    cv2.fillPoly(ink, [corners.round().astype(np.int32)], 1.0)
    soft = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 12))
    return np.asarray(soft * rng.uniform(0.2, 1), np.float32)


def spoilt(ink: Ink, height: float, rng: Generator) -> Ink:
    """What pen, camera and scanner do: gaps, few pixels, blur, noise, thresholds, JPEG, less contrast."""
    chance = rng.random(8)
    if chance[0] < 0.08:
        ink = ink * (1 - clouded(ink.shape, rng) * rng.uniform(0.3, 1))  # a pen that skips
    if chance[1] < 0.3:
        ink = _scanned(ink, height / rng.uniform(11, 28))
    if chance[2] < 0.5:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 0.04 * height)), np.float32)
    if chance[3] < 0.5:
        grain = rng.normal(0, rng.uniform(0.01, 0.12), ink.shape).astype(np.float32)
        ink = ink + (cv2.GaussianBlur(grain, (0, 0), 1.0) * 2.5 if rng.random() < 0.5 else grain)
    if chance[4] < 0.08:
        ink = np.where(rng.random(ink.shape) < rng.uniform(0.001, 0.02), rng.uniform(0.3, 1), ink)
    ink = np.clip(ink, 0, 1)
    if chance[5] < 0.15:
        ink = np.clip((ink - rng.uniform(0.2, 0.6)) * rng.uniform(3, 30) + 0.5, 0, 1)
    if chance[6] < 0.12:
        ink = _as_jpeg(ink, int(rng.integers(12, 60)))
    if chance[7] < 0.4:
        ink = ink * rng.uniform(0.5, 1)
    return np.asarray(ink, np.float32)


def _scanned(ink: Ink, shrink: float) -> Ink:
    """With `shrink` times fewer pixels along each side, enlarged again."""
    if shrink <= 1:
        return ink
    few = (max(4, round(ink.shape[1] / shrink)), max(4, round(ink.shape[0] / shrink)))
    return np.asarray(cv2.resize(cv2.resize(ink, few, interpolation=cv2.INTER_AREA), ink.shape[::-1]), np.float32)


def _as_jpeg(ink: Ink, quality: int) -> Ink:
    coded = cv2.imencode(".jpg", (ink * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.float32) / np.float32(255)
