"""Digits of people with a pen: what is read of the two sets' files, and how it is written."""

from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.synthesis.hand_digits import sample_digit
from inkdigits.data.synthesis.hands import write_font_digits, write_pen_digits
from inkdigits.data.synthesis.pen_digits import PenDigit, load_pen_digits
from inkdigits.data.synthesis.signs import load_fonts
from inkdigits.data.synthesis.strokes import UNKNOWN_WRITER, Strokes
from inkdigits.errors import DataError
from tests.conftest import FONT_FOLDER

UNIPEN = """.INCLUDE        dene.doc
.LEXICON "0" "1"
.HIERARCHY      DIGIT

.SEGMENT DIGIT    0 ? "1"
.COMMENT 1 12  224
.PEN_DOWN
 267  333
 260  300
.PEN_UP
.DT 100
.SEGMENT DIGIT    1-2 ? "4"
.COMMENT 4  7   54
.PEN_DOWN
 100  300
 90  200
 150  200
.PEN_UP
.DT 100
.PEN_DOWN
 140  250
 140  100
.PEN_UP
.DT 100
"""
UJI = """// ASCII char: a
WORD a trn_UJI_W01-01
  NUMSTROKES 1
  POINTS 3 # 557 844 550 803 540 790
// ASCII char: 7
WORD 7 trn_UPV_W02-01
  NUMSTROKES 2
  POINTS 3 # 100 10 200 10 150 90
  POINTS 2 # 120 50 180 50
// ASCII char: period
WORD . trn_UPV_W02-01
  NUMSTROKES 1
  POINTS 1 # 7 8
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"pendigits-orig.tra": UNIPEN, "pendigits-orig.tes": UNIPEN, "ujipenchars2.txt": UJI}.items():
        (tmp_path / name).write_bytes(text.replace("\n", "\r\n" if name == "ujipenchars2.txt" else "\n").encode())
    return tmp_path


def test_digits_of_both_sets_come_with_their_strokes_and_writers(folder: Path) -> None:
    digits = load_pen_digits(folder)
    assert [digit.label for digit in digits] == [1, 4, 1, 4, 7]
    assert [len(digit.strokes) for digit in digits] == [1, 2, 1, 2, 2]
    assert len({digit.writer for digit in digits}) == 5, "the writers of both parts of a set are other people"
    assert digits[1].strokes[0].tolist() == [[100, 300], [90, 200], [150, 200]]


def test_y_points_upwards(folder: Path) -> None:
    seven = load_pen_digits(folder)[-1]
    assert seven.strokes[0][0, 1] > seven.strokes[0][-1, 1], "a 7 begins at its top"


def test_a_set_that_is_not_there_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "ujipenchars2.txt").unlink()
    with pytest.raises(DataError, match=r"ujipenchars2\.txt; run `make hands`"):
        load_pen_digits(folder)


def write_digits_of_two() -> Strokes:
    rng = np.random.default_rng(1)
    digits = [PenDigit(label, writer, tuple(sample_digit(label, rng))) for writer in "ba" for label in (3, 5)]
    return write_pen_digits(digits, rng)


def test_a_writer_s_digits_keep_together() -> None:
    strokes = write_digits_of_two()
    assert strokes.distance_fields.shape == (4, 56, 56) and strokes.labels.tolist() == [3, 5, 3, 5]
    assert strokes.writers[0] == strokes.writers[1] != strokes.writers[2] == strokes.writers[3]


def test_writers_of_two_sets_stay_apart_when_these_are_joined() -> None:
    fonts = write_font_digits(load_fonts([FONT_FOLDER / "DejaVuSans.ttf"])[:2], 1, np.random.default_rng(1))
    joined = fonts + write_digits_of_two()
    assert np.unique(joined.writers).tolist() == [0, 1, 2, 3]
    nobody = Strokes(fonts.distance_fields, fonts.labels, np.full(20, UNKNOWN_WRITER))
    assert np.array_equal((nobody + fonts).writers, [*[UNKNOWN_WRITER] * 20, *fonts.writers])
