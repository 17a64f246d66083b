"""How well texts with signs were read: every sign's counts, lines as written, and marks where none is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.shared.digit_strings import align
from bench.shared.store import Json
from bench.shared.whole_numbers import count_matches
from inkdigits.marks import interleave
from inkdigits.types import Line

_ALIKE = str.maketrans({"x": "×", "X": "×", "·": "×", "*": "×", "÷": ":", "−": "-", "–": "-", "’": "'"})
_DIGITS = "0123456789"
_POINTS = ".,"


def write_guess(line: Line) -> str:
    """A line as written, without rejected numbers, and with the best guess in the place of every `?`."""
    line = line.keep_numbers([not number.rejected for number in line.numbers])
    numbers = [interleave([str(d.digit) for d in number.digits], number.signs) for number in line.numbers]
    return interleave(numbers, line.signs, gap=" ")


def normalise_line(text: str) -> str:
    """A line without spaces, and with one character for what means the same: × for x and ·, a colon for ÷."""
    return "".join(text.translate(_ALIKE).split())


def split_lines(text: str) -> list[str]:
    """The lines of a text that parts them by `|` or ends of lines, normalised, without empty ones."""
    lines = [normalise_line(line) for line in text.replace("|", "\n").split("\n")]
    return [line for line in lines if line]


def pair_signs(read: str, truth: str) -> Counter[tuple[str, str]]:
    """How often what stands in the truth (first, empty for nothing) was read as what (second, empty if missed), without
    pairs of two digits. The two are lined up with the fewest edits."""
    pairs: Counter[tuple[str, str]] = Counter()
    for read_index, truth_index in align(read, truth):
        true_character = "" if truth_index is None else truth[truth_index]
        read_character = "" if read_index is None else read[read_index]
        if any(character and character not in _DIGITS for character in (true_character, read_character)):
            pairs[true_character, read_character] += 1
    return pairs


def score_signs(pairs: Counter[tuple[str, str]], signs: Iterable[str]) -> Json:
    """For each sign how often it stands there (`true`), was `read`, and was read where it stands (`right`); and how
    often what was taken for what (`mistaken`: truth, read, count)."""
    counts = {
        sign: {
            "true": sum(count for (true, _), count in pairs.items() if true == sign),
            "read": sum(count for (_, read), count in pairs.items() if read == sign),
            "right": pairs[sign, sign],
        }
        for sign in signs
    }
    mistaken = [[*pair, count] for pair, count in pairs.most_common() if pair[0] != pair[1]]
    return {"signs": counts, "mistaken": mistaken}


def score_lines(pictures: Sequence[tuple[str, str, str]]) -> Json:
    """Of pictures, each with what was read, its truth and its source: how many are `whole`, every line in its order,
    and how many `lines` there are, of which `lines_right` were read, each only once; the same by source, in the order
    of the pictures."""
    by_source: dict[str, dict[str, int]] = {}
    whole = 0
    for read, truth, source in pictures:
        read_lines, true_lines = split_lines(read), split_lines(truth)
        whole += read_lines == true_lines
        counts = by_source.setdefault(source, {"pictures": 0, "whole": 0, "lines": 0, "lines_right": 0})
        counts["pictures"] += 1
        counts["whole"] += read_lines == true_lines
        counts["lines"] += len(true_lines)
        counts["lines_right"] += count_matches(read_lines, true_lines)
    totals = {key: sum(counts[key] for counts in by_source.values()) for key in ("lines", "lines_right")}
    return {"pictures": len(pictures), "whole": whole} | totals | {"by_source": list(by_source.values())}


def count_false_points(read: str, truth: str) -> tuple[int, int]:
    """How many points and commas were read where the truth has neither, and in how many places it has neither: before,
    between and after its digits."""
    plain_read, plain_truth = (
        "".join("." if character in _POINTS else character for character in text if character in _DIGITS + _POINTS)
        for text in (read, truth)
    )
    false = sum(count for (true, mark), count in pair_signs(plain_read, plain_truth).items() if mark == "." != true)
    digits = sum(character in _DIGITS for character in plain_truth)
    return false, digits + 1 - plain_truth.count(".")
