"""Candidates that overlap and conflict → the most probable digits that are consistent, and fit the form asked for.

A consistent set of pieces, each taken as one of the ten digits, scores
  Σ over the taken: log digitness + log p(digit)
+ Σ over neighbours among them: log p(of different ink)
+ Σ over those left out: log(1 − digitness) · p(of other ink than the taken one next to the left) · and to the right;
so one that is certainly the same as a taken one is explained by it and costs nothing. Maxima and sums over all sets are
exact (see `lattice.py` and `paths.py`).

Without a form log p(digit) counts less (`SHARPNESS`). Which digit it is may well be open where it is plain that one
stands; such a digit is shown as `?`, and must not be left out because none of the ten is probable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inkdigits.reading.decoding.automaton import Automaton, word
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.lattice import Lattice, Piece, lattice, part, spaced
from inkdigits.reading.decoding.paths import Number, Path, ahead, best, paths, text_of
from inkdigits.reading.decoding.spacing import spacing
from inkdigits.types import Box

SHARPNESS = 0.5  # 1: being unsure which digit it is counts as much as being unsure whether it is one; 0: not at all
_FREE = Automaton((0,), np.zeros((1, 10), np.intp), np.ones(1, np.bool_))  # any digits, also none


@dataclass(frozen=True, slots=True)
class Found:
    """Pieces taken, from left to right, each with the digit it is taken as; `confidence` is the whole string's, 0..1.

    With a form it is the probability of this string among all strings that fit, over all ways to take the pieces;
    whether the form itself holds is not doubted. Without one it is that of this very choice among all choices.
    """

    taken: tuple[tuple[Piece, int], ...]
    confidence: float

    @property
    def text(self) -> str:
        """The digits."""
        return "".join(str(digit) for _, digit in self.taken)


def chosen(pieces: Sequence[Piece]) -> Found | None:
    """The most probable consistent digits among the pieces of one row, which may come in any order.

    All digits of the row, each the most probable of its piece; None if no piece is worth taking.
    """
    plain, likely = lattice(pieces), _likely(pieces)
    return Found(_taken(plain, likely), _free_confidence(plain, likely)) if likely else None


def fitting(
    pieces: Sequence[Piece], form: Form, signs: Sequence[Box] = (), likely: Found | None = None, beam: int = 1000
) -> list[Found] | None:
    """As `chosen`, with a form: a Found for every number on the row, from left to right, each of which fits.

    None if nothing fits. Numbers part at visible gaps and at signs (`signs`: boxes of ink that is no digit); how wide
    the row's usual gaps are is told by what `chosen` gave for the same pieces, `likely`, or by all of them. A check
    that is the caller's function is asked about the `beam` most probable choices that fit the rest.
    """
    plain = lattice(pieces)
    boxes = [piece.box for piece in (plain.pieces if likely is None else [each for each, _ in likely.taken])]
    return _fitting(spaced(plain, spacing(boxes, signs), form.literals), form, beam) if boxes else None


def _likely(pieces: Sequence[Piece]) -> Number:
    """The most probable digits without a form; of digits that are equally probable the lowest."""
    row = lattice(pieces, SHARPNESS)
    number = next(iter(best(row, _FREE, ahead(row, _FREE, np.maximum)).numbers), ())
    return tuple((place, int(np.argmax(row.pieces[place - 1].probabilities))) for place, _ in number)


def _free_confidence(row: Lattice, number: Number) -> float:
    return float(np.exp(row.score(number) - ahead(row, _FREE, np.logaddexp).whole))


def _fitting(row: Lattice, form: Form, beam: int) -> list[Found] | None:
    """The numbers of the most probable way through the row on which all of them fit."""
    path = next(_ways(row, form, beam), None)
    if path is None:
        return None
    ends = [0, *(place for number in path.numbers for place in (number[0][0], number[-1][0])), len(row.pieces) + 1]
    found = []
    for index, number in enumerate(path.numbers):
        alone = part(row, ends[2 * index], ends[2 * index + 3])
        found.append(Found(_taken(row, number), _confidence(alone, text_of(number), form, beam)))
    return found


def _ways(row: Lattice, form: Form, beam: int) -> Iterator[Path]:
    """Ways through the row that fit, most probable first."""
    forwards = ahead(row, form.automaton, np.maximum)
    if callable(form.check):
        return paths(row, form.automaton, forwards, form.passes, beam)
    return iter([best(row, form.automaton, forwards)] if forwards.whole > -np.inf else [])


def _confidence(alone: Lattice, text: str, form: Form, beam: int) -> float:
    """The probability of a string among all that fit, on the part of a row that is one number."""
    if callable(form.check):
        fitting = [(text_of(path.numbers[0]), path.score) for path in _ways(alone, form, beam)]
        this = np.logaddexp.reduce([score for other, score in fitting if other == text])
        every = np.logaddexp.reduce([score for _, score in fitting])
    else:
        this, every = (ahead(alone, strings, np.logaddexp).whole for strings in (word(text), form.automaton))
    return float(np.exp(min(0.0, this - every))) if this > -np.inf else 0.0


def _taken(row: Lattice, number: Number) -> tuple[tuple[Piece, int], ...]:
    return tuple((row.pieces[place - 1], digit) for place, digit in number)
