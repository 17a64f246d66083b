"""Score detections: fuse the scores of detector and classifier, and lower those of unlikely digits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.grid import Grid
from inkdigits.reading.imaging.pixels import Pixels, median, shrink, weighted_median
from inkdigits.reading.networks.activations import clipped_log, logit, sigmoid, softmax
from inkdigits.reading.networks.detector import Detections
from inkdigits.types import Classification

# Chosen by the development pictures and by drawn pages of training digits, where the optimum is flat. Fitted on scenes
# of our own drawing instead, the weights trust both networks too little: those are harder than real pages.
_DETECTOR_WEIGHT, _CLASSIFIER_WEIGHT = 0.65, 0.5  # for which digit it is
_DETECTOR_DIGITNESS_WEIGHT, _CLASSIFIER_DIGITNESS_WEIGHT = 3.75, 0.2  # for whether it is a digit
_BEST_DIGIT_WEIGHT, _LOG_ODDS_BIAS = 0.5, 2.25  # for the same: the most probable digit's log probability, a constant
_SOLID_MIN_THICKNESS = 0.75  # of its height: the widest circle in a blot; in the thickest of digits it has .6
_SOLID_MIN_SHARE = 0.3  # of the height of all ink in a box: so thick is one of several blots, as two discs look like 8
_SOLID_MAX_DIGITNESS = 0.05  # low enough that a blot is nothing, unless it stands in a number
_SOLID_MARGIN = 0.15  # of its box's longer side: paper around it
_SOLID_SIDE_PX = 32  # to which its longer side is shrunk to measure it
_FREE_OCTAVES = 0.5  # octaves by which the heights of a page's digits usually differ
_SIZE_PENALTY, _MAX_SIZE_PENALTY = 3.0, 4.0  # log odds a squared octave, and at most
_FRAGMENT_MAX_DIGITNESS = 0.6  # low enough that a fragment of something larger is shown as `?`
_ISOLATION_PENALTY, _ONLY_DIGIT_PENALTY = 3.0, 1.5  # log odds: standing alone, and being the only digit of the page
_ENOUGH_NEIGHBOURS = 2.0  # with so many probable neighbours a digit loses nothing
_MAX_DISTANCE, _MIN_DISTANCE = 7.0, 0.6  # of a neighbour beside: of the greater height, of the greater width
_MAX_COLUMN_OFFSET, _MAX_RISE, _MIN_RISE = 0.5, 4.0, 1.25  # of one above or below: of the greater height
_LIST_BONUS, _LIST_MIN_DIGITNESS = 2.5, 0.9  # log odds: standing in a list of digits that are so plain
_MIN_IN_ROW, _MIN_IN_COLUMN = 2, 3  # other digits, where one stands in a table
_MAX_LEVEL_DIFFERENCE, _MAX_HEIGHT_RATIO = 0.4, 1.6  # of a neighbour: of the smaller height


def fuse_scores(detections: Detections, classification: Classification) -> Detections:
    """Fuse the probabilities and digitness of detector and classifier; `classification` has one row per detection.

    Log probabilities and log odds are added with weights. For which digit it is, the classifier counts as far as it
    sees one whole digit.
    """
    whole_digit = classification.digitness[:, np.newaxis]
    detected, classified = clipped_log(detections.probabilities), clipped_log(classification.probabilities)
    probabilities = softmax(_DETECTOR_WEIGHT * detected + _CLASSIFIER_WEIGHT * whole_digit * classified)
    best_log_prob = clipped_log(probabilities.max(axis=1))
    log_odds = (
        _DETECTOR_DIGITNESS_WEIGHT * logit(detections.digitness)
        + _CLASSIFIER_DIGITNESS_WEIGHT * logit(classification.digitness)
        + _BEST_DIGIT_WEIGHT * best_log_prob
        + _LOG_ODDS_BIAS
    )
    return Detections(detections.boxes, sigmoid(log_odds.astype(np.float32)), probabilities)


def find_solids(page: Pixels, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of N boxes, in pixels of the page, uint8 H×W, hold filled shapes and no strokes: discs, blots. bool N.

    Seen on the page itself: as ink is what differs from the paper nearby, a large blot has ink at its edge only.
    """
    return np.array([_holds_solid(page, *each) for each in boxes.tolist()], np.bool_)


def _holds_solid(page: Pixels, x: float, y: float, width: float, height: float) -> bool:
    margin = max(2.0, _SOLID_MARGIN * max(width, height))
    top, left = max(0, round(y - margin)), max(0, round(x - margin))
    crop = page[top : round(y + height + margin), left : round(x + width + margin)]
    crop = shrink(crop, _SOLID_SIDE_PX).astype(np.float32)
    paper = median(np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]]))
    contrast = np.abs(crop - paper)
    mask = np.pad((contrast > contrast.max() / 2).astype(np.uint8), 1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    distances = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    thickness = np.array([2 * distances[labels == label].max() for label in range(len(stats))])
    heights, areas = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    is_solid = thickness > np.maximum(_SOLID_MIN_THICKNESS * heights, _SOLID_MIN_SHARE * mask.any(axis=1).sum())
    return bool(2 * areas[1:][is_solid[1:]].sum() > areas[1:].sum())  # the first is the background


def drop_solids(detections: Detections, page: Pixels) -> Detections:
    """Lower the digitness of detections of filled shapes on a page, uint8 H×W, so far that they are nothing."""
    is_solid = detections.digitness > _SOLID_MAX_DIGITNESS  # the others, most on a page, need no look
    is_solid[is_solid] = find_solids(page, detections.boxes[is_solid])
    return _cap_digitness(detections, is_solid, _SOLID_MAX_DIGITNESS)


def penalise_size_outliers(detections: Detections) -> Detections:
    """Lower the digitness of detections that differ much in height from the page's other digits.

    Up to a factor of 1.4 nothing changes; above, the log odds fall with the square of the octaves, by 4 at most: a
    page may have digits of two sizes, if they are plain.
    """
    if not len(detections):
        return detections
    heights = detections.boxes[:, 3]
    usual_height = weighted_median(heights, detections.digitness**2 * heights)
    excess_octaves = np.maximum(np.abs(np.log2(heights / usual_height)) - _FREE_OCTAVES, 0)
    return _add_log_odds(detections, -np.minimum(_SIZE_PENALTY * excess_octaves**2, _MAX_SIZE_PENALTY))


def penalise_isolated(detections: Detections) -> Detections:
    """Lower the digitness of detections that stand alone: by 3 in log odds, by half of that beside one digit, and by
    1.5 more where no other is on the page at all.

    Neighbours are other probable digits of about the same height: on the same level, at most 7 heights away, or right
    above or below, as in a column of numbers, at most 4 heights away.
    """
    is_beside, is_in_column = _find_neighbours(detections)
    probable = np.where(detections.digitness > 0.5, detections.digitness, 0)
    company = np.minimum((is_beside | is_in_column) @ probable / _ENOUGH_NEIGHBOURS, 1)  # 0..1
    is_only = (probable > 0).sum() == (probable > 0)  # it, or none
    return _add_log_odds(detections, -_ISOLATION_PENALTY * (1 - company) - _ONLY_DIGIT_PENALTY * is_only)


def favour_lists(detections: Detections, grid: Grid) -> Detections:
    """Raise the digitness of detections with no digit beside them, but two plain ones right above or below, by 2.5 in
    log odds: in a list of numbers a 1 looks like a rule. A page with upright rules is no list."""
    if grid.uprights:
        return detections
    is_beside, is_in_column = _find_neighbours(detections)
    is_alone = ~(is_beside & (detections.digitness > 0.5)).any(axis=1)
    is_listed = (is_in_column & (detections.digitness > _LIST_MIN_DIGITNESS)).sum(axis=1) >= _ENOUGH_NEIGHBOURS
    return _add_log_odds(detections, _LIST_BONUS * (is_alone & is_listed))


def _add_log_odds(detections: Detections, change: NDArray[np.floating]) -> Detections:
    """The detections with another digitness: its log odds, float N, changed by so much."""
    digitness = sigmoid((logit(detections.digitness) + change).astype(np.float32))
    return Detections(detections.boxes, digitness, detections.probabilities)


def _find_neighbours(detections: Detections) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of N detections stand beside each other, and which above each other, if about equally high: bool N×N."""
    x, y = detections.centres.T
    widths, heights = detections.boxes[:, 2:].T
    distances, rises = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
    smaller, greater = np.minimum(heights[:, None], heights), np.maximum(heights[:, None], heights)
    is_level = rises < _MAX_LEVEL_DIFFERENCE * smaller
    is_near = (distances < _MAX_DISTANCE * greater) & (distances > _MIN_DISTANCE * np.maximum(widths[:, None], widths))
    is_under = distances < _MAX_COLUMN_OFFSET * greater
    is_next = (rises > _MIN_RISE * greater) & (rises < _MAX_RISE * greater)
    is_alike = greater < _MAX_HEIGHT_RATIO * smaller
    return is_level & is_near & is_alike, is_under & is_next & is_alike


def restore_in_tables(detections: Detections, before: Detections, grid: Grid) -> Detections:
    """Give detections that stand alone in a cell of a ruled table, but in a row and a column of digits, the digitness
    they had `before` isolation lowered it: in wide cells all digits are far apart."""
    if not grid.uprights:
        return detections
    x, y = detections.centres.T
    heights, is_probable = detections.boxes[:, 3], before.digitness > 0.5
    digitness = detections.digitness.copy()
    for index in np.flatnonzero(before.digitness > detections.digitness):
        if (cell := grid.find_cell(x[index], y[index])) is not None:
            smaller, greater = np.minimum(heights, heights[index]), np.maximum(heights, heights[index])
            is_digit = is_probable & (greater < _MAX_HEIGHT_RATIO * smaller) & (np.arange(len(x)) != index)
            in_row = is_digit & (np.abs(y - y[index]) < _MAX_LEVEL_DIFFERENCE * greater)
            in_column = is_digit & (x > cell[0]) & (x < cell[1])
            if in_row.sum() >= _MIN_IN_ROW and in_column.sum() >= _MIN_IN_COLUMN and not (in_row & in_column).any():
                digitness[index] = before.digitness[index]
    return Detections(detections.boxes, digitness, detections.probabilities)


def cap_fragments(detections: Detections, is_fragment: NDArray[np.bool_]) -> Detections:
    """Cap the digitness of detections that hold only a fragment of something much larger, bool N."""
    return _cap_digitness(detections, is_fragment, _FRAGMENT_MAX_DIGITNESS)


def _cap_digitness(detections: Detections, is_capped: NDArray[np.bool_], most: float) -> Detections:
    """The detections, some of which, bool N, have no more than so much digitness."""
    max_digitness = np.where(is_capped, np.float32(most), np.float32(1))
    return Detections(detections.boxes, np.minimum(detections.digitness, max_digitness), detections.probabilities)
