"""Silhouettes: shapes alike on both sides, as clothes, tools, leaves and animals have them, to be no digit."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.synthesis import paper

SIDE = 64


def draw_silhouette(rng: Generator) -> NDArray[np.uint8]:
    """One filled shape, or only its outline, with seams, stripes or shading in it, at times a little turned; uint8
    64×64."""
    outline = _sample_outline(rng)
    ink = np.zeros((SIDE, SIDE), np.float32)
    if rng.random() < 0.85:
        cv2.fillPoly(ink, [outline], 1.0, cv2.LINE_AA)
        ink *= _draw_interior(rng)
    if ink.max() == 0 or rng.random() < 0.3:
        cv2.polylines(ink, [outline], True, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
    rotation = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), float(rng.normal(0, 12)), float(rng.uniform(0.85, 1.05)))
    return np.asarray(np.clip(cv2.warpAffine(ink, rotation, (SIDE, SIDE)), 0, 1) * 255, np.uint8)


def _sample_outline(rng: Generator) -> NDArray[np.int32]:
    """How wide it is at a few heights, told once and mirrored; K×2 points (x, y)."""
    heights = np.sort(rng.uniform(5, SIDE - 5, int(rng.integers(3, 9))))
    heights[0], heights[-1] = 5, SIDE - 5
    widths = rng.uniform(2, SIDE / 2 - 4, len(heights)) * rng.uniform(0.4, 1)
    right = np.stack([SIDE / 2 + widths, heights], axis=1)
    left = np.stack([SIDE / 2 - widths, heights], axis=1)[::-1]
    if rng.random() < 0.3:  # not alike after all, as a shoe from the side
        left[:, 0] -= rng.normal(0, 5, len(left))
    return np.asarray(np.concatenate([right, left]).round(), np.int32)


def _draw_interior(rng: Generator) -> NDArray[np.float32]:
    """What a filled shape shows within: shading, stripes, seams, or nothing; 64×64 in 0..1."""
    size, interior = (SIDE, SIDE), np.ones((SIDE, SIDE), np.float32)
    if rng.random() < 0.6:
        interior *= np.float32(1) - paper.draw_stains(size, rng)
    if rng.random() < 0.3:
        interior *= np.float32(1) - np.clip(paper.draw_pattern(size, float(rng.uniform(10, 60)), rng) * 2, 0, 1)
    for _ in range(int(rng.integers(0, 4))):
        start, end = rng.uniform(0, SIDE, (2, 2)).tolist()
        if rng.random() < 0.5:  # a seam down the middle or across
            end = [start[0] + 2, end[1]] if rng.random() < 0.5 else [end[0], start[1] + 2]
        line = np.zeros_like(interior)
        paper.draw_rule(line, (start[0], start[1]), (end[0], end[1]), int(rng.integers(1, 5)))
        interior *= np.float32(1) - line * np.float32(rng.uniform(0.4, 1))
    return interior
