"""Digits from probabilities: which digit it is, whether it is accepted, and the one that stands for no ink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Digit, Line

_MIN_CANDIDATE_PROBABILITY = 0.001  # candidates that are less probable are left out, beyond the first two


def make_digit(
    probabilities: Sequence[float] | NDArray[np.floating],
    digitness: float,
    box: Box,
    thresholds: AcceptThresholds,
    chosen_digit: int | None = None,
) -> Digit:
    """A digit from the probabilities of the ten; `chosen_digit` if another one than the most probable is taken.

    It is accepted when the probability that it is a digit and this one reaches `thresholds.min_confidence`, and its
    digitness reaches `thresholds.min_digitness`.
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    chosen_digit = int(order[0]) if chosen_digit is None else chosen_digit
    confidence = float(probabilities[chosen_digit])
    candidate_count = max(2, int((np.asarray(probabilities) >= _MIN_CANDIDATE_PROBABILITY).sum()))
    candidates = tuple((int(digit), float(probabilities[digit])) for digit in order[:candidate_count])
    is_accepted = confidence * digitness >= thresholds.min_confidence and digitness >= thresholds.min_digitness
    return Digit(chosen_digit, confidence, digitness, is_accepted, box, candidates)


def list_digits(lines: Sequence[Line]) -> list[Digit]:
    """All digits of some lines, in the order of reading."""
    return [digit for line in lines for number in line.numbers for digit in number.digits]


def set_accepted(digit: Digit, is_accepted: bool) -> Digit:
    """The digit, accepted or not."""
    return replace(digit, accepted=is_accepted)


def make_empty_digit(box: Box) -> Digit:
    """The digit that is returned where there is no ink; never accepted."""
    return Digit(0, 0.1, 0.0, False, box, tuple((digit, 0.1) for digit in range(10)))
