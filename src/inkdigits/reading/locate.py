"""A page → places on it that may be digits: the light evened out, the detector asked at the scales that matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading import ink as inks
from inkdigits.reading.detect import LEAST, MOST, Detector, Finds
from inkdigits.reading.ink import Ink
from inkdigits.reading.pixels import Pixels
from inkdigits.reading.rules import without_rules
from inkdigits.types import Box

_WORKING = 2400  # longest side, in pixels, that a page is looked at with
_PIXELS = 6_000_000  # that the detector looks at, over all scales
_CHEAP = 300_000  # pixels: so few are looked at in any case
_FEW = 0.04  # of the parts' heights: a size that fewer parts have is not looked for in many pixels
_USUAL = 38.0  # pixels: the height that the usual digit of a page is brought to
_LARGEST = 6.0  # times that a picture is enlarged at most
_STEP = 2.0  # between one scale and the next
_LEAST_HEIGHT = 5  # pixels: what is lower is a speck
_WIDE = 3.0  # of its own height: what is wider is a rule or a word
_SAME = 0.5  # of what two boxes cover together: above this they are one digit, found twice
_MOST_PARTS = 3000  # connected parts of a page; gravel has more
_MOST_FINDS = 1500  # on one page; a photo of fur has more, and none of them is a digit
_FULL = 75  # percentile of the ink's strength that counts as full


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """`finds` in pixels of `ink`, the page as it was looked at, `scale` times as large as it is; `signs` are boxes, in
    pixels of the page itself, of the connected parts of its ink."""

    finds: Finds
    ink: Ink
    scale: float
    signs: tuple[Box, ...]


def locate(grey: Pixels, detector: Detector) -> Located:
    """Where digits may stand on a page, uint8 H×W. Finds of one scale may still overlap and conflict."""
    small = inks.shrunk(grey, _WORKING)
    lifted = inks.lift(small)
    parts = _parts(without_rules(lifted.mask))
    finds = [_found(lifted, scale, detector) for scale in scales(parts, lifted.mask.shape)]
    scale = small.shape[1] / grey.shape[1]
    return Located(
        once(joined(finds)), lifted, scale, tuple(Box(*(int(side / scale) for side in part)) for part in parts)
    )


def _parts(mask: Pixels) -> NDArray[np.int32]:
    """The boxes of the connected parts, N×4, the largest first if there are too many."""
    stats = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:]
    order = np.argsort(-stats[:, 4], kind="stable")[:_MOST_PARTS]
    return np.asarray(stats[order, :4], np.int32)


def scales(parts: NDArray[np.int32], shape: tuple[int, ...]) -> list[float]:
    """By how much to enlarge the page, so that whatever size its digits have, some scale brings them to about 38
    pixels.

    `parts` are the boxes of its connected parts, N×4, and `shape` is its height and width. Heights a factor of two
    apart are tried, those of many parts first, as long as the detector has not too many pixels to look at; cheap ones
    always.
    """
    tall = parts[parts[:, 3] >= _LEAST_HEIGHT]
    if not len(tall):
        return []
    alone = tall[tall[:, 2] <= _WIDE * tall[:, 3]]  # what is wider is a word, or digits on a rule
    heights = np.sort((alone if len(alone) else tall)[:, 3].astype(np.float64))
    pixels = math.prod(shape)
    usual = float(heights[np.searchsorted(np.cumsum(heights), heights.sum() / 2)])
    tried = usual * _STEP ** np.arange(-6, 7)
    votes = [float(heights[(heights > sure / 1.5) & (heights < sure * 1.5)].sum()) for sure in tried]
    wanted, left = [], _PIXELS
    for place in sorted(range(len(tried)), key=lambda place: (-votes[place], tried[place])):
        scale = float(min(_USUAL / tried[place], _LARGEST, (max(left, _CHEAP) / pixels) ** 0.5))
        enough = votes[place] >= _FEW * heights.sum() or scale**2 * pixels <= _CHEAP
        if enough and scale >= LEAST / tried[place] and _LEAST_HEIGHT <= tried[place] <= 1.2 * max(shape):
            wanted.append(scale)
            left -= round(scale**2 * pixels)
    return sorted(set(wanted)) or [min(_LARGEST, (_PIXELS / pixels) ** 0.5)]


def _found(lifted: Ink, scale: float, detector: Detector) -> Finds:
    """What the detector finds on the page enlarged by `scale`, in pixels of the page."""
    size = tuple(max(1, round(side * scale)) for side in lifted.strength.shape[::-1])
    strength = cv2.resize(lifted.strength, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    full = max(1.0, float(np.percentile(lifted.strength[lifted.mask > 0], _FULL))) if lifted.mask.any() else 255.0
    finds = detector.find(np.clip(strength.astype(np.float32) / np.float32(full), 0, 1))
    longer = finds.boxes[:, 2:].max(axis=1, initial=0)
    finds = finds.part((longer >= 0.8 * LEAST) & (longer <= 1.25 * MOST))
    return Finds(finds.boxes / np.float32(scale), finds.digitness, finds.probabilities)


def joined(finds: list[Finds]) -> Finds:
    """Several finds as one."""
    empty = Finds(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 10), np.float32))
    parts = [empty, *finds]
    return Finds(*(np.concatenate([getattr(part, name) for part in parts]) for name in Finds.__slots__))


def once(finds: Finds) -> Finds:
    """Of finds that cover nearly the same, the most probable; of too many, the most probable."""
    order = np.argsort(-finds.digitness, kind="stable")[:_MOST_FINDS]
    kept: list[int] = []
    for place in order:
        if not kept or overlap(finds.boxes[kept], finds.boxes[place]).max() < _SAME:
            kept.append(int(place))
    return finds.part(np.array(kept, np.intp))


def overlap(boxes: NDArray[np.float32], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of what they cover together each of N boxes shares with one: 0..1."""
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    return np.asarray(both / (boxes[:, 2] * boxes[:, 3] + box[2] * box[3] - both), np.float32)
