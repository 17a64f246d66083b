"""Numbers below one another: what their rows say of signs together.

A slash looks like a 1, and a column of `3/4`, `7/4` and `9/4` like one of 314, 714 and 914. Where all numbers of a
column may be dates or fractions, and some plainly are, or none of the strokes that would be slashes is plainly a 1, all
are. And where most numbers of a column have the same signs between their digits, as prices and times have, those with
others in the same places probably have these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

import numpy as np

from inkdigits.alphabet import DIGIT_CHARACTERS, encode_text
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
_GAIN = 3.0  # nats that a slash is likelier than a 1, then, and a sign than another one
_MARKED = re.compile(r"[0-9]+(?:[^0-9 ~][0-9]+)+")
_MIN_ALIKE, _MIN_ALIKE_SHARE = 3, 0.6  # of the numbers of a column that have signs
_MAX_MARK_LOSS = 9.0  # nats: of a sign beside another one


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


@dataclass(frozen=True, slots=True)
class _Marked:
    """A number of a transcript with signs between its digits, `marks`: the frames of these, and how many digits it ends
    with, `tail`."""

    row: int
    transcript: int
    x: float
    marks: str
    spans: tuple[slice, ...]
    tail: int

    @property
    def form(self) -> tuple[int, int]:
        """How many signs there are, and how many digits after the last."""
        return len(self.marks), self.tail


_Placed = TypeVar("_Placed", _Item, _Marked)


def agree_on_slashes(rows: Sequence[Sequence[Transcript]]) -> list[list[Transcript]]:
    """The transcripts of each row, in which all numbers of a column have slashes that they may have, or none more."""
    agreed = [list(each) for each in rows]
    items = [item for row, transcripts in enumerate(rows) for item in _list_items(row, transcripts)]
    for column in _group_columns(items, rows):
        count = next((count for count in _FORMS if _have_slashes(column, count)), 0)
        for item in column:
            for index, reading in item.readings.get(count, {}).items():
                changes = [(span, _SLASH, loss) for span, loss in zip(reading.spans, reading.losses, strict=True)]
                agreed[item.row][index] = _put_signs(agreed[item.row][index], changes)
    return agreed


def agree_on_marks(rows: Sequence[Sequence[Transcript]]) -> list[list[Transcript]]:
    """The transcripts of each row, in which the numbers of a column have the signs that are the likeliest for all."""
    agreed = [list(each) for each in rows]
    items = [item for row, transcripts in enumerate(rows) for item in _list_marked(row, transcripts)]
    for column in _group_columns([item for item in items if item.transcript == 0], rows):
        form, count = Counter(item.form for item in column).most_common(1)[0]
        if count < max(_MIN_ALIKE, _MIN_ALIKE_SHARE * len(column)):
            continue
        x_by_row = {item.row: item.x for item in column if item.form == form}
        own = [item for item in items if item.form == form and _is_in_column(item, x_by_row, rows)]
        changes = {item.marks: [_list_changes(each, item.marks, rows) for each in own] for item in own}
        best = min(changes.values(), key=lambda each: sum(loss for of_item in each for *_, loss in of_item))
        for item, of_item in zip(own, best, strict=True):
            if all(loss <= _MAX_MARK_LOSS for *_, loss in of_item):
                agreed[item.row][item.transcript] = _put_signs(agreed[item.row][item.transcript], of_item)
    return agreed


def _is_in_column(item: _Marked, x_by_row: Mapping[int, float], rows: Sequence[Sequence[Transcript]]) -> bool:
    """Whether a number of any transcript begins where that of its row begins in a column."""
    near = rows[item.row][0].strip.digit_height / 2
    return item.row in x_by_row and abs(item.x - x_by_row[item.row]) < near


def _list_changes(item: _Marked, marks: str, rows: Sequence[Sequence[Transcript]]) -> list[tuple[slice, str, float]]:
    """Where a number has other signs than these: the frames, the sign, and by how many nats it is less likely there."""
    frames = rows[item.row][item.transcript].frames
    return [
        (span, mark, measure_loss(frames, span, mark))
        for span, own, mark in zip(item.spans, item.marks, marks, strict=True)
        if own != mark
    ]


def _list_marked(row: int, transcripts: Sequence[Transcript]) -> Iterator[_Marked]:
    """The numbers of a row with signs between their digits, in each of its transcripts."""
    for index, transcript in enumerate(transcripts):
        tokens = add_spaces(find_tokens(transcript.frames))
        spans = widen_spans(tokens)
        for match in _MARKED.finditer(join_tokens(tokens)):
            indices = [each for each in range(*match.span()) if tokens[each].character not in DIGIT_CHARACTERS]
            x, tail = transcript.strip.find_x(tokens[match.start()].start), match.end() - indices[-1] - 1
            marks = join_tokens(tokens[each] for each in indices)
            yield _Marked(row, index, x, marks, tuple(spans[each] for each in indices), tail)


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


def _group_columns(items: Sequence[_Placed], rows: Sequence[Sequence[Transcript]]) -> Iterator[list[_Placed]]:
    """The items that begin below one another, at most one of a row."""
    remaining = sorted(items, key=lambda item: item.x)
    while remaining:
        first = remaining[0]
        reach = _MAX_ASIDE * rows[first.row][0].strip.digit_height
        column: dict[int, _Placed] = {}
        for item in remaining:
            if item.x <= first.x + reach:
                column.setdefault(item.row, item)
        remaining = [item for item in remaining if not any(item is each for each in column.values())]
        yield list(column.values())


def _put_signs(transcript: Transcript, changes: Sequence[tuple[slice, str, float]]) -> Transcript:
    """The transcript with these signs in these frames, so many nats less likely than what it says there."""
    if not changes:
        return transcript
    frames = transcript.frames.copy()
    for span, sign, loss in changes:
        frames[span, encode_text(sign)] += loss + _GAIN
    return replace(transcript, frames=log_softmax(frames))
