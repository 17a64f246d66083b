"""Decode a row: hypotheses that overlap and conflict → the most probable consistent ones.

A consistent set of hypotheses, each taken as its most probable digit, scores
  Σ over the taken: log digitness + log p(digit) · `_SHARPNESS`
+ Σ over neighbours among them: log p(of different ink)
+ Σ over those left out: log(1 − digitness) · p(of other ink than the taken one next to the left) · and to the right;
so one that is certainly the same as a taken one is explained by it and costs nothing. The maximum over all sets is
exact (see `lattice.py` and `paths.py`).

log p(digit) counts less than the rest: it may be plain that a digit stands somewhere, and open which one it is; such a
digit is shown as `?`, and must not be left out because none of the ten is probable.
"""

from __future__ import annotations

from collections.abc import Sequence

from inkdigits.reading.decoding.automaton import ANY_DIGITS
from inkdigits.reading.decoding.lattice import Hypothesis, build_lattice
from inkdigits.reading.decoding.paths import find_best_path, score_backwards

_SHARPNESS = 0.5  # 1: being unsure which digit it is counts as much as being unsure whether it is one; 0: not at all


def decode_row(hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """The most probable consistent ones among the hypotheses of one row, which may come in any order, from left to
    right; none if no hypothesis is worth taking."""
    lattice = build_lattice(hypotheses, _SHARPNESS)
    path = find_best_path(lattice, ANY_DIGITS, score_backwards(lattice, ANY_DIGITS))
    return lattice.get_hypotheses(path.number)
