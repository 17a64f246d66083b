"""Make glyphs, the 28×28 form of MNIST, of single digits and of detections on a page."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits import glyph
from inkdigits.marks import Box
from inkdigits.reading.imaging import ink as inks
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.pixels import Pixels, pad_zeros, shrink

_MAX_SIDE_PX = 800  # a larger image of one digit is shrunk to this longest side
_MIN_COMPONENT_RATIO = 0.1  # of the largest component's side: smaller ones are dirt
_MIN_STROKE_PX = 1.6  # stroke width in the 20-pixel box, below which a pen is thickened
_THICKENED_STROKE_PX = 2.2  # to what it is thickened
_DISC_GROWTH_PX = 8  # of strokes at once
_BOX_MARGIN_RATIO = 0.06  # of a detected box's longer side: boxes are that exact
_MAX_CROP_PX, _SHRUNK_CROP_PX = 160, 112  # longer side of a box's crop: a larger one is shrunk, as its glyph is small
_MIN_COVERAGE = 96  # of 255: so much of a pixel of the shrunk mask is ink where it counts as ink
_MIN_INSIDE_SHARE = 0.6  # of a component's ink: one with less of it inside the box belongs to something else


@dataclass(frozen=True, slots=True, eq=False)
class InkCrop:
    """The ink of one digit: its box in pixels of the picture, and its strength, uint8 h×w, bright on 0."""

    box: Box
    ink: Pixels


def extract_ink_crops(grey: Pixels) -> list[InkCrop]:
    """What may be the one digit of an image, uint8 H×W: all its ink but specks and shadows at the edge; if something at
    the sides may belong to neighbours, also the rest without it; and the same for what else may be ink. Empty if there
    is none."""
    small = shrink(grey, _MAX_SIDE_PX)
    scale = max(small.shape) / max(grey.shape)  # of the longer side, which is rounded least
    crops: list[InkCrop] = []
    for ink in inks.extract_ink_candidates(small):
        mask_without_dirt = _remove_dirt(ink.mask)
        if not mask_without_dirt.any():
            break  # if the first candidate has no ink there is none; a later one may take for ink what is not
        mask_without_neighbours = _remove_neighbours(mask_without_dirt)
        crops += [
            _crop_masked_ink(Ink(ink.strength, mask), scale)
            for mask in (mask_without_dirt, mask_without_neighbours)
            if mask is not None
        ]
    return crops


def extract_ink_crop(grey: Pixels) -> InkCrop | None:
    """All the ink of an image of one digit, the first of `extract_ink_crops`; None when there is none."""
    return next(iter(extract_ink_crops(grey)), None)


def _crop_masked_ink(ink: Ink, scale: float) -> InkCrop:
    """Crop the masked ink of an image of `scale` pixels a pixel of the picture."""
    x, y, width, height = cv2.boundingRect(ink.mask)
    box = Box(int(x / scale), int(y / scale), max(1, round(width / scale)), max(1, round(height / scale)))
    window = np.s_[max(0, y - 1) : y + height + 1, max(0, x - 1) : x + width + 1]
    return InkCrop(box, apply_soft_mask(Ink(ink.strength[window], ink.mask[window])))


def make_glyph(ink: Pixels) -> Pixels:
    """A digit's ink, uint8 h×w, bright on 0 → its glyph, uint8 28×28, thin pens thickened."""
    return glyph.make_glyph(_thicken_strokes(ink))


def crop_glyphs(boxes: NDArray[np.float64], ink: Ink, ink_scale: float = 1.0) -> Pixels:
    """The glyphs, uint8 N×28×28, of N boxes (x, y, width, height in pixels of the page); `ink` has `ink_scale`
    pixels a page pixel."""
    glyphs = np.zeros((len(boxes), glyph.GLYPH_SIDE, glyph.GLYPH_SIDE), np.uint8)
    for index, box in enumerate(boxes * ink_scale):
        glyphs[index] = make_glyph(_crop_box(ink, box))
    return glyphs


def _crop_box(ink: Ink, box: NDArray[np.float64]) -> Pixels:
    """The ink in a box and a little around it, without components that lie mostly outside: a neighbour, a rule."""
    height, width = ink.mask.shape
    low = np.clip(box[:2], 0, (width - 1, height - 1))
    high = np.clip(box[:2] + box[2:], low + 1, (width, height))
    margin = _BOX_MARGIN_RATIO * float(box[2:].max()) + 1
    left, top = (max(0, int(value)) for value in low - margin)
    right, bottom = (min(side, int(value) + 1) for value, side in zip(high + margin, (width, height), strict=True))
    if max(bottom - top, right - left) > _MAX_CROP_PX:
        part = _shrink_ink(Ink(ink.strength[top:bottom, left:right], ink.mask[top:bottom, left:right]))
        return _crop_box(part, (box - (left, top, 0, 0)) * (part.mask.shape[1] / (right - left)))
    window = np.s_[top:bottom, left:right]
    mask = np.ascontiguousarray(ink.mask[window])
    if not mask.any():
        return np.ascontiguousarray(ink.strength[window])
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    inside_box = np.zeros_like(mask)
    inside_box[
        max(0, int(low[1]) - top) : int(high[1]) + 1 - top,
        max(0, int(low[0]) - left) : int(high[0]) + 1 - left,
    ] = 1
    ink_counts = np.bincount(labels.ravel(), minlength=count)
    inside_counts = np.bincount(labels.ravel(), weights=inside_box.ravel(), minlength=count)
    keep = inside_counts >= _MIN_INSIDE_SHARE * ink_counts
    keep[0] = False
    if not keep.any():
        return np.ascontiguousarray(ink.strength[window])
    return apply_soft_mask(Ink(np.ascontiguousarray(ink.strength[window]), keep.astype(np.uint8)[labels]))


def _shrink_ink(ink: Ink) -> Ink:
    """The ink of a large crop, shrunk; thin strokes stay whole."""
    covered = shrink(ink.mask * np.uint8(255), _SHRUNK_CROP_PX)
    return Ink(shrink(ink.strength, _SHRUNK_CROP_PX), (covered >= _MIN_COVERAGE).astype(np.uint8))


def apply_soft_mask(ink: Ink) -> Pixels:
    """The strength inside the mask and one pixel around it, where strokes fade out; 0 elsewhere."""
    wider_mask = cv2.dilate(ink.mask, _DILATION_KERNEL)
    return np.asarray(cv2.multiply(ink.strength, wider_mask), np.uint8)


_DILATION_KERNEL: NDArray[np.uint8] = np.ones((3, 3), np.uint8)


def _remove_dirt(mask: Pixels) -> Pixels:
    """Drop specks, and what lies along the edge of the picture."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    sides = stats[1:, 2:4].max(axis=1)
    is_shadow = _find_edge_shadows(np.asarray(stats[1:], np.int32), mask.shape)
    if is_shadow.all():
        is_shadow[:] = False
    keep = ~is_shadow & (sides >= max(1.0, _MIN_COMPONENT_RATIO * sides[~is_shadow].max()))
    kept: Pixels = np.concatenate([[0], keep]).astype(np.uint8)[labels]
    return kept


def _find_edge_shadows(stats: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components touch the edge of a larger picture and are not in its middle half."""
    height, width = shape
    x, y, w, h = (stats[:, i] for i in range(4))
    touches = (x <= 1) | (y <= 1) | (x + w >= width - 1) | (y + h >= height - 1)
    in_middle = (x < 0.75 * width) & (x + w > 0.25 * width) & (y < 0.75 * height) & (y + h > 0.25 * height)
    return touches & ~in_middle if max(shape) > inks.TINY_SIDE_PX else np.zeros(len(stats), np.bool_)


def _remove_neighbours(mask: Pixels) -> Pixels | None:
    """A mask of 0 and 1 without the components that touch its left or right side and do not reach its middle; None if
    there are none, or nothing else is in the middle."""
    width = mask.shape[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return None  # one component is not beside another
    x, w = stats[1:, 0], stats[1:, 2]
    in_middle = (x < width / 2) & (x + w > width / 2)
    is_neighbour = ((x <= 1) | (x + w >= width - 1)) & ~in_middle
    if not in_middle.any() or not is_neighbour.any():
        return None
    kept: Pixels = np.concatenate([[0], ~is_neighbour]).astype(np.uint8)[labels]
    return kept


def _thicken_strokes(ink: Pixels) -> Pixels:
    """Make the strokes of a thin pen about as wide as MNIST's, measured in the box they will be scaled to."""
    side = max(ink.shape)
    if side <= glyph.GLYPH_SIDE // 2:
        return ink  # too coarse to be a thin pen
    mask = (ink >= 0.5 * ink.max()).astype(np.uint8)
    width = inks.estimate_stroke_width(pad_zeros(mask, 1)) * glyph.DIGIT_SIDE / side
    if width >= _MIN_STROKE_PX:
        return ink
    growth = max(1, round((_THICKENED_STROKE_PX - width) * side / glyph.DIGIT_SIDE))
    return _dilate_by_disc(pad_zeros(ink, growth), growth)


def _dilate_by_disc(ink: Pixels, growth: int) -> Pixels:
    """Ink grown by `growth` pixels in width: by small discs one after the other, whose sum is the large disc. One large
    disc would look at all of its pixels for each pixel of the ink."""
    for start in range(0, growth, _DISC_GROWTH_PX):
        side = min(_DISC_GROWTH_PX, growth - start) + 1
        ink = np.asarray(cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)
    return ink
