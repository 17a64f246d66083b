"""Detections → lines: which detections are digits, which digit each one is, and whether it is accepted."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, pairwise, product

import numpy as np

from inkdigits.marks import Box
from inkdigits.reading.decoding.cells import holds_only_rule, is_crossed
from inkdigits.reading.decoding.columns import agree_on_marks, agree_on_slashes
from inkdigits.reading.decoding.digits import list_digits, set_accepted
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.fusion import FusedRow, fuse_row
from inkdigits.reading.decoding.gaps import find_gaps
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.letters import Letters, find_letters
from inkdigits.reading.decoding.lines import build_lines
from inkdigits.reading.decoding.numbers import scale_odds
from inkdigits.reading.decoding.powers import raise_powers
from inkdigits.reading.decoding.rows import find_rows
from inkdigits.reading.decoding.search import decode_row
from inkdigits.reading.decoding.transcript import Transcript
from inkdigits.reading.decoding.unread import add_overlooked_digits, add_unread_digits
from inkdigits.reading.decoding.words import remove_letters, shows_letters, stand_apart
from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.reading.networks.detector import Detections
from inkdigits.types import IN_WORD, Line, Number

_PLAIN_MIN_PROBABILITY = 0.75  # from which a digit is plain, confidence and digitness multiplied
_LETTER_ODDS = 0.05  # by which the odds that a number is right fall where it stands among letters or on a texture
_PLAIN_MIN_DIGITNESS = 0.85  # to the detections, in the mean over a row: from which it is plain
_COUNTING_MIN_DIGITNESS = 0.95  # of each digit of a quantity before a word: some letters are nearly as plain;
_COUNTING_DIGITS_PER_DOUBT = 4  # of so many, one may be less plain
_LETTER_LIKE = ("0", "1", "5")  # O, l and S: in a word, such a digit is never accepted, as sure as it may be
_MAX_LIST_NUMBER = 99
_MAX_FEW_ROWS = 20  # a page with more rows is full
_MIN_PLAIN_SHARE = 0.5  # of a page's digits: where fewer are plain, the page is a texture


def decode_lines(
    detections: Detections,
    ink_components: Sequence[Box],
    thresholds: AcceptThresholds,
    expected: Expected,
    transcribe: Callable[[Sequence[Box], bool], Sequence[Transcript]],
    grid: Grid = NO_GRID,
) -> tuple[Line, ...]:
    """Choose among detections that overlap and conflict, row by row, and sort the chosen ones into numbers and lines.

    A digit among letters, or on a texture, is not accepted, and what is in a word is rejected. `ink_components` are the
    boxes of the connected components of all ink, in pixels of the page. `transcribe` gives transcripts of a row of
    digits, and only one of our own if it is told so: for one of many rows, and for a row that upright rules cross, as
    straightening makes a 1 of them. `grid` has the page's rules, which are no digits but part numbers.
    """
    hypotheses = [each for each in make_hypotheses(detections) if not holds_only_rule(each.box, grid)]
    decoded = [(row, selected) for row in find_rows(hypotheses, grid.slope) if (selected := decode_row(row))]
    are_many = len(decoded) > _MAX_FEW_ROWS
    boxes_by_row = [[each.box for each in selected] for _, selected in decoded]
    transcripts = [list(transcribe(row, are_many or is_crossed(row, grid))) for row in boxes_by_row]
    if expected.signs == "keep" and not expected.tells_numbers:
        transcripts = agree_on_marks(agree_on_slashes(transcripts))
    fused_rows = [
        add_overlooked_digits(
            remove_letters(add_unread_digits(fuse_row(row, each, expected.form), each[0], grid), each),
            row,
            each[0],
            grid,
        )
        for (row, _), each in zip(decoded, transcripts, strict=True)
    ]
    filled = [(row, each) for row, each in zip(fused_rows, transcripts, strict=True) if row.fused_pieces]
    counting = {box for row, each in filled if _is_very_plain(row) and stand_apart(each) for box in row.boxes}
    lettered = {box for row, each in filled if shows_letters(each) for box in row.boxes} - counting
    plain = {box for row, _ in filled if _is_plain(row) for box in row.boxes} | counting
    gap_finders = [partial(find_gaps, transcripts=each) for _, each in filled]
    lines = build_lines([row for row, _ in filled], gap_finders, ink_components, thresholds, expected, grid)
    lines = remove_twins(lines)
    if expected.signs == "keep" and not expected.tells_numbers:  # a form would have no power in a number
        lines = raise_powers(lines, ink_components, thresholds)
    lines, crosses = _remove_crosses(lines)
    numbers = [number for line in lines for number in line.numbers]
    other_ink = [box for box in ink_components if box not in crosses]
    letters = _confirm_letters(find_letters(numbers, other_ink, grid), numbers, lettered, plain, _find_listed(lines))
    return _refuse_letters_and_textures(lines, letters, None if expected.tells_numbers else thresholds)


def remove_twins(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Where two rows have read the same ink, keep one number: the other was a piece of it, or less probably right."""
    pairs = [
        _order_twins(first, second)
        for line, other in combinations(lines, 2)
        if _overlap(line.box, other.box)
        for first, second in product(line.numbers, other.numbers)
        if _overlap(first.box, second.box) and (_lies_on(first, second) or _lies_on(second, first))
    ]
    dropped = set[int]()  # ids: equal numbers may be different ones
    for kept, twin in sorted(pairs, key=lambda pair: -pair[0].confidence):
        if id(kept) not in dropped:
            dropped.add(id(twin))
    if not dropped:
        return lines
    remaining = (line.keep_numbers([id(number) not in dropped for number in line.numbers]) for line in lines)
    return tuple(line for line in remaining if line.numbers)


def _order_twins(first: Number, second: Number) -> tuple[Number, Number]:
    """Two numbers that have read the same ink, the one to be kept first. What lies within a longer one is dropped, as
    the head of a 3 may look like a 7; otherwise the one that is less probably right."""
    short, long = sorted((first, second), key=lambda number: len(number.digits))
    if len(short.digits) < len(long.digits) and not _lies_on(long, short):
        return long, short
    return (second, first) if first.confidence < second.confidence else (first, second)


def _remove_crosses(lines: Sequence[Line]) -> tuple[tuple[Line, ...], set[Box]]:
    """The lines without crosses that stand side by side, and the boxes of those: they are no operators, but fill empty
    boxes, and no letters."""
    crosses = {
        sign.box
        for line in lines
        for pair in pairwise(line.signs)
        if [sign.text for sign in pair] == ["×", "×"] and pair[0].before == pair[1].before
        for sign in pair
    }
    remaining = (replace(line, signs=tuple(sign for sign in line.signs if sign.box not in crosses)) for line in lines)
    return tuple(remaining), crosses


def _overlap(first: Box, second: Box) -> bool:
    return first.x < second.right and second.x < first.right and first.y < second.bottom and second.y < first.bottom


def _lies_on(number: Number, other: Number) -> bool:
    """Whether the centres of most digits of a number lie within digits of another one."""
    centres = [(digit.box.centre_x, digit.box.centre_y) for digit in number.digits]
    boxes = [digit.box for digit in other.digits]
    inside = [any(box.x <= x < box.right and box.y <= y < box.bottom for box in boxes) for x, y in centres]
    return 2 * sum(inside) > len(inside)


def _is_plain(row: FusedRow) -> bool:
    """Whether the detections are sure of the digits of a row, at least two, in the mean over them."""
    digitness = [hypothesis.digitness for hypothesis in row.hypotheses]
    return len(digitness) > 1 and float(np.mean(digitness)) >= _PLAIN_MIN_DIGITNESS


def _is_very_plain(row: FusedRow) -> bool:
    """Whether the detections are sure of each digit, but for one in several."""
    doubtful_count = sum(hypothesis.digitness < _COUNTING_MIN_DIGITNESS for hypothesis in row.hypotheses)
    return doubtful_count <= len(row.hypotheses) // _COUNTING_DIGITS_PER_DOUBT


def _confirm_letters(
    letters: Letters,
    numbers: Sequence[Number],
    lettered: Container[Box],
    plain: Container[Box],
    listed: Container[Box],
) -> Letters:
    """The letters beside digits, whose boxes are `lettered` where the transcriber sees any on their row. Where it sees
    none, nothing is in a word but a single digit, as of a word it may see the first letter only; and beside `plain`
    digits there is no text then, but pieces of rules, bars or dirt. What is `listed` is no letter."""
    boxes = [digit.box for number in numbers for digit in number.digits]
    is_lettered, is_plain, is_listed = (
        np.array([box in kept for box in boxes], np.bool_) for kept in (lettered, plain, listed)
    )
    is_single = np.array([len(number.digits) == 1 for number in numbers for _ in number.digits], np.bool_)
    is_lettered |= letters.are_many & is_single
    return Letters(
        letters.are_near & (is_lettered | ~is_plain) & ~is_listed, letters.are_many & is_lettered & ~is_listed
    )


def _find_listed(lines: Sequence[Line]) -> set[Box]:
    """The boxes of the digits that number the lines of a list: below one another, each one more than the last."""
    listed = set[Box]()
    for upper, lower in pairwise(line.numbers[0] for line in lines):
        first, second = (int("".join(str(digit.digit) for digit in number.digits)) for number in (upper, lower))
        is_below = abs(upper.box.x - lower.box.x) <= max(upper.box.height, lower.box.height)
        if is_below and second == first + 1 <= _MAX_LIST_NUMBER:
            listed.update(digit.box for number in (upper, lower) for digit in number.digits)
    return listed


def _refuse_letters_and_textures(
    lines: tuple[Line, ...], letters: Letters, thresholds: AcceptThresholds | None
) -> tuple[Line, ...]:
    """Doubt the digits that stand among letters, and all of them where most are doubtful: that is a texture, and some
    of it will look like a digit. Reject numbers in words.

    A number that was weighed as a whole may still be sure enough for the thresholds; others are refused, and all are
    where there are no thresholds: a form makes everything look like what it asks for.
    """
    digits = list_digits(lines)
    plain_count = sum(digit.confidence * digit.digitness >= _PLAIN_MIN_PROBABILITY for digit in digits)
    is_refused = iter((letters.are_near | (plain_count < _MIN_PLAIN_SHARE * len(digits))).tolist())
    is_in_word = iter(letters.are_many.tolist())

    def refuse(number: Number) -> Number:
        refused, in_word = ([next(each) for _ in number.digits] for each in (is_refused, is_in_word))
        if not any(refused):
            return number
        if number.known is not None and thresholds is not None:
            confidence = scale_odds(number.known, _LETTER_ODDS)
            number = replace(number, known=confidence)
            is_letter = all(in_word) and number.text in _LETTER_LIKE
            if number.accepted and confidence >= thresholds.min_confidence and not is_letter:
                return number
        kept = (
            set_accepted(digit, digit.accepted and not each) for digit, each in zip(number.digits, refused, strict=True)
        )
        return replace(number, digits=tuple(kept), rejected=IN_WORD if all(in_word) and not number.fits else None)

    return tuple(replace(line, numbers=tuple(map(refuse, line.numbers))) for line in lines)


def make_hypotheses(detections: Detections) -> Iterator[Hypothesis]:
    """One for each detection, in their order, its box in whole pixels of the page."""
    for index, (x, y, width, height) in enumerate(detections.boxes.tolist()):
        box = Box(round(x), round(y), max(1, round(width)), max(1, round(height)))
        yield Hypothesis(
            box, tuple(detections.probabilities[index].tolist()), float(detections.digitness[index]), index
        )
