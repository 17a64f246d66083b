"""Probabilities → digits: which finds are digits at all, which digit each is, and whether to stand by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.group import group, number
from inkdigits.reading.decoding.lattice import Piece
from inkdigits.reading.decoding.letters import among_letters
from inkdigits.reading.decoding.rows import rows
from inkdigits.reading.decoding.search import Found, chosen, fitting
from inkdigits.reading.networks.classifier import Accept
from inkdigits.reading.networks.detector import Finds
from inkdigits.types import Box, Digit, Line, Number

_PLAIN, _MOSTLY = 0.75, 0.25  # the probability of a plain digit; a page that has a smaller share of them is a texture
_LEAST = 0.001  # candidates that are less probable are left out, beyond the first two


def decide(finds: Finds, signs: Sequence[Box], accept: Accept, form: Form | None) -> tuple[Line, ...]:
    """Choose among finds that overlap and conflict, row by row, and sort what was chosen into numbers and lines. What
    stands among letters, or on a texture, is not accepted. `signs` are boxes of all ink, in pixels of the page.
    """
    found = [(row, likely) for row in rows(list(_pieces(finds))) if (likely := chosen(row)) is not None]
    if form is not None:
        lines = tuple(_fitting(row, likely, form, signs, accept) for row, likely in found)
    else:
        lines = group([digit for _, likely in found for digit in _digits(likely, accept)], signs)
    return _doubted(lines, signs)


def _doubted(lines: tuple[Line, ...], signs: Sequence[Box]) -> tuple[Line, ...]:
    """The lines, of which no digit is accepted that stands among letters, and none at all where most of what is shown
    is doubtful: that is a texture, and some of it will look like a digit."""
    digits = [digit for line in lines for number in line.numbers for digit in number.digits]
    plain = sum(digit.confidence * digit.digitness >= _PLAIN for digit in digits)
    among = iter((among_letters(digits, signs) | (plain < _MOSTLY * len(digits))).tolist())

    def doubted(number: Number) -> Number:
        kept = (
            accepted(digit, digit.accepted and not letter) for digit, letter in zip(number.digits, among, strict=False)
        )
        return replace(number, digits=tuple(kept))

    return tuple(replace(line, numbers=tuple(map(doubted, line.numbers))) for line in lines)


def _fitting(row: list[Piece], likely: Found, form: Form, signs: Sequence[Box], accept: Accept) -> Line:
    """The numbers of a row that fit the form; where nothing does, what is read without it, none of it accepted."""
    found = fitting(row, form, signs, likely)
    if found is None:
        return Line((number(_digits(likely, Accept(2.0, 2.0)), signs),))
    return Line(tuple(number(_digits(each, accept, each.confidence), signs, each.confidence) for each in found))


def _digits(found: Found, accept: Accept, sure: float = 0.0) -> list[Digit]:
    """A number's digits. One that is `sure` as a whole is accepted as a whole, by its own confidence."""
    digits = [
        replace(digit_of(piece.probabilities, piece.digitness, piece.box, accept, best), detection=piece.detection)
        for piece, best in found.taken
    ]
    if not sure:
        return digits
    return [accepted(digit, sure >= accept.confidence) for digit in digits]


def _pieces(finds: Finds) -> Iterator[Piece]:
    for index, (x, y, width, height) in enumerate(finds.boxes.tolist()):
        box = Box(round(x), round(y), max(1, round(width)), max(1, round(height)))
        yield Piece(box, tuple(finds.probabilities[index].tolist()), float(finds.digitness[index]), index)


def digit_of(
    probabilities: Sequence[float] | NDArray[np.float32],
    digitness: float,
    box: Box,
    accept: Accept,
    best: int | None = None,
) -> Digit:
    """A digit from the probabilities of the ten; `best` if something else than the most probable is taken.

    It is accepted when the chance that it is a digit and this one is what `accept` asks of a confidence.
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    best = int(order[0]) if best is None else best
    confidence = float(probabilities[best])
    keep = max(2, int((np.asarray(probabilities) >= _LEAST).sum()))
    candidates = tuple((int(digit), float(probabilities[digit])) for digit in order[:keep])
    sure = confidence * digitness >= accept.confidence and digitness >= accept.digitness
    return Digit(best, confidence, digitness, sure, box, candidates)


def accepted(digit: Digit, whether: bool) -> Digit:
    """The digit, accepted or not."""
    return replace(digit, accepted=whether)


def unsure(lines: tuple[Line, ...]) -> bool:
    """Whether at most one digit was found, and not for certain."""
    digits = [digit for line in lines for number in line.numbers for digit in number.digits]
    return len(digits) <= 1 and not any(digit.accepted for digit in digits)


def nothing(box: Box) -> Digit:
    """What stands for a digit where there is no ink."""
    return Digit(0, 0.1, 0.0, False, box, tuple((digit, 0.1) for digit in range(10)))
