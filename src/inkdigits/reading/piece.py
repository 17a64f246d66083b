"""One way to take a stretch of ink as a digit: what cutting hands on and the search for the best string takes up."""

from __future__ import annotations

from dataclasses import dataclass

from inkdigits.types import Box


@dataclass(frozen=True, slots=True)
class Piece:
    """One way to take the ink between two cuts as a digit. Cuts are numbered from left to right; start < end."""

    start: int
    end: int
    box: Box
    probabilities: tuple[float, ...]  # of the digits 0 to 9, sum 1, calibrated
    digitness: float  # 0..1
