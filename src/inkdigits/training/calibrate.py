"""Making confidence mean what it says: a temperature, and the confidence below which a digit is refused.

The temperature is fitted on validation images of a network that never learnt from them, and carried over to its twin
that learnt from all training images; what the threshold comes to is measured on the same.
"""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from inkdigits.training.evaluate import wilson
from inkdigits.training.runs import Json

BINS = 15
COST = 5.0  # a wrong digit costs as much as so many refused ones; with 6, less than 99.3 % of validation are accepted
DIGITNESS = 0.5  # from which on a glyph counts as a digit


def temperature(logits: Tensor, labels: Tensor) -> float:
    """The T > 0 for which softmax(logits / T) has the least cross-entropy (N×10 logits, N labels).

    Source: Guo et al., "On calibration of modern neural networks", 2017. Found by golden-section search over log T.
    """
    golden = (5**0.5 - 1) / 2
    low, high = np.log(0.05), np.log(20.0)
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _loss(logits, labels, left) < _loss(logits, labels, right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def _loss(logits: Tensor, labels: Tensor, log_temperature: float) -> float:
    return F.cross_entropy(logits / float(np.exp(log_temperature)), labels).item()


def calibration_error(probabilities: NDArray[np.float32], labels: NDArray[np.int64], bins: int = BINS) -> float:
    """Expected calibration error in 0..1: how far confidence and accuracy are apart, over bins of equal width.

    `probabilities` N×10, `labels` N. Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities
    using Bayesian binning", 2015.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def least_confidence(cost: float = COST) -> float:
    """The confidence (0..1) from which on taking a digit as read costs less than refusing it.

    A digit of calibrated confidence c is wrong with the chance 1 − c. If a wrong digit costs `cost` (> 1) and a refused
    one 1, accepting is the cheaper while cost · (1 − c) ≤ 1. Source: Chow, "On optimum recognition error and reject
    tradeoff", 1970. Nothing is fitted: a threshold fitted to a share of wrong digits hangs on the handful of them that
    5,000 have, of which some have a wrong label.
    """
    return 1 - 1 / cost


def guarantee(confidence: NDArray[np.float32], right: NDArray[np.bool_], threshold: float) -> Json:
    """What the card promises of a threshold: how many of `n` were accepted and wrong, and the 95 % upper bound."""
    accepted = confidence >= threshold
    wrong = int((accepted & ~right).sum())
    return {
        "n": len(right),
        "coverage": float(accepted.mean()),
        "wrong": wrong,
        "wrong_at_most": wilson(wrong, max(1, int(accepted.sum())))[1],
    }
