"""The packaged detector: where it detects digits, at its one scale."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.networks.detector import Detections, Detector
from inkdigits.reading.proposals import iou
from tests.reading.drawing import Pixels

Ink = NDArray[np.float32]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(threads=1)


def draw_ink(glyph: Pixels, side: int = 56) -> Ink:
    """One MNIST digit as a pen may write it, cut to its box, its box in MNIST 5/7 of `side` high."""
    large = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    sharp = np.clip(3 * (large - 0.33), 0, 1)
    rows, columns = np.flatnonzero(sharp.max(axis=1) > 0.4), np.flatnonzero(sharp.max(axis=0) > 0.4)
    return sharp[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)


def draw_sheet(digits: Digits) -> tuple[Ink, NDArray[np.float32]]:
    """The twenty digits, each in a cell of 100×100 pixels, and their boxes."""
    ink, boxes = np.zeros((400, 500), np.float32), []
    for index, glyph in enumerate(digits.images):
        drawn = draw_ink(glyph)
        y, x = 100 * (index // 5) + 30, 100 * (index % 5) + 30
        ink[y : y + drawn.shape[0], x : x + drawn.shape[1]] = drawn
        boxes.append((x, y, drawn.shape[1], drawn.shape[0]))
    return ink, np.array(boxes, np.float32)


def match_boxes(detections: Detections, boxes: NDArray[np.float32]) -> list[int]:
    """For every box the index of the most probable detection that covers it, −1 for none."""
    probable = np.where(detections.digitness >= 0.3, detections.digitness, 0)
    best = [np.where(iou(detections.boxes, box) >= 0.5, probable, 0) for box in boxes]
    return [int(each.argmax()) if each.max() > 0 else -1 for each in best]


def test_digits_are_found_where_they_stand(detector: Detector, digits: Digits) -> None:
    ink, boxes = draw_sheet(digits)
    detections = detector.detect(ink)
    matches = match_boxes(detections, boxes)
    assert sum(index >= 0 for index in matches) >= 18
    right = [
        int(detections.probabilities[index].argmax()) == label
        for index, label in zip(matches, digits.labels, strict=True)
    ]
    assert sum(right) >= 15
    surely = detections.select(detections.digitness >= 0.5)
    assert len(surely) <= 25, "and little else is"


def test_what_is_moved_is_found_in_another_place(detector: Detector, digits: Digits) -> None:
    ink, boxes = draw_sheet(digits)
    here, there = detector.detect(ink), detector.detect(np.pad(ink, ((16, 0), (32, 0))))
    moved = boxes + np.array([32, 16, 0, 0], np.float32)
    both = [(a, b) for a, b in zip(match_boxes(here, boxes), match_boxes(there, moved), strict=True) if a >= 0 <= b]
    assert len(both) >= 17
    assert np.median([np.abs(there.boxes[b] - here.boxes[a] - (32, 16, 0, 0)).max() for a, b in both]) < 1


def test_nothing_is_found_on_nothing(detector: Detector) -> None:
    detections = detector.detect(np.zeros((200, 300), np.float32))
    assert not (detections.digitness > 0.5).any()
    assert detections.boxes.shape[1:] == (4,) and detections.probabilities.shape[1:] == (10,)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 33), (1, 70), (70, 1), (50, 64)])
def test_any_size_gives_detections(detector: Detector, size: tuple[int, int]) -> None:
    for seed in range(4):
        detections = detector.detect(np.random.default_rng(seed).random(size).astype(np.float32))
        assert detections.boxes.dtype == np.float64
        assert detections.digitness.dtype == detections.probabilities.dtype == np.float32
        assert len(detections.boxes) == len(detections.digitness) == len(detections.probabilities) == len(detections)
        assert np.isfinite(detections.boxes).all() and (detections.boxes[:, 2:] > 0).all()
        assert ((detections.digitness >= 0) & (detections.digitness <= 1)).all()
        assert np.allclose(detections.probabilities.sum(axis=1), 1, atol=1e-5)


def test_some_of_the_detections(detector: Detector, digits: Digits) -> None:
    detections = detector.detect(draw_sheet(digits)[0])
    some = detections.select(np.array([2, 0]))
    assert len(some) == 2 and np.array_equal(some.boxes, detections.boxes[[2, 0]])
    assert len(detections.select(np.zeros(len(detections), np.bool_))) == 0
