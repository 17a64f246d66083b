"""What a strip says: the transcriber's frames → how probable a string is, the best strings, where they stand.

A frame has log probabilities of all classes of `inkdigits.alphabet`. Here only some characters are looked for, the
`alphabet`, mostly digits: whatever else there is, a blank, a space, a word, is one class, `GAP`. Sums over all ways in
which frames may spell a string are exact (Graves et al., "Connectionist temporal classification", 2006).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import CHARACTERS, DIGIT_CHARACTERS, SPACE, encode_text

GAP = 0  # the class of all that is not in the alphabet; its character k is class k + 1
_SPACE_FRAMES = 16  # as wide a gap as this, from character to character, is a space; digits are about 8 frames high
_MIN_PROBABILITY = 2e-3  # a character that is less probable in a frame is not searched for there

Array = NDArray[np.float64]


def keep_characters(log_probabilities: NDArray[np.floating], alphabet: str = DIGIT_CHARACTERS) -> Array:
    """Log probabilities T×27 → float64 T×(1 + A): none of the alphabet's A characters, and each of them."""
    classes = encode_text(alphabet)
    rest = np.delete(log_probabilities, classes, axis=1).astype(np.float64)
    kept = log_probabilities[:, classes].astype(np.float64)
    return np.concatenate([np.logaddexp.reduce(rest, axis=1, keepdims=True), kept], axis=1)


def score_strings(frames: Array, strings: Sequence[str], alphabet: str = DIGIT_CHARACTERS) -> Array:
    """The log probability of each of K strings: float64 K, -inf where the frames are too few."""
    longest = max(map(len, strings), default=0)
    states = np.full((len(strings), 2 * longest + 1), GAP)
    for row, string in zip(states, strings, strict=True):
        row[1 : 2 * len(string) : 2] = [alphabet.index(character) + 1 for character in string]
    may_skip = np.zeros_like(states, np.bool_)  # a gap between two different characters may be left out
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
    last_character = np.where(ends > 0, scores[rows, np.maximum(ends - 1, 0)], -np.inf)
    return np.asarray(np.logaddexp(scores[rows, ends], last_character), np.float64)


def search_strings(frames: Array, beam: int = 16, alphabet: str = DIGIT_CHARACTERS) -> list[str]:
    """The most probable strings, at most `beam` of them, best first: a beam search over prefixes.

    It counts in probabilities, scaled anew after every frame: many times as fast as with logarithms.
    """
    beams: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}  # probabilities: ends in a gap, in its last character
    for frame in np.exp(frames):
        gap, likely = float(frame[GAP]), [(alphabet[each], float(frame[each + 1])) for each in _find_likely(frame)]
        if not likely:  # every string goes on as it is
            beams = {prefix: (in_gap + in_character, 0.0) for prefix, (in_gap, in_character) in beams.items()}
            continue
        grown: dict[str, list[float]] = {}
        for prefix, (in_gap, in_character) in beams.items():
            total, last = in_gap + in_character, prefix[-1:]
            scores = grown.setdefault(prefix, [0.0, 0.0])
            scores[0] += total * gap
            for character, probability in likely:
                if character == last:
                    scores[1] += in_character * probability
                longer = grown.setdefault(prefix + character, [0.0, 0.0])
                longer[1] += (in_gap if character == last else total) * probability
        best = sorted(grown.items(), key=lambda item: -sum(item[1]))[:beam]
        scale = sum(sum(scores) for _, scores in best) or 1.0
        beams = {prefix: (scores[0] / scale, scores[1] / scale) for prefix, scores in best if sum(scores) > 0}
    return sorted(beams, key=lambda prefix: -sum(beams[prefix]))


def _find_likely(frame: Array) -> NDArray[np.intp]:
    """The characters, by their place in the alphabet, that may stand in a frame of probabilities."""
    return np.flatnonzero(frame[1:] > _MIN_PROBABILITY)


class Token(NamedTuple):
    """A character on the best path of frames; it stands in those from `start` to `end` (not included)."""

    character: str
    start: int
    end: int


def find_tokens(frames: NDArray[np.floating]) -> list[Token]:
    """The characters on the best path of frames, from left to right. These are T×27 as the transcriber gives them, or
    T×11 of digits alone, whose classes are the first ones of the 27."""
    best = frames.argmax(axis=1)
    starts = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist()]
    spans = zip(starts, [*starts[1:], len(best)], strict=True)
    return [Token(CHARACTERS[best[start] - 1], start, end) for start, end in spans if best[start] != GAP]


def join_tokens(tokens: Iterable[Token]) -> str:
    """The text that characters one after another make."""
    return "".join(token.character for token in tokens)


def add_spaces(tokens: Sequence[Token]) -> list[Token]:
    """The characters, and a space wherever there is a wide gap between two of them, whether the network says so or
    not."""
    characters = list(tokens[:1])
    for before, after in pairwise(tokens):
        if after.start - before.end >= _SPACE_FRAMES and SPACE not in (before.character, after.character):
            characters.append(Token(SPACE, before.end, after.start))
        characters.append(after)
    return characters


def widen_spans(tokens: Iterable[Token]) -> list[slice]:
    """The frames of each character, and one more on either side."""
    return [slice(max(0, token.start - 1), token.end + 1) for token in tokens]


def measure_loss(frames: NDArray[np.float32], span: slice, character: str) -> float:
    """How much less likely a character is in a span, at least, than what the frames say there, in nats."""
    (index,) = encode_text(character)
    return float((frames[span].max(axis=1) - frames[span, index]).min())


def count_needed_frames(string: str) -> int:
    """How many frames it takes at least to spell a string: one for each character, one between two equal ones."""
    return len(string) + sum(first == second for first, second in pairwise(string))


def align_string(frames: Array, string: str, alphabet: str = DIGIT_CHARACTERS) -> list[tuple[int, int]]:
    """The frames of each character of a string on the best path that spells it: first one, and the one behind the last.

    There must be as many frames as `count_needed_frames` says.
    """
    states = [GAP, *(state for character in string for state in (alphabet.index(character) + 1, GAP))]
    blocked = np.zeros(len(states))  # what a step over a gap costs: everything, but between two different characters
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
