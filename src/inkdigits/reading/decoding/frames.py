"""What a strip says: the transcriber's frames → how probable a string of digits is, the best strings, where they stand.

A frame has log probabilities of all classes of `inkdigits.alphabet`. Here only digits are looked for: whatever stands
between two of them, a blank, a space, a point or a word, is one class, `GAP`. Sums over all ways in which frames may
spell a string are exact (Graves et al., "Connectionist temporal classification", 2006).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import DIGIT_CHARACTERS

GAP = 0  # the class of all that is no digit; digit d is class d + 1
_MIN_PROBABILITY = 2e-3  # a digit that is less probable in a frame is not searched for there

Array = NDArray[np.float64]


def keep_digits(log_probabilities: NDArray[np.floating]) -> Array:
    """Log probabilities T×27 → T×11: no digit, and the ten digits."""
    first, last = 1, len(DIGIT_CHARACTERS) + 1  # class 0 is the blank
    digits = log_probabilities[:, first:last].astype(np.float64)
    rest = np.concatenate([log_probabilities[:, :first], log_probabilities[:, last:]], axis=1)
    return np.concatenate([np.logaddexp.reduce(rest.astype(np.float64), axis=1, keepdims=True), digits], axis=1)


def score_strings(frames: Array, strings: Sequence[str]) -> Array:
    """The log probability of each of K strings of digits: float64 K, -inf where the frames are too few."""
    longest = max(map(len, strings), default=0)
    states = np.full((len(strings), 2 * longest + 1), GAP)
    for row, string in zip(states, strings, strict=True):
        row[1 : 2 * len(string) : 2] = [int(digit) + 1 for digit in string]
    may_skip = np.zeros_like(states, np.bool_)  # a gap between two different digits may be left out
    may_skip[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    scores = np.full(states.shape, -np.inf)
    scores[:, :2] = frames[0][states[:, :2]]
    rows = np.arange(len(strings))
    for frame in frames[1:]:
        moved, skipped = np.full_like(scores, -np.inf), np.full_like(scores, -np.inf)
        moved[:, 1:], skipped[:, 2:] = scores[:, :-1], scores[:, :-2]
        arriving = np.logaddexp(np.logaddexp(scores, moved), np.where(may_skip, skipped, -np.inf))
        scores = arriving + frame[states]
    ends = np.array([2 * len(string) for string in strings], np.intp)
    last_digit = np.where(ends > 0, scores[rows, np.maximum(ends - 1, 0)], -np.inf)
    return np.asarray(np.logaddexp(scores[rows, ends], last_digit), np.float64)


def search_strings(frames: Array, beam: int = 16) -> list[str]:
    """The most probable strings of digits, at most `beam` of them, best first: a beam search over prefixes.

    It counts in probabilities, scaled anew after every frame: many times as fast as with logarithms.
    """
    beams: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}  # probabilities: ends in a gap, ends in its last digit
    for frame in np.exp(frames):
        gap, likely = float(frame[GAP]), [(int(each), float(frame[each + 1])) for each in _find_likely(frame)]
        if not likely:  # every string goes on as it is
            beams = {prefix: (in_gap + in_digit, 0.0) for prefix, (in_gap, in_digit) in beams.items()}
            continue
        grown: dict[str, list[float]] = {}
        for prefix, (in_gap, in_digit) in beams.items():
            total, last = in_gap + in_digit, int(prefix[-1]) if prefix else -1
            scores = grown.setdefault(prefix, [0.0, 0.0])
            scores[0] += total * gap
            for digit, probability in likely:
                if digit == last:
                    scores[1] += in_digit * probability
                longer = grown.setdefault(f"{prefix}{digit}", [0.0, 0.0])
                longer[1] += (in_gap if digit == last else total) * probability
        best = sorted(grown.items(), key=lambda item: -sum(item[1]))[:beam]
        scale = sum(sum(scores) for _, scores in best) or 1.0
        beams = {prefix: (scores[0] / scale, scores[1] / scale) for prefix, scores in best if sum(scores) > 0}
    return sorted(beams, key=lambda prefix: -sum(beams[prefix]))


def _find_likely(frame: Array) -> NDArray[np.intp]:
    """The digits that may stand in a frame of probabilities."""
    return np.flatnonzero(frame[1:] > _MIN_PROBABILITY)


def find_runs(frames: NDArray[np.floating]) -> Iterator[tuple[int, int, int]]:
    """The best path of frames, T×K: each class that is not the first, and its frames, the first and the one behind the
    last."""
    best = frames.argmax(axis=1)
    starts = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(best)], strict=True):
        if best[start] != GAP:
            yield int(best[start]), start, end


def count_needed_frames(string: str) -> int:
    """How many frames it takes at least to spell a string: one for each digit, and one between two equal ones."""
    return len(string) + sum(first == second for first, second in pairwise(string))


def align_string(frames: Array, string: str) -> list[tuple[int, int]]:
    """The frames of each digit of a string on the best path that spells it: first one, and the one behind the last.

    There must be as many frames as `count_needed_frames` says.
    """
    states = [GAP, *(state for digit in string for state in (int(digit) + 1, GAP))]
    blocked = np.zeros(len(states))  # what a step over a gap costs: everything, but between two different digits
    blocked[2:] = [-np.inf if state in (GAP, before) else 0 for before, state in zip(states, states[2:], strict=False)]
    scores = np.full(len(states), -np.inf)
    scores[: min(2, len(states))] = frames[0][states[:2]]
    steps_back: list[NDArray[np.intp]] = []
    for frame in frames[1:]:
        choices = np.full((3, len(states)), -np.inf)
        choices[0], choices[1, 1:], choices[2, 2:] = scores, scores[:-1], scores[:-2] + blocked[2:]
        steps_back.append(choices.argmax(axis=0))
        scores = choices.max(axis=0) + frame[states]
    index = len(states) - 1 if len(states) == 1 or scores[-1] >= scores[-2] else len(states) - 2
    path = [index]
    for back in reversed(steps_back):
        index -= int(back[index])
        path.append(index)
    frames_of = [np.flatnonzero(np.array(path[::-1]) == 2 * position + 1) for position in range(len(string))]
    return [(int(each[0]), int(each[-1]) + 1) for each in frames_of]
