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

from bench import networks, store
from inkdigits.data.digits import CLASSES
from inkdigits.glyph import SIZE
from inkdigits.training.evaluate import test_digits

INK = 128  # from which brightness on a pixel counts as ink
FINER = 4  # strokes are measured on an image so many times as large

Images = NDArray[np.uint8]  # N×28×28, ink bright on 0
Measures = NDArray[np.float64]  # N


def slant(images: Images) -> Measures:
    """By how many degrees the ink leans: right of upright is positive, left negative (from its second moments)."""
    weight = images / images.sum(axis=(1, 2), keepdims=True)
    places = np.arange(SIZE)
    rows, columns = weight.sum(axis=2), weight.sum(axis=1)
    down = places - (rows @ places)[:, None]  # N×28, from the centre of mass
    across = places - (columns @ places)[:, None]
    together = np.einsum("nij,ni,nj->n", weight, down, across)
    return -np.degrees(np.arctan2(together, (rows * down**2).sum(axis=1)))


def stroke(images: Images) -> Measures:
    """The mean width of a digit's strokes in pixels: four times the mean distance from ink to paper."""
    return np.array([_stroke(image) for image in images])


def _stroke(image: Images) -> float:
    large = cv2.resize(image, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    ink = (large >= INK).astype(np.uint8)
    distance = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return 4 * float(distance[ink > 0].mean()) / FINER


def breadth(images: Images) -> Measures:
    """A digit's width as a share of its height."""
    ink = images >= INK
    return _length(ink.any(axis=1)) / _length(ink.any(axis=2))


def _length(there: NDArray[np.bool_]) -> Measures:
    """From the first place to the last, N×28 → N."""
    return (SIZE - there.argmax(axis=1) - there[:, ::-1].argmax(axis=1)).astype(np.float64)


MEASURES: Mapping[str, tuple[Callable[[Images], Measures], tuple[str, str, str], str]] = {
    "slant": (slant, ("leaning left or upright", "leaning right", "leaning far right"), "°"),
    "stroke": (stroke, ("thin strokes", "middling strokes", "thick strokes"), " pixels"),
    "breadth": (breadth, ("slim", "of middling breadth", "broad"), " of the height"),
}


def thirds(measured: Measures, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The third (0, 1 or 2) of its own label's digits that each digit is in, N."""
    group = np.zeros(len(labels), np.int64)
    for label in range(CLASSES):
        places = np.flatnonzero(labels == label)
        order = np.argsort(measured[places], kind="stable")
        group[places[order]] = np.arange(len(places)) * 3 // max(1, len(places))
    return group


def main() -> None:
    digits = test_digits()
    right = [networks.probabilities(run, digits).argmax(axis=1) == digits.labels for run in networks.seeds()]
    result: store.Json = {}
    for name, (measure, words, unit) in MEASURES.items():
        measured = measure(digits.images)
        group = thirds(measured, digits.labels)
        result[name] = [
            {
                "group": word,
                "n": int((group == place).sum()),
                "median": float(np.median(measured[group == place])),
                "unit": unit,
                "accuracy": store.spread([float(each[group == place].mean()) for each in right]),
            }
            for place, word in enumerate(words)
        ]
        print(name, *(f"{part['group']} {100 * part['accuracy']['mean']:.2f} %" for part in result[name]), sep="  ")
    store.save("styles", {"styles": result})


if __name__ == "__main__":
    main()
