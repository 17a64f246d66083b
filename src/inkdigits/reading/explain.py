"""What was found out about a page on the way, as a picture for every stage: where a wrong reading went wrong."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.glyph import SIZE
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.networks.detector import Finds
from inkdigits.reading.output.annotate import annotated
from inkdigits.reading.reader import Stages
from inkdigits.types import Reading

_FAINT = (60, 60, 150)  # what ink too faint to count is drawn in; other ink is white
_DIMMED = 0.45  # ink under boxes
_GLOW = 0.35  # of a box's colour that is laid over what is inside it
_FROM = 50  # of 255: where the scale of colours begins, as its darkest cannot be seen
_ACROSS = 24  # glyphs in a row of the sheet
_MOST = 1200  # glyphs on the sheet, the most probable ones
_WORDS = 14  # pixels below a glyph
_CELL = 2 * SIZE + 6  # pixels: a glyph of the sheet is drawn twice as large


def explained(page: Picture, reading: Reading, stages: Stages) -> Iterator[tuple[str, Image.Image]]:
    """A name and an RGB picture for every stage, in order; `stages` are those of the part of the page that was read.

    `ink`: what was lifted off the paper, white; blue is too faint to count. `found`: the detector's finds on it, from
    violet, hardly a digit, to yellow, surely one. `glyphs`: what the other network saw of each find, the most probable
    first, the digit and its probability in % below. `weighed`: the finds as both networks together see them. `read`:
    the page with what was read.
    """
    ink, scale = stages.located.ink, stages.located.ink_scale
    yield "ink", Image.fromarray(_lifted(ink))
    yield "found", _boxed(ink, stages.located.finds.scaled(scale))
    yield "glyphs", _sheet(stages.glyphs, stages.finds)
    yield "weighed", _boxed(ink, stages.finds.scaled(scale))
    yield "read", annotated(page, reading)


def _lifted(ink: Ink) -> Pixels:
    """The ink, H×W×3: as strong as it is, and blue where it does not count."""
    colours = np.array([_FAINT, (255, 255, 255)], np.uint16)[ink.mask]  # H×W×3
    lit: Pixels = (colours * ink.strength[:, :, np.newaxis].astype(np.uint16) // 255).astype(np.uint8)
    lit[ink.mask > 0] = np.maximum(lit[ink.mask > 0], 128)  # weak ink counts as well
    return lit


def _boxed(ink: Ink, finds: Finds) -> Image.Image:
    """The finds, boxes in pixels of the ink, on the ink, the most probable on top, each with its digit above it."""
    image = _lifted(ink).astype(np.float32) * _DIMMED
    order = np.argsort(finds.digitness, kind="stable")
    boxes, colours = finds.boxes.round().astype(int), _heat(finds.digitness)
    for place in order:
        x, y, width, height = boxes[place]
        inside = image[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
        inside += _GLOW * (colours[place] - inside)
    drawn = Image.fromarray(image.astype(np.uint8))
    pen = ImageDraw.Draw(drawn)
    for place in order:
        x, y, width, height = (int(side) for side in boxes[place])
        colour = (int(colours[place, 0]), int(colours[place, 1]), int(colours[place, 2]))
        pen.rectangle((x, y, x + width, y + height), outline=colour)
        font = ImageFont.load_default(size=max(10, round(height / 4)))
        pen.text((x, y), str(int(finds.probabilities[place].argmax())), fill=colour, font=font, anchor="lb")
    return drawn


def _heat(shares: NDArray[np.float32]) -> Pixels:
    """Shares N, 0..1 → colours N×3, from violet by red to yellow."""
    levels = (_FROM + (255 - _FROM) * shares).astype(np.uint8)
    if not len(levels):
        return np.zeros((0, 3), np.uint8)
    return np.asarray(cv2.applyColorMap(levels[:, np.newaxis], cv2.COLORMAP_PLASMA)[:, 0, ::-1], np.uint8)


def _sheet(glyphs: Pixels, finds: Finds) -> Image.Image:
    """The glyphs side by side, the most probable first, the digit and the digitness in % below."""
    order = np.argsort(-finds.digitness, kind="stable")[:_MOST]
    rows = max(1, -(-len(order) // _ACROSS))
    image = Image.new("RGB", (_ACROSS * _CELL, rows * (_CELL + _WORDS)))
    pen, font, colours = ImageDraw.Draw(image), ImageFont.load_default(size=_WORDS - 3), _heat(finds.digitness)
    for at, place in enumerate(order):
        x, y = at % _ACROSS * _CELL, at // _ACROSS * (_CELL + _WORDS)
        image.paste(Image.fromarray(glyphs[place]).resize((2 * SIZE, 2 * SIZE), Image.Resampling.NEAREST), (x, y))
        words = f"{int(finds.probabilities[place].argmax())}  {finds.digitness[place]:.0%}"
        pen.text((x, y + 2 * SIZE), words, fill=tuple(int(part) for part in colours[place]), font=font)
    return image
