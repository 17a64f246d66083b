"""How well strings of digits were read: compared over digits only, lined up by edit distance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.shared.store import Json


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was read on one picture: the best candidate of every digit, whether each was accepted, and the time taken.

    `digits` and `accepted` are as long as each other; who never refuses has accepted all. `seconds` is wall time.
    """

    digits: str
    accepted: tuple[bool, ...]
    seconds: float


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


def sum_scores(scores: list[Json]) -> Json:
    """Several kinds together; times are not summed."""
    keys = ("pictures", "exact", "edits", "digits", "accepted", "taken", "wrong")
    return {key: sum(score[key] for score in scores) for key in keys}


def format_row(name: str, score: Json) -> str:
    """One line of a table: counts, character error rate, accepted share, wrong among accepted, time."""
    digit_count, accepted_count = max(1, score["digits"]), max(1, score["taken"])
    error_rate = f"{100 * score['edits'] / digit_count:6.1f} %" if score["digits"] else "       –"
    seconds = f"{score['seconds']:7.3f} s" if "seconds" in score else ""
    return (
        f"{name:<12} {score['exact']:>4} of {score['pictures']:>4}   CER {error_rate}   "
        f"accepted {100 * score['accepted'] / digit_count:5.1f} %   "
        f"wrong {score['wrong']:>4} of {score['taken']:>5} ({100 * score['wrong'] / accepted_count:5.1f} %) {seconds}"
    )
