"""What the detector says of a place and what the network says of its glyph, weighed into one probability each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.classify import sigmoid, softmax
from inkdigits.reading.detect import Finds, Weights
from inkdigits.types import Classification

_SMALL = 1e-6  # no probability is taken to be nearer to 0 or 1
_SAME_SIZE = 0.5  # octaves by which the heights of a page's digits usually differ
_SIZES_DIFFER, _PLAIN = 8.0, 4.0  # log odds a squared octave, and at most


def weighed(finds: Finds, answers: Classification, weights: Weights) -> Finds:
    """The finds with probabilities and digitness of both; `answers` has one row for every find."""
    probabilities = softmax(which_says(finds, answers) @ np.array(weights.which, np.float32))
    features = there_says(finds, answers, probabilities)
    digitness = sigmoid(features @ np.array(weights.there, np.float32))
    return Finds(finds.boxes, digitness, probabilities)


def of_one_size(finds: Finds) -> Finds:
    """The finds with what differs much in height from the page's other digits held for less probable.

    Up to a factor of 1.4 nothing changes; above, the log odds fall with the square of the octaves, by 4 at most: a
    page may have digits of two sizes, if they are plain.
    """
    if not len(finds):
        return finds
    height = finds.boxes[:, 3]
    order = np.argsort(height)
    counts = np.cumsum((finds.digitness**2 * height)[order])
    usual = height[order][np.searchsorted(counts, counts[-1] / 2)]
    apart = np.maximum(np.abs(np.log2(height / usual)) - _SAME_SIZE, 0)
    odds = _odds(finds.digitness) - np.minimum(_SIZES_DIFFER * apart**2, _PLAIN)
    return Finds(finds.boxes, sigmoid(odds.astype(np.float32)), finds.probabilities)


def which_says(finds: Finds, answers: Classification) -> NDArray[np.float32]:
    """What tells which digit it is, N×10×3. The classifier's say counts more where it sees one whole digit."""
    classifier = _log(answers.probabilities)
    return np.stack([_log(finds.probabilities), classifier, classifier * answers.digitness[:, np.newaxis]], axis=2)


def there_says(finds: Finds, answers: Classification, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """What tells whether there is a digit, N×4."""
    best = _log(probabilities.max(axis=1, initial=_SMALL))
    return np.stack([_odds(finds.digitness), _odds(answers.digitness), best, np.ones_like(best)], axis=1)


def _log(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.log(np.clip(probability, _SMALL, 1)), np.float32)


def _odds(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    clipped = np.clip(probability, _SMALL, 1 - _SMALL)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)
