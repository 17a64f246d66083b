"""Two readers of one row as one: the lattice of detected digits, and the frames of the transcriber.

Each of them gives every string of digits a probability, and each errs in its own way: the lattice loses a digit that
was not detected, the frames may take a stroke between two digits for one. So the strings that either finds likely are
scored by both, and the weighted log probabilities are added. This is done piece by piece: a row falls apart where
neither sees a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, islice, pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import CHARACTERS, DIGIT_CHARACTERS, POINTS
from inkdigits.marks import Box
from inkdigits.reading.decoding import frames as ctc
from inkdigits.reading.decoding import paths
from inkdigits.reading.decoding.alignment import align_strings
from inkdigits.reading.decoding.automaton import ANY_DIGITS, Automaton, build_word_automaton
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.lattice import Hypothesis, Lattice, build_lattice
from inkdigits.reading.decoding.transcript import Transcript

_LATTICE_WEIGHT, _FRAMES_WEIGHT = 0.3, 1.2  # of their log probabilities; two transcribers share the frames' weight
_MAX_LATTICE_COST, _MAX_FRAMES_COST = 5.0, 40.0  # nats that a string is at most worse than the best by
_LATTICE_PATHS, _FRAMES_STRINGS = 5, 10  # that are looked at
_MIN_DIGITNESS = 0.01  # hypotheses that are less likely to be a digit are left out
_PIECE_GAP_RATIO = 0.3  # of the row's height: where digits are so far apart, a row falls apart
_MAX_PIECE_HYPOTHESES = 48  # a piece with so many ends where two digits overlap little, so that long rows stay cheap:
_FULL_OVERLAP_RATIO = 0.3  # of the row's height
_MIN_EXPECTED = 0.5  # probability of one digit in a piece, from which on one is expected in a printed box
_NEW_DIGITNESS = 0.3  # of a digit that only the frames have
_SAME_PLACE_RATIO = 0.35  # of the row's height: nearer to a hypothesis than this, a digit of the frames is the same
_MAX_HALF_WIDTH_RATIO = 0.5  # of the row's height: no digit reaches farther from its middle
_SEPARATING = [
    index + 1 for index, each in enumerate(CHARACTERS) if each not in DIGIT_CHARACTERS + POINTS
]  # classes that end one


@dataclass(frozen=True, slots=True, eq=False)
class FusedPiece:
    """A piece of a row, read as the n digits of `string`, and how probable the K strings are that were scored.

    `probabilities` float64 K, sum 1; `aligned` int64 K×n: the digit that each of `strings` has in the place of each
    digit, -1 where it has none; `hypotheses` has one for each digit, from left to right.
    """

    strings: tuple[str, ...]
    probabilities: NDArray[np.float64]
    string: str
    aligned: NDArray[np.int64]
    hypotheses: tuple[Hypothesis, ...]
    _place_string: Callable[[str], tuple[Hypothesis, ...]]

    def read_as(self, string: str) -> FusedPiece:
        """The same piece, read as other digits."""
        if string == self.string:
            return self
        return replace(
            self, string=string, aligned=align_strings(self.strings, string), hypotheses=self._place_string(string)
        )

    def expect_one_digit(self) -> FusedPiece:
        """The same piece where one digit is expected and nothing else, as in a printed box; unless that is unlikely, or
        the detections hardly see it: an empty box may be crossed out, and half a cross looks like a 1."""
        is_one_digit = np.array([len(string) == 1 for string in self.strings])
        presence = float(self.probabilities[is_one_digit].sum())
        is_plain = len(self.string) == 1 and self.hypotheses[0].digitness >= _MIN_EXPECTED
        if not is_plain or presence < _MIN_EXPECTED:
            return self
        return replace(self, probabilities=np.where(is_one_digit, self.probabilities / presence, 0.0))

    def compute_confidence(self, indices: Sequence[int]) -> float:
        """The probability that all digits at these indices are right, and if they are all of the piece, that it has no
        others: a digit lost makes a number wrong, too."""
        if len(indices) == len(self.string):
            return self._get_probability(self.string)
        own = np.array([int(self.string[index]) for index in indices], np.int64)
        agrees = (self.aligned[:, list(indices)] == own).all(axis=1)
        return float(self.probabilities[agrees].sum())

    def compute_presence(self) -> float:
        """The probability that the piece has as many digits as it is read with: that none is lost or too many."""
        has_as_many = np.array([len(string) == len(self.string) for string in self.strings])
        return float(self.probabilities[has_as_many].sum())

    def _get_probability(self, string: str) -> float:
        return float(self.probabilities[[each == string for each in self.strings]].sum())

    def compute_distribution(self, index: int) -> NDArray[np.float64]:
        """How probable each of the ten digits is in a place: float64 10, the sum is that any is there."""
        present = self.aligned[:, index] >= 0
        counts = np.bincount(self.aligned[present, index], self.probabilities[present], minlength=10)
        return np.asarray(counts, np.float64)

    def list_readings(self, start: int, end: int) -> list[tuple[str, float]]:
        """What may stand in the place of the digits from `start` to `end` (not included), with probabilities, best
        first: for the whole piece strings of any length, for a part of it digits one for one."""
        totals: dict[str, float] = {}
        for string, row, probability in zip(self.strings, self.aligned, self.probabilities.tolist(), strict=True):
            is_whole = end - start == len(self.string)
            text = string if is_whole else "".join(map(str, row[start:end])) if (row[start:end] >= 0).all() else ""
            if text:
                totals[text] = totals.get(text, 0.0) + probability
        return sorted(totals.items(), key=lambda item: -item[1])


@dataclass(frozen=True, slots=True, eq=False)
class FusedRow:
    """The pieces of a row, from left to right, and between its N digits how probable it is that a new number begins:
    `splits` float64 N−1."""

    fused_pieces: tuple[FusedPiece, ...]
    splits: NDArray[np.float64]

    @property
    def string(self) -> str:
        """Its digits, from left to right."""
        return "".join(piece.string for piece in self.fused_pieces)

    @property
    def hypotheses(self) -> list[Hypothesis]:
        """One for each of its digits, from left to right."""
        return [hypothesis for piece in self.fused_pieces for hypothesis in piece.hypotheses]

    @property
    def boxes(self) -> list[Box]:
        """The boxes of its digits, in pixels of the page."""
        return [hypothesis.box for hypothesis in self.hypotheses]

    def read_as(self, strings: Sequence[str]) -> FusedRow:
        """The same row, with each of its pieces read as other digits."""
        read = zip(self.fused_pieces, strings, strict=True)
        return replace(self, fused_pieces=tuple(piece.read_as(string) for piece, string in read))

    def expect_digits(self, is_boxed: NDArray[np.bool_]) -> FusedRow:
        """The same row, where some of its N digits, bool N, are known to stand alone in a printed box."""
        starts = accumulate((len(piece.string) for piece in self.fused_pieces), initial=0)
        return replace(
            self,
            fused_pieces=tuple(
                piece.expect_one_digit() if is_boxed[start] else piece
                for piece, start in zip(self.fused_pieces, starts, strict=False)
            ),
        )


def fuse_row(hypotheses: Sequence[Hypothesis], transcripts: Sequence[Transcript], form: Form | None = None) -> FusedRow:
    """The digits of one row by both readers; a reader's transcripts differ in size, and count alike.

    With a form, strings that fit it are scored as well, however improbable they are.
    """
    likely = [each for each in hypotheses if each.digitness >= _MIN_DIGITNESS]
    for transcript in transcripts:
        likely += _propose_from_frames(likely, transcript)
    parts = _split_row(likely, transcripts[0].strip.digit_height)
    fused_pieces = [_fuse_piece(*part, transcripts, form) for part in parts]
    fused_pieces = [each for each in fused_pieces if each.string]
    row = FusedRow(tuple(fused_pieces), np.zeros(0))
    return replace(row, splits=np.mean([_find_splits(each, row) for each in transcripts], axis=0))


def _find_splits(transcript: Transcript, row: FusedRow) -> NDArray[np.float64]:
    """Between each two digits the greatest probability, over the frames there, of what ends a number; 0 beyond the end
    of the strip."""
    frames, end = transcript.digit_frames, transcript.strip.find_x(len(transcript.frames))
    string = row.string
    splits = np.zeros(max(0, len(string) - 1))
    shown = string[: sum(box.centre_x < end for box in row.boxes)]
    if len(shown) < 2 or len(frames) < ctc.count_needed_frames(shown):
        return splits
    ends = np.exp(transcript.frames[:, _SEPARATING].astype(np.float64)).sum(axis=1)
    for index, (first, second) in enumerate(pairwise(ctc.align_string(frames, shown))):
        splits[index] = ends[first[1] : second[0]].max(initial=0.0)
    return splits


def _propose_from_frames(hypotheses: Sequence[Hypothesis], transcript: Transcript) -> list[Hypothesis]:
    """The digits of the frames' best path where there is no hypothesis."""
    centres, frames = np.array([each.box.centre_x for each in hypotheses], np.float64), transcript.digit_frames
    proposed = []
    for _, start, end in ctc.find_tokens(frames):
        box = make_box(transcript, start, end)
        if not (np.abs(centres - box.centre_x) < _SAME_PLACE_RATIO * transcript.strip.digit_height).any():
            peak = frames[start:end, 1:].max(axis=0)
            proposed.append(Hypothesis(box, tuple(np.exp(peak - np.logaddexp.reduce(peak)).tolist()), _NEW_DIGITNESS))
    return proposed


def make_box(transcript: Transcript, start: int, end: int) -> Box:
    """The box of a digit that the frames from `start` to `end` (not included) show, in pixels of the page."""
    strip = transcript.strip
    middle, half = strip.find_x((start + end) / 2), _MAX_HALF_WIDTH_RATIO * strip.digit_height
    left, right = max(middle - half, strip.find_x(start - 0.5)), min(middle + half, strip.find_x(end + 0.5))
    top = strip.level + strip.slope * middle - strip.digit_height / 2
    return Box(round(left), round(top), max(1, round(right - left)), max(1, round(strip.digit_height)))


def _split_row(hypotheses: Sequence[Hypothesis], height: float) -> Iterator[tuple[list[Hypothesis], float, float]]:
    """The pieces of a row: their hypotheses, and from where to where they reach, in pixels of the page."""
    groups, right = list[list[Hypothesis]](), -np.inf
    for each in sorted(hypotheses, key=lambda each: each.box.x):
        is_full = bool(groups) and len(groups[-1]) >= _MAX_PIECE_HYPOTHESES
        if each.box.x > right + (-_FULL_OVERLAP_RATIO if is_full else _PIECE_GAP_RATIO) * height:
            groups.append([])
        groups[-1].append(each)
        right = max(right, each.box.right)
    rights = [max(each.box.right for each in group) for group in groups]
    borders = [(right + group[0].box.x) / 2 for right, group in zip(rights, groups[1:], strict=False)]
    for group, (start, end) in zip(groups, pairwise([-np.inf, *borders, np.inf]), strict=False):
        yield group, start, end


def _fuse_piece(
    hypotheses: list[Hypothesis], left: float, right: float, transcripts: Sequence[Transcript], form: Form | None
) -> FusedPiece:
    """What both readers make of a piece, from `left` to `right` on the page."""
    lattice, parts = build_lattice(hypotheses), [each.cut_frames(left, right) for each in transcripts]
    strings = _find_strings(lattice, [part for part, _ in parts], form)
    lattice_scores = paths.score_strings(lattice, strings)
    scores = _LATTICE_WEIGHT * np.maximum(lattice_scores, lattice_scores.max() - _MAX_LATTICE_COST)
    views = [
        (each.is_second, _score_in_frames(part, strings)) for (part, _), each in zip(parts, transcripts, strict=True)
    ]
    readers = {is_second for is_second, _ in views}
    for reader in readers:
        scores += _FRAMES_WEIGHT / len(readers) * _mix_scores([score for own, score in views if own == reader])
    probabilities = np.exp(scores - np.logaddexp.reduce(scores))
    best = strings[int(scores.argmax())]
    place = partial(_place_digits, lattice, [(*part, each) for part, each in zip(parts, transcripts, strict=True)])
    return FusedPiece(tuple(strings), probabilities, best, align_strings(strings, best), place(best), place)


def _mix_scores(scores: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The log of the mean probability of each string: one size at which a row cannot be read spoils nothing."""
    normalised = [each - np.logaddexp.reduce(each) for each in scores]
    return np.asarray(np.logaddexp.reduce(normalised, axis=0) - np.log(len(scores)), np.float64)


def _score_in_frames(frames: NDArray[np.float64], strings: Sequence[str]) -> NDArray[np.float64]:
    """The log probability of each string, none much lower than the best; all alike where there are no frames."""
    if not len(frames):
        return np.zeros(len(strings))
    scores = ctc.score_strings(frames, strings)
    return np.asarray(np.maximum(scores, scores.max() - _MAX_FRAMES_COST), np.float64)


def _find_strings(lattice: Lattice, parts: Sequence[NDArray[np.float64]], form: Form | None) -> list[str]:
    """The strings that either reader finds likely, and with a form the likeliest that fit it."""
    from_lattice = _list_paths(lattice, ANY_DIGITS)
    if form is not None:
        from_lattice += _list_paths(lattice, form.automaton)
    from_frames = [string for frames in parts for string in ctc.search_strings(frames, _FRAMES_STRINGS)]
    return list(dict.fromkeys([*from_lattice, *from_frames]))


def _list_paths(lattice: Lattice, automaton: Automaton) -> list[str]:
    """The strings of the lattice's best paths that the automaton accepts as one number."""
    backward_scores = paths.score_backwards(lattice, automaton)
    best_paths = paths.iterate_paths(lattice, automaton, backward_scores)
    return [paths.join_digits(path.number) for path in islice(best_paths, _LATTICE_PATHS)]


def _place_digits(
    lattice: Lattice, views: Sequence[tuple[NDArray[np.float64], int, Transcript]], string: str
) -> tuple[Hypothesis, ...]:
    """The hypothesis of each digit of a string: on the lattice's best path that spells it, or, if none does, where the
    first of `views` with enough frames has it. A view is frames, the number of the first one, and their transcript."""
    if not string:
        return ()
    automaton = build_word_automaton(string)
    backward_scores = paths.score_backwards(lattice, automaton)
    if backward_scores.total > -np.inf:
        return lattice.get_hypotheses(paths.find_best_path(lattice, automaton, backward_scores).number)
    boxes = _spread_boxes(Box.around([each.box for each in lattice.hypotheses]), len(string))
    for frames, first, transcript in views:
        if len(frames) >= ctc.count_needed_frames(string):
            boxes = [
                make_box(transcript, first + start, first + end) for start, end in ctc.align_string(frames, string)
            ]
            break
    return tuple(
        Hypothesis(box, tuple(np.eye(10)[int(digit)].tolist()), _NEW_DIGITNESS)
        for box, digit in zip(boxes, string, strict=True)
    )


def _spread_boxes(around: Box, count: int) -> list[Box]:
    """So many boxes side by side."""
    width = around.width / count
    return [
        Box(round(around.x + index * width), around.y, max(1, round(width)), around.height) for index in range(count)
    ]
