"""How well whole numbers were read: what a user gets, with its spaces and lines and every `?`, against the truth.

Signs count on neither side: points, commas and apostrophes are dropped, whatever else is no digit parts two numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bench.shared.digit_strings import Transcription, extract_digits
from bench.shared.store import Json

_WITHIN_NUMBERS = re.compile("[.,'’]")


def normalise_text(text: str) -> str:
    """The numbers of a text, digits and `?`, one space between them and no line without any."""
    lines = (" ".join(re.findall("[0-9?]+", line)) for line in _WITHIN_NUMBERS.sub("", text).split("\n"))
    return "\n".join(line for line in lines if line)


def split_numbers(text: str) -> list[str]:
    """The numbers of a text in their order; a `?` is part of its number."""
    return normalise_text(text).split()


def is_as_printed(transcription: Transcription, truth: str) -> bool:
    """Whether the text is the truth, with its spaces and lines in their order, and without a `?`."""
    return normalise_text(transcription.text) == normalise_text(truth)


def is_sure(transcription: Transcription) -> bool:
    """Whether there is no `?`; so are a text without a number, and all of who never refuses."""
    return all(transcription.accepted)


def count_matches(read: Iterable[str], true: Iterable[str]) -> int:
    """How many numbers of one list are in the other too, each only once."""
    return (Counter(read) & Counter(true)).total()


def guess_numbers(transcription: Transcription) -> list[tuple[str, int]]:
    """The numbers of the text with the best candidate for each `?`, and how many digits of each were accepted."""
    guesses, numbers, start = transcription.digits, [], 0
    for number in split_numbers(transcription.text):
        end = start + len(number)
        numbers.append((guesses[start:end], len(number) - number.count("?")))
        start = end
    return numbers


def count_stray_digits(transcription: Transcription, truth: str) -> int:
    """The accepted digits of those numbers that match no number of the truth, each of these only once.

    A `?` matches by its best candidate. Of several numbers that match the same one, that with the most accepted digits
    does.
    """
    missing, stray = Counter(split_numbers(truth)), 0
    for number, accepted_count in sorted(guess_numbers(transcription), key=lambda guess: -guess[1]):
        if missing[number]:
            missing[number] -= 1
        else:
            stray += accepted_count
    return stray


def score_numbers(pairs: Sequence[tuple[Transcription, str]]) -> Json:
    """Figures over pictures, each answer with its truth as written, spaces and ends of lines included.

    `as_printed`: pictures whose text is the truth; `sure`: those without a `?`; `silently_wrong`: sure ones whose
    digits differ from the truth's, also where one is lost or all are. `numbers_right` of the `numbers` in the truth are
    right as printed, wherever they stand. `stray`: accepted digits of numbers that are not in the truth.
    """
    return {
        "as_printed": sum(is_as_printed(transcription, truth) for transcription, truth in pairs),
        "sure": sum(is_sure(transcription) for transcription, _ in pairs),
        "silently_wrong": sum(
            is_sure(transcription) and transcription.digits != extract_digits(truth) for transcription, truth in pairs
        ),
        "numbers": sum(len(split_numbers(truth)) for _, truth in pairs),
        "numbers_right": sum(
            count_matches(split_numbers(transcription.text), split_numbers(truth)) for transcription, truth in pairs
        ),
        "stray": sum(count_stray_digits(transcription, truth) for transcription, truth in pairs),
    }
