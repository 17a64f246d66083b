"""Leave out what the transcriber takes for letters, so that words leave no litter of `?` and letters become no digits.

The detector knows digits only, and finds one in many a letter. The transcriber knows that there are letters. Where it
is much surer of one than of any digit, there is none. But a letter that is alone on its row may be a digit that does
not look like one, and stays a `?`; so does one with digits on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import DIGIT_CHARACTERS, OTHER, encode_text
from inkdigits.marks import Box
from inkdigits.reading.decoding.frames import find_tokens, join_tokens
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow
from inkdigits.reading.decoding.transcript import Transcript

_MIN_LETTER = 0.5  # probability of a letter from which it is one,
_MIN_LETTER_RATIO = 2.0  # and times that of any digit
_SEVERAL = 2  # letters make words of a row; each may be a whole one
_QUANTITY = re.compile(r"[0-9][0-9.,]* *~[~ ]*")  # and letters behind it
_LABELLED = re.compile(r"[~ ]*~ +[0-9][0-9.,]*")  # behind what they are the number of
_PRICE = re.compile(r"[~ ]*[0-9]{1,3}(?:[.,']?[0-9]{3})*[.,][0-9]{2}[~ ]*")  # and what it is of, and in what
(_LETTER_INDEX,) = encode_text(OTHER)


def remove_letters(row: FusedRow, transcripts: Sequence[Transcript]) -> FusedRow:
    """A row with several letters without the digits, at the ends of its pieces, that are letters to the transcriber.

    A number ends where letters were.
    """
    if not _has_words(transcripts):
        return row
    remaining, kept, index = list[FusedPiece](), list[int](), 0
    for piece in row.fused_pieces:
        is_digit = [not _is_letter(hypothesis.box, transcripts) for hypothesis in piece.hypotheses]
        if any(is_digit):
            start, end = is_digit.index(True), len(is_digit) - is_digit[::-1].index(True)
            remaining.append(piece.read_as(piece.string[start:end]))
            kept += range(index + start, index + end)
        index += len(is_digit)
    splits = [1.0 if after > before + 1 else row.splits[before] for before, after in pairwise(kept)]
    return FusedRow(tuple(remaining), np.array(splits, np.float64))


def shows_letters(transcripts: Sequence[Transcript]) -> bool:
    """Whether the best path of any transcript has a letter."""
    return any(map(_count_letters, transcripts))


def stand_apart(transcripts: Sequence[Transcript]) -> bool:
    """Whether every transcript has digits first, then letters, a quantity before what it counts or its unit; or every
    one letters, then a space, then digits; or every one a price with two decimals among letters."""
    texts = [join_tokens(find_tokens(each.frames)) for each in transcripts]
    return bool(texts) and any(all(map(pattern.fullmatch, texts)) for pattern in (_QUANTITY, _LABELLED, _PRICE))


def _has_words(transcripts: Sequence[Transcript]) -> bool:
    """Whether the best path of most transcripts has several letters."""
    return 2 * sum(_count_letters(each) >= _SEVERAL for each in transcripts) > len(transcripts)


def _count_letters(transcript: Transcript) -> int:
    """How many letters the best path of a transcript has."""
    return sum(token.character == OTHER for token in find_tokens(transcript.frames))


def _is_letter(box: Box, transcripts: Sequence[Transcript]) -> bool:
    """Whether there is a letter in a digit's box."""
    letter, digit = np.mean([_find_peaks(box, each) for each in transcripts], axis=0)
    return bool(letter > _MIN_LETTER and letter > _MIN_LETTER_RATIO * digit)


def _find_peaks(box: Box, transcript: Transcript) -> NDArray[np.float64]:
    """The greatest probability of a letter, and of any digit, over the frames of a box."""
    span = transcript.find_frames(box.x, box.right)
    frames = np.exp(transcript.frames[span.start : max(span.stop, span.start + 1)].astype(np.float64))
    if not len(frames):
        return np.zeros(2)
    digits = frames[:, 1 : len(DIGIT_CHARACTERS) + 1].sum(axis=1)
    return np.array([frames[:, _LETTER_INDEX].max(), digits.max()])
