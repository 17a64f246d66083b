"""Pixels of any depth, with or without transparency → 8 bits, opaque; and 8 bits → PNG."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

_COLOUR_SIDE_PX, _COLOUR_BLUR_PX = 600, 9  # of a picture whose colours are compared, and in which strokes are narrow
_MIN_COLOUR_CONTRAST, _MIN_COLOUR_RATIO = 4.0, 3.0  # of a colour that is taken for the brightness, and to that of grey
_MIN_RANGE_16_BIT = 4095  # a 16-bit page is stretched by its own range, but a range below 12 bits is mostly noise


def convert_to_uint8(array: Array) -> Array:
    """Any depth → uint8: more than 8 bits are stretched by the range the page really uses, never clipped."""
    if array.dtype == np.uint8:
        return array
    values = np.nan_to_num(array.astype(np.float32), posinf=0.0, neginf=0.0)
    if values.ndim == 3 and values.shape[2] == 4:  # alpha has a fixed range of its own
        alpha = np.round(values[:, :, 3:] * np.float32(255 / 65535)).astype(np.uint8)
        return np.concatenate([_stretch_range(values[:, :, :3], _MIN_RANGE_16_BIT), alpha], axis=2)
    return _stretch_range(values, _MIN_RANGE_16_BIT if array.dtype.kind in "iu" else 0.0)


def _stretch_range(values: NDArray[np.float32], min_span: float) -> Pixels:
    low = values.min()
    span = max(float(values.max() - low), min_span) or 1.0
    stretched: Pixels = np.round((values - low) * np.float32(255 / span)).astype(np.uint8)
    return stretched


def flatten_alpha(image: Array) -> Pixels:
    """Lay a transparent drawing on a plain ground that shows it; drop alpha."""
    if image.ndim == 2 or image.shape[2] == 3:
        return image
    colour, alpha = np.ascontiguousarray(image[:, :, :3]), image[:, :, 3]
    if alpha.min() == 255:
        return colour
    background = _choose_background(np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8), alpha)
    weight = alpha.astype(np.uint16)[:, :, None]
    blended: Pixels = ((colour * weight + background * (255 - weight) + 127) // 255).astype(np.uint8)
    return blended


def convert_to_grey(image: Pixels) -> Pixels:
    """A picture, uint8 H×W or H×W×3 (red, green, blue) → its brightness, uint8 H×W; or the one colour in which its ink
    stands out, where ink and paper are about equally bright, as red chalk on a green board."""
    if image.ndim == 2:
        return image
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    step = max(1, max(grey.shape) // _COLOUR_SIDE_PX)
    colours = [np.ascontiguousarray(image[::step, ::step, index]) for index in range(3)]
    contrast, *contrasts = (_measure_contrast(each) for each in (grey[::step, ::step], *colours))
    if max(contrasts) < max(_MIN_COLOUR_CONTRAST, _MIN_COLOUR_RATIO * contrast):
        return grey
    return np.ascontiguousarray(image[:, :, contrasts.index(max(contrasts))])


def _measure_contrast(grey: Pixels) -> float:
    """How much narrow things stand out: the standard deviation of what a median leaves, in levels of brightness."""
    smooth = cv2.medianBlur(np.ascontiguousarray(grey), _COLOUR_BLUR_PX)
    return float((grey.astype(np.float32) - smooth).std())


def _choose_background(grey: Pixels, alpha: Pixels) -> int:
    """The grey that transparent parts get: white, or black under bright ink, or the paper's own where there is some."""
    opaque_grey = grey[alpha > 250]
    if 2 * opaque_grey.size > grey.size and np.ptp(np.percentile(opaque_grey, (2, 98))) > 64:
        return int(median(opaque_grey))  # a whole drawing with clear margins: go on with its paper
    weight = alpha.astype(np.float64)
    mean = float((grey * weight).sum() / max(weight.sum(), 1.0))
    return 255 if mean < 128 else 0


def median(values: Array) -> float:
    """The median of at least one value. numpy's own loads masked arrays first, which takes longer than reading."""
    low, high = (values.size - 1) // 2, values.size // 2
    middle = np.partition(values, (low, high), axis=None)[[low, high]]
    return float(middle.mean(dtype=np.float64))


def weighted_median(values: Array, weights: Array) -> float:
    """The least of N values (at least one) that with all smaller ones has half of the N weights."""
    order = np.argsort(values)
    cumulative_weights = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative_weights, cumulative_weights[-1] / 2)])


def percentile(values: Pixels, percent: float) -> float:
    """The value, in 0..255, below which `percent` of at least one value lie, between two values if need be. As numpy's,
    which loads masked arrays too."""
    cumulative_counts = np.cumsum(np.bincount(values.ravel(), minlength=256))
    place = percent / 100 * (values.size - 1)
    low, high = np.searchsorted(cumulative_counts, [int(place), int(np.ceil(place))], side="right")
    return float(low + (high - low) * (place - int(place)))


def shrink(image: Pixels, max_side: int) -> Pixels:
    """The image with its longer side at most `max_side` pixels, aspect kept."""
    return shrink_by(image, max_side / max(image.shape))


def shrink_by(image: Pixels, scale: float) -> Pixels:
    """The image at a scale; at 1 or more it stays as it is."""
    if scale >= 1:
        return image
    height, width = image.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def pad_zeros(image: Pixels, margin: int) -> Pixels:
    """An image, uint8 H×W, with `margin` pixels of 0 around it. numpy's own takes ten times as long for a digit."""
    sides = (margin, margin, margin, margin)
    return np.asarray(cv2.copyMakeBorder(image, *sides, cv2.BORDER_CONSTANT), np.uint8)


def encode_png(image: Pixels) -> bytes:
    """An image, uint8 H×W or H×W×3, as PNG."""
    from PIL import Image  # here, because few pages are written

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
