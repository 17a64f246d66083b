"""What conflicting proposals leave of the certainty about a digit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.lattice import Lattice, conflicts, lattice
from inkdigits.reading.piece import Piece


def against_rivals(pieces: Sequence[Piece], taken: Sequence[Piece]) -> list[Piece]:
    """The pieces taken from among a row's `pieces`, with what conflicts with them weighed in: same boxes, same order.

    Over all consistent sets (see `search.py`), each piece has a probability to be taken. A place's digitness is then
    the sum of these over the piece taken there and all that conflict with it, at most 1; its digits' probabilities
    are theirs, weighted so. A 0 and a 6 proposed for the same ink leave a place that is surely a digit, and either.
    """
    row = lattice(pieces)
    probable, together = _probable(row), conflicts(row.pieces) if pieces else np.zeros((0, 0), np.bool_)
    digits = np.array([piece.probabilities for piece in row.pieces], np.float64).reshape(-1, 10)
    found = []
    for piece in taken:
        weights = np.where(together[row.pieces.index(piece)], probable, 0.0)
        mixed = weights @ digits / weights.sum()
        found.append(Piece(piece.box, tuple(float(p) for p in mixed), min(1.0, float(weights.sum()))))
    return found


def _probable(row: Lattice) -> NDArray[np.float64]:
    """The probability of every piece, N, to be taken: forwards and backwards over the lattice."""
    as_any = np.logaddexp.reduce(row.taken, axis=1)
    as_any[[0, -1]] = 0
    before, after = np.zeros(len(as_any)), np.zeros(len(as_any))  # log sums up to a piece, and from it on
    for place in range(1, len(as_any)):
        before[place] = np.logaddexp.reduce(before[:place] + row.passed[:place, place] + as_any[place])
    for place in range(len(as_any) - 2, -1, -1):
        rest = slice(place + 1, None)
        after[place] = np.logaddexp.reduce(after[rest] + row.passed[place, rest] + as_any[rest])
    return np.asarray(np.exp(before + after - after[0])[1:-1], np.float64)
