"""Signs that make sense: how likely each is where it stands on a strip, beside what the transcriber sees there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import POINTS, encode_text
from inkdigits.reading.decoding.frames import add_spaces, find_tokens, join_tokens, measure_loss, widen_spans

# By how many nats signs are less likely than they were learnt to be: rare ones beside digits, except in a sum, a date,
# a time, a fraction, or an amount that is filled up as in `500/-`; slashes and brackets where none can stand.
_RARE_SIGNS, _RARE_COST = "()~:/#%", 2.0
_WITH_SIGNS = re.compile(
    r"\([0-9]+[)/]|^[0-9]{1,2}\)|[0-9].*[+×÷].*[0-9]|\b[0-3]?[0-9]/[0-3]?[0-9]/(?:19|20)?[0-9]{2}\b|\b[0-9]{1,2}:[0-9]{2}\b|[0-9]/[-=]"
    r"|(?:^| )[0-9]{1,2}/[1-9][0-9]{0,2}(?= |$)"
)
_LIST_ITEM = re.compile(r"[0-9]{1,2}(?:\)|/ )")  # at the beginning; nothing else looks like its bracket but a slash
_MISPLACED_COST = 4.0
_MISPLACED = re.compile(
    r"(?<![0-9)])/|/(?![0-9(=-])|\((?![0-9(-])|(?<![0-9)])\)"
    r"|(?<=[0-9]{3})/(?=[0-9]{3}(?!.*[=+×÷]))|(?<=[0-9]{5})/(?=[0-9])|(?<=[0-9])/(?=[0-9]{5})"  # in long numbers
)
# Two slashes in one number, as a date has them, and that of no date.
_DAY, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:(?:1[0-9]|20)?[0-9]{2})"
_NO_DATE = re.compile(
    rf"(?<![0-9/])(?!{_DAY}/{_DAY}/{_YEAR}(?![0-9/])|{_YEAR}/{_DAY}/{_DAY}(?![0-9/]))"
    r"[0-9]+/[0-9]+/[0-9]+(?![0-9/])"
)
# A date of which a slash was taken for a 1, or a 1 for a slash, with ones for all of them: few other numbers have a
# day, a month and a year of these centuries around ones.
_DATE = re.compile(rf"(?<![0-9]){_DAY}(1){_DAY}(1)(?:19|20)[0-9]{{2}}(?![0-9])")
_MAX_SLASH_LOSS = 4.0  # nats that the slash may be less likely than the 1
# An apostrophe beside more than three digits parts no thousands, and means nothing else within a number.
_NO_APOSTROPHE_COST = 10.0
_NO_APOSTROPHE = re.compile(r"(?<=[0-9]{4})'(?=[0-9])|(?<=[0-9])'(?=[0-9]{4})")
# A bracket that another one lacks may have been taken for a digit or a slash: where, by how many nats it is likelier
# then, and by how many it may be less likely than what it was taken for.
_BRACKET_PLACES = {
    "(": re.compile(r"(?<![0-9.,')])[0-9/](?=[0-9(])"),
    ")": re.compile(r"(?<=[0-9)])[0-9/](?![0-9.,'(])"),
}
_LACKED_GAIN, _MAX_LACKED_LOSS = 6.0, 10.0

# A number whose digits stand in groups of three: what parts them is one mark, and what decimals stand behind is another
# one, which is by so many nats likelier where the marks are at odds.
_GROUPED = re.compile(r"(?<![0-9.,'])[0-9]{1,3}(?:[.,'][0-9]{3})+[.,'][0-9]+(?![0-9.,'])")
_MARKS = ((".", ","), (",", "."), ("'", "."), ("'", ","))  # of groups, and of decimals
_GROUP_SIZE = 3
_AGREEING_GAIN = 4.0


def weigh_signs(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is to be added to the frames of a strip, log probabilities T×27, float32 T×27.

    Some signs are rarer in life than on the strips that the network learnt from, and each that it sees wrongly is a
    digit lost; some make no sense where they stand.
    """
    tokens = add_spaces(find_tokens(frames))
    text, spans = join_tokens(tokens), widen_spans(tokens)
    weights = np.zeros_like(frames)
    if _WITH_SIGNS.search(text) is None:
        weights[:, encode_text(_RARE_SIGNS)] -= _RARE_COST
    if (item := _LIST_ITEM.match(text)) is not None:
        weights[spans[len(item[0].rstrip()) - 1], encode_text(")")] += _LACKED_GAIN + _RARE_COST
    for match in _MISPLACED.finditer(text):
        weights[spans[match.start()], encode_text(match[0])] -= _MISPLACED_COST
    for match in _NO_DATE.finditer(text):
        for slash in re.finditer("/", match[0]):
            weights[spans[match.start() + slash.start()], encode_text("/")] -= _MISPLACED_COST
    for match in _DATE.finditer(text.replace("/", "1")):
        weights += _weigh_slashes(match, frames, text, spans)
    for match in _NO_APOSTROPHE.finditer(text):
        weights[spans[match.start()], encode_text("'")] -= _NO_APOSTROPHE_COST
    for bracket, other in ("()", ")("):
        if text.count(bracket) < text.count(other):
            weights += _weigh_lacked_bracket(bracket, frames, text, spans)
    for match in _GROUPED.finditer(text):
        weights += _weigh_marks(match, frames, spans)
    return weights


def _weigh_slashes(
    match: re.Match[str], frames: NDArray[np.float32], text: str, spans: Sequence[slice]
) -> NDArray[np.float32]:
    """What makes a date's slashes likelier where they stand and none elsewhere, if they are not unlikely, float32
    T×27. `spans` are the frames of each character of the text, and one more on either side."""
    weights, (slash,) = np.zeros_like(frames), encode_text("/")
    positions = {match.start(1), match.start(2)}
    found = {index for index in range(*match.span()) if text[index] == "/"}
    if found == positions or any(measure_loss(frames, spans[index], "/") > _MAX_SLASH_LOSS for index in positions):
        return weights
    for index in found | positions:
        weights[spans[index], slash] += _LACKED_GAIN if index in positions else -_LACKED_GAIN
    return weights


def _weigh_marks(match: re.Match[str], frames: NDArray[np.float32], spans: Sequence[slice]) -> NDArray[np.float32]:
    """What makes the marks of a number agree, those that are the least unlikely together, float32 T×27."""
    weights, number = np.zeros_like(frames), match[0]
    mark_spans = [span for span, each in zip(spans[slice(*match.span())], number, strict=True) if each in POINTS]
    marks = "".join(each for each in number if each in POINTS)
    agreeing = [group * (len(marks) - 1) + point for group, point in _MARKS]
    if number[-_GROUP_SIZE - 1] in POINTS:  # the last group may be one of thousands
        agreeing += [group * len(marks) for group in POINTS]
    if marks in agreeing:
        return weights

    def measure_losses(others: str) -> float:
        return sum(measure_loss(frames, span, mark) for span, mark in zip(mark_spans, others, strict=True))

    best = min(agreeing, key=measure_losses)
    for span, mark in zip(mark_spans, best, strict=True):
        weights[span, encode_text(mark)] += _AGREEING_GAIN
    return weights


def _weigh_lacked_bracket(
    bracket: str, frames: NDArray[np.float32], text: str, spans: Sequence[slice]
) -> NDArray[np.float32]:
    """What makes a bracket likelier in the one place where it is least unlikely, float32 T×27. `spans` are the frames
    of each character of the text, and one more on either side."""
    weights, (index,) = np.zeros_like(frames), encode_text(bracket)
    candidates = [spans[match.start()] for match in _BRACKET_PLACES[bracket].finditer(text)]
    losses = [measure_loss(frames, span, bracket) for span in candidates]
    if losses and min(losses) <= _MAX_LACKED_LOSS:
        weights[candidates[int(np.argmin(losses))], index] += _LACKED_GAIN
    return weights
