"""How far apart the digits of a row stand, with points and commas between them."""

from collections.abc import Sequence

import numpy as np
import pytest

from inkdigits.marks import Box
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.lines import weigh_splits
from inkdigits.reading.decoding.spacing import measure_spacing
from tests.reading.decoding.test_lines import digit, text, written


def measure(digits: Sequence[Hypothesis], ink_components: Sequence[Box] = ()) -> list[float]:
    """The gaps between digits and the next ones, in pixels."""
    boxes = [each.box for each in digits]
    return np.diagonal(measure_spacing(boxes, ink_components).measure_gaps(boxes), 1).tolist()


def find_points(digits: Sequence[Hypothesis], *marks: Box) -> tuple[Box, ...]:
    return measure_spacing([each.box for each in digits], marks).points


PAGE = [digit(1, 0, 0), digit(9, 25, 0), digit(1, 62, 0), digit(3, 86, 0)]


def test_points_and_commas_part_nothing() -> None:
    for mark in (Box(51, 36, 5, 5), Box(50, 34, 6, 14), Box(51, 33, 4, 4)):
        assert find_points(PAGE, mark) == (mark,)
        assert measure(PAGE) == [5, 17, 4] and measure(PAGE, [mark]) == [5, max(mark.x - 45, 62 - mark.right), 4]


def test_a_point_fills_its_gap_but_a_list_stays_a_list() -> None:
    page = [digit(1, 0, 0), digit(9, 22, 0), digit(1, 80, 0), digit(3, 102, 0), digit(3, 124, 0)]
    assert measure(page)[1] == 38 > measure_spacing([each.box for each in page]).wide_gap_px
    assert measure(page, [Box(58, 36, 5, 5)])[1] == 17, "the gap is as wide as two, with a point in the middle"
    assert measure(page, [Box(44, 36, 5, 12)])[1] == 31, "a comma and a space"
    columns = [digit(1, 0, 0), digit(9, 22, 0), digit(1, 150, 0), digit(3, 172, 0), digit(3, 194, 0)]
    assert text(columns, space=0.0) == "19 133" and text(columns, [Box(94, 36, 5, 5)], space=0.0) == "19133"
    assert text(columns, [Box(44, 36, 5, 12)], space=0.0) == "19 133"


def test_a_point_in_a_gap_of_digits_that_are_spaced_out_leaves_no_space() -> None:
    page = [digit(n, x, 0) for n, x in enumerate((0, 30, 100, 130, 160))]
    assert text(page) == "01 234" and text(page, [Box(73, 36, 5, 5)]) == "01234"
    assert text(page, [Box(52, 36, 5, 12)]) == "01 234", "a comma and a space"


def test_what_is_larger_than_a_point_or_higher_up_fills_no_gap() -> None:
    minus, plus, slash, times = Box(48, 18, 10, 4), Box(47, 14, 13, 13), Box(48, 0, 10, 42), Box(48, 14, 10, 10)
    colon_above, bracket = Box(51, 12, 5, 5), Box(49, -2, 6, 44)
    assert not find_points(PAGE, minus, plus, slash, times, colon_above, bracket)
    assert find_points(PAGE, colon_above, Box(51, 32, 5, 5)) == (Box(51, 32, 5, 5),), "the lower one of a colon"


def test_what_is_not_between_two_digits_of_a_line_is_no_point() -> None:
    rule, through, below = Box(0, 43, 110, 3), Box(0, 20, 110, 3), Box(51, 90, 5, 5)
    before, after, struck = Box(-10, 35, 5, 5), Box(120, 35, 5, 5), Box(33, 35, 5, 5)
    assert not find_points(PAGE, rule, through, below, before, after, struck)
    assert text(PAGE, [rule, through, below, before, after, struck]) == "1913"


def test_points_of_a_slanted_line_are_seen_where_the_line_is() -> None:
    page = written("12345678 9012", lambda x: 0.25 * x, space=0)
    foot, between = page[6].box.bottom, page[6].box.right + 2
    point, dash = Box(between, foot - 3, 5, 5), Box(between, foot - 22, 7, 3)
    assert find_points(page, point, dash) == (point,)


@pytest.mark.parametrize(
    ("gap_px", "by_transcriber"),
    [(20, [0.0, 0.0, 0.0]), (55, [0.0, 0.2, 0.96]), (70, [1.0, 1.0, 1.0])],
)
def test_where_digits_are_spaced_out_a_space_must_be_sure_or_wide(gap_px: int, by_transcriber: list[float]) -> None:
    boxes = [Box(x, 0, 20, 40) for x in (0, 40, 80, 100 + gap_px)]
    spacing = measure_spacing(boxes)
    assert spacing.is_spaced_out
    splits = [weigh_splits(np.array([0.0, 0.0, p]), boxes, spacing, is_in_cells=False)[-1] for p in (0.01, 0.5, 0.99)]
    assert splits == pytest.approx(by_transcriber, abs=0.01)


def test_where_a_hand_sets_digits_close_together_wide_gaps_part_numbers() -> None:
    """A row of small numbers far apart, unevenly, as in a table without rules; and two beside a longer one."""
    tight = [digit(n, 24 * n, row) for row in (0, 80) for n in range(4)]
    loose = [digit(n, x, 160) for n, x in enumerate((0, 75, 180, 255, 350))]
    assert text([*tight, *loose], space=0.1).split("\n")[2] == "0 1 2 3 4"
    assert text(loose, space=0.1) == "01234", "alone it may be a number written wide"
    mixed = [digit(n, x, 160) for n, x in enumerate((0, 80, 160, 184, 208))]
    assert text([*tight, *mixed], space=0.1).split("\n")[2] == "0 1 234"
