"""Propose digits on a page: extract its ink and run the detector at the scales that matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.imaging import ink as inks
from inkdigits.reading.imaging.combs import add_combs, erase_combs, find_combs
from inkdigits.reading.imaging.grid import NO_GRID, Grid, find_grid
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.pixels import Pixels, median, percentile, shrink, weighted_median
from inkdigits.reading.imaging.rings import erase_rings, find_rings
from inkdigits.reading.imaging.rules import remove_rules
from inkdigits.reading.imaging.tables import mend_table
from inkdigits.reading.networks.activations import clipped_log, logit, softmax
from inkdigits.reading.networks.detector import MAX_DIGIT_PX, MIN_DIGIT_PX, MIN_HEAT, Detections, Detector
from inkdigits.reading.windows import CONTEXT_PX, Window, find_windows, measure_ink_heights

_MAX_SIDE_PX = 2400  # a larger page is shrunk to this longest side
_BUDGET_PX = (3_000_000, 9_000_000)  # the least and the most pixels that the detector is given, over all scales;
_BUDGET_RATIO = 4  # between them, so many times the page's own
_CHEAP_PX, _CHEAP_RATIO = 300_000, 1 / 3  # a scale with so few pixels, or so many times the page's, is always used
_MIN_VOTE_SHARE = 0.08  # of the components' heights: a size that fewer of them have is not worth many pixels
_TARGET_HEIGHT_PX = 38.0  # the height that the usual digit of a page is brought to
_MAX_SCALE = 6.0  # times that a picture is enlarged at most
_SCALE_STEP = 2**0.5  # between one scale and the next
_MIN_COMPONENT_HEIGHT_PX = 5  # what is lower is a speck
_MAX_ASPECT = 3.0  # of its own height: what is wider is a rule or a word
_SAME_DIGIT_MIN_IOU = 0.6  # from this on two boxes are one digit, detected twice
_DETECTABLE_PX = (24.0, 60.0)  # digits of this size should be detected
_MAX_COMPONENTS = 3000  # connected components of a page; gravel has more
_MAX_DETECTIONS = 1500  # on one page; a photo of fur has more, and none of them is a digit
_FRAGMENT_MIN_INK_SHARE = 0.7  # of the ink in a box that is a fragment: so much belongs to one component,
_FRAGMENT_MIN_SIZE_RATIO = 2.5  # which is so many times as wide and as high as the box
_PLAIN_DIGITNESS = 0.9  # of what is a digit beyond doubt, even where a rule seems to run through it
_FULL_STRENGTH_PERCENTILE = 75  # percentile of the ink's strength that counts as full


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """N detections that may be digits, and what the page's ink tells about them.

    `detections` are in pixels of the page. `is_fragment`, bool N, marks those that hold only a fragment of something
    much larger. `ink` is that of the page shrunk to `ink_scale` (at most 1) ink pixels a page pixel. `ink_components`
    are the boxes of its connected components, in pixels of the page. `full_strength`, 1 to 255, is the ink's strength
    that the networks see as 1.
    """

    detections: Detections
    is_fragment: NDArray[np.bool_]
    ink: Ink
    ink_scale: float
    ink_components: tuple[Box, ...]
    full_strength: float


def propose_digits(grey: Pixels, detector: Detector, other_polarity: bool = False) -> Proposals:
    """Propose digits on a page, uint8 H×W. The detections may still overlap and conflict. For `other_polarity` see
    `imaging.ink.extract_ink`."""
    small = shrink(grey, _MAX_SIDE_PX)
    return propose_in_ink(inks.extract_ink(small, other_polarity), detector, max(small.shape) / max(grey.shape))


def propose_in_ink(
    ink: Ink, detector: Detector, ink_scale: float = 1.0, scales: Sequence[float] | None = None
) -> Proposals:
    """As `propose_digits`, in the ink of a page that was shrunk to `ink_scale` pixels a page pixel. `scales` are what
    it is enlarged by, where the size of its digits is known; without them they are chosen."""
    labels, stats = label_components(remove_rules(ink.mask))
    if (is_ring := find_rings(labels, stats)).any():
        ink = erase_rings(ink, is_ring, labels)
        labels, stats = label_components(remove_rules(ink.mask))
    component_boxes = _select_component_boxes(stats)
    full_strength = measure_full_strength(ink)
    ink_heights = measure_ink_heights(labels, stats)
    tried_scales = choose_scales(component_boxes, ink.mask.shape) if scales is None else scales
    detections = detect_multiscale(ink, full_strength, ink_heights, tried_scales, detector)
    ink_components = _scale_boxes(component_boxes, 1 / ink_scale)
    is_fragment = find_fragments(detections.boxes, labels, stats)
    return Proposals(detections.rescale(1 / ink_scale), is_fragment, ink, ink_scale, ink_components, full_strength)


def find_page_grid(proposals: Proposals, detections: Detections) -> tuple[Grid, Proposals]:
    """The rules of a page, told from strokes by the height of what is more likely a digit than not; none without any.
    And the proposals with the ink that is left without combs.

    `detections` are those of the proposals, with other scores."""
    heights = detections.boxes[detections.digitness >= 0.5, 3]
    if not len(heights):
        return NO_GRID, proposals
    height, ink, scale = median(heights), proposals.ink, proposals.ink_scale
    grid = find_grid(ink.mask, height, scale, len(heights))
    plain_boxes = detections.boxes[detections.digitness >= _PLAIN_DIGITNESS]
    grid = mend_table(grid, ink.strength, proposals.full_strength, plain_boxes, height, scale)
    combs = [] if grid.is_squared_paper else find_combs(ink, proposals.full_strength, plain_boxes, height, scale)
    if not combs:
        return grid, proposals
    ink = erase_combs(ink, combs, height, proposals.full_strength, scale)
    _, stats = label_components(remove_rules(ink.mask))
    components = _scale_boxes(_select_component_boxes(stats), 1 / scale)
    return add_combs(grid, combs, height), replace(proposals, ink=ink, ink_components=components)


def _scale_boxes(boxes: NDArray[np.int32], scale: float) -> tuple[Box, ...]:
    return tuple(Box(*(int(side * scale) for side in box)) for box in boxes)


def label_components(mask: Pixels) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The labels H×W of a mask's connected components, and OpenCV's statistics of each, the background first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _select_component_boxes(stats: NDArray[np.int32]) -> NDArray[np.int32]:
    """The boxes of the connected components, N×4, only the largest if there are too many."""
    order = np.argsort(-stats[1:, 4], kind="stable")[:_MAX_COMPONENTS] + 1
    return np.asarray(stats[order, :4], np.int32)


def find_fragments(
    boxes: NDArray[np.float64], labels: NDArray[np.int32], stats: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which of N boxes hold only a fragment of one much larger component: a loop of a cable, the edge of a stroke.

    `labels` H×W and `stats` are those of the connected components, as `label_components` gives them.
    """
    is_fragment = np.zeros(len(boxes), np.bool_)
    for index, (x, y, width, height) in enumerate(boxes.tolist()):
        inside = labels[max(0, int(y)) : max(0, int(y + height) + 1), max(0, int(x)) : max(0, int(x + width) + 1)]
        counts = np.bincount(inside[inside > 0])
        if len(counts):
            label = int(counts.argmax())
            size_ratio = min(stats[label, 2] / width, stats[label, 3] / height)
            is_fragment[index] = (
                counts[label] > _FRAGMENT_MIN_INK_SHARE * counts.sum() and size_ratio > _FRAGMENT_MIN_SIZE_RATIO
            )
    return is_fragment


def choose_scales(component_boxes: NDArray[np.int32], shape: tuple[int, ...]) -> list[float]:
    """The scales to enlarge the page by, so that one of them brings its digits, whatever their size, to about 38
    pixels.

    `component_boxes` are those of its connected components, N×4, and `shape` is its height and width. Heights half an
    octave apart are tried, those of many components first, until the detector's budget of pixels is spent; cheap ones
    always.
    """
    tall = component_boxes[component_boxes[:, 3] >= _MIN_COMPONENT_HEIGHT_PX]
    if not len(tall):
        return []
    digit_like = tall[tall[:, 2] <= _MAX_ASPECT * tall[:, 3]]  # what is wider is a word, or digits on a rule
    heights = np.sort((digit_like if len(digit_like) else tall)[:, 3].astype(np.float64))
    pixels = math.prod(shape)
    usual_height = weighted_median(heights, heights)
    tried_heights = usual_height * _SCALE_STEP ** np.arange(-12, 13)
    votes = [float(heights[(heights > height / 1.5) & (heights < height * 1.5)].sum()) for height in tried_heights]
    budget = min(max(_BUDGET_PX[0], _BUDGET_RATIO * pixels), _BUDGET_PX[1])
    cheap_px = max(_CHEAP_PX, _CHEAP_RATIO * pixels)
    chosen_scales, remaining_px = [], budget
    for index in sorted(range(len(tried_heights)), key=lambda index: (-votes[index], tried_heights[index])):
        height = tried_heights[index]
        scale = float(min(_TARGET_HEIGHT_PX / height, _MAX_SCALE, (max(remaining_px, cheap_px) / pixels) ** 0.5))
        is_cheap = scale**2 * pixels <= (cheap_px if votes[index] else _CHEAP_PX)  # large digits amid small print
        is_worth_it = votes[index] >= _MIN_VOTE_SHARE * heights.sum() or is_cheap
        is_possible = scale >= MIN_DIGIT_PX / height and _MIN_COMPONENT_HEIGHT_PX <= height <= 1.2 * max(shape)
        if is_worth_it and is_possible:
            chosen_scales.append(scale)
            remaining_px -= round(scale**2 * pixels)
    return sorted(set(chosen_scales)) or [min(_MAX_SCALE, (budget / pixels) ** 0.5)]


def measure_full_strength(ink: Ink) -> float:
    """The strength, 1 to 255, of ink that is as strong as most of a page's."""
    if not ink.mask.any():
        return 255.0
    return max(1.0, percentile(ink.strength[ink.mask > 0], _FULL_STRENGTH_PERCENTILE))


def detect_multiscale(
    ink: Ink, full_strength: float, ink_heights: NDArray[np.uint16], scales: Sequence[float], detector: Detector
) -> Detections:
    """Run the detector on the ink enlarged by each scale; each digit is detected once, in pixels of the ink.

    `full_strength` is the ink's strength that the detector sees as 1. `ink_heights` is as `windows.measure_ink_heights`
    gives it: where no ink is as high as digits may be at a scale, nothing is detected.
    """
    return fuse_boxes(
        [(scale, _detect_at_scale(ink.strength, full_strength, ink_heights, scale, detector)) for scale in scales]
    )


def _detect_at_scale(
    ink: Pixels, full_strength: float, ink_heights: NDArray[np.uint16], scale: float, detector: Detector
) -> Detections:
    """Run the detector at one scale; boxes in pixels of the ink."""
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    windows = find_windows(ink_heights, scale, (height, width))
    if not windows:
        return concatenate_detections([])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    strength = np.asarray(cv2.resize(ink, (width, height), interpolation=interpolation), np.uint8)
    strength = np.pad(strength, CONTEXT_PX)  # as windows go beyond the edges
    detections = concatenate_detections(
        [_detect_in_window(strength, full_strength, each, detector) for each in windows]
    )
    longer_sides = detections.boxes[:, 2:].max(axis=1, initial=0)
    detections = detections.select((longer_sides >= 0.8 * MIN_DIGIT_PX) & (longer_sides <= 1.25 * MAX_DIGIT_PX))
    return detections.rescale(1 / scale)


def _detect_in_window(strength: Pixels, full_strength: float, window: Window, detector: Detector) -> Detections:
    """Run the detector on a window of an enlarged page, padded by the context; boxes in pixels of the page."""
    rows, columns = window.rows, window.columns
    part = strength[
        rows.start + CONTEXT_PX : rows.end + CONTEXT_PX, columns.start + CONTEXT_PX : columns.end + CONTEXT_PX
    ]
    ink = np.clip(part.astype(np.float32) / np.float32(full_strength), 0, 1)
    detections = detector.detect(ink).shift(columns.start, rows.start)
    x, y = detections.centres.T
    return detections.select(rows.holds(y) & columns.holds(x))


def fuse_boxes(detections_by_scale: list[tuple[float, Detections]]) -> Detections:
    """Fuse the detections of several scales, so that each digit is detected once.

    The box and the probabilities are the means of all its detections, the latter geometric, weighted by digitness. The
    digitness is halfway from the greatest to the mean over the scales at which a digit of this size should be detected.
    After Solovyev, Wang and Gabruseva, "Weighted boxes fusion", 2021. Of too many, the most probable are taken.
    """
    all_detections = concatenate_detections([detections for _, detections in detections_by_scale])
    scale_indices = np.repeat(
        np.arange(len(detections_by_scale)), [len(detections) for _, detections in detections_by_scale]
    )
    is_free = np.ones(len(all_detections), np.bool_)
    fused_detections: list[Detections] = []
    for first in np.argsort(-all_detections.digitness, kind="stable"):
        if is_free[first] and len(fused_detections) < _MAX_DETECTIONS:
            unfused = np.flatnonzero(is_free)
            same = unfused[iou(all_detections.boxes[unfused], all_detections.boxes[first]) >= _SAME_DIGIT_MIN_IOU]
            is_free[same] = False
            same = same[np.argsort(-all_detections.digitness[same], kind="stable")]
            best = same[np.unique(scale_indices[same], return_index=True)[1]]  # of every scale
            sides = all_detections.boxes[first, 2:].max() * np.array([scale for scale, _ in detections_by_scale])
            is_missed = (sides >= _DETECTABLE_PX[0]) & (sides <= _DETECTABLE_PX[1])
            is_missed[scale_indices[best]] = False
            fused_detections.append(_average_detections(all_detections.select(best), int(is_missed.sum())))
    return concatenate_detections(fused_detections)


def _average_detections(detections: Detections, missed_scales: int) -> Detections:
    """One detection from several of the same digit, which `missed_scales` more scales should show and do not."""
    weights = detections.digitness / detections.digitness.sum()
    box = weights @ detections.boxes
    logs, log_odds = weights @ clipped_log(detections.probabilities), logit(detections.digitness)
    mean = (log_odds.sum() + missed_scales * np.log(MIN_HEAT / (1 - MIN_HEAT))) / (len(detections) + missed_scales)
    digitness = (detections.digitness.max() + 1 / (1 + np.exp(-mean))) / 2
    return Detections(box[None], np.array([digitness], np.float32), softmax(logs[None]))


def concatenate_detections(detections: list[Detections]) -> Detections:
    """Several sets of detections as one."""
    empty = Detections(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros((0, 10), np.float32))
    parts = [empty, *detections]
    return Detections(*(np.concatenate([getattr(part, name) for part in parts]) for name in Detections.__slots__))


def iou(boxes: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each of N boxes with one box: float64 N in 0..1."""
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    intersection = np.prod(np.maximum(high - low, 0), axis=1)
    return np.asarray(intersection / (boxes[:, 2] * boxes[:, 3] + box[2] * box[3] - intersection), np.float64)
