"""One frame of what moves while a network learns: lines that grow, and beside them pictures, such as its weights.

matplotlib takes half a second and more for a figure, which is longer than the steps between two frames. So a frame is
written as SVG directly, in a few milliseconds.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkdigits.lab import theme as style
from inkdigits.reading.imaging.pixels import encode_png

if TYPE_CHECKING:
    from torch import nn

WIDTH, HEIGHT = 768, 240
LEFT, TOP, BOTTOM = 52, 34, 26  # around the lines
NAMES = 150  # beside them, for their names
COLOURS = (style.BLUE, style.ORANGE, *style.SERIES[2:])
GAP = 2  # pixels of paper between two pictures
LARGE = 16  # pixels: pictures with longer sides
FULL = 99.5  # per cent of values that fit the colour scale
MOST_PICTURES = 20

Points = Sequence[tuple[float, float]]


def draw_frame(
    lines: Mapping[str, Points],
    title: str,
    *,
    below: str = "step",
    scales: tuple[str, str] = ("log", "log"),
    pictures: NDArray[np.float32] | None = None,
) -> str:
    """An SVG of 768×240: lines by name through points (x, y), and `pictures`, N×S×S, to their right, the first twenty.

    `below` says what x is; `scales` are "linear" or "log", across and up, of which "log" needs values above 0. In
    pictures, orange is above 0 and blue below.
    """
    right = WIDTH if pictures is None else WIDTH / 2
    parts = [_write(LEFT - 40, 16, title, style.INK, "bold"), "" if pictures is None else _draw_pictures(pictures)]
    known = {name: points for name, points in lines.items() if points}
    if known:
        parts += _draw_lines(known, below, scales, right - NAMES)
    return _wrap(HEIGHT, "".join(parts))


def draw_progress(title: str, share: float) -> str:
    """An SVG of 768×40: a bar that is full at a share of 1, for work that must not tell its result yet. Nothing, "",
    when all is done."""
    if share >= 1:
        return ""
    width = 240
    bars = (
        f'<rect x="12" y="26" width="{width}" height="5" rx="2.5" fill="{style.FAINT}"/>'
        f'<rect x="12" y="26" width="{width * share:.0f}" height="5" rx="2.5" fill="{style.BLUE}"/>'
    )
    return _wrap(40, _write(LEFT - 40, 16, title, style.GREY) + bars)


def _wrap(height: int, parts: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="{style.PAPER}"/>{parts}</svg>'
    )


def _draw_lines(lines: Mapping[str, Points], below: str, scales: tuple[str, str], right: float) -> list[str]:
    """The lines with their names and last values, the greatest and the least value, and the last x."""
    across, up = ([point[axis] for points in lines.values() for point in points] for axis in (0, 1))
    xs = _Scale(scales[0], across, LEFT, right)
    ys = _Scale(scales[1], up, HEIGHT - BOTTOM, TOP)
    foot = HEIGHT - BOTTOM
    parts = [f'<path d="M{LEFT} {foot}H{right:.0f}" stroke="{style.GREY}" fill="none"/>']
    parts += [_write(LEFT - 8, ys.place(value) + 4, f"{value:.3g}", style.GREY, anchor="end") for value in ys.ends]
    parts.append(_write(right, HEIGHT - 8, f"{below} {max(across):,g}", style.GREY, anchor="end"))
    names_y = _spread([ys.place(points[-1][1]) + 4 for points in lines.values()])
    for (name, points), colour, name_y in zip(lines.items(), COLOURS, names_y, strict=False):
        path = " ".join(f"{xs.place(x):.1f},{ys.place(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = xs.place(points[-1][0]), ys.place(points[-1][1])
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
        parts.append(_write(x + 8, name_y, f"{name} {points[-1][1]:.3g}", colour))
    return parts


class _Scale:
    """Where values stand between two places, linear or logarithmic."""

    def __init__(self, kind: str, values: Sequence[float], start: float, end: float) -> None:
        self.measure = math.log if kind == "log" else float
        self.ends = (min(values), max(values)) if min(values) < max(values) else (values[0],)
        self.low, self.high = self.measure(self.ends[0]), self.measure(self.ends[-1])
        self.start, self.end = start, end

    def place(self, value: float) -> float:
        share = (self.measure(value) - self.low) / ((self.high - self.low) or 1.0)
        return self.start + (self.end - self.start) * share


def _spread(heights: Sequence[float], apart: float = 15) -> list[float]:
    """The heights, moved down until none is nearer than `apart` to the one above it."""
    moved = list(heights)
    order = sorted(range(len(moved)), key=moved.__getitem__)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + apart)
    return moved


def _write(x: float, y: float, text: str, colour: str, weight: str = "normal", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-weight="{weight}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def get_first_weights(network: nn.Module) -> NDArray[np.float32]:
    """The weights of the first layer as pictures, float32 N×S×S: what each of its units looks for."""
    weights = next(iter(network.parameters())).detach().cpu().numpy()
    side = round(math.sqrt(weights[0].size))
    return np.asarray(weights.reshape(len(weights), side, side), np.float32)


def _draw_pictures(pictures: NDArray[np.float32]) -> str:
    """Large pictures five a row, small ones eight."""
    columns = 5 if pictures.shape[1] > LARGE else 8
    shown = pictures[:MOST_PICTURES]
    sheet = _arrange(shown / (float(np.percentile(np.abs(shown), FULL)) or 1.0), columns)
    width = WIDTH / 2 - 20
    height = min(HEIGHT - TOP - 10, width * sheet.shape[0] / sheet.shape[1])
    png = base64.b64encode(encode_png(sheet)).decode()
    return (
        f'<image x="{WIDTH / 2 + 20}" y="{TOP}" width="{width}" height="{height:.0f}" '
        f'preserveAspectRatio="xMinYMin meet" style="image-rendering: pixelated" href="data:image/png;base64,{png}"/>'
    )


def _arrange(pictures: NDArray[np.float32], columns: int) -> NDArray[np.uint8]:
    """Pictures N×S×S, -1..1, side by side in the colours for and against: uint8 H×W×3."""
    count, side = len(pictures), pictures.shape[1]
    rows, pitch = -(-count // columns), side + GAP
    sheet: NDArray[np.uint8] = np.full((rows * pitch, columns * pitch, 3), 255, np.uint8)
    coloured = (255 * style.AGAINST_FOR((pictures + 1) / 2)[..., :3]).astype(np.uint8)
    for place, picture in enumerate(coloured):
        y, x = pitch * (place // columns), pitch * (place % columns)
        sheet[y : y + side, x : x + side] = picture
    return sheet
