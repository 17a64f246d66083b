"""Decode a row: hypotheses that overlap and conflict → the most probable consistent digits that fit the form.

A consistent set of hypotheses, each taken as one of the ten digits, scores
  Σ over the taken: log digitness + log p(digit)
+ Σ over neighbours among them: log p(of different ink)
+ Σ over those left out: log(1 − digitness) · p(of other ink than the taken one next to the left) · and to the right;
so one that is certainly the same as a taken one is explained by it and costs nothing. Maxima and sums over all sets are
exact (see `lattice.py` and `paths.py`).

Without a form log p(digit) counts less (`SHARPNESS`). It may be plain that a digit stands somewhere, and open
which one it is; such a digit is shown as `?`, and must not be left out because none of the ten is probable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inkdigits.marks import Box
from inkdigits.reading.decoding.automaton import ANY_DIGITS, build_word_automaton
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.lattice import Hypothesis, Lattice, add_spacing, build_lattice, extract_span
from inkdigits.reading.decoding.paths import (
    LatticeNumber,
    LatticePath,
    find_best_path,
    iterate_valid_paths,
    join_digits,
    score_backwards,
)
from inkdigits.reading.decoding.spacing import measure_spacing

SHARPNESS = 0.5  # 1: being unsure which digit it is counts as much as being unsure whether it is one; 0: not at all


@dataclass(frozen=True, slots=True)
class DecodedString:
    """The chosen hypotheses, from left to right, each with the digit it is taken as; `confidence`, 0..1, is the whole
    string's.

    With a form it is the probability of this string among all strings that fit, over all choices of hypotheses; whether
    the form itself holds is not doubted. Without one it is that of this very choice among all choices.
    """

    assignments: tuple[tuple[Hypothesis, int], ...]
    confidence: float

    @property
    def text(self) -> str:
        """The digits."""
        return "".join(str(digit) for _, digit in self.assignments)


def decode_row(hypotheses: Sequence[Hypothesis]) -> DecodedString | None:
    """The most probable consistent digits among the hypotheses of one row, which may come in any order.

    All digits of the row, each the most probable of its hypothesis; None if no hypothesis is worth taking.
    """
    lattice, number = build_lattice(hypotheses), _find_best_number(hypotheses)
    if not number:
        return None
    return DecodedString(_assign_digits(lattice, number), _compute_free_confidence(lattice, number))


def decode_row_with_form(
    hypotheses: Sequence[Hypothesis],
    form: Form,
    ink_components: Sequence[Box] = (),
    formless: DecodedString | None = None,
    beam: int = 1000,
) -> list[DecodedString] | None:
    """The most probable numbers on the row, from left to right, each of which fits the form; None if nothing fits.

    Numbers end at visible gaps and at separators among `ink_components`, the boxes of ink on the page. The row's usual
    gaps are measured between the hypotheses of `formless`, what `decode_row` gave for the row, or between all of them.
    If the form's check is the caller's function, the `beam` most probable choices that fit the rest are checked.
    """
    lattice = build_lattice(hypotheses)
    measured = lattice.hypotheses if formless is None else [each for each, _ in formless.assignments]
    if not measured:
        return None
    row_spacing = measure_spacing([each.box for each in measured], ink_components)
    return _decode_with_form(add_spacing(lattice, row_spacing, form.signs), form, beam)


def _find_best_number(hypotheses: Sequence[Hypothesis]) -> LatticeNumber:
    """The most probable digits without a form; of digits that are equally probable the lowest."""
    lattice = build_lattice(hypotheses, SHARPNESS)
    path = find_best_path(lattice, ANY_DIGITS, score_backwards(lattice, ANY_DIGITS, np.maximum))
    number = next(iter(path.numbers), ())
    return tuple((index, int(np.argmax(lattice.hypotheses[index - 1].probabilities))) for index, _ in number)


def _compute_free_confidence(lattice: Lattice, number: LatticeNumber) -> float:
    return float(np.exp(lattice.score(number) - score_backwards(lattice, ANY_DIGITS, np.logaddexp).total))


def _decode_with_form(lattice: Lattice, form: Form, beam: int) -> list[DecodedString] | None:
    """The numbers of the most probable path through the row on which all of them fit."""
    path = next(_find_fitting_paths(lattice, form, beam), None)
    if path is None:
        return None
    ends = (index for number in path.numbers for index in (number[0][0], number[-1][0]))
    bounds = [0, *ends, len(lattice.hypotheses) + 1]
    decoded = []
    for index, number in enumerate(path.numbers):
        span = extract_span(lattice, bounds[2 * index], bounds[2 * index + 3])
        confidence = _compute_confidence(span, join_digits(number), form, beam)
        decoded.append(DecodedString(_assign_digits(lattice, number), confidence))
    return decoded


def _find_fitting_paths(lattice: Lattice, form: Form, beam: int) -> Iterator[LatticePath]:
    """Paths through the row that fit, most probable first."""
    backward_scores = score_backwards(lattice, form.automaton, np.maximum)
    if callable(form.check):
        return iterate_valid_paths(lattice, form.automaton, backward_scores, form.passes, beam)
    return iter([find_best_path(lattice, form.automaton, backward_scores)] if backward_scores.total > -np.inf else [])


def _compute_confidence(span: Lattice, text: str, form: Form, beam: int) -> float:
    """The probability of a string among all that fit, on the part of a row that is one number."""
    if callable(form.check):
        scored_texts = [(join_digits(path.numbers[0]), path.score) for path in _find_fitting_paths(span, form, beam)]
        text_score = np.logaddexp.reduce([score for other, score in scored_texts if other == text])
        total_score = np.logaddexp.reduce([score for _, score in scored_texts])
    else:
        text_score = score_backwards(span, build_word_automaton(text), np.logaddexp).total
        total_score = score_backwards(span, form.automaton, np.logaddexp).total
    return float(np.exp(min(0.0, text_score - total_score))) if text_score > -np.inf else 0.0


def _assign_digits(lattice: Lattice, number: LatticeNumber) -> tuple[tuple[Hypothesis, int], ...]:
    return tuple((lattice.hypotheses[index - 1], digit) for index, digit in number)
