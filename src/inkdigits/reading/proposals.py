"""A page → places on it that may be digits: the light evened out, the detector asked at the scales that matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging import ink as inks
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.imaging.rules import without_rules
from inkdigits.reading.networks.activations import softmax
from inkdigits.reading.networks.detector import FAINT, LEAST, MOST, Detector, Finds
from inkdigits.types import Box

_WORKING = 2400  # longest side, in pixels, that a page is looked at with
_PIXELS, _TIMES = (3_000_000, 9_000_000), 4  # that the detector looks at, over all scales: so many times the page's
_CHEAP = 300_000  # pixels: so few are looked at in any case
_FEW = 0.08  # of the parts' heights: a size that fewer parts have is not looked for in many pixels
_USUAL = 38.0  # pixels: the height that the usual digit of a page is brought to
_LARGEST = 6.0  # times that a picture is enlarged at most
_STEP = 2**0.5  # between one scale and the next
_LEAST_HEIGHT = 5  # pixels: what is lower is a speck
_WIDE = 3.0  # of its own height: what is wider is a rule or a word
_SAME = 0.6  # of what two boxes cover together: above this they are one digit, found twice
_SURE = (24.0, 60.0)  # pixels: digits of this size should be found
_NEVER = 1e-6  # no probability is nearer to 0 or 1
_MOST_PARTS = 3000  # connected parts of a page; gravel has more
_MOST_FINDS = 1500  # on one page; a photo of fur has more, and none of them is a digit
_TORN = (0.7, 2.5)  # of a find's ink, so much in one part, which is so much wider and higher: a piece of a drawing
_FULL = 75  # percentile of the ink's strength that counts as full


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """`finds` in pixels of the page; `torn` says which of them are but pieces of something much larger; `signs` are
    boxes, in pixels of the page, of the connected parts of its ink. `ink` is that of the page shrunk to `ink_scale`
    ink pixels a page pixel (at most 1)."""

    finds: Finds
    torn: NDArray[np.bool_]
    ink: Ink
    ink_scale: float
    signs: tuple[Box, ...]


def locate(grey: Pixels, detector: Detector) -> Located:
    """Where digits may stand on a page, uint8 H×W. Finds may still overlap and conflict."""
    small = inks.shrunk(grey, _WORKING)
    lifted = inks.lift(small)
    labels, stats = connected(without_rules(lifted.mask))
    parts = _parts(stats)
    finds = found_at(lifted, scales(parts, lifted.mask.shape), detector)
    ink_scale = small.shape[1] / grey.shape[1]
    signs = tuple(Box(*(int(side / ink_scale) for side in part)) for part in parts)
    is_torn = torn(finds.boxes, labels, stats)
    return Located(finds.scaled(1 / ink_scale), is_torn, lifted, ink_scale, signs)


def connected(mask: Pixels) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The connected parts of a mask, numbered, H×W, and what OpenCV tells of each, of the paper first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _parts(stats: NDArray[np.int32]) -> NDArray[np.int32]:
    """The boxes of the connected parts, N×4, the largest first if there are too many."""
    order = np.argsort(-stats[1:, 4], kind="stable")[:_MOST_PARTS] + 1
    return np.asarray(stats[order, :4], np.int32)


def torn(boxes: NDArray[np.float64], labels: NDArray[np.int32], stats: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which of N boxes hold but a piece of one much larger part of the ink: a loop of a cable, the edge of a stroke.

    `labels` H×W number the connected parts, and `stats` are of each, as OpenCV gives them.
    """
    found = np.zeros(len(boxes), np.bool_)
    for place, (x, y, width, height) in enumerate(boxes.tolist()):
        inside = labels[max(0, int(y)) : max(0, int(y + height) + 1), max(0, int(x)) : max(0, int(x + width) + 1)]
        counts = np.bincount(inside[inside > 0])
        if len(counts):
            part = int(counts.argmax())
            larger = min(stats[part, 2] / width, stats[part, 3] / height)
            found[place] = counts[part] > _TORN[0] * counts.sum() and larger > _TORN[1]
    return found


def scales(parts: NDArray[np.int32], shape: tuple[int, ...]) -> list[float]:
    """By how much to enlarge the page, so that whatever size its digits have, some scale brings them to about 38
    pixels.

    `parts` are the boxes of its connected parts, N×4, and `shape` is its height and width. Heights half an octave
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
    tried = usual * _STEP ** np.arange(-12, 13)
    votes = [float(heights[(heights > sure / 1.5) & (heights < sure * 1.5)].sum()) for sure in tried]
    budget = min(max(_PIXELS[0], _TIMES * pixels), _PIXELS[1])
    wanted, left = [], budget
    for place in sorted(range(len(tried)), key=lambda place: (-votes[place], tried[place])):
        scale = float(min(_USUAL / tried[place], _LARGEST, (max(left, _CHEAP) / pixels) ** 0.5))
        enough = votes[place] >= _FEW * heights.sum() or scale**2 * pixels <= _CHEAP
        if enough and scale >= LEAST / tried[place] and _LEAST_HEIGHT <= tried[place] <= 1.2 * max(shape):
            wanted.append(scale)
            left -= round(scale**2 * pixels)
    return sorted(set(wanted)) or [min(_LARGEST, (budget / pixels) ** 0.5)]


def found_at(ink: Ink, wanted: list[float], detector: Detector) -> Finds:
    """What the detector finds in ink enlarged by every wanted scale, in pixels of the ink; each digit once."""
    full = max(1.0, float(np.percentile(ink.strength[ink.mask > 0], _FULL))) if ink.mask.any() else 255.0
    return fused([(scale, _found(ink.strength, full, scale, detector)) for scale in wanted])


def _found(ink: Pixels, full: float, scale: float, detector: Detector) -> Finds:
    """What the detector finds at one scale, in pixels of the ink; `full` is the strength that counts as 1."""
    size = tuple(max(1, round(side * scale)) for side in ink.shape[::-1])
    strength = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    finds = detector.find(np.clip(strength.astype(np.float32) / np.float32(full), 0, 1))
    longer = finds.boxes[:, 2:].max(axis=1, initial=0)
    finds = finds.part((longer >= 0.8 * LEAST) & (longer <= 1.25 * MOST))
    return finds.scaled(1 / scale)


def fused(seen: list[tuple[float, Finds]]) -> Finds:
    """What was found at several scales, of which the same digit, found again and again, is made one find.

    Its box and its probabilities are the means of all, the latter geometric, weighted by digitness. Its digitness is
    halfway from the greatest to the mean over the scales at which a digit of this size should be found. After Solovyev,
    Wang and Gabruseva, "Weighted boxes fusion", 2021. Of too many, the most probable are taken.
    """
    everything = joined([finds for _, finds in seen])
    at = np.repeat(np.arange(len(seen)), [len(finds) for _, finds in seen])
    free = np.ones(len(everything), np.bool_)
    made: list[Finds] = []
    for first in np.argsort(-everything.digitness, kind="stable"):
        if free[first] and len(made) < _MOST_FINDS:
            same = np.flatnonzero(free & (overlap(everything.boxes, everything.boxes[first]) >= _SAME))
            free[same] = False
            same = same[np.argsort(-everything.digitness[same], kind="stable")]
            best = same[np.unique(at[same], return_index=True)[1]]  # of every scale
            sides = everything.boxes[first, 2:].max() * np.array([scale for scale, _ in seen])
            missed = np.setdiff1d(np.flatnonzero((sides >= _SURE[0]) & (sides <= _SURE[1])), at[best])
            made.append(_mean(everything.part(best), len(missed)))
    return joined(made)


def _mean(finds: Finds, missed: int) -> Finds:
    """One find of several of the same digit, which was looked for in vain at `missed` more scales."""
    weights = finds.digitness / finds.digitness.sum()
    box = weights @ finds.boxes
    logs = weights @ np.log(np.maximum(finds.probabilities, _NEVER))
    odds = np.log(finds.digitness / (1 - np.minimum(finds.digitness, 1 - _NEVER)))
    mean = (odds.sum() + missed * np.log(FAINT / (1 - FAINT))) / (len(finds) + missed)
    digitness = (finds.digitness.max() + 1 / (1 + np.exp(-mean))) / 2
    return Finds(box[None], np.array([digitness], np.float32), softmax(logs[None]))


def joined(finds: list[Finds]) -> Finds:
    """Several finds as one."""
    empty = Finds(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros((0, 10), np.float32))
    parts = [empty, *finds]
    return Finds(*(np.concatenate([getattr(part, name) for part in parts]) for name in Finds.__slots__))


def overlap(boxes: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of what they cover together each of N boxes shares with one: 0..1."""
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    return np.asarray(both / (boxes[:, 2] * boxes[:, 3] + box[2] * box[3] - both), np.float64)
