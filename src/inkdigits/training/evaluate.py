"""How good a network is. This is the only door to a test set: `test_digits` is called once, after the last step."""

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

from inkdigits.data import sources
from inkdigits.data.digits import CLASSES, Digits
from inkdigits.data.mnist import Part
from inkdigits.glyph import to_float
from inkdigits.reading.single import glyph_seen

AT_ONCE = 200  # images in one forward pass: what a convolution makes of them stays in the cache
Z95 = 1.959964  # the normal quantile of a 95 % interval


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


def load_digits(part: Part, source: Path | None) -> Digits:
    """The digits of a source, its pictures brought to glyphs as the reader does it."""
    return sources.load(part, source, glyph_seen)


def test_digits(source: Path | None = None) -> Digits:
    """The test digits of a source. Open them once, after the last step, and choose nothing by them."""
    return load_digits("test", source)


def logits(network: nn.Module, images: Tensor) -> Tensor:
    """What the network says of float32 N×1×28×28, in evaluation mode, without gradients: N×10."""
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        said = torch.cat([network(part)[:, :CLASSES] for part in torch.split(images, AT_ONCE)])
    network.train(was_training)
    return said


def digit_logits(network: nn.Module, digits: Digits) -> Tensor:
    """As `logits`, for a set of digits, on the network's own device; the answer is on the CPU."""
    device = next(network.parameters()).device
    images = torch.from_numpy(to_float(digits.images))
    return torch.cat([logits(network, part.to(device)).cpu() for part in torch.split(images, 10 * AT_ONCE)])


def score(network: nn.Module, digits: Digits) -> Score:
    """Everything that `inkdigits evaluate` prints of one set."""
    return score_logits(digit_logits(network, digits), digits)


def score_logits(said: Tensor, digits: Digits) -> Score:
    """The score of N×10 logits against the labels of the N digits they are of."""
    return score_of(said, torch.from_numpy(digits.labels), digits.name)


def score_of(said: Tensor, labels: Tensor, name: str) -> Score:
    """The score of N×10 logits against N labels."""
    guesses = said.argmax(dim=1)
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels.numpy(), guesses.numpy()), 1)
    right = int(np.trace(confusion))
    low, high = wilson(right, len(labels))
    return Score(
        name=name,
        n=len(labels),
        accuracy=right / len(labels),
        low=low,
        high=high,
        loss=F.cross_entropy(said, labels).item(),
        recall=tuple(_share(confusion[d, d], confusion[d].sum()) for d in range(CLASSES)),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def accuracy(said: Tensor, labels: Tensor) -> float:
    """The share of rows whose greatest logit is the label's, in 0..1."""
    return (said[:, :CLASSES].argmax(dim=1) == labels).float().mean().item()


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, which stays inside 0..1 (Wilson, "Probable inference", 1927)."""
    share, z2 = right / n, Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Paired:
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


def paired(name: str, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Paired:
    """Compare what two networks got right of the same digits, bool N each.

    The interval is Wald's after half a digit is added to every cell, which keeps it honest where little differs
    (Agresti and Min, "Simple improved confidence intervals for comparing matched proportions", 2005).
    """
    n, mended, broken = len(before), int((~before & after).sum()), int((before & ~after).sum())
    more, difference = n + 2, mended - broken
    half = Z95 * math.sqrt(mended + broken + 1 - difference**2 / more) / more
    middle = difference / more
    wrong_before, wrong_after = int((~before).sum()), int((~after).sum())
    return Paired(
        name,
        n,
        wrong_before,
        wrong_after,
        mended,
        broken,
        difference / n,
        max(-1.0, middle - half),
        min(1.0, middle + half),
    )


def mistakes(said: Tensor, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the digits taken for another, the most confidently wrong first."""
    probabilities = said.softmax(dim=1).numpy()
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]


def _share(part: np.int64, whole: np.int64) -> float | None:
    return float(part / whole) if whole else None
