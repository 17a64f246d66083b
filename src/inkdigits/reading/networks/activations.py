"""Logits → probabilities, and back to log probabilities and log odds, in numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # in the site's tab there is no TypeVar
    from typing import TypeVar

    Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])

MIN_PROBABILITY = 1e-6  # no probability comes nearer to 0 or 1, so that no single one rules out all others


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Logits N×K → probabilities, each row with the sum 1."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))  # N×K
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits N×K → log probabilities."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), np.float32)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits → probabilities; never overflows."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), np.float32)


def clipped_log(probabilities: Floats) -> Floats:
    """Probabilities of any shape → log probabilities, none below that of `MIN_PROBABILITY`; of the same dtype."""
    return np.log(np.clip(probabilities, MIN_PROBABILITY, 1))


def logit(probabilities: Floats) -> Floats:
    """Probabilities of any shape → their log odds, of the same dtype: what `sigmoid` undoes, but none is nearer to 0 or
    1 than `MIN_PROBABILITY`."""
    clipped = np.clip(probabilities, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    odds: Floats = clipped / (1 - clipped)
    return np.log(odds)
