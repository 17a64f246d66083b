"""Two readers of one row: what one of them misses the other brings, and forms choose among what both find likely."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.alphabet import CHARACTERS, CLASS_COUNT, SPACE, encode_text
from inkdigits.marks import Box
from inkdigits.reading.decoding.alignment import align_digits, align_strings
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow, fuse_row
from inkdigits.reading.decoding.gaps import Gap, find_gaps
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.lines import build_lines
from inkdigits.reading.decoding.transcript import Strip, Transcript
from inkdigits.reading.decoding.unread import add_overlooked_digits, add_unread_digits
from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.imaging.rules import Rule
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Line

THRESHOLDS = AcceptThresholds(0.8, 0.5)
PITCH, HEIGHT = 24, 30  # pixels, of a strip at the page's own scale: six frames a digit


def make_hypothesis(place: int, digit: int, digitness: float = 0.99, probability: float = 0.99) -> Hypothesis:
    probabilities = np.full(10, (1 - probability) / 9)
    probabilities[digit] = probability
    return Hypothesis(Box(place * PITCH + 3, 10, 18, HEIGHT), tuple(probabilities.tolist()), digitness)


def make_transcript(
    text: str, probability: float = 0.99, doubts: dict[int, str] | None = None, tall_ink_at: int | None = None
) -> Transcript:
    """Frames that say a text of one character a pitch, surely, or that some of its characters may be others. There is
    no ink on the strip, but at `tall_ink_at` a stroke as tall as a digit."""
    frames = np.full((6 * len(text), CLASS_COUNT), 1e-5)
    frames[:, 0] = 1
    for place, character in enumerate(text):
        others = (doubts or {}).get(place, "")
        peak = frames[6 * place + 3]
        peak[0] = (1 - probability) / 2
        peak[CHARACTERS.index(character) + 1] = probability / (1 + len(others))
        for other in others:
            peak[CHARACTERS.index(other) + 1] = probability / (1 + len(others))
    frames /= frames.sum(axis=1, keepdims=True)
    ink: NDArray[np.float32] = np.zeros((48, PITCH * len(text)), np.float32)
    if tall_ink_at is not None:
        ink[9:39, PITCH * tall_ink_at + 10 : PITCH * tall_ink_at + 14] = 1
    return Transcript(Strip(ink, 0.0, 1.0, 25.0, 0.0), np.log(frames).astype(np.float32))


def read_row(hypotheses: list[Hypothesis], *transcripts: Transcript, form: Form | None = None) -> Line:
    return build_line(fuse_row(hypotheses, transcripts, form), transcripts, Expected(form))


def build_line(row: FusedRow, transcripts: Sequence[Transcript], expected: Expected = Expected()) -> Line:  # noqa: B008
    (line,) = build_lines([row], [partial(find_gaps, transcripts=transcripts)], [], THRESHOLDS, expected)
    return line


def test_what_both_say_is_sure() -> None:
    line = read_row([make_hypothesis(i, d) for i, d in enumerate((5, 0, 3))], make_transcript("503"))
    assert line.text == "503" and line.numbers[0].confidence > 0.97 and line.numbers[0].accepted
    assert line.numbers[0].digits[0].box == Box(3, 10, 18, HEIGHT)


def test_a_digit_that_was_not_detected_is_brought_by_the_frames() -> None:
    line = read_row([make_hypothesis(i, 0) for i in (1, 2, 3)], make_transcript("5000"))
    assert "".join(str(digit.digit) for digit in line.numbers[0].digits) == "5000"
    first = line.numbers[0].digits[0].box
    assert first.x < PITCH and 10 <= first.y + first.height / 2 <= 40


def test_a_letter_that_the_detector_takes_for_a_digit_is_not_read() -> None:
    hypotheses = [make_hypothesis(0, 1), make_hypothesis(1, 2, digitness=0.9)]
    assert read_row(hypotheses, make_transcript("12")).text == "12"
    assert read_row(hypotheses, make_transcript("1~")).text == "1"


def test_the_least_certain_digit_is_refused_and_the_number_says_how_sure_it_is() -> None:
    hypotheses = [make_hypothesis(0, 4), make_hypothesis(1, 1, probability=0.5), make_hypothesis(2, 8)]
    line = read_row(hypotheses, make_transcript("418", doubts={1: "7"}))
    number = line.numbers[0]
    assert number.text == "4?8" and not number.accepted
    assert number.confidence == pytest.approx(
        number.digits[1].confidence * number.digits[1].digitness, abs=0.02
    )  # as sure as its least certain digit, not as the others
    assert number.confidence < 0.8


def test_as_few_digits_are_refused_as_leave_the_rest_sure() -> None:
    """The doubt is whether a 6 or a 61 is last, so that refusing others does not help, however uncertain they are."""
    hypotheses = [make_hypothesis(i, d) for i, d in ((1, 5), (3, 0), (4, 6))]
    hypotheses += [make_hypothesis(0, 1, digitness=0.5), make_hypothesis(5, 1, digitness=0.3)]
    line = read_row(hypotheses, make_transcript("15.06 ", 0.9), make_transcript("15.061", 0.9))
    assert [number.text for number in line.numbers] == ["15.0?"]


def test_a_space_that_the_frames_see_ends_a_number() -> None:
    hypotheses = [make_hypothesis(i, d) for i, d in zip((0, 1, 3, 4), (1, 2, 3, 4), strict=True)]
    assert read_row(hypotheses, make_transcript(f"12{SPACE}34")).text == "12 34"
    assert read_row(hypotheses, make_transcript("12.34")).text == "12.34"
    assert [number.text for number in read_row(hypotheses, make_transcript("12-34")).numbers] == ["12", "34"]


def test_a_form_chooses_among_what_is_likely() -> None:
    hypotheses = [make_hypothesis(i, d, probability=0.6) for i, d in enumerate((1, 7))]
    transcript = make_transcript("17", doubts={1: "1"})
    number = read_row(hypotheses, transcript, form=Form(range="10..12")).numbers[0]
    assert number.text == "11" and number.fits is True


def test_a_form_joins_what_a_gap_parts() -> None:
    hypotheses = [make_hypothesis(i, d) for i, d in zip((0, 1, 3), (1, 2, 3), strict=True)]
    transcript = make_transcript(f"12{SPACE}3")
    assert read_row(hypotheses, transcript).text == "12 3"
    number = read_row(hypotheses, transcript, form=Form(length=3)).numbers[0]
    assert number.text == "123" and number.fits is True


def test_what_fits_no_form_keeps_its_plain_reading() -> None:
    hypotheses = [make_hypothesis(i, d) for i, d in enumerate((1, 3, 5, 4))]
    plain = read_row(hypotheses, make_transcript("1354")).numbers[0]
    number = read_row(hypotheses, make_transcript("1354"), form=Form(length=5)).numbers[0]
    assert plain.fits is None and number.fits is False
    assert number.text == plain.text == "1354" and number.digits == plain.digits


def test_frames_of_two_sizes_count_alike() -> None:
    hypotheses = [make_hypothesis(0, 3, probability=0.5)]
    agreeing = read_row(hypotheses, make_transcript("3"), make_transcript("3")).numbers[0]
    disagreeing = read_row(hypotheses, make_transcript("3"), make_transcript("8")).numbers[0]
    assert agreeing.confidence > 0.9 > disagreeing.confidence


def test_a_number_that_may_have_a_digit_more_is_less_sure() -> None:
    strings, probabilities = ("12", "120", "17"), np.array([0.5, 0.4, 0.1])
    piece = FusedPiece(strings, probabilities, "12", align_strings(strings, "12"), (), lambda string: ())
    assert piece.compute_confidence([0, 1]) == pytest.approx(0.5)
    assert piece.compute_confidence([0]) == pytest.approx(1.0) and piece.compute_confidence([1]) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("other", "best", "aligned"),
    [
        ("123", "123", [1, 2, 3]),
        ("13", "123", [1, -1, 3]),
        ("1923", "123", [1, 2, 3]),
        ("183", "123", [1, 8, 3]),
        ("", "12", [-1, -1]),
    ],
)
def test_strings_are_aligned_by_the_least_edits(other: str, best: str, aligned: list[int]) -> None:
    assert align_digits(other, best) == aligned


@pytest.mark.parametrize(("text", "place"), [("~00", 0), ("00~", 2), ("00+", 2), ("0~0", 1)])
def test_tall_ink_beside_digits_that_was_taken_for_something_else_is_in_doubt(text: str, place: int) -> None:
    hypotheses = [make_hypothesis(index, 0) for index in range(3) if index != place]
    transcript = make_transcript(text, tall_ink_at=place)
    line = build_line(add_unread_digits(fuse_row(hypotheses, [transcript]), transcript), [transcript])
    (number,) = line.numbers
    assert number.text == "".join("?" if index == place else "0" for index in range(3))
    assert number.confidence < 0.8 and abs(number.digits[place].box.x - PITCH * place) < PITCH / 2


@pytest.mark.parametrize(
    ("text", "tall_ink_at"),
    [
        *(("~00", None), ("00-", 2), ("0+0", 1), ("(00)", 0), (f"~{SPACE}00", 0), (f"00{SPACE}+", 3)),
        *(("~0.00", 0), ("~000,00", 0), (f"0{SPACE}~00.00", 2), ("0.00~", 4)),
    ],
)
def test_signs_and_words_beside_numbers_are_no_digits(text: str, tall_ink_at: int | None) -> None:
    """Low ink, a minus, a plus between two numbers, a pair of brackets, a word and a plus that stand apart, and a
    currency beside a price."""
    hypotheses = [make_hypothesis(index, 0) for index, character in enumerate(text) if character == "0"]
    transcript = make_transcript(text, tall_ink_at=tall_ink_at)
    row = fuse_row(hypotheses, [transcript])
    assert add_unread_digits(row, transcript).boxes == row.boxes


@pytest.mark.parametrize(("pitches", "text"), [(1, "?00"), (4, "00")])
def test_a_letter_far_from_a_digit_is_not_beside_it(pitches: int, text: str) -> None:
    """Though nothing is read between them."""
    written = f"~{SPACE * (pitches - 1)}00"
    hypotheses = [make_hypothesis(index, 0) for index, character in enumerate(written) if character == "0"]
    transcript = make_transcript(written, tall_ink_at=0)
    frames = transcript.frames.copy()
    frames[:, encode_text(SPACE)] = np.log(1e-6)
    transcript = replace(transcript, frames=frames)
    line = build_line(add_unread_digits(fuse_row(hypotheses, [transcript]), transcript), [transcript])
    assert line.text == text


@pytest.mark.parametrize(
    ("digitness", "texts"), [(0.9, ("3", "33", "11")), (0.6, ("?", "33", "??")), (0.4, ("?", "??", "??"))]
)
def test_a_number_must_be_seen_by_the_detections_too(digitness: float, texts: tuple[str, ...]) -> None:
    """Beside others less is enough: they bear each other out; but less so several 1s, as dirt is often narrow."""
    for written, expected in zip(("3", "33", "11"), texts, strict=True):
        hypotheses = [make_hypothesis(place, int(digit), digitness) for place, digit in enumerate(written)]
        assert read_row(hypotheses, make_transcript(written)).text == expected


def test_a_long_row_falls_into_pieces_and_stays_whole() -> None:
    """What both readers compare stays small, however long a row is on which everything touches."""
    count = 120
    hypotheses = [make_hypothesis(index, index % 10) for index in range(count)]
    touching = [replace(each, box=replace(each.box, width=PITCH)) for each in hypotheses]
    row = fuse_row(touching, [make_transcript("".join(str(index % 10) for index in range(count)))])
    assert max(len(piece.hypotheses) for piece in row.fused_pieces) < 60
    assert row.string == "".join(str(index % 10) for index in range(count))
    assert row.splits.shape == (count - 1,) and row.splits.max() < 0.5


BOX_RULES = Grid(tuple(Rule(np.array([5.0, 45.0]), np.array([x, x])) for x in (0.0, 24.0, 48.0, 72.0)))


@pytest.mark.parametrize(
    ("text", "tall_ink_at", "reads"),
    [("0~0", 1, "0?0"), ("0×0", 1, "00"), ("0~0", None, "00"), (f"0{SPACE}0", 1, "0?0"), (f"~{SPACE}0", 0, "0")],
)
def test_unread_ink_in_a_box_beside_one_with_a_digit_is_in_doubt(
    text: str, tall_ink_at: int | None, reads: str
) -> None:
    """Not what is crossed out, an empty box, or a box further away."""
    hypotheses = [make_hypothesis(index, 0) for index, character in enumerate(text) if character == "0"]
    transcript = make_transcript(text, tall_ink_at=tall_ink_at)
    row = add_unread_digits(fuse_row(hypotheses, [transcript]), transcript, BOX_RULES)
    line = build_line(replace(row, splits=np.zeros(len(row.boxes) - 1)), [transcript])
    digits = [digit for number in line.numbers for digit in number.digits]
    assert "".join(str(digit.digit) if digit.accepted else "?" for digit in digits) == reads


@pytest.mark.parametrize(
    ("digit", "digitness", "shown", "text"),
    [
        (1, 0.9, "    ", "?"),
        (1, 0.2, "    ", ""),
        (7, 0.9, "    ", ""),
        (1, 0.9, "  ~ ", ""),
        (1, 0.9, "  / ", ""),
    ],
)
def test_a_lone_stroke_of_which_the_transcriber_says_nothing_is_in_doubt(
    digit: int, digitness: float, shown: str, text: str
) -> None:
    """As a 1 in a cell of its own, that may be a rule; no other digit, and not where it sees a letter or a sign."""
    hypotheses = [make_hypothesis(0, 5), make_hypothesis(1, 5), make_hypothesis(6, digit, digitness)]
    transcript = make_transcript(f"55  {shown}")
    row = add_overlooked_digits(fuse_row(hypotheses, [transcript]), hypotheses, transcript)
    assert build_line(row, [transcript]).text == f"55 {text}".strip()


@pytest.mark.parametrize(("says", "digitness", "text"), [("5 5", 0.9, "5?5"), ("5 5", 0.4, "55"), ("5+5", 0.9, "5+5")])
def test_what_the_transcriber_overlooks_beside_a_digit_is_in_doubt(says: str, digitness: float, text: str) -> None:
    hypotheses = [make_hypothesis(0, 5), make_hypothesis(1, 1, digitness), make_hypothesis(2, 5)]
    transcript = make_transcript(says)
    row = add_overlooked_digits(fuse_row([hypotheses[0], hypotheses[2]], [transcript]), hypotheses, transcript)
    assert build_line(row, [transcript]).text.replace(" ", "") == text


def test_what_is_overlooked_joins_no_numbers_that_it_is_far_from() -> None:
    hypotheses = [make_hypothesis(0, 5), make_hypothesis(4, 1), make_hypothesis(5, 5)]
    transcript = make_transcript("5    5")
    row = add_overlooked_digits(fuse_row([hypotheses[0], hypotheses[2]], [transcript]), hypotheses, transcript)
    assert build_line(row, [transcript]).text == "5 ?5"


@pytest.mark.parametrize(
    ("says", "cell", "text"),
    [("5   ~  ", (48.0, 168.0), "5 ?"), ("5   ×  ", (48.0, 168.0), "5"), ("5   ~  ", None, "5")],
)
def test_what_is_alone_in_a_cell_of_a_table_and_is_no_cross_is_in_doubt(
    says: str, cell: tuple[float, float] | None, text: str
) -> None:
    hypotheses = [make_hypothesis(0, 5), make_hypothesis(4, 5, digitness=0.3)]
    transcript = make_transcript(says, tall_ink_at=4)
    grid = Grid(tuple(Rule(np.array([-80.0, 120.0]), np.array([x, x])) for x in cell or ()))
    row = add_overlooked_digits(fuse_row(hypotheses, [transcript]), hypotheses, transcript, grid)
    assert build_line(row, [transcript]).text == text


@pytest.mark.parametrize(("digitness", "grid", "text"), [(0.95, True, "5?"), (0.7, True, "5"), (0.95, False, "5")])
def test_what_is_overlooked_in_a_printed_box_is_in_doubt(digitness: float, grid: bool, text: str) -> None:
    hypotheses = [make_hypothesis(0, 5), make_hypothesis(2, 5, digitness)]
    transcript, boxes = make_transcript("5  "), BOX_RULES if grid else NO_GRID
    row = add_overlooked_digits(fuse_row(hypotheses[:1], [transcript]), hypotheses, transcript, boxes)
    assert build_line(row, [transcript]).text.replace(" ", "") == text


def test_a_box_vouches_for_a_digit_that_the_detections_see() -> None:
    """Half a cross in an empty box looks like a 1, though not to them."""
    for digitness, vouches in ((0.9, True), (0.3, False)):
        (piece,) = fuse_row([make_hypothesis(0, 1, digitness)], [make_transcript("1", 0.8)]).fused_pieces
        assert (piece.expect_one_digit().compute_confidence([0]) > piece.compute_confidence([0])) is vouches


@pytest.mark.parametrize(("digit", "grid", "text"), [(1, BOX_RULES, "1"), (1, NO_GRID, "?"), (7, BOX_RULES, "?")])
def test_a_plain_stroke_alone_between_rules_is_a_1(digit: int, grid: Grid, text: str) -> None:
    transcript = make_transcript(f" {digit} ")
    row = fuse_row([make_hypothesis(1, digit, digitness=0.5)], [transcript])
    gap_finders = [partial(find_gaps, transcripts=[transcript])]
    (line,) = build_lines([row], gap_finders, [], THRESHOLDS, Expected(), grid)
    assert line.text == text


def test_of_a_row_that_nobody_reads_the_ink_beside_letters_is_no_number_of_several() -> None:
    transcript = make_transcript("~1~", tall_ink_at=0)
    empty = FusedRow((), np.zeros(0))
    for ink_at in (0, 1, 2):
        row = add_unread_digits(empty, make_transcript("~1~", tall_ink_at=ink_at))
        assert len(row.splits) == max(0, len(row.boxes) - 1)
    assert add_unread_digits(empty, transcript).boxes


def test_where_one_strip_ends_the_digits_are_on_the_other() -> None:
    """A very long row is on one strip only in part: the smaller view reaches farther."""
    short, long = make_transcript("1"), make_transcript("1    5")
    row = fuse_row([make_hypothesis(0, 1), make_hypothesis(5, 8, digitness=0.2)], [short, long])
    assert [piece.string for piece in row.fused_pieces] == ["1", "5"]
    assert row.read_as(["1", "55"]).boxes[-1].x > 4 * PITCH


def test_in_a_table_a_number_may_get_more_digits_by_its_form() -> None:
    first, second = make_hypothesis(0, 1, digitness=0.4), make_hypothesis(1, 5)
    strings = ("1", "1234")
    longer = FusedPiece(
        strings, np.array([0.6, 0.4]), "1", align_strings(strings, "1"), (first,), lambda text: (first,) * len(text)
    )
    alone = FusedPiece(("5",), np.ones(1), "5", align_strings(("5",), "5"), (second,), lambda _: (second,))
    expected = Expected(Form(length=4), boxes="cells")
    row = FusedRow((longer, alone), np.ones(1))
    (line,) = build_lines([row], [lambda read: (Gap(),) * (len(read.boxes) + 1)], [], THRESHOLDS, expected, BOX_RULES)
    assert [(len(number.digits), number.column) for number in line.numbers] == [(4, 0), (1, 1)]


@pytest.mark.parametrize(("says", "read"), [("12.50~", "12.50"), ("12.5~", "12.5?"), ("1250~", "1250?")])
def test_a_unit_behind_two_decimals_is_no_digit(says: str, read: str) -> None:
    hypotheses = [make_hypothesis(place, int(each)) for place, each in enumerate(says) if each.isdecimal()]
    transcript = make_transcript(says, tall_ink_at=len(says) - 1)
    row = add_unread_digits(fuse_row(hypotheses, [transcript]), transcript)
    assert len(row.boxes) == sum(each.isdecimal() or each == "?" for each in read)
