"""Digits into numbers and lines, in reading order."""

import math
from collections.abc import Callable, Sequence
from itertools import chain, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.marks import Box
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.fusion import FusedPiece, FusedRow
from inkdigits.reading.decoding.gaps import Gap
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.lines import build_lines
from inkdigits.reading.decoding.numbers import split_impossible
from inkdigits.reading.decoding.rows import find_rows
from inkdigits.reading.decoding.spacing import measure_row_height
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Line

_SEEN_GAP = 0.5  # of a digit's height: where they stand so far apart, the transcriber of these tests sees a space


def digit(value: int, x: int, y: int, height: int = 40) -> Hypothesis:
    return make_digit(value, Box(x, y, height // 2, height))


def make_digit(value: int, box: Box) -> Hypothesis:
    return Hypothesis(box, tuple(float(value == each) for each in range(10)), 1.0)


def fuse(digits: Sequence[Hypothesis], space: float) -> FusedRow:
    """A row on which there is no doubt of any digit, and in every wide gap a space has this probability."""
    boxes = [each.box for each in digits]
    gaps = np.array([second.x - first.right for first, second in pairwise(boxes)])
    height = measure_row_height([box.height for box in boxes])
    return FusedRow(tuple(map(fuse_digit, digits)), np.where(gaps > _SEEN_GAP * height, space, 0.0))


def fuse_digit(own: Hypothesis) -> FusedPiece:
    string = str(own.probabilities.index(max(own.probabilities)))
    return FusedPiece((string,), np.ones(1), string, np.array([[int(string)]]), (own,), lambda _string: (own,))


def read(digits: Sequence[Hypothesis], ink_components: Sequence[Box] = (), space: float = 0.9) -> tuple[Line, ...]:
    """The lines of a page without signs on which the transcriber, where digits stand apart, is rather sure of a space:
    so it is the spacing that says where a wide gap is none."""
    rows = [fuse(row, space) for row in find_rows(digits)]
    return build_lines(rows, [find_no_signs] * len(rows), ink_components, AcceptThresholds(0.5, 0.5), Expected())


def find_no_signs(row: FusedRow) -> tuple[Gap, ...]:
    return (Gap(),) * (len(row.boxes) + 1)


def text(digits: Sequence[Hypothesis], ink_components: Sequence[Box] = (), space: float = 0.9) -> str:
    return "\n".join(line.text for line in read(digits, ink_components, space))


def written(
    lines: str, down: Callable[[float], float] = lambda x: 0, step: int = 30, space: int = 45, leading: int = 60
) -> list[Hypothesis]:
    """Digits 40 pixels high, as the text has them: `down` says how far down a line has come at a column."""
    found = []
    for row, line in enumerate(lines.split("\n")):
        x = 100
        for char in line:
            if char != " ":
                found.append(digit(int(char), x, round(100 + leading * row + down(x))))
            x += space if char == " " else step
    return found


def test_nothing_is_no_line() -> None:
    assert read([]) == ()


def test_the_order_digits_come_in_does_not_matter() -> None:
    page = [digit(1, 0, 0), digit(2, 30, 4), digit(3, 0, 80), digit(4, 30, 76)]
    assert {text(list(order)) for order in permutations(page)} == {"12\n34"}


def test_wide_gaps_part_numbers() -> None:
    assert text([digit(1, 0, 0), digit(2, 28, 0), digit(3, 56, 0), digit(4, 140, 0), digit(5, 168, 0)]) == "123 45"


@pytest.mark.parametrize("space", [0.0, 1.0])
def test_a_gap_parts_numbers_if_the_transcriber_sees_a_space_or_it_is_as_wide_as_between_columns(space: float) -> None:
    pair = [digit(1, 0, 0), digit(2, 28, 0), digit(3, 56, 0)]
    assert text([*pair, digit(4, 140, 0)], space=space) == ("123 4" if space else "1234")
    assert text([*pair, digit(4, 190, 0)], space=space) == "123 4"


def test_how_a_writer_spaces_digits_the_other_rows_of_the_page_tell() -> None:
    """A row of two digits far apart is one number, unless the digits of others stand close together."""
    pair, tight = [digit(4, 0, 100), digit(9, 90, 100)], [digit(n, 28 * n, 0) for n in range(4)]
    assert text(pair) == "49" and text([*tight, *pair]) == "0123\n4 9"
    assert text([*tight, *pair], space=0.1) == "0123\n49"


@pytest.mark.parametrize(
    ("marks", "splits", "parts"),
    [
        ({2: ",", 6: ","}, {}, [4, 4]),  # 12,04 56,78, after two decimals
        ({2: ",", 6: ","}, {4: 0.3}, [5, 3]),  # 12,045 6,78, where a space is likeliest
        ({3: ",", 6: ","}, {}, [5, 3]),  # 123,456,78
        ({2: ",", 5: ","}, {}, [8]),  # 12,345,678
        ({2: ".", 5: ","}, {}, [8]),  # 12.345,67
        ({2: ".", 4: "."}, {}, [8]),  # 12.05.2021
    ],
)
def test_no_number_has_marks_as_none_can(marks: dict[int, str], splits: dict[int, float], parts: list[int]) -> None:
    gaps = [Gap(((marks.get(place, ""), 1.0),)) for place in range(9)]
    found = split_impossible(np.array([splits.get(place, 0.0) for place in range(7)]), gaps)
    ends = [0, *(np.flatnonzero(found >= 0.5) + 1).tolist(), 8]
    assert np.diff(ends).tolist() == parts


@pytest.mark.parametrize(
    ("marks", "parts"),
    [
        ({1: ":", 5: "."}, [1, 2, 3]),  # 8:30 17.5
        ({1: ":", 5: ":"}, [1, 2, 2, 1]),  # 8:30 17:5
        ({1: ":", 3: "."}, [1, 5]),  # 8:30.175
        ({1: ":"}, [1, 5]),  # 1:20000
    ],
)
def test_minutes_have_two_digits(marks: dict[int, str], parts: list[int]) -> None:
    gaps = [Gap(((marks.get(place, ""), 1.0),)) for place in range(7)]
    splits = np.array([float(marks.get(place) == ":") for place in range(1, 6)])
    ends = [0, *(np.flatnonzero(split_impossible(splits, gaps) >= 0.5) + 1).tolist(), 6]
    assert np.diff(ends).tolist() == parts


def test_evenly_spaced_digits_are_one_number() -> None:
    assert text([digit(n, 55 * n, 0) for n in range(6)]) == "012345"


def test_no_gap_is_wide_that_is_hardly_wider_than_the_others() -> None:
    assert text([digit(n, x, 0) for n, x in enumerate((0, 105, 210, 340, 440))]) == "01234", "one is a column's"
    assert text([digit(n, x, 0) for n, x in enumerate((0, 105, 210, 400, 500))]) == "012 34"


def test_slanted_lines_stay_apart() -> None:
    slanted = [digit(row, 30 * column, 60 * row + 8 * column) for row in (1, 2, 3) for column in range(12)]
    assert text(slanted) == "\n".join(str(row) * 12 for row in (1, 2, 3))


@pytest.mark.parametrize("step", [24, -30])
def test_stairs_are_one_line(step: int) -> None:
    stairs = [digit(n, 45 * n, 300 + step * n) for n in range(5)]
    assert text(stairs) == "01234"
    assert text([*stairs, digit(5, 225, 300)]) != "012345", "the last is no step"


def test_a_small_digit_keeps_its_line() -> None:
    assert text([digit(1, 0, 0, 60), digit(2, 40, 25, 30), digit(3, 70, 0, 60)]) == "123"


TWO_LINES = "1234 56 7890123 4\n98 7654 321 0 1234"
TABLE = "43 53 24 58\n56 21 68 21\n79 64 88 18\n50 59 96 13"


@pytest.mark.parametrize("degrees", [-15, -8, -3, 0, 3, 8, 15])
def test_whole_pages_may_slant(degrees: float) -> None:
    def slanted(x: float) -> float:
        return x * math.tan(math.radians(degrees))

    assert text(written(TWO_LINES, slanted)) == TWO_LINES
    assert text(written(TABLE, slanted, space=120)) == TABLE
    assert text(written("2026 11 25", slanted, space=90)) == "2026 11 25"


def test_lines_may_wave() -> None:
    lines = "12345678901234567890\n98765432109876543210\n11223344556677889900"
    assert text(written(lines, lambda x: 25 * math.sin(x / 80))) == lines
    assert text(written(lines, lambda x: x * 0.1 + 15 * math.sin(x / 60))) == lines


def test_cells_of_a_table_stay_apart_even_with_one_digit_each() -> None:
    assert text(written(TABLE, space=80)) == TABLE
    wide = "1 0 1 1\n1 5 1 5\n0 9 0 8"
    assert text(written(wide, space=140)) == wide
    closer = [digit(n, 100 + 80 * n, 300) for n in range(6)]
    for space in (0.0, 0.9):
        assert text([*written(wide, space=140), *closer], space=space) == f"{wide}\n0 1 2 3 4 5"
    assert text([*written("1234\n5678\n9012"), *closer]) == "1234\n5678\n9012\n012345"


def test_digits_far_apart_are_numbers_of_their_own() -> None:
    far = [digit(n, 100 + 140 * n, 300) for n in range(4)]
    assert text([*written("1234\n5678\n9012"), *far]) == "1234\n5678\n9012\n0 1 2 3"


def test_missing_cells_do_not_mix_rows() -> None:
    page = [
        digit(1, 300, 0),
        digit(2, 0, 60),
        digit(3, 300, 62),
        digit(4, 150, 121),
        digit(5, 0, 180),
        digit(6, 300, 178),
    ]
    assert text(page) == "1\n2 3\n4\n5 6"


@given(st.lists(st.tuples(st.integers(-6, 6), st.integers(-3, 3), st.integers(30, 50)), min_size=18, max_size=18))
def test_uneven_writing_keeps_its_lines_and_numbers(shaken: list[tuple[int, int, int]]) -> None:
    """No gap within a number is so wide that these transcripts see a space in it."""
    lines = "1234 567\n890 12345\n67 8"
    page = [
        Hypothesis(Box(d.box.x + right, d.box.y + down, 20, height), d.probabilities, 1.0)
        for d, (down, right, height) in zip(written(lines, leading=70, step=28), shaken, strict=True)
    ]
    assert text(page) == lines


@pytest.mark.parametrize("high", [True, False])
def test_zeros_at_half_height_stay_on_their_line_and_in_their_number(high: bool) -> None:
    lines = "10000 200\n500 1000\n70 80"
    page = [
        make_digit(0, Box(d.box.x, d.box.y + (0 if high else 20), 16, 20)) if d.probabilities[0] else d
        for d in written(lines, lambda x: 0.1 * x, step=28, space=55)
    ]
    assert text(page) == lines


def test_a_row_is_as_tall_as_its_tall_digits() -> None:
    assert measure_row_height([40, 20, 20, 20]) == 40
    assert measure_row_height([0, 0]) == 1, "other measures are divided by it"
    assert measure_row_height([40, 40, 40, 41, 90]) == 41
    uneven = [digit(7, 0, 0), *(digit(0, x, 20, 20) for x in (23, 36, 62))]
    assert text(uneven) == "7000"


def test_ones_are_narrow_and_part_no_number() -> None:
    ones = [make_digit(1, Box(8 + 30 * i, 0, 4, 40)) for i in range(3)]
    assert text([*ones, *(digit(4, 90 + 30 * i, 0) for i in range(5))]) == "11144444"


def make_hypothesis(x: int, y: int, width: int, height: int, digitness: float = 0.9) -> Hypothesis:
    return Hypothesis(Box(x, y, width, height), (0.1,) * 10, digitness)


def test_rows_hold_hypotheses_that_overlap() -> None:
    lines = [[make_hypothesis(x, y, 22, 40) for x in range(0, 300, 30)] for y in (0, 60, 120)]
    parts = [[make_hypothesis(x, y + 20 * (x % 20 > 5), 20, 20, 0.6) for x in range(5, 300, 45)] for y in (0, 60, 120)]
    wide = [[make_hypothesis(x, y + 2, 50, 38, 0.3) for x in range(2, 270, 60)] for y in (0, 60, 120)]
    across = [make_hypothesis(60, 0, 30, 100, 0.1), make_hypothesis(120, 58, 30, 102, 0.2)]
    found = find_rows([*across, *chain(*wide, *parts, *lines)])
    assert len(found) == 3
    for row, line, part, both in zip(found, lines, parts, wide, strict=True):
        assert {id(p) for p in (*line, *part, *both)} <= {id(p) for p in row}
        middles = [p.box.centre_x for p in row]
        assert middles == sorted(middles)


def test_doubtful_hypotheses_bridge_no_rows() -> None:
    lines = [make_hypothesis(30 * i, 44 * (i % 2), 22, 40) for i in range(8)]
    between = [make_hypothesis(30 * i - 40, 22, 22, 40, 0.05) for i in range(10)]
    across = [make_hypothesis(x, 0, 30, 84, 0.05) for x in (-70, 60, 90)]
    for doubtful in (between, across):
        found = [[p for p in row if p.digitness > 0.5] for row in find_rows([*lines, *doubtful])]
        assert found == [lines[::2], lines[1::2]]


def test_digits_side_by_side_stay_on_one_row_whatever_is_far_to_the_left() -> None:
    """As on a bill: small numbers of its rows, and a sum in large digits at its end, each higher than the last."""
    small = [make_hypothesis(20, y, 18, 26) for y in (540, 625, 710)]
    sum_digits = [make_hypothesis(x, y, 60, 74) for x, y in ((780, 614), (865, 570), (960, 548))]
    found = find_rows([*small, *sum_digits])
    assert [each for each in found if sum_digits[0] in each] == [[small[1], *sum_digits]]


def test_the_rules_of_a_page_tell_the_slope_of_its_lines_where_digits_do_not() -> None:
    left, right = (
        [make_hypothesis(20, y, 22, 40) for y in (100, 160)],
        [make_hypothesis(620, y, 22, 40) for y in (40, 100)],
    )
    assert find_rows([*left, *right], rules_slope=-0.1) == [list(each) for each in zip(left, right, strict=True)]
    assert len(find_rows([*left, *right])) == 3


BOXES = st.builds(Box, st.integers(-50, 500), st.integers(-50, 500), st.integers(0, 400), st.integers(0, 400))


@given(
    st.lists(st.builds(Hypothesis, BOXES, st.just((0.1,) * 10), st.floats(0, 1)), max_size=25),
    st.lists(BOXES, max_size=5),
)
def test_every_hypothesis_and_digit_is_on_one_line(hypotheses: list[Hypothesis], ink_components: list[Box]) -> None:
    assert sorted(id(p) for row in find_rows(hypotheses) for p in row) == sorted(map(id, hypotheses))
    digits = [Hypothesis(each.box, make_digit(1, each.box).probabilities, 1.0, i) for i, each in enumerate(hypotheses)]
    lines = read(digits, ink_components)
    found = [d.detection for line in lines for number in line.numbers for d in number.digits]
    assert sorted(each for each in found if each is not None) == list(range(len(digits)))


def draw_list(*numbers: int, gap: int = 30) -> tuple[list[Hypothesis], list[Box]]:
    """Lines of a digit, a point close behind it, and three digits after a gap; and the points."""
    digits, points = [], []
    for row, number in enumerate(numbers):
        digits.append(digit(number, 0, 60 * row))
        points.append(Box(23, 60 * row + 36, 5, 5))
        digits += [digit(place, 28 + gap + 24 * place, 60 * row) for place in range(3)]
    return digits, points


def test_the_number_of_a_list_is_none_of_what_follows() -> None:
    assert text(*draw_list(1, 2, 3), space=0.0) == "1 012\n2 012\n3 012"
    assert text(*draw_list(1, 5, 3), space=0.0) == "1012\n5012\n3012"  # decimals, loosely written
    assert text(*draw_list(1), space=0.0) == "1012"
    assert text(*draw_list(1, 2, 3, gap=18), space=0.0) == "1012\n2012\n3012"
