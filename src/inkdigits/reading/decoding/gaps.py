"""The signs on a row of digits: what stands before its first digit, between each two, and after its last.

The digits are known by then; the transcriber's frames between them say which signs there are. What a word or a letter
covers is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import CHARACTERS, OTHER, POINTS, SIGNS, SPACE
from inkdigits.reading.decoding import frames as ctc
from inkdigits.reading.decoding.fusion import FusedRow
from inkdigits.reading.decoding.transcript import Transcript
from inkdigits.reading.networks.activations import MIN_PROBABILITY
from inkdigits.reading.networks.transcriber import DIGIT_HEIGHT_PX, FRAME_WIDTH_PX

_REACH_RATIO = 2.5  # of the row's height: so far before the first digit and after the last one signs are looked for
_MAX_STRINGS = 6  # of signs that are compared in one gap
_MAX_COST = 12.0  # nats that a string of signs is at most worse than the best by, in one transcript
_OTHER_INDEX = CHARACTERS.index(OTHER) + 1


Span = tuple[float, float]  # from column to column of the page


def _find_no_spans(_signs: str) -> tuple[Span, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Gap:
    """What may stand in one place between digits: `readings`, strings of signs, "" for none, each with its probability,
    best first (at least one). Where there probably is a point or comma, the better of both is the best."""

    readings: tuple[tuple[str, float], ...] = (("", 1.0),)
    _find_spans: Callable[[str], tuple[Span, ...]] = _find_no_spans

    @property
    def text(self) -> str:
        """The most probable signs."""
        return self.readings[0][0]

    @property
    def probability(self) -> float:
        """That of the most probable signs."""
        return self.readings[0][1]

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where each of the most probable signs is; nothing where that cannot be told."""
        return self._find_spans(self.text)

    def read_as(self, text: str) -> Gap:
        """The same gap, known to hold these signs."""
        return replace(self, readings=((text, 1.0),))


def find_gaps(row: FusedRow, transcripts: Sequence[Transcript]) -> tuple[Gap, ...]:
    """The N+1 gaps of a row of N digits: before each, and after the last."""
    string = row.string
    sliced = [slices for each in transcripts if (slices := _slice_gaps(row, string, each)) is not None]
    if not sliced:
        return (Gap(),) * (len(string) + 1)
    return tuple(_read_gap([slices[index] for slices in sliced]) for index in range(len(string) + 1))


@dataclass(frozen=True, slots=True, eq=False)
class _GapFrames:
    """The frames of one gap in one transcript, float64 T×15, of no sign and of each of SIGNS; `first` is the number of
    the first of them."""

    frames: NDArray[np.float64]
    first: int
    transcript: Transcript

    def find_x(self, frame: int) -> float:
        """The column of the page where one of these frames begins."""
        return self.transcript.strip.find_x(self.first + frame)


def _slice_gaps(row: FusedRow, string: str, transcript: Transcript) -> list[_GapFrames] | None:
    """The frames of each gap; None if the digits do not all fit on the strip."""
    frames, end = transcript.digit_frames, transcript.strip.find_x(len(transcript.frames))
    is_shown = all(box.centre_x < end for box in row.boxes)
    if not string or not is_shown or len(frames) < ctc.count_needed_frames(string):
        return None
    spans = ctc.align_string(frames, string)
    reach = round(_REACH_RATIO * DIGIT_HEIGHT_PX / FRAME_WIDTH_PX)
    bounds = [
        (max(0, spans[0][0] - reach), spans[0][0]),
        *((before[1], after[0]) for before, after in pairwise(spans)),
        (spans[-1][1], min(len(frames), spans[-1][1] + reach)),
    ]
    return [_GapFrames(_keep_signs(transcript.frames[start:stop]), start, transcript) for start, stop in bounds]


def _keep_signs(log_probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """The frames of a gap with its signs alone, and none where there are words."""
    frames = ctc.keep_characters(log_probabilities, SIGNS)
    words = np.flatnonzero(log_probabilities.argmax(axis=1) == _OTHER_INDEX)
    if len(words):
        frames[words[0] : words[-1] + 1] = np.log(MIN_PROBABILITY)
        frames[words[0] : words[-1] + 1, ctc.GAP] = 0.0
    return frames


def _read_gap(slices: Sequence[_GapFrames]) -> Gap:
    """What the frames of all transcripts say of one gap, each of them alike."""
    filled = [own for own in slices if len(own.frames)]
    if not filled:
        return Gap()
    found = [string for own in filled for string in ctc.search_strings(own.frames, _MAX_STRINGS, SIGNS)]
    strings = list(dict.fromkeys(["", *found]))
    if len(strings) == 1:
        return Gap(_find_spans=partial(_find_spans, filled))
    totals = np.mean([_score(own.frames, strings) for own in filled], axis=0)
    order = np.argsort(-totals, kind="stable")
    points = [index for index in order if strings[index] and not strings[index].strip(POINTS)]
    if not strings[order[0]] and totals[points].sum() > totals[order[0]]:
        order = np.concatenate([points[:1], order[order != points[0]]])  # whichever of them it is
    readings = tuple((strings[index], float(totals[index])) for index in order[:_MAX_STRINGS])
    return Gap(readings, partial(_find_spans, filled))


def _score(frames: NDArray[np.float64], strings: Sequence[str]) -> NDArray[np.float64]:
    """The probability of each string of signs among these."""
    scores = ctc.score_strings(frames, strings, SIGNS)
    scores = np.maximum(scores, scores.max() - _MAX_COST)
    return np.asarray(np.exp(scores - np.logaddexp.reduce(scores)), np.float64)


def _find_spans(slices: Sequence[_GapFrames], signs: str) -> tuple[Span, ...]:
    """Where each sign is, by the first transcript whose frames are enough; a space is all of the gap."""
    for own in slices:
        if signs == SPACE:
            return ((own.find_x(0), own.find_x(len(own.frames))),)
        if len(own.frames) >= ctc.count_needed_frames(signs):
            spans = ctc.align_string(own.frames, signs, SIGNS)
            return tuple((own.find_x(start), own.find_x(end)) for start, end in spans)
    return ()
