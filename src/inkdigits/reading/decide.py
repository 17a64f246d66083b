"""Probabilities → digits: what is a digit at all, which one, and whether to stand by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.classify import Accept
from inkdigits.types import Box, Classification, Digit

_LEAST = 0.001  # candidates that are less probable are left out, beyond the first two


def decide(answers: Classification, boxes: list[Box], accept: Accept) -> list[Digit]:
    """One digit per box; `answers` has one row per box. What falls short of `accept` is not accepted."""
    rows = zip(answers.probabilities, answers.digitness, boxes, strict=True)
    return [_digit(row, float(digitness), box, accept) for row, digitness, box in rows]


def are_digits(digits: list[Digit], accept: Accept) -> list[Digit]:
    """Only those that are digits at all, sure or unsure."""
    return [digit for digit in digits if digit.digitness >= accept.digitness]


def nothing(box: Box) -> Digit:
    """What stands for a digit where there is no ink."""
    return Digit(0, 0.1, 0.0, False, box, tuple((digit, 0.1) for digit in range(10)))


def _digit(probabilities: NDArray[np.float32], digitness: float, box: Box, accept: Accept) -> Digit:
    order = np.argsort(-probabilities, kind="stable")
    best, confidence = int(order[0]), float(probabilities[order[0]])
    keep = max(2, int((probabilities >= _LEAST).sum()))
    candidates = tuple((int(digit), float(probabilities[digit])) for digit in order[:keep])
    accepted = confidence >= accept.confidence and digitness >= accept.digitness
    return Digit(best, confidence, digitness, accepted, box, candidates)
