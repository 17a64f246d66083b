"""What a strip has on it besides its line of writing: printed boxes, rules, patterns, stains, other lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from inkdigits.data.synthesis import paper, signs
from inkdigits.data.synthesis.scene_canvas import Canvas
from inkdigits.data.synthesis.scenes import Material
from inkdigits.data.synthesis.strokes import WritingStyle


def draw_comb(
    canvas: Canvas, cell_edges: Sequence[float], baseline: float, style: WritingStyle, rng: Generator
) -> None:
    """The printed boxes that characters on a baseline stand in; `cell_edges` are the columns of their upright rules."""
    thickness, rules = max(1, round(style.height * rng.uniform(0.02, 0.09))), np.zeros_like(canvas.ink)
    top = baseline - style.height * rng.uniform(1.05, 1.6)
    bottom = baseline + style.height * rng.uniform(0.05, 0.6)
    for edge in cell_edges:
        paper.draw_rule(rules, (edge, top), (edge, bottom), thickness)
    if rng.random() < 0.7:
        for y in (top, bottom):
            paper.draw_rule(rules, (cell_edges[0], y), (cell_edges[-1], y), thickness)
    np.maximum(canvas.ink, rules * np.float32(rng.uniform(0.25, 1)), out=canvas.ink)


def add_distractors(canvas: Canvas, end: float, style: WritingStyle, material: Material, rng: Generator) -> None:
    """Rules, cells, patterns, stains, the lines above and below, and strokes across."""
    size = canvas.ink.shape[0], canvas.ink.shape[1]
    if rng.random() < 0.2:
        np.maximum(canvas.ink, paper.draw_rules(size, style.height, rng), out=canvas.ink)
    if rng.random() < 0.08:
        box = (float(rng.uniform(0, 4)), float(rng.uniform(2, 8)), end, 0.85 * size[0])
        np.maximum(canvas.ink, paper.draw_frame(size, box, style.height, rng), out=canvas.ink)
    if rng.random() < 0.25:
        np.maximum(canvas.ink, paper.draw_pattern(size, style.height, rng), out=canvas.ink)
    if rng.random() < 0.06:
        np.maximum(canvas.ink, paper.draw_stains(size, rng) * np.float32(rng.uniform(0.2, 1)), out=canvas.ink)
    if rng.random() < 0.04:
        np.maximum(canvas.ink, paper.draw_texture(size, rng) * np.float32(rng.uniform(0.3, 0.8)), out=canvas.ink)
    if rng.random() < 0.05:
        np.maximum(canvas.ink, paper.draw_dark_edge(size, rng), out=canvas.ink)
    if rng.random() < 0.15:
        _draw_neighbour_line(canvas, style, material, rng)
    for _ in range(int(rng.integers(1, 3)) if rng.random() < 0.05 else 0):
        points = rng.uniform(0, 1, (int(rng.integers(2, 4)), 2)) * [size[1], size[0]]
        ink = signs.draw_stroke(points, max(1.0, style.pen_width * rng.uniform(0.5, 1.2)))
        canvas.add_ink(ink * np.float32(rng.uniform(0.3, 0.9)), round(points[:, 0].min()), round(points[:, 1].min()))


def _draw_neighbour_line(canvas: Canvas, style: WritingStyle, material: Material, rng: Generator) -> None:
    """The feet of the line above, or the heads of the one below."""
    fields = material.digits.distance_fields
    x, is_above = rng.uniform(-0.5, 2) * style.height, rng.random() < 0.5
    depth = rng.uniform(0.05, 0.2) * canvas.ink.shape[0]
    while x < canvas.ink.shape[1]:
        ink = style.write(fields[rng.integers(len(fields))], 1.0, rng)
        y = depth - ink.shape[0] if is_above else canvas.ink.shape[0] - depth
        canvas.add_ink(ink, round(x), round(y + rng.normal(0, 1)))
        x += ink.shape[1] + rng.uniform(0.05, 1.5) * style.height
