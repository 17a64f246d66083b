"""What the detector says of a place and what the network says of its glyph, weighed into one probability each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.networks.activations import sigmoid, softmax
from inkdigits.reading.networks.detector import Finds
from inkdigits.types import Classification

# Chosen by the development pictures and by drawn pages of training digits, where the optimum is flat. Fitted on scenes
# of our own drawing instead, the two networks are doubted too much: those are harder than real pages.
_DETECTOR, _CLASSIFIER = 0.65, 0.5  # for which digit it is
_FOUND, _SEEN, _CLEAR, _BEFOREHAND = 3.75, 0.2, 0.5, 2.25  # for whether there is one
_SMALL = 1e-6  # no probability is taken to be nearer to 0 or 1
_SAME_SIZE = 0.5  # octaves by which the heights of a page's digits usually differ
_SIZES_DIFFER, _PLAIN = 3.0, 4.0  # log odds a squared octave, and at most
_OPEN = 0.6  # the digitness that is left to what is but a piece of something larger: it is shown as `?`
_ALONE, _ONLY = 3.0, 1.5  # log odds that a digit loses by standing alone, and by being all there is on the page
_COMPANY = 2.0  # digits that are company enough
_NEAR, _LEVEL, _ALIKE, _BESIDE = 7.0, 0.4, 1.6, 0.6  # of heights: how far off, up or down, how different; of the width


def weighed(finds: Finds, answers: Classification) -> Finds:
    """The finds with probabilities and digitness of both networks; `answers` has one row for every find.

    Logarithms and log odds are weighed and added. The classifier counts for which digit it is as far as it sees one
    whole digit.
    """
    whole = answers.digitness[:, np.newaxis]
    says = _DETECTOR * _log(finds.probabilities) + _CLASSIFIER * whole * _log(answers.probabilities)
    probabilities = softmax(says)
    best = _log(probabilities.max(axis=1, initial=_SMALL))
    there = _FOUND * _odds(finds.digitness) + _SEEN * _odds(answers.digitness) + _CLEAR * best + _BEFOREHAND
    return Finds(finds.boxes, sigmoid(there.astype(np.float32)), probabilities)


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


def in_company(finds: Finds) -> Finds:
    """The finds with those that stand alone held for less probable: by 3 in log odds, by half of it beside one digit,
    and by 1.5 more where no other is on the page at all.

    Company are other probable digits of about the same height, on the same level and no more than 7 heights away.
    """
    x, y = (finds.boxes[:, :2] + finds.boxes[:, 2:] / 2).T
    wide, tall = finds.boxes[:, 2:].T
    away, taller = np.abs(x[:, None] - x), np.maximum(tall[:, None], tall)
    beside = (away < _NEAR * taller) & (away > _BESIDE * np.maximum(wide[:, None], wide))
    level = np.abs(y[:, None] - y) < _LEVEL * np.minimum(tall[:, None], tall)
    alike = taller < _ALIKE * np.minimum(tall[:, None], tall)
    probable = np.where(finds.digitness > 0.5, finds.digitness, 0)
    company = np.minimum((beside & level & alike) @ probable / _COMPANY, 1)
    only = (probable > 0).sum() == (probable > 0)  # it, or none
    odds = _odds(finds.digitness) - _ALONE * (1 - company) - _ONLY * only
    return Finds(finds.boxes, sigmoid(odds.astype(np.float32)), finds.probabilities)


def doubted(finds: Finds, torn: NDArray[np.bool_]) -> Finds:
    """The finds with those that are but pieces of something much larger, bool N, held for hardly probable."""
    most = np.where(torn, np.float32(_OPEN), np.float32(1))
    return Finds(finds.boxes, np.minimum(finds.digitness, most), finds.probabilities)


def _log(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.log(np.clip(probability, _SMALL, 1)), np.float32)


def _odds(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    clipped = np.clip(probability, _SMALL, 1 - _SMALL)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)
