"""Pictures for tests of Ray: single digits, which take least time to read."""

from typing import Any

import numpy as np

from inkdigits.data.sets.mnist import load
from tests.reading.drawing import encode_image


def draw_digits(labels: list[int]) -> list[bytes]:
    """A PNG of 28×28 for each label, dark on white, each the next digit of its kind in MNIST's training set."""
    digits, taken, pictures = load("train"), dict[int, int](), list[bytes]()
    for label in labels:
        place = taken[label] = taken.get(label, -1) + 1
        glyph = digits.images[int(np.flatnonzero(digits.labels == label)[place])]
        pictures.append(encode_image(255 - glyph, "PNG"))
    return pictures


def forget_seconds(reading: dict[str, Any]) -> dict[str, Any]:
    """A reading as JSON without the time it took."""
    return {name: value for name, value in reading.items() if name != "seconds"}
