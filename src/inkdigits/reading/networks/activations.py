"""Logits → probabilities, in numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
