"""Numbers stay whole in boxes and apart in tables, whatever way the page was turned; empty boxes hold nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import UsageError
from inkdigits.marks import Box
from inkdigits.reading.decoding.cells import BoxKind, check_box_kind, find_cells, holds_only_rule, is_crossed
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.imaging.rules import Rule
from inkdigits.reading.reader import Reader
from tests.reading.drawing import draw_rows
from tests.reading.forms import draw_form, tilt

TABLE = [["20", "7", "134"], ["63", "", "480"], ["9", "51", "7"]]
TABLE_PX = 170  # the width of its cells
GRID = ["2071", "6348", "9151"]


@pytest.mark.parametrize("degrees", [0, 4, -7])
def test_a_comb_holds_one_number(reader: Reader, digits: Digits, degrees: float) -> None:
    page = draw_form([list("20719"), list("63485")], digits, gap_px=40)
    numbers = reader.read(tilt(page, degrees)).numbers
    assert ["".join(str(digit.digit) for digit in number.digits) for number in numbers] == ["20719", "63485"]
    assert sum(not digit.accepted for number in numbers for digit in number.digits) <= 1
    assert [(number.row, number.column) for number in numbers] == [(None, None)] * 2


@pytest.mark.parametrize("degrees", [0, 4, -7])
def test_a_table_has_a_number_in_every_cell(reader: Reader, digits: Digits, degrees: float) -> None:
    reading = reader.read(tilt(draw_form(TABLE, digits, TABLE_PX), degrees))
    assert [(number.row, number.column, number.text) for number in reading.numbers] == [
        (row, column, text) for row, texts in enumerate(TABLE) for column, text in enumerate(texts) if text
    ]


@pytest.mark.parametrize("rule_grey", [90, 165])
def test_faint_rules_part_the_cells_of_a_table(reader: Reader, digits: Digits, rule_grey: int) -> None:
    """Cells so narrow that the gaps between their digits tell nothing."""
    page = draw_form([["204", "713"], ["633", "948"], ["918", "577"]], digits, 142, rule_grey=rule_grey)
    assert reader.read(page).text == "204 713\n633 948\n918 577"


@pytest.mark.parametrize(
    ("boxes", "text"),
    [
        ("auto", "2 0 7 1\n6 3 4 8\n9 1 5 1"),
        ("cells", "2 0 7 1\n6 3 4 8\n9 1 5 1"),
        ("comb", "2071\n6348\n9151"),
    ],
)
def test_an_option_says_what_a_grid_of_single_digits_is(
    reader: Reader, digits: Digits, boxes: BoxKind, text: str
) -> None:
    reading = reader.read(draw_form([list(row) for row in GRID], digits), boxes=boxes)
    assert reading.text == text
    assert all((number.row is None) == (boxes == "comb") for number in reading.numbers)


def test_cells_of_several_digits_are_no_comb_whatever_is_said(reader: Reader, digits: Digits) -> None:
    page = draw_form([["20", "134"], ["632", "48"]], digits, TABLE_PX)
    assert reader.read(page, boxes="comb").text == "20 134\n632 48"


def test_what_is_in_an_empty_box_is_neither_digit_nor_doubt(reader: Reader, digits: Digits) -> None:
    page = draw_form([list("xx719"), ["-", "-", *"348"], ["", *"6105"]], digits, gap_px=40)
    assert reader.read(page).text == "719\n348\n6105"


@pytest.mark.parametrize("degrees", [0, -5])
def test_boxes_may_stand_apart(reader: Reader, digits: Digits, degrees: float) -> None:
    page = draw_form([list("20719"), list("x6348")], digits, gap_px=40, space_px=14)
    assert reader.read(tilt(page, degrees)).text == "20719\n6348"


def test_a_form_still_holds_in_boxes(reader: Reader, digits: Digits) -> None:
    page = draw_form([list("20719"), list("63485")], digits, gap_px=40)
    assert [number.fits for number in reader.read(page, form=Form(length=5)).numbers] == [True, True]


def test_a_page_without_rules_is_read_as_ever(reader: Reader, digits: Digits) -> None:
    page = draw_rows(digits.images, 10)
    assert len({reader.read(page, boxes=boxes).text for boxes in ("auto", "comb", "cells")}) == 1


def test_a_wrong_option_is_told() -> None:
    with pytest.raises(UsageError, match="auto, comb or cells, not 'rows'"):
        check_box_kind("rows")


def make_upright(x: float, start: float, end: float) -> Rule:
    return Rule(np.array([start, end]), np.array([x, x]))


def test_a_stretch_of_a_rule_is_no_digit_but_a_1_beside_it_is() -> None:
    grid = Grid((make_upright(100, 0, 300),))
    assert holds_only_rule(Box(97, 100, 6, 40), grid)
    assert not holds_only_rule(Box(117, 100, 6, 40), grid)
    assert not holds_only_rule(Box(85, 100, 30, 40), grid)
    assert not holds_only_rule(Box(97, 280, 6, 40), grid), "the rule ends there"


def test_a_row_is_crossed_by_rules_between_and_beside_its_digits_only() -> None:
    row = [Box(100, 100, 20, 40), Box(160, 100, 20, 40)]
    for x, is_row_crossed in ((140, True), (70, True), (215, True), (50, False), (240, False)):
        assert is_crossed(row, Grid((make_upright(x, 0, 300),))) == is_row_crossed
    assert not is_crossed(row, Grid((make_upright(140, 200, 300),))), "it stands below"


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_numbers_end_at_the_rules_of_a_table_and_nowhere_else(is_ruled: list[bool]) -> None:
    row = [Box(50 * place, 0, 20, 30) for place in range(len(is_ruled) + 1)]
    rules = [make_upright(50 * place + 35, -200, 200) for place, ruled in enumerate(is_ruled) if ruled]
    below = [Box(box.x, 100, 20, 30) for box in row]
    for cells in find_cells([row, below], Grid(tuple(rules)), "auto"):
        assert (cells.ends == 1).tolist() == is_ruled and not (cells.ends == 0).any()
        if any(is_ruled):
            assert cells.columns is not None
            assert np.diff(cells.columns).tolist() == is_ruled


def test_squared_paper_means_nothing() -> None:
    row = [Box(70 * place, 0, 40, 60) for place in range(10)]
    squares = Grid(tuple(make_upright(33 * place, -200, 300) for place in range(22)))
    for grid in (squares, NO_GRID):
        (cells,) = find_cells([row], grid, "auto")
        assert np.isnan(cells.ends).all() and not cells.is_boxed.any() and cells.columns is None


COMB = tuple(make_upright(x, 60, 170) for x in (400, 450, 500))  # of two boxes


def test_a_row_far_away_makes_no_table_of_a_comb() -> None:
    boxes = [Box(415, 80, 20, 30), Box(465, 80, 20, 30)]
    far, near = [Box(0, 115, 20, 30), Box(22, 115, 20, 30)], [Box(415, 125, 20, 30), Box(465, 125, 20, 30)]
    assert find_cells([boxes, far], Grid(COMB), "auto")[0].ends.tolist() == [0.0]
    assert find_cells([boxes, near], Grid(COMB), "auto")[0].ends.tolist() == [1.0]


def test_a_number_outside_of_a_comb_stays_whole() -> None:
    """`02` in a cell, and boxes with 5 and 7 on the same row."""
    row = [Box(x, 100, 20, 30) for x in (0, 22, 415, 465)]
    ends = find_cells([row], Grid((make_upright(100, 60, 170), *COMB)), "auto")[0].ends
    assert np.isnan(ends[0]) and ends[1:].tolist() == [1.0, 0.0]


def test_a_stroke_of_a_digit_parts_no_number() -> None:
    """The back of an 8 in a wide cell; a rule that is longer than the digit runs into it."""
    row = [Box(20, 110, 20, 30), Box(300, 100, 60, 70), Box(370, 100, 50, 70)]
    below = [Box(20, 250, 20, 30), Box(250, 250, 60, 70)]
    cell = make_upright(200, 0, 400)
    for (head, foot), end in (((97, 175), np.nan), ((60, 400), 1.0)):
        ends = find_cells([row, below], Grid((cell, make_upright(354, head, foot))), "auto")[0].ends
        assert np.array_equal(ends, [1.0, end], equal_nan=True)


@pytest.mark.parametrize(("ruled_rows", "gap_px", "end"), [(3, 20, 1.0), (2, 20, np.nan), (3, 10, np.nan)])
def test_a_columns_rule_goes_on_where_it_is_broken_off(ruled_rows: int, gap_px: int, end: float) -> None:
    """Through the wide gaps of rows below it, as through those where it is."""
    rows = [[Box(0, y, 20, 30), Box(20 + gap_px, y, 20, 30)] for y in (0, 100, 200, 300)]
    rule = make_upright(20 + gap_px / 2, -30, 100 * ruled_rows - 50)
    assert np.array_equal(find_cells(rows, Grid((rule,)), "auto")[-1].ends, [end], equal_nan=True)


def test_a_wall_may_stand_in_every_gap_of_boxed_digits_but_within_a_cell() -> None:
    """Two digits in one cell, and one in the next."""
    uprights = tuple(make_upright(x, 0, 300) for x in (0, 100, 200))
    rows = [[Box(x, y, 25, 40) for x in (20, 55, 130)] for y in (30, 130, 230)]
    levels = tuple(Rule(np.array([0.0, 200.0]), np.array([y, y])) for y in (0.0, 100.0, 200.0, 300.0))
    (first, *_) = find_cells(rows, Grid(uprights, levels), "auto")
    assert first.is_walled.tolist() == [True, False, True, True]
