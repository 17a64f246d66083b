"""The hypotheses of one row as a lattice: which can follow which in a consistent set, and the score of every step.

Two hypotheses may claim the same ink. How probable that is follows from how far apart the centres of their boxes are,
from left to right, in half widths of the wider one, and from how much narrower the other is: a narrow box near a wide
one's centre is rather its stem than a 1. Slanted neighbours, and a 1 beside a wide digit, have boxes that overlap much.

Only neighbours in a set are compared, and a hypothesis left out with the taken one next to it on either side: whatever
is near a farther one is nearer to those between. So a set's score is the sum over its neighbours, and sums and maxima
over sets are sums and maxima over paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.networks.activations import MIN_PROBABILITY, clipped_log

# Counted on drawn pages of training digits: two detections closer than the first were never two digits, two farther
# apart than the other mostly were. In half widths of the wider box, plus the narrower one's weighted share of it.
_SAME_INK_DISTANCE, _DISTINCT_INK_DISTANCE = 0.74, 1.24
_NARROWER_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The hypothesis that `box` (pixels of the upright picture) is one digit. Hypotheses may overlap and conflict."""

    box: Box
    probabilities: tuple[float, ...]  # of the digits 0 to 9, calibrated, sum 1
    digitness: float  # 0..1, the probability that a digit stands exactly there
    detection: int | None = None  # its index among the page's detections


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """N hypotheses, numbered 1 to N by the centres of their boxes; 0 is before all of them and N + 1 behind.

    All scores are log probabilities, float64; what cannot be has -inf.
    """

    hypotheses: tuple[Hypothesis, ...]
    neighbour_log_probs: NDArray[np.float64]  # (N+2)×(N+2): two neighbours taken, all between left out
    digit_log_probs: NDArray[np.float64]  # (N+2)×10: a hypothesis taken as each digit

    def get_hypotheses(self, path: Iterable[tuple[int, int]]) -> tuple[Hypothesis, ...]:
        """Those on a path, which is pairs of a hypothesis's number and its digit."""
        return tuple(self.hypotheses[number - 1] for number, _ in path)


def build_lattice(hypotheses: Sequence[Hypothesis], sharpness: float = 1.0) -> Lattice:
    """The lattice of one row's hypotheses, in any order.

    `sharpness`, 0..1, is how much the probability of a hypothesis's most probable digit counts; how much less probable
    the others are always counts in full.
    """
    ordered = tuple(sorted(hypotheses, key=lambda each: (each.box.centre_x, each.box.x)))
    size = len(ordered) + 2
    digitness = np.clip([each.digitness for each in ordered], MIN_PROBABILITY, 1 - MIN_PROBABILITY).reshape(-1)
    probabilities = np.array([each.probabilities for each in ordered], np.float64).reshape(-1, 10)
    digit_log_probs = np.full((size, 10), -np.inf)
    log_probabilities = clipped_log(probabilities)
    digit_log_probs[1:-1] = (
        np.log(digitness)[:, np.newaxis]
        + log_probabilities
        - (1 - sharpness) * log_probabilities.max(axis=1, keepdims=True)
    )
    return Lattice(ordered, _compute_neighbour_log_probs(ordered, np.log1p(-digitness)), digit_log_probs)


def estimate_distinct_ink(hypotheses: Sequence[Hypothesis]) -> NDArray[np.float64]:
    """N hypotheses → N×N: the probability that two of them are of different ink, 0..1."""
    centres = np.array([each.box.centre_x for each in hypotheses])
    widths = np.array([each.box.width for each in hypotheses], np.float64)
    distances = np.abs(centres[:, np.newaxis] - centres[np.newaxis])
    wider = np.maximum(widths[:, np.newaxis], widths[np.newaxis])
    narrower = np.minimum(widths[:, np.newaxis], widths[np.newaxis])
    relative_distances = (2 * distances + _NARROWER_WEIGHT * narrower) / wider
    return np.asarray(
        np.clip((relative_distances - _SAME_INK_DISTANCE) / (_DISTINCT_INK_DISTANCE - _SAME_INK_DISTANCE), 0, 1),
        np.float64,
    )


def _compute_neighbour_log_probs(
    hypotheses: Sequence[Hypothesis], left_out_log_probs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The log probability that two hypotheses are neighbours, and that what they leave out between them, as far as they
    do not explain it, is no digit."""
    size = len(hypotheses) + 2
    distinct_ink = np.ones((size, size))
    if hypotheses:
        distinct_ink[1:-1, 1:-1] = estimate_distinct_ink(hypotheses)
    distinct_ink = np.triu(distinct_ink, 1)
    log_probs = np.concatenate([[0.0], left_out_log_probs, [0.0]])
    with np.errstate(divide="ignore"):  # certainly the same ink: never neighbours, -inf
        return np.asarray((distinct_ink * log_probs) @ distinct_ink + np.log(distinct_ink), np.float64)
