"""Letters beside numbers are left out where there are words, and kept where a letter may be a digit after all."""

import pytest

from inkdigits.reading.decoding.fusion import FusedRow, fuse_row
from inkdigits.reading.decoding.words import remove_letters, stand_apart
from tests.reading.decoding.test_fusion import make_hypothesis, make_transcript


def remove(digits: str, says: str) -> FusedRow:
    """A row of `digits`, " " where there is none, without what are letters to a transcriber that `says` this."""
    hypotheses = [make_hypothesis(place, int(digit)) for place, digit in enumerate(digits) if digit != " "]
    return remove_letters(fuse_row(hypotheses, [make_transcript(digits)]), [make_transcript(says)])


def test_letters_beside_a_number_are_left_out() -> None:
    row = remove("5126", "~12~")
    assert row.string == "12" and row.splits.shape == (1,) and row.splits[0] < 0.5
    assert [box.x for box in row.boxes] == [box.x for box in remove("5126", "5126").boxes[1:3]]


def test_words_leave_nothing() -> None:
    row = remove("51 6", "~~ ~")
    assert row.fused_pieces == () and row.splits.shape == (0,)


def test_a_letter_alone_may_be_a_digit() -> None:
    assert remove("5126", "~126").string == "5126"


def test_a_letter_among_the_digits_of_a_piece_stays() -> None:
    assert remove("5126", "5~2~").string == "512"


def test_a_number_ends_where_letters_were() -> None:
    row = remove("5 1 6 2", "5 ~ 6 ~")
    assert row.string == "56" and row.splits.tolist() == [1.0]


def test_of_several_sizes_most_decide() -> None:
    hypotheses = [make_hypothesis(place, digit) for place, digit in enumerate((5, 1, 2, 6))]
    transcripts = [make_transcript(each) for each in ("~12~", "~12~", "5126")]
    row = fuse_row(hypotheses, [make_transcript("5126")])
    assert remove_letters(row, transcripts).string == "5126"  # 2 of 3, unsure
    transcripts[2] = make_transcript("~126")
    assert remove_letters(row, transcripts).string == "126"


@pytest.mark.parametrize(
    ("says", "apart"),
    [
        *(("10 ~~~", True), ("2.5 ~ ~~", True), ("7", False), ("10~~~", True), ("~~ 10", True), ("~10", False)),
        *(("10 ~ 5", False), ("~ 10 ~", False)),
        *(("~~ 7.21", True), ("~7.21 ~", True), ("~ 1,234.50", True), ("~~ 7.2 ~", False), ("~7.215", False)),
    ],
)
def test_a_quantity_and_a_price_stand_apart_from_what_they_count(says: str, apart: bool) -> None:
    assert stand_apart([make_transcript(says)]) == apart
    assert not stand_apart([make_transcript(says), make_transcript("1~0~~~")])
