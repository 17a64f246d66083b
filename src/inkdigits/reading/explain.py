"""Draw how a page was read, in five pictures, to show where a wrong reading went wrong."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.glyph import GLYPH_SIDE
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.networks.detector import Detections
from inkdigits.reading.output.annotate import draw_reading
from inkdigits.reading.reader import Stages
from inkdigits.types import Reading

_FAINT_COLOUR = (60, 60, 150)  # what ink too faint to count is drawn in; other ink is white
_INK_DIMMING = 0.45  # ink under boxes
_BOX_FILL_OPACITY = 0.35  # of a box's colour that is laid over what is inside it
_MIN_COLOUR_LEVEL = 50  # of 255: where the scale of colours begins, as its darkest cannot be seen
_SHEET_COLUMNS = 24  # glyphs in a row of the sheet
_MAX_GLYPHS = 1200  # glyphs on the sheet, the most probable ones
_CAPTION_PX = 14  # pixels below a glyph
_CELL_PX = 2 * GLYPH_SIDE + 6  # a glyph of the sheet is drawn twice as large


def draw_stages(page: Picture, reading: Reading, stages: Stages) -> Iterator[tuple[str, Image.Image]]:
    """A name and an RGB picture for each of five stages, in order; `stages` are those of what was read of the page.

    `ink`: the extracted ink, white; blue is too faint to count. `found`: the detector's detections on it, from violet,
    hardly a digit, to yellow, surely one. `glyphs`: the glyph of each detection, the most probable first, with its
    digit and digitness in % below. `weighed`: the detections with the scores of both networks fused. `read`: the page
    with what was read.
    """
    ink, scale = stages.proposals.ink, stages.proposals.ink_scale
    yield "ink", Image.fromarray(_draw_ink(ink))
    yield "found", _draw_detections(ink, stages.proposals.detections.rescale(scale))
    yield "glyphs", _draw_glyph_sheet(stages.glyphs, stages.detections)
    yield "weighed", _draw_detections(ink, stages.detections.rescale(scale))
    yield "read", draw_reading(page, reading)


def _draw_ink(ink: Ink) -> Pixels:
    """The ink, H×W×3: as strong as it is, and blue where it does not count."""
    colours = np.array([_FAINT_COLOUR, (255, 255, 255)], np.uint16)[ink.mask]  # H×W×3
    drawn: Pixels = (colours * ink.strength[:, :, np.newaxis].astype(np.uint16) // 255).astype(np.uint8)
    drawn[ink.mask > 0] = np.maximum(drawn[ink.mask > 0], 128)  # weak ink counts as well
    return drawn


def _draw_detections(ink: Ink, detections: Detections) -> Image.Image:
    """The detections, in pixels of the ink, on the ink, the most probable on top, each with its digit above it."""
    image = _draw_ink(ink).astype(np.float32) * _INK_DIMMING
    order = np.argsort(detections.digitness, kind="stable")
    boxes, colours = detections.boxes.round().astype(int), _map_to_colours(detections.digitness)
    for index in order:
        x, y, width, height = boxes[index]
        inside = image[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
        inside += _BOX_FILL_OPACITY * (colours[index] - inside)
    drawn = Image.fromarray(image.astype(np.uint8))
    pen = ImageDraw.Draw(drawn)
    for index in order:
        x, y, width, height = (int(side) for side in boxes[index])
        colour = (int(colours[index, 0]), int(colours[index, 1]), int(colours[index, 2]))
        pen.rectangle((x, y, x + width, y + height), outline=colour)
        font = ImageFont.load_default(size=max(10, round(height / 4)))
        pen.text((x, y), str(int(detections.probabilities[index].argmax())), fill=colour, font=font, anchor="lb")
    return drawn


def _map_to_colours(shares: NDArray[np.float32]) -> Pixels:
    """Shares N, 0..1 → colours N×3, from violet by red to yellow."""
    levels = (_MIN_COLOUR_LEVEL + (255 - _MIN_COLOUR_LEVEL) * shares).astype(np.uint8)
    if not len(levels):
        return np.zeros((0, 3), np.uint8)
    return np.asarray(cv2.applyColorMap(levels[:, np.newaxis], cv2.COLORMAP_PLASMA)[:, 0, ::-1], np.uint8)


def _draw_glyph_sheet(glyphs: Pixels, detections: Detections) -> Image.Image:
    """The glyphs side by side, the most probable first, the digit and the digitness in % below."""
    order = np.argsort(-detections.digitness, kind="stable")[:_MAX_GLYPHS]
    rows = max(1, -(-len(order) // _SHEET_COLUMNS))
    image = Image.new("RGB", (_SHEET_COLUMNS * _CELL_PX, rows * (_CELL_PX + _CAPTION_PX)))
    pen, font, colours = (
        ImageDraw.Draw(image),
        ImageFont.load_default(size=_CAPTION_PX - 3),
        _map_to_colours(detections.digitness),
    )
    for position, index in enumerate(order):
        x, y = position % _SHEET_COLUMNS * _CELL_PX, position // _SHEET_COLUMNS * (_CELL_PX + _CAPTION_PX)
        image.paste(
            Image.fromarray(glyphs[index]).resize((2 * GLYPH_SIDE, 2 * GLYPH_SIDE), Image.Resampling.NEAREST), (x, y)
        )
        caption = f"{int(detections.probabilities[index].argmax())}  {detections.digitness[index]:.0%}"
        pen.text((x, y + 2 * GLYPH_SIDE), caption, fill=tuple(int(channel) for channel in colours[index]), font=font)
    return image
