"""One digit, alone in a picture or found on a page → its glyph, the 28×28 form of MNIST."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits import glyph
from inkdigits.reading.imaging import ink as inks
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.types import Box

_WORKING = 800  # longest side, in pixels, that one digit is looked at with
_SPECK = 0.1  # of the largest part's side: smaller parts are dirt
_THIN = 1.6  # stroke width, in pixels of the 20-pixel box, below which a pen is thickened
_STROKE = 2.2  # to what it is thickened
_MARGIN = 0.06  # of a found box's longer side: boxes are told that exactly
_WITHIN = 0.6  # of a part's ink: parts with less of it inside the box belong to something else


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Something written: its box in pixels of the picture, and its ink alone, uint8 h×w, bright on 0."""

    box: Box
    ink: Pixels


def marks_of(grey: Pixels) -> list[Mark]:
    """What may be the one digit of an image, uint8 H×W: all its ink but specks and shadows at the edge, and, where
    something at the sides may be parts of neighbours, the rest of it; the same of what else may be ink. Empty where
    there is none."""
    small = inks.shrunk(grey, _WORKING)
    scale = small.shape[1] / grey.shape[1]
    marks: list[Mark] = []
    for lifted in inks.lift_in_doubt(small):
        whole = _cleaned(lifted.mask)
        if not whole.any():
            break  # without ink at the first look there is none; a later one may see what is no ink
        apart = _without_neighbours(whole)
        marks += [_mark(Ink(lifted.strength, mask), scale) for mask in (whole, apart) if mask is not None]
    return marks


def mark_of(grey: Pixels) -> Mark | None:
    """All the ink of an image of one digit, the first of `marks_of`; None when there is none."""
    return next(iter(marks_of(grey)), None)


def _mark(ink: Ink, scale: float) -> Mark:
    """What is written in an image of `scale` pixels a pixel of the picture."""
    x, y, width, height = cv2.boundingRect(ink.mask)
    box = Box(int(x / scale), int(y / scale), max(1, round(width / scale)), max(1, round(height / scale)))
    window = np.s_[max(0, y - 1) : y + height + 1, max(0, x - 1) : x + width + 1]
    return Mark(box, soft(Ink(ink.strength[window], ink.mask[window])))


def glyph_of(ink: Pixels) -> Pixels:
    """A digit's ink, uint8 h×w, bright on 0 → its glyph, uint8 28×28, thin pens thickened."""
    return glyph.from_ink(_thickened(ink))


def glyphs_at(boxes: NDArray[np.float64], ink: Ink, ink_scale: float = 1.0) -> Pixels:
    """The glyphs, uint8 N×28×28, of what stands in N boxes (x, y, width, height in pixels of the page); `ink` has
    `ink_scale` pixels a page pixel."""
    glyphs = np.zeros((len(boxes), glyph.SIZE, glyph.SIZE), np.uint8)
    for index, box in enumerate(boxes * ink_scale):
        glyphs[index] = glyph_of(_cut(ink, box))
    return glyphs


def _cut(ink: Ink, box: NDArray[np.float64]) -> Pixels:
    """The ink in a box and a little around it, without parts that lie mostly outside: a neighbour, a rule."""
    height, width = ink.mask.shape
    low = np.clip(box[:2], 0, (width - 1, height - 1))
    high = np.clip(box[:2] + box[2:], low + 1, (width, height))
    margin = _MARGIN * float(box[2:].max()) + 1
    left, top = (max(0, int(value)) for value in low - margin)
    right, bottom = (min(side, int(value) + 1) for value, side in zip(high + margin, (width, height), strict=True))
    window = np.s_[top:bottom, left:right]
    mask = np.ascontiguousarray(ink.mask[window])
    if not mask.any():
        return np.ascontiguousarray(ink.strength[window])
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    inner = np.zeros_like(mask)
    inner[
        max(0, int(low[1]) - top) : int(high[1]) + 1 - top,
        max(0, int(low[0]) - left) : int(high[0]) + 1 - left,
    ] = 1
    whole = np.bincount(labels.ravel(), minlength=count)
    within = np.bincount(labels.ravel(), weights=inner.ravel(), minlength=count)
    keep = within >= _WITHIN * whole
    keep[0] = False
    if not keep.any():
        return np.ascontiguousarray(ink.strength[window])
    return soft(Ink(np.ascontiguousarray(ink.strength[window]), keep.astype(np.uint8)[labels]))


def soft(ink: Ink) -> Pixels:
    """The strength inside the mask and one pixel around it, where strokes fade out; 0 elsewhere."""
    near = cv2.dilate(ink.mask, _SQUARE)
    return np.asarray(cv2.multiply(ink.strength, near), np.uint8)


_SQUARE: NDArray[np.uint8] = np.ones((3, 3), np.uint8)


def _cleaned(mask: Pixels) -> Pixels:
    """Drop specks, and what lies along the edge of the picture."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    sides = stats[1:, 2:4].max(axis=1)
    shadow = _along_edge(np.asarray(stats[1:], np.int32), mask.shape)
    if shadow.all():
        shadow[:] = False
    keep = ~shadow & (sides >= max(1.0, _SPECK * sides[~shadow].max()))
    kept: Pixels = np.concatenate([[0], keep]).astype(np.uint8)[labels]
    return kept


def _along_edge(stats: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which parts touch the edge of a larger picture and are not in its middle half."""
    height, width = shape
    x, y, w, h = (stats[:, i] for i in range(4))
    touches = (x <= 1) | (y <= 1) | (x + w >= width - 1) | (y + h >= height - 1)
    middle = (x < 0.75 * width) & (x + w > 0.25 * width) & (y < 0.75 * height) & (y + h > 0.25 * height)
    return touches & ~middle if max(shape) > inks.TINY else np.zeros(len(stats), np.bool_)


def _without_neighbours(mask: Pixels) -> Pixels | None:
    """The parts of a mask of 0 and 1 without those that touch its left or right side and do not reach its middle; None
    where there are no such, or nothing else is in the middle."""
    width = mask.shape[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, w = stats[1:, 0], stats[1:, 2]
    middle = (x < width / 2) & (x + w > width / 2)
    neighbours = ((x <= 1) | (x + w >= width - 1)) & ~middle
    if not middle.any() or not neighbours.any():
        return None
    kept: Pixels = np.concatenate([[0], ~neighbours]).astype(np.uint8)[labels]
    return kept


def _thickened(ink: Pixels) -> Pixels:
    """Make the strokes of a thin pen about as wide as MNIST's, measured in the box they will be scaled to."""
    side = max(ink.shape)
    if side <= glyph.SIZE // 2:
        return ink  # too coarse to be a thin pen
    mask = (ink >= 0.5 * ink.max()).astype(np.uint8)
    width = inks.stroke_width(np.pad(mask, 1)) * glyph.BOX / side
    if width >= _THIN:
        return ink
    more = max(1, round((_STROKE - width) * side / glyph.BOX))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (more + 1, more + 1))
    return np.asarray(cv2.dilate(np.pad(ink, more), disc), np.uint8)
