"""Dates and fractions below one another: what their rows say of slashes together.

A slash looks like a 1, and a column of `3/4`, `7/4` and `9/4` like one of 314, 714 and 914. Where all numbers of a
column may be dates or fractions, and some plainly are, or none of the strokes that would be slashes is plainly a 1, all
are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from inkdigits.alphabet import encode_text
from inkdigits.reading.decoding.frames import Token, add_spaces, find_tokens, join_tokens, measure_loss, widen_spans
from inkdigits.reading.decoding.transcript import Transcript
from inkdigits.reading.networks.activations import log_softmax

_SLASH, _ONE = "/", "1"
_FORMS = {  # by the number of their slashes
    2: re.compile(r"(?:[1-9]|[0-2][0-9]|3[01])/(?:[1-9]|0[1-9]|1[0-2])/(?:(?:19|20)[0-9]{2}|[0-9]{2})"),
    1: re.compile(r"[0-9]{1,3}/[1-9][0-9]{0,2}"),
}
_ITEM = re.compile(r"[0-9/]{3,10}")
_MAX_ASIDE = 2.0  # digits' heights: so far from one another the numbers of a column begin
_MIN_ROWS, _MIN_ROWS_IN_DOUBT = 3, 4  # of a column; and where no slash of it is plain
_MIN_PLAIN_ROWS, _MIN_SHARE = 2, 0.8  # with plain slashes; and of the rows, that may have slashes
_MIN_VARIED = 0.5  # of the rows, that begin otherwise than others: 0151, 0157 and 0162 are no fractions
_MAX_LOSS, _MAX_MEAN_LOSS = 7.0, 4.5  # nats: of a slash beside a 1; and in the mean, where none is plain
_GAIN = 3.0  # nats that a slash is likelier than a 1, then


@dataclass(frozen=True, slots=True)
class _Reading:
    """A number of one transcript with slashes put in: what stands before the `first` of them, where those are that it
    does not say itself, and by how many nats these are less likely than what it says."""

    first: str
    spans: tuple[slice, ...]
    losses: tuple[float, ...]

    @property
    def loss(self) -> float:
        """In the mean over those slashes; 0 without any."""
        return float(np.mean(self.losses)) if self.losses else 0.0


@dataclass(frozen=True, slots=True)
class _Item:
    """A number of a row where it begins, and how it may be read with so many slashes, at best, in each transcript."""

    row: int
    x: float
    readings: dict[int, dict[int, _Reading]]  # by the number of slashes, then by the number of the transcript


def agree_on_slashes(rows: Sequence[Sequence[Transcript]]) -> list[list[Transcript]]:
    """The transcripts of each row, in which all numbers of a column have slashes that they may have, or none more."""
    agreed = [list(each) for each in rows]
    items = [item for row, transcripts in enumerate(rows) for item in _list_items(row, transcripts)]
    for column in _group_columns(items, rows):
        count = next((count for count in _FORMS if _have_slashes(column, count)), 0)
        for item in column:
            for index, reading in item.readings.get(count, {}).items():
                agreed[item.row][index] = _put_slashes(agreed[item.row][index], reading)
    return agreed


def _have_slashes(column: Sequence[_Item], count: int) -> bool:
    """Whether the numbers of a column are of the form with so many slashes: almost all may be, and they begin
    differently, and some plainly are, or none that would be a slash is plainly a 1."""
    fitting = [list(item.readings[count].values()) for item in column if item.readings.get(count)]
    is_varied = len({readings[0].first for readings in fitting}) >= max(2, _MIN_VARIED * len(fitting))
    if not is_varied or len(fitting) < max(_MIN_ROWS, _MIN_SHARE * len(column)):
        return False
    plain_count = sum(any(not reading.spans for reading in readings) for readings in fitting)
    mean_loss = float(np.mean([min(reading.loss for reading in readings) for readings in fitting]))
    is_possible = len(fitting) >= _MIN_ROWS_IN_DOUBT and mean_loss <= _MAX_MEAN_LOSS
    return plain_count >= _MIN_PLAIN_ROWS or is_possible


def _list_items(row: int, transcripts: Sequence[Transcript]) -> Iterator[_Item]:
    """The numbers of a row that may have slashes, as its first transcript parts them."""
    found: list[_Item] = []
    for index, transcript in enumerate(transcripts):
        tokens = add_spaces(find_tokens(transcript.frames))
        for match in _ITEM.finditer(join_tokens(tokens)):
            own = tokens[slice(*match.span())]
            x, near = transcript.strip.find_x(own[0].start), transcript.strip.digit_height / 2
            item = next((each for each in found if abs(each.x - x) < near), None)
            if item is None:
                item = _Item(row, x, {})
                found.append(item)
            for count in _FORMS:
                if (reading := _read_with_slashes(transcript, own, count)) is not None:
                    item.readings.setdefault(count, {})[index] = reading
    yield from found


def _read_with_slashes(transcript: Transcript, tokens: Sequence[Token], count: int) -> _Reading | None:
    """The likeliest reading of a number with so many slashes; None where it can have no such form."""
    text, spans = join_tokens(tokens), widen_spans(tokens)
    losses = [
        measure_loss(transcript.frames, span, _SLASH) if each == _ONE else 0.0
        for each, span in zip(text, spans, strict=True)
    ]
    plain = [place for place, each in enumerate(text) if each == _SLASH]
    may_be = [place for place, each in enumerate(text) if each == _ONE and losses[place] <= _MAX_LOSS]
    best: _Reading | None = None
    for more in combinations(may_be, count - len(plain)) if count >= len(plain) else ():
        slashes = sorted((*plain, *more))
        changed = "".join(_SLASH if place in slashes else each for place, each in enumerate(text))
        if _FORMS[count].fullmatch(changed):
            first = changed[: changed.index(_SLASH)]
            reading = _Reading(first, tuple(spans[place] for place in more), tuple(losses[place] for place in more))
            best = reading if best is None or sum(reading.losses) < sum(best.losses) else best
    return best


def _group_columns(items: Sequence[_Item], rows: Sequence[Sequence[Transcript]]) -> Iterator[list[_Item]]:
    """The items that begin below one another, at most one of a row."""
    remaining = sorted(items, key=lambda item: item.x)
    while remaining:
        first = remaining[0]
        reach = _MAX_ASIDE * rows[first.row][0].strip.digit_height
        column: dict[int, _Item] = {}
        for item in remaining:
            if item.x <= first.x + reach:
                column.setdefault(item.row, item)
        remaining = [item for item in remaining if not any(item is each for each in column.values())]
        yield list(column.values())


def _put_slashes(transcript: Transcript, reading: _Reading) -> Transcript:
    """The transcript with slashes where a number has them."""
    if not reading.spans:
        return transcript
    frames = transcript.frames.copy()
    for span, loss in zip(reading.spans, reading.losses, strict=True):
        frames[span, encode_text(_SLASH)] += loss + _GAIN
    return replace(transcript, frames=log_softmax(frames))
