"""One way to take some ink as a digit: what locating proposes, and the search for the best string takes up."""

from __future__ import annotations

from dataclasses import dataclass

from inkdigits.types import Box


@dataclass(frozen=True, slots=True)
class Piece:
    """A proposal that a digit stands in `box` (pixels of the upright picture). Proposals may overlap and conflict."""

    box: Box
    probabilities: tuple[float, ...]  # of the digits 0 to 9, calibrated, sum 1
    digitness: float  # 0..1, the probability that a digit stands exactly there
