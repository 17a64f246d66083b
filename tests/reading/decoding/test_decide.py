"""From detections to digits: what is chosen where they conflict, what is left out, and what is shown as unsure."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.alphabet import CLASS_COUNT, OTHER, SPACE, encode_text
from inkdigits.marks import Box
from inkdigits.reading.decoding.decide import decode_lines, make_hypotheses, remove_twins
from inkdigits.reading.decoding.digits import make_digit, make_empty_digit
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.transcript import Strip, Transcript
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.reading.networks.detector import Detections
from inkdigits.reading.networks.transcriber import DIGIT_HEIGHT_PX
from inkdigits.types import IN_WORD, Line, Number
from tests.reading.decoding.test_fusion import make_transcript

THRESHOLDS = AcceptThresholds(0.6, 0.5)
Placed = tuple[int, int, dict[int, float], float]  # x, y, probabilities of some digits, digitness


def make_detections(*placed: Placed, width: int = 30, height: int = 50) -> Detections:
    """Detections of 30×50 pixels; the digits without a given probability share what is left."""
    probabilities = np.zeros((len(placed), 10), np.float32)
    for row, (_, _, given_probabilities, _) in zip(probabilities, placed, strict=True):
        row[:] = (1 - sum(given_probabilities.values())) / (10 - len(given_probabilities))
        row[list(given_probabilities)] = list(given_probabilities.values())
    boxes = np.array([(x, y, width, height) for x, y, *_ in placed], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([sure for *_, sure in placed], np.float32), probabilities)


def decode(detections: Detections, form: Form | None = None, ink_components: tuple[Box, ...] = ()) -> tuple[Line, ...]:
    """The lines of a page whose transcriber takes every detection for what the detections say it is, but for those that
    are on chosen ones, and other ink for letters."""
    hypotheses = list(make_hypotheses(detections))

    def transcribe(row: Sequence[Box], _is_one_view: bool) -> list[Transcript]:
        hidden = {each.box for each in hypotheses if any(is_on(each.box, box) for box in row)} - set(row)
        seen = [each for each in hypotheses if is_level(each.box, row[0]) and each.box not in hidden]
        return [transcribe_hypotheses(seen, [box for box in ink_components if is_level(box, row[0])])]

    return decode_lines(detections, ink_components, THRESHOLDS, Expected(form), transcribe)


def is_level(box: Box, other: Box) -> bool:
    return box.y < other.bottom and other.y < box.bottom


def is_on(box: Box, other: Box) -> bool:
    return is_level(box, other) and box.x < other.right and other.x < box.right


def transcribe_hypotheses(row: Sequence[Hypothesis], letters: Sequence[Box]) -> Transcript:
    """Frames that give the digits of a row the probabilities that its hypotheses have, and a space to wide gaps."""
    boxes = sorted([*(each.box for each in row), *letters], key=lambda box: box.x)
    around = Box.around(boxes)
    scale = DIGIT_HEIGHT_PX / around.height
    width = round(around.width * scale) + 8
    strip = Strip(np.zeros((48, width), np.float32), around.x - 4 / scale, scale, around.centre_y, 0.0)
    frames = np.full((width // 4 + 1, CLASS_COUNT), 1e-5)
    frames[:, 0] = 1
    for each in row:
        frame = frames[int(strip.find_frame(each.box.centre_x))]
        frame[0] = 1 - each.digitness
        frame[encode_text("0123456789")] = each.digitness * np.array(each.probabilities)
    for box in letters:
        frame = frames[int(strip.find_frame(box.centre_x))]
        frame[0], frame[encode_text(OTHER)] = 0.01, 0.99
    for first, second in pairwise(boxes):
        if second.x - first.right >= around.height / 2:
            frame = frames[int(strip.find_frame((first.right + second.x) / 2))]
            frame[0], frame[encode_text(SPACE)] = 0.01, 0.99
    return Transcript(strip, np.log(frames / frames.sum(axis=1, keepdims=True)).astype(np.float32))


def text(lines: tuple[Line, ...]) -> str:
    return "\n".join(line.text for line in lines)


def sure(digit: int, p: float = 0.995) -> dict[int, float]:
    return {digit: p}


PAGE = make_detections(
    *((40 * place, 0, sure(digit), 0.99) for place, digit in enumerate((1, 9, 8, 4))),
    *((40 * place, 100, sure(digit), 0.99) for place, digit in enumerate((2, 0))),
    *((40 * place, 100, sure(digit), 0.99) for place, digit in enumerate((2, 6), 5)),
)


def test_digits_become_numbers_and_lines() -> None:
    assert text(decode(PAGE)) == "1984\n20 26"
    assert text(decode(PAGE.select(np.random.default_rng(0).permutation(len(PAGE))))) == "1984\n20 26"
    assert decode(make_detections()) == () == decode(make_detections(), Form(length=4))


def test_boxes_come_out_in_whole_pixels_of_the_page() -> None:
    (line,) = decode(make_detections((10, 20, sure(7), 0.99)).rescale(2.02))
    assert line.numbers[0].digits[0].box == Box(20, 40, 61, 101)


@pytest.mark.parametrize("form", [None, Form(pattern="d{1,4}")])
def test_a_digit_tells_which_detection_it_is(form: Form | None) -> None:
    order = np.random.default_rng(0).permutation(len(PAGE))
    lines = decode(PAGE.select(order), form)
    found = [digit.detection for line in lines for number in line.numbers for digit in number.digits]
    assert order[found].tolist() == list(range(len(PAGE)))


def test_of_two_that_cover_each_other_the_likelier_is_taken() -> None:
    assert text(decode(make_detections((0, 0, sure(3), 0.6), (8, 0, sure(5), 0.98)))) == "5"


def test_two_halves_are_taken_before_what_lies_across_them() -> None:
    """A find across two digits conflicts with both; together they are more probable."""
    both = make_detections((0, 0, sure(3), 0.95), (10, 0, sure(8), 0.55), (20, 0, sure(5), 0.95))
    assert text(decode(both)) == "35"


def test_what_is_hardly_a_digit_is_left_out() -> None:
    assert decode(make_detections((0, 0, sure(3), 0.01))) == ()
    assert text(decode(make_detections((0, 0, sure(3), 0.99), (40, 0, sure(1), 0.02)))) == "3"


def test_a_digit_that_may_be_two_is_shown_as_unsure_with_both() -> None:
    (line,) = decode(make_detections((0, 0, sure(4), 0.99), (40, 0, {1: 0.5, 7: 0.45}, 0.99)))
    assert line.text == "4?"
    digit = line.numbers[0].digits[1]
    assert (digit.digit, digit.accepted, [each for each, _ in digit.candidates[:2]]) == (1, False, [1, 7])
    assert digit.candidates[0][1] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("says", "read"), [("1.2", ["1.2"]), ("1-2", ["1", "2"])])
def test_a_point_parts_nothing_and_a_dash_does(says: str, read: list[str]) -> None:
    pair = make_detections((3, 10, sure(1), 0.99), (51, 10, sure(2), 0.99), width=18, height=30)
    transcript = make_transcript(says)
    (line,) = decode_lines(pair, [], THRESHOLDS, Expected(), lambda _row, _is_one_view: [transcript])
    assert [number.text for number in line.numbers] == read


@pytest.mark.parametrize(("form", "rejected"), [(None, IN_WORD), (Form(pattern="d{1,2}"), None)])
def test_what_stands_in_a_word_is_refused_and_only_that(form: Form | None, rejected: str | None) -> None:
    """Above `5t5eet`, below `12`."""
    word = make_detections(
        (0, 0, sure(5, 0.9), 0.9), (80, 0, sure(5, 0.9), 0.9), (0, 100, sure(1), 0.99), (40, 100, sure(2), 0.99)
    )
    letters = tuple(Box(x, 10, 28, 40) for x in (40, 120, 160, 200))
    assert text(decode(word, form)).replace(" ", "") == "55\n12"
    above, below = decode(word, form, ink_components=letters)
    refused = [(number.rejected, digit.accepted) for number in above.numbers for digit in number.digits]
    assert refused == [(rejected, False)] * 2 and below.text == "12"


@pytest.mark.parametrize(
    ("says", "digitness", "read", "rejected"),
    [
        ("55ttt", 0.9, "55", None),
        ("55ttt", 0.8, "??", None),
        ("5ttt", 0.9, "?", None),
        ("5tttt", 0.9, "", IN_WORD),
        ("5~ttt", 0.9, "", IN_WORD),
        ("5~tt", 0.9, "?", None),
    ],
)
def test_letters_are_none_where_the_transcriber_sees_none(
    says: str, digitness: float, read: str, rejected: str | None
) -> None:
    """`t` is ink in which it sees nothing: of rules, or dirt, if there are several digits and they are plain."""
    places = range(says.count("5"))
    detections = make_detections(*((24 * x + 3, 10, sure(5, 0.9), digitness) for x in places), width=18, height=30)
    ink = [Box(24 * place + 3, 10, 18, 30) for place in range(len(says))]
    transcript = make_transcript(says.replace("t", SPACE), probability=0.8)
    (line,) = decode_lines(detections, ink, THRESHOLDS, Expected(), lambda _row, _is_one_view: [transcript])
    assert (line.text, line.numbers[0].rejected) == (read, rejected)


@pytest.mark.parametrize(("digit", "read"), [(5, ""), (7, "7")])
def test_a_plain_digit_of_a_word_is_rejected_if_it_looks_like_a_letter(digit: int, read: str) -> None:
    """Of a word the transcriber may see the first letter only."""
    detections = make_detections((3, 10, sure(digit), 0.999), width=18, height=30)
    ink = [Box(24 * place + 3, 10, 18, 30) for place in range(6)]
    transcript = make_transcript(f"{digit}     ", probability=0.999)
    (line,) = decode_lines(detections, ink, THRESHOLDS, Expected(), lambda _row, _is_one_view: [transcript])
    assert line.text == read


@pytest.mark.parametrize(("second", "x", "rejected"), [(4, 40, None), (6, 40, IN_WORD), (4, 160, IN_WORD)])
def test_the_numbers_of_a_list_are_in_no_word(second: int, x: int, rejected: str | None) -> None:
    """Below one another, each one more than the last, with a word after each."""
    listed = make_detections((40, 10, sure(3, 0.9), 0.8), (x, 110, sure(second, 0.9), 0.8))
    letters = [Box(start + 40 * place, y, 28, 40) for start, y in ((80, 15), (x + 40, 115)) for place in range(5)]
    lines = decode(listed, ink_components=tuple(letters))
    assert [number.rejected for line in lines for number in line.numbers] == [rejected] * 2


@pytest.mark.parametrize(("says", "read"), [("××5", "5"), ("t×5", "×?"), ("5×5", "5×5"), ("5××5", "5 5")])
def test_crosses_side_by_side_are_those_of_empty_boxes(says: str, read: str) -> None:
    """They are neither operators nor letters that make a digit doubtful."""
    places = [place for place, character in enumerate(says) if character == "5"]
    detections = make_detections(*((24 * x + 3, 10, sure(5, 0.9), 0.9) for x in places), width=18, height=30)
    ink = [Box(24 * place + 3, 10, 18, 30) for place in range(len(says))]
    transcript = make_transcript(says.replace("t", SPACE), probability=0.8)
    (line,) = decode_lines(detections, ink, THRESHOLDS, Expected(), lambda _row, _is_one_view: [transcript])
    assert line.text == read


def test_a_plain_digit_among_many_doubtful_ones_is_not_accepted_unless_it_is_beyond_doubt() -> None:
    doubtful = [(60 * place, 200, sure(5, 0.6), 0.7) for place in range(5)]
    plain, beyond_doubt = (0, 0, sure(3, 0.9), 0.9), (0, 0, sure(3), 0.99)
    assert "3" in text(decode(make_detections(plain, *doubtful[:1])))
    assert "3" not in text(decode(make_detections(plain, *doubtful)))
    assert "3" in text(decode(make_detections(beyond_doubt, *doubtful)))
    assert "3" not in text(decode(make_detections(beyond_doubt, *doubtful), Form(length=1))), "it finds what it asks"


def test_a_form_chooses_what_fits() -> None:
    """0 to 50: the first digit, rather a 7 than a 1, must be a 1."""
    pair = make_detections((0, 0, {7: 0.7, 1: 0.29}, 0.99), (40, 0, sure(5), 0.99))
    assert text(decode(pair)) == "75"
    (line,) = decode(pair, Form(length=2, range=(0, 50)))
    assert [digit.digit for digit in line.numbers[0].digits] == [1, 5]
    assert line.text == "15", "among all that fit it is beyond doubt"
    assert line.numbers[0].confidence == line.numbers[0].known > 0.9


def test_a_form_says_how_many_digits_to_take() -> None:
    three = make_detections(*((40 * place, 0, sure(8), sure_of) for place, sure_of in enumerate((0.99, 0.99, 0.1))))
    assert text(decode(three)) == "88"
    (line,) = decode(three, Form(length=3))
    assert [digit.digit for digit in line.numbers[0].digits] == [8, 8, 8]


def test_what_no_form_fits_keeps_its_plain_reading() -> None:
    lines = decode(PAGE, Form(length=9))
    assert text(lines) == text(decode(PAGE)) == "1984\n20 26"
    assert [number.fits for line in lines for number in line.numbers] == [False] * 3


def test_numbers_of_a_form_part_at_gaps() -> None:
    assert text(decode(PAGE, Form(length=2))).splitlines()[-1] == "20 26"


def test_a_check_is_used() -> None:
    """Luhn: of 3 and 2, nearly as probable, only one gives a right number."""
    number = [*"7992739871", "3"]
    row = [(40 * place, 0, sure(int(digit)), 0.99) for place, digit in enumerate(number)]
    row[3] = (120, 0, {3: 0.55, 2: 0.44}, 0.99)
    assert text(decode(make_detections(*row), Form(check="luhn", length=11))) == "79927398713"


@given(st.lists(st.floats(0, 1), min_size=10, max_size=10).filter(lambda p: sum(p) > 0.01), st.floats(0, 1))
def test_a_digit_of_any_probabilities(weights: list[float], digitness: float) -> None:
    probabilities = np.array(weights) / sum(weights)
    digit = make_digit(probabilities, digitness, Box(1, 2, 3, 4), THRESHOLDS)
    assert digit.digit == int(np.argmax(probabilities)) == digit.candidates[0][0]
    assert digit.confidence == probabilities.max() == digit.candidates[0][1]
    shares = [share for _, share in digit.candidates]
    assert 2 <= len(shares) <= 10 and shares == sorted(shares, reverse=True)
    assert not digit.accepted or (digit.confidence >= 0.6 and digitness >= 0.5)
    assert digit.accepted or digit.confidence < 0.99 or digitness < 0.99


def test_another_digit_than_the_most_probable_can_be_taken() -> None:
    digit = make_digit([0.05] * 8 + [0.4, 0.2], 1.0, Box(0, 0, 1, 1), THRESHOLDS, chosen_digit=9)
    assert (digit.digit, digit.confidence, digit.accepted) == (9, 0.2, False)
    assert digit.candidates[:2] == ((8, 0.4), (9, 0.2))


def test_no_ink_is_no_digit() -> None:
    digit = make_empty_digit(Box(0, 0, 9, 9))
    assert digit.text == "?" and digit.digitness == 0 and len(digit.candidates) == 10


def test_ink_that_two_rows_have_read_is_read_once() -> None:
    rows = [
        Line((Number((make_empty_digit(Box(x, y, 40, 60)), make_empty_digit(Box(x + 50, y, 40, 60))), (), known),))
        for x, y, known in ((100, 100, 0.9), (110, 115, 0.8), (100, 180, 0.7))
    ]
    assert remove_twins(tuple(rows)) == (rows[0], rows[2])
    assert remove_twins(tuple(rows[1:])) == tuple(rows[1:])


def test_a_number_is_dropped_for_one_that_stays_only() -> None:
    rows = [
        Line((Number(tuple(make_empty_digit(Box(x, 100, 28, 60)) for x in range(start, start + 90, 30)), (), known),))
        for start, known in ((0, 0.5), (30, 0.7), (60, 0.9))
    ]
    assert remove_twins(tuple(rows)) == (rows[0], rows[2])


def test_a_digit_that_a_form_has_room_for_is_no_power() -> None:
    page = make_detections(*((100 + 35 * index, 100, {digit: 0.99}, 0.99) for index, digit in enumerate((1, 9, 8, 4))))
    page.boxes[3] = 208, 88, 16, 26
    assert [line.text for line in decode(page)] == ["198^4"]
    assert [line.text for line in decode(page, Form(length=4))] == ["1984"]


def test_a_piece_of_a_longer_number_is_dropped_however_sure_it_is() -> None:
    whole = Line((Number(tuple(make_empty_digit(Box(x, 100, 40, 60)) for x in (100, 150, 200)), (), 0.8),))
    head = Line((Number((make_empty_digit(Box(102, 100, 30, 25)),), (), 0.99),))
    frame = Line((Number((make_empty_digit(Box(80, 80, 200, 100)),), (), 0.9),))  # which the three lie within
    assert remove_twins((head, whole)) == (whole,)
    assert remove_twins((frame, whole)) == (frame,)
