"""Pictures of one digit each: choose which of the ink is the digit, and crop it to the glyph that the network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.glyph import GLYPH_SIDE
from inkdigits.marks import Box
from inkdigits.reading.decoding.digits import make_digit, make_empty_digit
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.networks.classifier import AcceptThresholds, Classifier
from inkdigits.reading.normalise import extract_ink_crops, make_glyph
from inkdigits.types import Classification, Digit

_ISLAND_INK, _MIN_ISLAND_AREA = 100, 3  # of a glyph: as bright, 0..255, and so many pixels large is an island


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A digit cropped from a picture: its box there, and its glyph, uint8 28×28, zeros if there is no ink."""

    box: Box
    glyph: NDArray[np.uint8]


def find_best_crops(images: Sequence[Pixels], classifier: Classifier) -> tuple[list[Crop], Classification]:
    """The best crop of each of N images, uint8 H×W, and the classification of these crops.

    A digit cut out of a line often has parts of its neighbours at its sides, which may as well be strokes of the digit
    itself. A digit cut out closely leaves hardly any paper to tell ink from. So an image may have several candidate
    crops; the best one is that of which the network is surest.
    """
    return choose_crops([list_candidate_crops(image) for image in images], classifier)


def choose_crops(candidates: Sequence[Sequence[Crop]], classifier: Classifier) -> tuple[list[Crop], Classification]:
    """The best of each image's candidates, at least one, and the classification of these crops."""
    crops = [crop for each in candidates for crop in each]
    classification = classifier.classify(
        np.stack([crop.glyph for crop in crops]) if crops else np.zeros((0, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    )
    if all(len(each) == 1 for each in candidates):
        return crops, classification
    certainties = classification.probabilities.max(axis=1, initial=0) * classification.digitness
    ends = np.cumsum([len(each) for each in candidates], dtype=np.intp)
    best_rows = [
        end - len(each) + int(certainties[end - len(each) : end].argmax())
        for each, end in zip(candidates, ends, strict=True)
    ]
    row_indices = np.array(best_rows, np.intp)
    best_classification = Classification(
        classification.probabilities[row_indices],
        classification.digitness[row_indices],
        classification.embeddings[row_indices],
    )
    return [crops[row] for row in best_rows], best_classification


def read_crop(crop: Crop, classification: Classification, thresholds: AcceptThresholds) -> Digit:
    """The digit in a crop, by the first row of its classification; what is drawn into a ring makes it none."""
    if not crop.glyph.any():
        return make_empty_digit(crop.box)
    digitness = float(classification.digitness[0]) if not holds_island(crop.glyph) else 0.0
    return make_digit(classification.probabilities[0], digitness, crop.box, thresholds)


def holds_island(glyph: NDArray[np.uint8]) -> bool:
    """Whether there is ink in a hole of a glyph, uint8 28×28, that touches nothing, as the eyes of a face. Of MNIST's
    60,000 training digits, seven have any."""
    ink = np.asarray(glyph > _ISLAND_INK, np.uint8)
    _, strokes, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if len(areas) < 2:
        return False
    largest = 1 + int(areas.argmax())
    _, regions = cv2.connectedComponents(np.pad(strokes != largest, 1, constant_values=True).astype(np.uint8), None, 4)
    is_outside = regions[1:-1, 1:-1] == regions[0, 0]
    candidates = np.flatnonzero(areas >= _MIN_ISLAND_AREA) + 1
    return any(not is_outside[strokes == index].any() for index in candidates if index != largest)


def extract_glyph(image: Pixels) -> Pixels:
    """The glyph, uint8 28×28, that the packaged network sees of an image of one digit, uint8 H×W."""
    (crop,), _ = find_best_crops([image], _load_packaged())
    return crop.glyph


@cache
def _load_packaged() -> Classifier:
    return Classifier(threads=1)


def list_candidate_crops(image: Pixels) -> list[Crop]:
    """What may be the digit of an image, uint8 H×W, all its ink first; one empty crop if there is no ink."""
    height, width = image.shape
    ink_crops = extract_ink_crops(image)
    return [Crop(each.box, make_glyph(each.ink)) for each in ink_crops] or [make_empty_crop(width, height)]


def make_empty_crop(width: int, height: int) -> Crop:
    """The crop of a picture without ink."""
    return Crop(Box(0, 0, width, height), np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8))
