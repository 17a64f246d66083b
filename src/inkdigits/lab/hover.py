"""A map of many digits in which each shows itself when the mouse is over it: one SVG, no script, no network."""

from __future__ import annotations

import base64
import io
from itertools import count

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.errors import UsageError
from inkdigits.lab.plane import TEN

SIDE, EDGE = 640, 16  # of the map, in its own units
TIP = 84  # side of the digit that is shown
MOST = 2000
_numbers = count()

STYLE = """#{name} .d image, #{name} .d rect {{ display: none; pointer-events: none }}
#{name} .d:hover image, #{name} .d:hover rect {{ display: inline }}
#{name} circle {{ opacity: .75 }} #{name}:has(.d:hover) circle {{ opacity: .15 }}
#{name} .d:hover circle {{ opacity: 1; r: 9px }}"""  # the others fade, for later ones are drawn over the digit shown


def draw_hover_map(
    points: NDArray[np.floating], glyphs: NDArray[np.uint8], labels: NDArray[np.int64], description: str
) -> str:
    """HTML of a map of N digits (1 to 2,000) at `points` N×2, in the colours of their `labels`; `glyphs` N×28×28.

    `description` is what a screen reader says. Raises UsageError for more digits, or lengths that differ.
    """
    if not 1 <= len(points) <= MOST or not len(points) == len(glyphs) == len(labels):
        raise UsageError(f"A map needs 1 to {MOST:,} digits, each with a point, a glyph and a label.")
    low, high = points.min(axis=0), points.max(axis=0)
    share = (points - low) / np.where(high > low, high - low, 1)
    positions = EDGE + share * [1, -1] * (SIDE - 2 * EDGE) + [0, SIDE - 2 * EDGE]  # y goes up
    name = f"map{next(_numbers)}"
    dots = "".join(_dot(*each) for each in zip(positions, glyphs, labels, strict=True))
    frame = f'<rect width="{SIDE}" height="{SIDE}" rx="8" fill="#ffffff" stroke="#e3e6ea"/>'
    return (
        f'<svg id="{name}" viewBox="0 0 {SIDE} {SIDE}" style="width: 100%; max-width: {SIDE}px" role="img" '
        f'aria-label="{description}"><style>{STYLE.format(name=name)}</style>{frame}{dots}</svg>'
    )


def _dot(position: NDArray[np.floating], glyph: NDArray[np.uint8], label: np.int64) -> str:
    """A point and the digit that is shown beside it, inside the map."""
    x, y = position
    left = x + 12 if x + 12 + TIP < SIDE else x - 12 - TIP
    top = min(max(y - TIP / 2, 2), SIDE - TIP - 2)
    colour = TEN[int(label)]
    return (
        f'<g class="d"><circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{TIP}" height="{TIP}" fill="#fff" stroke="{colour}" '
        f'stroke-width="3"/>'
        f'<image x="{left + 4:.1f}" y="{top + 4:.1f}" width="{TIP - 8}" height="{TIP - 8}" href="{_png(glyph)}" '
        f'style="image-rendering: pixelated"/></g>'
    )


def _png(glyph: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(255 - glyph).quantize(16).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
