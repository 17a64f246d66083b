"""Making confidence mean what it says: a temperature, and the confidence below which a digit is refused.

The temperature is fitted on validation images of a network that never learnt from them, and carried over to its twin
that learnt from all training images; what the threshold comes to is measured on the same.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from inkdigits.training.evaluate import wilson_interval
from inkdigits.training.runs import Json

BIN_COUNT = 15
ERROR_COST = (
    5.0  # a wrong digit costs as much as so many refused ones; with 6, less than 99.3 % of validation are accepted
)
MIN_DIGITNESS = 0.5  # from which on a glyph counts as a digit


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The T > 0 for which softmax(logits / T) has the least cross-entropy (N×10 logits, N labels).

    Source: Guo et al., "On calibration of modern neural networks", 2017. Found by golden-section search over log T.
    """
    golden = (5**0.5 - 1) / 2
    low, high = np.log(0.05), np.log(20.0)
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _compute_nll(logits, labels, left) < _compute_nll(logits, labels, right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def _compute_nll(logits: Tensor, labels: Tensor, log_temperature: float) -> float:
    return F.cross_entropy(logits / float(np.exp(log_temperature)), labels).item()


def calibration_error(probabilities: NDArray[np.float32], labels: NDArray[np.int64], bins: int = BIN_COUNT) -> float:
    """Expected calibration error in 0..1: how far confidence and accuracy are apart, over bins of equal width.

    `probabilities` N×10, `labels` N. Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities
    using Bayesian binning", 2015.
    """
    confidence, is_correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bin_indices = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(bin_indices, weights=is_correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def compute_confidence_threshold(error_cost: float = ERROR_COST) -> float:
    """The confidence (0..1) from which on taking a digit as read costs less than refusing it.

    A digit of calibrated confidence c is wrong with the chance 1 − c. If a wrong digit costs `error_cost` (> 1)
    and a refused one 1, accepting is the cheaper while error_cost · (1 − c) ≤ 1. Source: Chow, "On optimum
    recognition error and reject tradeoff", 1970. Nothing is fitted: a threshold fitted to a share of wrong digits hangs
    on the handful of them that 5,000 have, of which some have a wrong label.
    """
    return 1 - 1 / error_cost


def measure_guarantee(confidence: NDArray[np.float32], is_correct: NDArray[np.bool_], threshold: float) -> Json:
    """What the card promises of a threshold: how many of `n` were accepted and wrong, and the 95 % upper bound."""
    accepted = confidence >= threshold
    wrong_count = int((accepted & ~is_correct).sum())
    return {
        "n": len(is_correct),
        "coverage": float(accepted.mean()),
        "wrong": wrong_count,
        "wrong_at_most": wilson_interval(wrong_count, max(1, int(accepted.sum())))[1],
    }


def build_calibration(temperature: float, logits: Tensor, labels: NDArray[np.int64], name: str) -> Json:
    """What a card tells the reader: the temperature, the thresholds, and what these come to on the N digits called
    `name`, by their logits N×10."""
    confidence, guesses = (each.numpy() for each in (logits / temperature).softmax(dim=1).max(dim=1))
    threshold = compute_confidence_threshold()
    return {
        "temperature": temperature,
        "accept": {"confidence": threshold, "digitness": MIN_DIGITNESS},
        "guarantee": {"digits": name} | measure_guarantee(confidence, guesses == labels, threshold),
    }


def refit_temperature(
    old: float,
    held: tuple[Tensor, Tensor],
    held_labels: NDArray[np.int64],
    own: tuple[Tensor, NDArray[np.int64]],
) -> float:
    """The temperature after fine-tuning, fitted on MNIST's held-out digits and the person's, each counting half.

    `held` are N×10 logits before and after on MNIST's, `own` M×10 logits and labels of the person's. The first training
    knew MNIST's digits, so it is surer of them than of new ones. By how much, `old` says, which was found with a twin
    that did not know them: the ratio of it to one fitted to the logits before is carried over to those after.
    """
    before, after = held
    labels, own_labels = torch.from_numpy(held_labels), torch.from_numpy(own[1])
    overconfidence = old / fit_temperature(before, labels)
    own_indices = torch.arange(len(labels)) % len(own_labels)
    return fit_temperature(
        torch.cat([after * overconfidence, own[0][own_indices]]), torch.cat([labels, own_labels[own_indices]])
    )
