"""Scoring networks. This is the only door to a test set: `load_test_digits` is called once, after the last step."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data.sets import sources
from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.data.sets.mnist import Part
from inkdigits.glyph import to_float
from inkdigits.reading.single import extract_glyph

BATCH_SIZE = 200  # images in one forward pass: what a convolution makes of them stays in the cache
Z95 = 1.959964  # the normal quantile of a 95 % interval
SIGNIFICANCE_Z = 1.64  # standard errors of a mean; chance exceeds them once in twenty times


@dataclass(frozen=True)
class Score:
    """How a network did on `n` digits of the set named `name`.

    `accuracy` in 0..1 with its 95 % interval `low`–`high`, `loss` the mean cross-entropy in nats, `recall` the share
    found of each digit (None where the set has none of it), `confusion[t][p]` how many digits t were taken for p.
    """

    name: str
    n: int
    accuracy: float
    low: float
    high: float
    loss: float
    recall: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def load_digits(subset: Part, source: Path | None) -> Digits:
    """The digits of a source, its pictures brought to glyphs as the reader does it."""
    return sources.load(subset, source, extract_glyph)


def load_test_digits(source: Path | None = None) -> Digits:
    """The test digits of a source. Open them once, after the last step, and choose nothing by them."""
    return load_digits("test", source)


def predict_logits(network: nn.Module, images: Tensor) -> Tensor:
    """The logits N×10 of images float32 N×1×28×28, in evaluation mode, without gradients."""
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        logits = torch.cat([network(part)[:, :NUM_CLASSES] for part in torch.split(images, BATCH_SIZE)])
    network.train(was_training)
    return logits


def predict_digit_logits(network: nn.Module, digits: Digits) -> Tensor:
    """As `predict_logits`, for a set of digits, on the network's own device; the logits are on the CPU."""
    device = next(network.parameters()).device
    images = torch.from_numpy(to_float(digits.images))
    return torch.cat([predict_logits(network, part.to(device)).cpu() for part in torch.split(images, 10 * BATCH_SIZE)])


def score_network(network: nn.Module, digits: Digits) -> Score:
    """Everything that `inkdigits evaluate` prints of one set."""
    return score_logits(predict_digit_logits(network, digits), digits)


def score_logits(logits: Tensor, digits: Digits) -> Score:
    """The score of N×10 logits against the labels of the N digits they are of."""
    return compute_score(logits, torch.from_numpy(digits.labels), digits.name)


def compute_score(logits: Tensor, labels: Tensor, name: str) -> Score:
    """The score of N×10 logits against N labels."""
    predictions = logits.argmax(dim=1)
    confusion = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64)
    np.add.at(confusion, (labels.numpy(), predictions.numpy()), 1)
    correct_count = int(np.trace(confusion))
    low, high = wilson_interval(correct_count, len(labels))
    return Score(
        name=name,
        n=len(labels),
        accuracy=correct_count / len(labels),
        low=low,
        high=high,
        loss=F.cross_entropy(logits, labels).item(),
        recall=tuple(_divide_or_none(confusion[d, d], confusion[d].sum()) for d in range(NUM_CLASSES)),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """The share of rows whose greatest logit is the label's, in 0..1."""
    return (logits[:, :NUM_CLASSES].argmax(dim=1) == labels).float().mean().item()


def wilson_interval(correct_count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, which stays inside 0..1 (Wilson, "Probable inference", 1927)."""
    proportion, z2 = correct_count / n, Z95 * Z95
    centre = (proportion + z2 / (2 * n)) / (1 + z2 / n)
    half_width = Z95 / (1 + z2 / n) * math.sqrt(proportion * (1 - proportion) / n + z2 / (4 * n * n))
    return max(0.0, centre - half_width), min(1.0, centre + half_width)


@dataclass(frozen=True)
class PairedComparison:
    """Two networks on the same `n` digits: what each took for another digit, and of these what only one did.

    `gain` is the share of digits that the second has more right (−1..1), with its 95 % interval `low`–`high`.
    """

    name: str
    n: int
    before: int
    after: int
    mended: int
    broken: int
    gain: float
    low: float
    high: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare_paired(name: str, correct_before: NDArray[np.bool_], correct_after: NDArray[np.bool_]) -> PairedComparison:
    """Compare what two networks got right of the same digits, bool N each.

    The interval is Wald's after half a digit is added to every cell, which keeps it honest where little differs
    (Agresti and Min, "Simple improved confidence intervals for comparing matched proportions", 2005).
    """
    n, mended, broken = (
        len(correct_before),
        int((~correct_before & correct_after).sum()),
        int((correct_before & ~correct_after).sum()),
    )
    adjusted_n, difference = n + 2, mended - broken
    half_width = Z95 * math.sqrt(mended + broken + 1 - difference**2 / adjusted_n) / adjusted_n
    centre = difference / adjusted_n
    wrong_before, wrong_after = int((~correct_before).sum()), int((~correct_after).sum())
    return PairedComparison(
        name,
        n,
        wrong_before,
        wrong_after,
        mended,
        broken,
        difference / n,
        max(-1.0, centre - half_width),
        min(1.0, centre + half_width),
    )


def compare_logits(digits: Digits, logits_before: Tensor, logits_after: Tensor) -> PairedComparison:
    """Compare two networks on the same digits by their logits, N×10 each."""
    is_correct = (logits.argmax(dim=1).numpy() == digits.labels for logits in (logits_before, logits_after))
    return compare_paired(digits.name, *is_correct)


def is_significant_rise(before: Tensor, after: Tensor) -> bool:
    """Whether NLLs, N of the same digits before and after, rose by more than chance makes them once in twenty times."""
    rise = after - before
    return bool(rise.mean() > SIGNIFICANCE_Z * rise.std(correction=0) / len(rise) ** 0.5)


def find_mistakes(logits: Tensor, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the digits taken for another, the most confidently wrong first."""
    probabilities = logits.softmax(dim=1).numpy()
    wrong_indices = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong_indices[np.argsort(-probabilities[wrong_indices].max(axis=1), kind="stable")]


def _divide_or_none(part: np.int64, whole: np.int64) -> float | None:
    return float(part / whole) if whole else None
