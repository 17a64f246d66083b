"""Rows as both readers see them, from the text that is written on them: for tests without networks."""

from functools import partial

from inkdigits.alphabet import DIGIT_CHARACTERS, SPACE
from inkdigits.marks import Box
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.fusion import fuse_row
from inkdigits.reading.decoding.gaps import find_gaps
from inkdigits.reading.decoding.lines import build_lines
from inkdigits.reading.decoding.understand import understand_lines
from inkdigits.types import Line
from tests.reading.decoding.test_fusion import HEIGHT, PITCH, THRESHOLDS, make_hypothesis, make_transcript

FOOT = 10 + HEIGHT  # of the digits that `make_hypothesis` makes


def make_sign_ink(text: str) -> list[Box]:
    """The boxes of the signs of a text of one character a pitch: points at the line's foot, others in its middle."""
    return [
        Box(place * PITCH + 9, FOOT - 6, 6, 6) if character in ".," else Box(place * PITCH + 5, FOOT - 20, 14, 10)
        for place, character in enumerate(text)
        if character not in DIGIT_CHARACTERS + SPACE + "~"
    ]


def read_text(
    text: str,
    expected: Expected | None = None,
    doubts: dict[int, str] | None = None,
    probability: float = 0.99,
) -> Line:
    """The line that is read where a text stands, of which some characters, by their place, may as well be others."""
    expected = expected or Expected()
    hypotheses = [
        make_hypothesis(place, int(character), probability=0.6 if doubts and place in doubts else 0.99)
        for place, character in enumerate(text)
        if character in DIGIT_CHARACTERS
    ]
    transcripts = [make_transcript(text, probability, doubts)]
    row = fuse_row(hypotheses, transcripts, expected.form)
    lines = build_lines([row], [partial(find_gaps, transcripts=transcripts)], make_sign_ink(text), THRESHOLDS, expected)
    (line,) = understand_lines(lines, expected.values, THRESHOLDS)
    return line
