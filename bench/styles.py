"""How the reader's networks do by style of writing, on MNIST's test images: by slant, by width of stroke, by shape.

    python -m bench.styles

Each measure is taken of the image alone, and the digits of each label are parted into thirds by it, so that every
group has as many of each digit: a group of slim digits that is mostly ones would say how ones do, not how slim ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.shared import store, trained_networks
from inkdigits.data.sets.digits import NUM_CLASSES
from inkdigits.glyph import GLYPH_SIDE
from inkdigits.training.evaluate import load_test_digits

INK_THRESHOLD = 128  # from which brightness on a pixel counts as ink
UPSCALING = 4  # strokes are measured on an image so many times as large

Images = NDArray[np.uint8]  # N×28×28, ink bright on 0
Measures = NDArray[np.float64]  # N


def measure_slant(images: Images) -> Measures:
    """By how many degrees the ink leans: right of upright is positive, left negative (from its second moments)."""
    weight = images / images.sum(axis=(1, 2), keepdims=True)
    indices = np.arange(GLYPH_SIDE)
    rows, columns = weight.sum(axis=2), weight.sum(axis=1)
    down = indices - (rows @ indices)[:, None]  # N×28, from the centre of mass
    across = indices - (columns @ indices)[:, None]
    covariance = np.einsum("nij,ni,nj->n", weight, down, across)
    return -np.degrees(np.arctan2(covariance, (rows * down**2).sum(axis=1)))


def measure_stroke_width(images: Images) -> Measures:
    """The mean width of a digit's strokes in pixels: four times the mean distance from ink to paper."""
    return np.array([_measure_stroke_width(image) for image in images])


def _measure_stroke_width(image: Images) -> float:
    large = cv2.resize(image, None, fx=UPSCALING, fy=UPSCALING, interpolation=cv2.INTER_CUBIC)
    ink = (large >= INK_THRESHOLD).astype(np.uint8)
    distance = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return 4 * float(distance[ink > 0].mean()) / UPSCALING


def measure_aspect(images: Images) -> Measures:
    """A digit's width as a share of its height."""
    ink = images >= INK_THRESHOLD
    return _measure_extent(ink.any(axis=1)) / _measure_extent(ink.any(axis=2))


def _measure_extent(has_ink: NDArray[np.bool_]) -> Measures:
    """From the first place to the last, N×28 → N."""
    return (GLYPH_SIDE - has_ink.argmax(axis=1) - has_ink[:, ::-1].argmax(axis=1)).astype(np.float64)


MEASURES: Mapping[str, tuple[Callable[[Images], Measures], tuple[str, str, str], str]] = {
    "slant": (measure_slant, ("leaning left or upright", "leaning right", "leaning far right"), "°"),
    "stroke": (measure_stroke_width, ("thin strokes", "middling strokes", "thick strokes"), " pixels"),
    "breadth": (measure_aspect, ("slim", "of middling breadth", "broad"), " of the height"),
}


def assign_thirds(values: Measures, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The third (0, 1 or 2) of its own label's digits that each digit is in, N."""
    group = np.zeros(len(labels), np.int64)
    for label in range(NUM_CLASSES):
        indices = np.flatnonzero(labels == label)
        order = np.argsort(values[indices], kind="stable")
        group[indices[order]] = np.arange(len(indices)) * 3 // max(1, len(indices))
    return group


def main() -> None:
    digits = load_test_digits()
    correct = [
        trained_networks.predict_probabilities(run, digits).argmax(axis=1) == digits.labels
        for run in trained_networks.list_seed_runs()
    ]
    result: store.Json = {}
    for name, (measure, labels, unit) in MEASURES.items():
        values = measure(digits.images)
        group = assign_thirds(values, digits.labels)
        result[name] = [
            {
                "group": label,
                "n": int((group == third).sum()),
                "median": float(np.median(values[group == third])),
                "unit": unit,
                "accuracy": store.summarise_values([float(each[group == third].mean()) for each in correct]),
            }
            for third, label in enumerate(labels)
        ]
        print(name, *(f"{part['group']} {100 * part['accuracy']['mean']:.2f} %" for part in result[name]), sep="  ")
    store.save("styles", {"styles": result})


if __name__ == "__main__":
    main()
