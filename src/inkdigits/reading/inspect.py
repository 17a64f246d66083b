"""Explain how one digit was read: probabilities, activations, an occlusion map, and similar training digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkdigits.glyph import GLYPH_SIDE
from inkdigits.marks import Box
from inkdigits.reading.nearest import Neighbour, NeighbourIndex
from inkdigits.reading.networks.classifier import AcceptThresholds, Classifier
from inkdigits.reading.single import Crop, read_crop
from inkdigits.types import Classification, Digit

Reason = Literal["accepted", "unsure", "no-digit", "no-ink"]
PATCH_PX, PATCH_STRIDE_PX = 8, 5  # side of an occluded patch, and from one to the next: they cover the glyph exactly
NEIGHBOUR_COUNT = 8


@dataclass(frozen=True, slots=True)
class OcclusionEffect:
    """The patch whose occlusion makes the network least sure: its box in the glyph, and what is read without it."""

    box: Box
    digit: int
    confidence: float  # times the digitness


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """A digit and how it was read.

    `probabilities` of the ten, float32 10; `thresholds` are what it takes to be accepted, and `reason` what decided.
    `glyph` uint8 28×28; `layers` as `Classifier.compute_activations` gives them. `occlusion_map` float32 28×28: by how
    much the probability falls, 0..1, when the surroundings of a pixel are occluded; `strongest_occlusion` is the patch
    that matters most (None where none does). `neighbours` are the training digits most similar to the network.
    """

    digit: Digit
    probabilities: NDArray[np.float32]
    thresholds: AcceptThresholds
    reason: Reason
    glyph: NDArray[np.uint8]
    layers: Mapping[str, NDArray[np.float32]]
    occlusion_map: NDArray[np.float32]
    strongest_occlusion: OcclusionEffect | None
    neighbours: tuple[Neighbour, ...]


def inspect_crop(
    crop: Crop,
    classification: Classification,
    network: Classifier,
    thresholds: AcceptThresholds,
    neighbour_index: NeighbourIndex | None,
) -> Inspection:
    """Read a digit by the first row of its classification, and explain it. The network classifies some 25 occluded
    glyphs for that, in one call; without a `neighbour_index` none, and nothing is told but what was read."""
    glyph = crop.glyph
    digit = read_crop(crop, classification, thresholds)
    occlusion_map, strongest_occlusion = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.float32), None
    neighbours: tuple[Neighbour, ...] = ()
    if neighbour_index is not None and glyph.any():
        certainty = float(classification.probabilities[0, digit.digit] * classification.digitness[0])
        occlusion_map, strongest_occlusion = _measure_occlusion(glyph, digit.digit, certainty, network)
        neighbours = neighbour_index.find_nearest(classification.embeddings[0], NEIGHBOUR_COUNT)
    reason = find_reason(digit, thresholds, bool(glyph.any()))
    layers = {} if neighbour_index is None else network.compute_activations(glyph)
    return Inspection(
        digit,
        classification.probabilities[0],
        thresholds,
        reason,
        glyph,
        layers,
        occlusion_map,
        strongest_occlusion,
        neighbours,
    )


def find_reason(digit: Digit, thresholds: AcceptThresholds, has_ink: bool) -> Reason:
    """Why a digit was accepted or not."""
    if digit.accepted:
        return "accepted"
    if not has_ink:
        return "no-ink"
    return "no-digit" if digit.digitness < thresholds.min_digitness else "unsure"


def find_patches(glyph: NDArray[np.uint8]) -> list[Box]:
    """The overlapping square patches of a glyph, uint8 28×28, that hold ink: each is occluded in turn."""
    starts = range(0, GLYPH_SIDE - PATCH_PX + 1, PATCH_STRIDE_PX)
    squares = [Box(x, y, PATCH_PX, PATCH_PX) for y in starts for x in starts]
    return [box for box in squares if glyph[box.y : box.bottom, box.x : box.right].any()]


def occlude(glyph: NDArray[np.uint8], boxes: list[Box]) -> NDArray[np.uint8]:
    """The glyph once for every box, uint8 N×28×28, each time with that box set to 0."""
    copies = np.repeat(glyph[np.newaxis], len(boxes), axis=0)
    for copy, box in zip(copies, boxes, strict=True):
        copy[box.y : box.bottom, box.x : box.right] = 0
    return copies


def _measure_occlusion(
    glyph: NDArray[np.uint8], digit: int, certainty: float, network: Classifier
) -> tuple[NDArray[np.float32], OcclusionEffect | None]:
    """By how much occlusion lowers the certainty of a digit on a glyph with ink: by pixel, the mean over the patches
    that cover it, and for the worst patch.

    After Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014.
    """
    boxes = find_patches(glyph)
    occluded = network.classify(occlude(glyph, boxes))
    certainties = occluded.probabilities * occluded.digitness[:, np.newaxis]  # N×10
    drops = np.maximum(certainty - certainties[:, digit], 0)
    total: NDArray[np.float32] = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.float32)
    coverage = np.zeros_like(total)
    for box, drop in zip(boxes, drops, strict=True):
        window = np.s_[box.y : box.bottom, box.x : box.right]
        total[window] += drop
        coverage[window] += 1
    occlusion_map = np.asarray(total / np.maximum(coverage, 1), np.float32)
    if not drops.any():
        return occlusion_map, None
    worst = int(drops.argmax())
    remaining = certainties[worst]
    return occlusion_map, OcclusionEffect(boxes[worst], int(remaining.argmax()), float(remaining.max()))
