"""No digit is lost in silence: tall ink beside a digit that was taken for a sign or a letter becomes a `?`.

A 7 with a bar looks like a plus, a 5 like an S. Where the transcriber sees a letter beside a digit, or a plus with no
digit after it, and the ink is as tall as a digit, it may be one. So the number gets a place more, which says what it
might be and is never accepted. The same is done for ink in a printed box that was not read, beside a box with a digit;
for what was detected as a digit and is alone in a cell of a table, or beside a digit, or plain in a box, where the
transcriber sees nothing; and for a lone upright stroke that was detected as a 1: the transcriber, taught to overlook
rules, may overlook it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import DIGIT_CHARACTERS, OTHER
from inkdigits.marks import Box
from inkdigits.reading.decoding.alignment import align_strings
from inkdigits.reading.decoding.frames import Token, find_tokens, join_tokens
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.transcript import Transcript
from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.imaging.pixels import median
from inkdigits.reading.networks.transcriber import FRAME_WIDTH_PX

_MIN_INKED_SHARE, _MIN_BOXED_SHARE = 0.75, 0.5  # of a digit's height: so much of it has ink; in a box for digits
_EMPTY_SIGNS = "×-+="  # what people put into a box so that it stays empty
_INK_THRESHOLD = 0.4  # of the full strength
_REACH_FRAMES = 2  # before and behind a character, in which its ink is looked for
_MAX_GAP_FRAMES = 12  # between a character and the next one that is right beside it
_LONE_DISTANCE, _LONE_HEIGHTS = 1.0, (0.75, 1.5)  # of a digit's height: a lone stroke's, from all else, and its own
_MIN_STROKE_DIGITNESS, _MIN_STROKE_PROBABILITY = 0.4, 0.9  # to the detections, and that it is a 1, if it is a digit
_BESIDE_DISTANCE, _MAX_OVERLAP = 0.3, 0.35  # of a digit's height, and of its own width: beside a digit, and on none
_PLAIN_DIGITNESS = 0.9  # to the detections, of a digit in a box
_MIN_CELL_DIGITNESS = 0.15  # to the detections, of what is alone in a cell
_MIN_WALL = 2.0  # of a digit's height: the upright rules of a cell; shorter ones may be strokes
_WALL_MARGIN, _MIDDLE_SHARE = 0.2, 0.5  # of a digit's height: near to a rule ink is the rule's; of its own: its middle
# Of a digit's height: a box is no wider, and the walls of an empty one reach equally far up and down, but for so much.
_MAX_BOX_WIDTH, _UNEVEN = 2.5, 0.5
_SAME_WIDTH, _WALL_DEPTH = 0.2, 0.2  # of its width: two boxes differ by no more; and farther inside, there is no wall
_PRESENCE = 0.6  # probability that there is a digit: enough for a `?`, too little to be accepted
_ENDS_PRICE = re.compile(r"[0-9][.,][0-9]{2}$")
_IS_PRICE = re.compile(r" ?[0-9]{1,3}(?:[.,']?[0-9]{3})*[.,][0-9]{2}(?![0-9])")


def add_unread_digits(row: FusedRow, transcript: Transcript, grid: Grid = NO_GRID) -> FusedRow:
    """The row with a doubtful digit more for each piece of ink that may be one: beside a digit, where it was read as a
    sign or letter, and in a printed box next to one with a digit, where nothing or a letter was read."""
    for token, splits in _find_attached(transcript):
        if box := _find_tall_ink(transcript, token, _MIN_INKED_SHARE, _REACH_FRAMES):
            row = _insert(row, _make_piece(_read_digit(transcript, token), box), splits)
    for token in _find_unread_boxes(row, transcript, grid):
        if box := _find_tall_ink(transcript, token, _MIN_BOXED_SHARE, 0):
            row = _insert(row, _make_piece(_read_digit(transcript, token), box), (0.0, 0.0))
    return row


def add_overlooked_digits(
    row: FusedRow, hypotheses: Sequence[Hypothesis], transcript: Transcript, grid: Grid = NO_GRID
) -> FusedRow:
    """The row with a doubtful digit more for each of its hypotheses, as high as a digit, that is alone in a cell of a
    table, or of which the transcriber sees nothing: a stroke with nothing else near, or what stands beside a digit."""
    is_row = len(row.fused_pieces) > 0
    for each in sorted(hypotheses, key=lambda each: -each.digitness):
        is_high = _LONE_HEIGHTS[0] <= each.box.height / transcript.strip.digit_height <= _LONE_HEIGHTS[1]
        if is_high and is_row and _is_overlooked(each, row, transcript, grid):
            beside = _find_beside(each.box, row, transcript.strip.digit_height)
            row = _insert(row, _make_piece(np.array(each.probabilities), each.box), (1.0 - beside[0], 1.0 - beside[1]))
        elif is_high and (
            (is_row and _is_lone_stroke(each, transcript)) or _is_alone_in_cell(each, row, transcript, grid)
        ):
            row = _insert(row, _make_piece(np.array(each.probabilities), each.box), (1.0, 1.0))
    return row


def _insert(row: FusedRow, piece: FusedPiece, own_splits: tuple[float, float]) -> FusedRow:
    """The row with a piece of one doubtful digit more, if no digit is there yet; `own_splits` are those before and
    behind it."""
    x = piece.hypotheses[0].box.centre_x
    if any(_covers(each, x) for each in row.hypotheses):
        return row
    fused_pieces, splits = list(row.fused_pieces), row.splits.tolist()
    index = sum(piece.hypotheses[0].box.centre_x < x for piece in fused_pieces)
    before = sum(len(piece.string) for piece in fused_pieces[:index])  # digits
    if index and fused_pieces[index - 1].hypotheses[-1].box.centre_x > x:
        return row  # among the digits of one piece: there each reader had its say
    left, right = own_splits
    if not fused_pieces:
        pass  # the first digit of its row, with none to be parted from
    elif before == 0:
        splits.insert(0, right)
    elif before == len(splits) + 1:
        splits.append(left)
    else:
        splits[before - 1 : before] = [left, right]
    fused_pieces.insert(index, piece)
    return FusedRow(tuple(fused_pieces), np.array(splits, np.float64))


def _is_overlooked(hypothesis: Hypothesis, row: FusedRow, transcript: Transcript, grid: Grid) -> bool:
    """Whether something detected stands right beside a digit, or is plainly one in a box, and on none, and the
    transcriber sees neither a sign nor a letter there."""
    box, height = hypothesis.box, transcript.strip.digit_height
    is_apart = all(min(box.right, each.right) - max(box.x, each.x) <= _MAX_OVERLAP * box.width for each in row.boxes)
    seen = _read_between(transcript, box.x - height, box.right + height)
    is_unseen = OTHER not in seen and not _read_between(transcript, box.x, box.right).strip()
    is_beside = hypothesis.digitness >= _PRESENCE and any(_find_beside(box, row, height))
    walls = grid.find_cell(box.centre_x, box.centre_y)
    is_boxed = walls is not None and walls[1] - walls[0] <= _MAX_BOX_WIDTH * height
    return is_apart and is_unseen and (is_beside or (is_boxed and hypothesis.digitness >= _PLAIN_DIGITNESS))


def _find_beside(box: Box, row: FusedRow, height: float) -> tuple[bool, bool]:
    """Whether a digit of the row stands right beside a box, on its left and on its right; digits are so high."""
    reach = _BESIDE_DISTANCE * height
    on_left = any(each.centre_x < box.centre_x and box.x - each.right <= reach for each in row.boxes)
    on_right = any(each.centre_x > box.centre_x and each.x - box.right <= reach for each in row.boxes)
    return on_left, on_right


def _is_lone_stroke(hypothesis: Hypothesis, transcript: Transcript) -> bool:
    """Whether something was detected as a 1 where the transcriber sees nothing at all and no digit is near."""
    box, reach = hypothesis.box, _LONE_DISTANCE * transcript.strip.digit_height
    is_stroke = hypothesis.digitness >= _MIN_STROKE_DIGITNESS and hypothesis.probabilities[1] >= _MIN_STROKE_PROBABILITY
    return is_stroke and not _read_between(transcript, box.x - reach, box.right + reach).strip()


def _is_alone_in_cell(hypothesis: Hypothesis, row: FusedRow, transcript: Transcript, grid: Grid) -> bool:
    """Whether something detected is all the ink between two upright rules, but for a cross or a dash, which says that
    the cell is empty."""
    strip, box = transcript.strip, hypothesis.box
    cell = grid.find_cell(box.centre_x, box.centre_y, min_length=_MIN_WALL * strip.digit_height)
    is_filled = cell is not None and any(cell[0] < each.centre_x < cell[1] for each in row.boxes)
    if cell is None or is_filled or hypothesis.digitness < _MIN_CELL_DIGITNESS:
        return False
    margin = _WALL_MARGIN * strip.digit_height
    inside = cell[0] + margin, cell[1] - margin
    level = box.centre_y - strip.level - strip.slope * box.centre_x
    middle, half = strip.ink.shape[0] / 2 + level * strip.scale, _MIDDLE_SHARE / 2 * box.height * strip.scale
    start, end = (min(max(0, round((x - strip.left) * strip.scale)), strip.ink.shape[1]) for x in inside)
    columns = np.flatnonzero(
        (strip.ink[max(0, int(middle - half)) : int(middle + half) + 1, start:end] > _INK_THRESHOLD).any(axis=0)
    )
    is_alone = len(columns) > 0 and np.ptp(columns) / strip.scale <= box.width + margin
    return bool(is_alone) and not set(_read_between(transcript, *inside)) & set(_EMPTY_SIGNS)


def _read_between(transcript: Transcript, left: float, right: float) -> str:
    """What the transcriber sees between two columns of the page; nothing beyond the strip."""
    frames = transcript.frames[transcript.find_frames(left, right)]
    return join_tokens(find_tokens(frames)) if len(frames) else ""


def _find_attached(transcript: Transcript) -> Iterator[tuple[Token, tuple[float, float]]]:
    """What a digit may have been taken for, right beside one: with the probability that a new number begins before it,
    and behind it."""
    tokens = find_tokens(transcript.frames)
    for index, token in enumerate(tokens):
        if token.character == OTHER and _stands_at_price(tokens, index):
            continue
        follows = index > 0 and _is_near_digit(tokens[index - 1], token)
        is_followed = index + 1 < len(tokens) and _is_near_digit(tokens[index + 1], token)
        is_last_plus = token.character == "+" and not is_followed
        may_be_digit = token.character == OTHER or is_last_plus
        if (follows or is_followed) and may_be_digit:
            yield token, (float(not follows), float(not is_followed))


def _stands_at_price(tokens: Sequence[Token], index: int) -> bool:
    """Whether a letter is right before or after a price with two decimals: a currency or a unit is likelier there than
    one digit more."""
    before, after = join_tokens(tokens[:index]), join_tokens(tokens[index + 1 :])
    is_first = before.strip() == "" or before.endswith(" ")
    return _ENDS_PRICE.search(before) is not None or (is_first and _IS_PRICE.match(after) is not None)


def _is_near_digit(other: Token, token: Token) -> bool:
    """Whether another character is a digit, and near."""
    gap = max(other.start, token.start) - min(other.end, token.end)
    return other.character in DIGIT_CHARACTERS and gap <= _MAX_GAP_FRAMES


def _find_unread_boxes(row: FusedRow, transcript: Transcript, grid: Grid) -> Iterator[Token]:
    """The insides of printed boxes without a digit, next to one with a digit, unless a cross or dash says: empty."""
    for span in _find_empty_boxes(row.boxes, grid, transcript.strip.digit_height):
        frames = transcript.find_frames(*span)
        is_shown = frames.start < frames.stop  # on the strip
        if is_shown and not set(_read_between(transcript, *span)) & set(_EMPTY_SIGNS):
            yield Token(OTHER, frames.start, frames.stop)


def _find_empty_boxes(row: Sequence[Box], grid: Grid, digit_height: float) -> list[tuple[float, float]]:
    """The boxes without a digit that share a wall with that of a digit of the row and are as wide: from where to where
    their insides reach, in pixels of the page."""
    if not row or not grid.uprights:
        return []
    y = median(np.array([box.centre_y for box in row]))
    walls = [rule for rule in grid.uprights if rule.covers(y)]
    spans = [
        (left.find_across(y), right.find_across(y))
        for left, right in pairwise(walls)
        if max(abs(left.start - right.start), abs(left.end - right.end)) <= _UNEVEN * digit_height
        and right.find_across(y) - left.find_across(y) <= _MAX_BOX_WIDTH * digit_height
    ]
    filled = [span for span in spans if any(span[0] < box.centre_x < span[1] for box in row)]
    beside = [span for span in spans if any(_are_neighbours(span, other) for other in filled)]
    insides = [(left + _WALL_DEPTH * (right - left), right - _WALL_DEPTH * (right - left)) for left, right in beside]
    return [(left, right) for left, right in insides if not any(box.x < right and box.right > left for box in row)]


def _are_neighbours(span: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two boxes share a wall and are equally wide."""
    width, other_width = span[1] - span[0], other[1] - other[0]
    return (span[0] == other[1] or span[1] == other[0]) and abs(width - other_width) <= _SAME_WIDTH * width


def _find_tall_ink(transcript: Transcript, token: Token, min_share: float, reach: int) -> Box | None:
    """The box of a digit where a character stands, if so much of a digit's height has ink there, or so many frames
    beside it; None if it has not."""
    strip = transcript.strip
    height = round(strip.digit_height * strip.scale)  # pixels of the strip
    top = (strip.ink.shape[0] - height) // 2
    start, end = max(0, token.start - reach) * FRAME_WIDTH_PX, (token.end + reach) * FRAME_WIDTH_PX
    has_ink = (strip.ink[top : top + height, start:end] > _INK_THRESHOLD).any(axis=1)
    if has_ink.mean() < min_share:
        return None
    x, side = strip.find_x((token.start + token.end) / 2), strip.digit_height
    y = strip.level + strip.slope * x
    return Box(round(x - side / 4), round(y - side / 2), max(1, round(side / 2)), max(1, round(side)))


def _covers(hypothesis: Hypothesis, x: float) -> bool:
    """Whether a column of the page lies within a digit's box."""
    return hypothesis.box.x <= x <= hypothesis.box.right


def _read_digit(transcript: Transcript, token: Token) -> NDArray[np.float64]:
    """Which digit the frames of a character are most like: ten probabilities, float64 10."""
    likelihoods = np.exp(transcript.digit_frames[token.start : token.end, 1:]).sum(axis=0)
    return np.asarray(likelihoods / likelihoods.sum(), np.float64)


def _make_piece(digit_probabilities: NDArray[np.float64], box: Box) -> FusedPiece:
    """A place of one digit, which may be none, and what it most resembles."""
    probabilities = np.append(_PRESENCE * digit_probabilities, 1 - _PRESENCE)
    strings = (*DIGIT_CHARACTERS, "")
    best = DIGIT_CHARACTERS[int(digit_probabilities.argmax())]
    hypothesis = Hypothesis(box, tuple(digit_probabilities.tolist()), _PRESENCE)
    aligned = align_strings(strings, best)
    return FusedPiece(strings, probabilities, best, aligned, (hypothesis,), lambda text: (hypothesis,) * len(text))
