"""How well strings of digits were read: compared over digits only, lined up by edit distance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.shared.store import Json
from inkdigits.types import Reading


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was read on one picture.

    `text` is as a user gets it, numbers parted by spaces and lines by ends of lines, with `?` for each digit that was
    not accepted; who never refuses has none. `digits` are the best candidates, one for each digit and `?` of the text
    (else ValueError). `seconds` is wall time. `confidence` is the probability that the whole text is right, its signs
    too, `bare_confidence` that of the same read without signs, and `digits_confidence` the product of the single
    digits' probabilities; all in 0..1, None from who does not tell.
    """

    text: str
    digits: str
    seconds: float
    confidence: float | None = None
    digits_confidence: float | None = None
    bare_confidence: float | None = None

    def __post_init__(self) -> None:
        if len(self.accepted) != len(self.digits):
            raise ValueError(f"{self.text!r} has not one place for each of the digits {self.digits!r}.")

    @property
    def accepted(self) -> tuple[bool, ...]:
        """Whether each digit was accepted."""
        return tuple(character != "?" for character in self.text if character in "0123456789?")


def transcribe_pages(
    pages: Sequence[Reading], seconds: float, bare_pages: Sequence[Reading] | None = None
) -> Transcription:
    """What inkdigits read on all pages of a picture, as one transcription; `bare_pages` are the same without signs."""
    digits = [digit for page in pages for digit in page.digits]
    return Transcription(
        "\n".join(page.text for page in pages),
        "".join(str(digit.digit) for digit in digits),
        seconds,
        _multiply_confidences(pages),
        math.prod(digit.confidence * digit.digitness for digit in digits),
        None if bare_pages is None else _multiply_confidences(bare_pages),
    )


def _multiply_confidences(pages: Sequence[Reading]) -> float:
    return math.prod(number.confidence for page in pages for number in page.numbers if not number.rejected)


def extract_digits(text: str) -> str:
    """The digits 0 to 9 of a text, everything else dropped."""
    return "".join(character for character in text if character in "0123456789")


def align(read: str, truth: str) -> list[tuple[int | None, int | None]]:
    """The two strings lined up with the fewest edits (V. Levenshtein, 1966), as pairs of places (read, truth).

    A digit too many has no place in the truth (None), one that was missed has none in what was read. Of equally good
    ways the one with the most pairs of places is taken, then the one that pairs nearest to the end.
    """
    costs, edit = _compute_costs(read, truth), _compute_edit_cost(read, truth)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(read), len(truth)
    while i or j:
        cost = costs[i][j]
        if i and j and cost == costs[i - 1][j - 1] + edit * (read[i - 1] != truth[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost == costs[i - 1][j] + edit + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _compute_edit_cost(read: str, truth: str) -> int:
    """What an edit costs: more than all that places without a partner cost on top, 1 each."""
    return len(read) + len(truth) + 1


def _compute_costs(read: str, truth: str) -> list[list[int]]:
    """The least cost of the first i of `read` against the first j of `truth`, at [i][j]."""
    edit = _compute_edit_cost(read, truth)
    rows = [[j * (edit + 1) for j in range(len(truth) + 1)]]
    for i, character in enumerate(read, 1):
        row = [i * (edit + 1)]
        for j, expected in enumerate(truth, 1):
            row.append(min(min(rows[-1][j], row[-1]) + edit + 1, rows[-1][j - 1] + edit * (character != expected)))
        rows.append(row)
    return rows


def compute_edit_distance(read: str, truth: str) -> int:
    """The edit distance: the fewest digits put in, left out or exchanged."""
    return _compute_costs(read, truth)[-1][-1] // _compute_edit_cost(read, truth)


def score_transcriptions(transcriptions: Iterable[tuple[Transcription, str]]) -> Json:
    """Figures over pictures of one kind, each answer with its truth (digits only).

    `exact`: pictures whose whole string is right. `edits` over `digits` is the character error rate. `accepted`: true
    digits in whose place stands an accepted digit; `taken`: all digits that were accepted; `wrong`: those of them that
    are another digit than the truth's or stand where it has none. `seconds`: the median of a picture.
    """
    pairs = list(transcriptions)
    counts = [_count_accepted(transcription, truth) for transcription, truth in pairs]
    durations = sorted(transcription.seconds for transcription, _ in pairs)
    return {
        "pictures": len(pairs),
        "exact": sum(transcription.digits == truth for transcription, truth in pairs),
        "edits": sum(compute_edit_distance(transcription.digits, truth) for transcription, truth in pairs),
        "digits": sum(len(truth) for _, truth in pairs),
        "accepted": sum(count[0] for count in counts),
        "taken": sum(sum(transcription.accepted) for transcription, _ in pairs),
        "wrong": sum(count[1] for count in counts),
        "seconds": durations[len(durations) // 2] if durations else 0.0,
    }


def _count_accepted(transcription: Transcription, truth: str) -> tuple[int, int]:
    """How many true digits were accepted, right or wrong, and how many accepted digits are wrong."""
    accepted = wrong = 0
    for read_index, truth_index in align(transcription.digits, truth):
        if read_index is not None and transcription.accepted[read_index]:
            accepted += truth_index is not None
            wrong += truth_index is None or transcription.digits[read_index] != truth[truth_index]
    return accepted, wrong
