"""Detections → lines: which detections are digits, which digit each one is, and whether it is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.group import group_digits, make_number
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.letters import is_among_letters
from inkdigits.reading.decoding.rows import find_rows
from inkdigits.reading.decoding.search import DecodedString, decode_row, decode_row_with_form
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.reading.networks.detector import Detections
from inkdigits.types import Box, Digit, Line, Number

_PLAIN_MIN_PROBABILITY = 0.75  # from which a digit is plain, confidence and digitness multiplied
_MIN_PLAIN_SHARE = 0.25  # of a page's digits: where fewer are plain, the page is a texture
_MIN_CANDIDATE_PROBABILITY = 0.001  # candidates that are less probable are left out, beyond the first two


def decode_lines(
    detections: Detections, ink_components: Sequence[Box], thresholds: AcceptThresholds, form: Form | None
) -> tuple[Line, ...]:
    """Choose among detections that overlap and conflict, row by row, and sort the chosen ones into numbers and lines.
    A digit among letters, or on a texture, is not accepted. `ink_components` are the boxes of the connected components
    of all ink, in pixels of the page.
    """
    rows = find_rows(list(_make_hypotheses(detections)))
    decoded = [(row, string) for row in rows if (string := decode_row(row)) is not None]
    if form is not None:
        lines = tuple(_decode_form_row(row, string, form, ink_components, thresholds) for row, string in decoded)
    else:
        digits = [digit for _, string in decoded for digit in _make_digits(string, thresholds)]
        lines = group_digits(digits, ink_components)
    return _refuse_letters_and_textures(lines, ink_components)


def _refuse_letters_and_textures(lines: tuple[Line, ...], ink_components: Sequence[Box]) -> tuple[Line, ...]:
    """Refuse the digits that stand among letters, and all of them where most are doubtful: that is a texture, and some
    of it will look like a digit."""
    digits = [digit for line in lines for number in line.numbers for digit in number.digits]
    plain_count = sum(digit.confidence * digit.digitness >= _PLAIN_MIN_PROBABILITY for digit in digits)
    is_refused = iter(
        (is_among_letters(digits, ink_components) | (plain_count < _MIN_PLAIN_SHARE * len(digits))).tolist()
    )

    def refuse(number: Number) -> Number:
        kept = (
            set_accepted(digit, digit.accepted and not refused)
            for digit, refused in zip(number.digits, is_refused, strict=False)
        )
        return replace(number, digits=tuple(kept))

    return tuple(replace(line, numbers=tuple(map(refuse, line.numbers))) for line in lines)


def _decode_form_row(
    row: list[Hypothesis],
    formless: DecodedString,
    form: Form,
    ink_components: Sequence[Box],
    thresholds: AcceptThresholds,
) -> Line:
    """The numbers of a row that fit the form. If none fits, `formless`, read without the form, none of it accepted."""
    decoded = decode_row_with_form(row, form, ink_components, formless)
    if decoded is None:
        return Line((make_number(_make_digits(formless, AcceptThresholds(2.0, 2.0)), ink_components),))
    return Line(
        tuple(
            make_number(_make_digits(each, thresholds, each.confidence), ink_components, each.confidence)
            for each in decoded
        )
    )


def _make_digits(decoded: DecodedString, thresholds: AcceptThresholds, number_confidence: float = 0.0) -> list[Digit]:
    """A number's digits. With a `number_confidence` they are all accepted, or all refused, by it."""
    digits = [
        replace(make_digit(each.probabilities, each.digitness, each.box, thresholds, digit), detection=each.detection)
        for each, digit in decoded.assignments
    ]
    if not number_confidence:
        return digits
    return [set_accepted(digit, number_confidence >= thresholds.min_confidence) for digit in digits]


def _make_hypotheses(detections: Detections) -> Iterator[Hypothesis]:
    for index, (x, y, width, height) in enumerate(detections.boxes.tolist()):
        box = Box(round(x), round(y), max(1, round(width)), max(1, round(height)))
        yield Hypothesis(
            box, tuple(detections.probabilities[index].tolist()), float(detections.digitness[index]), index
        )


def make_digit(
    probabilities: Sequence[float] | NDArray[np.float32],
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


def set_accepted(digit: Digit, is_accepted: bool) -> Digit:
    """The digit, accepted or not."""
    return replace(digit, accepted=is_accepted)


def is_unsure(lines: tuple[Line, ...]) -> bool:
    """Whether there is at most one digit, and it is not accepted."""
    digits = [digit for line in lines for number in line.numbers for digit in number.digits]
    return len(digits) <= 1 and not any(digit.accepted for digit in digits)


def make_empty_digit(box: Box) -> Digit:
    """The digit that is returned where there is no ink; never accepted."""
    return Digit(0, 0.1, 0.0, False, box, tuple((digit, 0.1) for digit in range(10)))
