"""The rules of boxes and tables are found, whole or broken, level or tilted; strokes are none."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.reading.imaging.grid import NO_GRID, drop_strokes, find_grid
from inkdigits.reading.imaging.rules import Rule
from tests.reading.drawing import Pixels

HEIGHT = 40  # of the digits that are or might be there


def draw_table(columns: int, rows: int, cell: int = 70, slope: float = 0.0) -> Pixels:
    """The mask of a table's rules, which slope as on a photo of a turned sheet."""
    mask = np.zeros((rows * cell + 120, columns * cell + 120), np.uint8)

    def turn(x: float, y: float) -> tuple[int, int]:
        return round(60 + x - slope * y), round(60 + y + slope * x)

    for column in range(columns + 1):
        cv2.line(mask, turn(column * cell, 0), turn(column * cell, rows * cell), 1, 2)
    for row in range(rows + 1):
        cv2.line(mask, turn(0, row * cell), turn(columns * cell, row * cell), 1, 2)
    return mask


@given(st.integers(1, 6), st.integers(1, 4), st.floats(-0.08, 0.08), st.sampled_from([1.0, 0.5, 2.0]))
def test_a_table_has_its_rules_where_they_were_drawn(columns: int, rows: int, slope: float, scale: float) -> None:
    mask = draw_table(columns, rows, slope=slope)
    grid = find_grid(mask, HEIGHT / scale, scale)
    assert len(grid.uprights) == columns + 1
    assert len(grid.levels) == rows + 1
    for column, rule in enumerate(grid.uprights):
        y = 60 + 35 + slope * column * 70
        assert rule.covers(y / scale)
        assert abs(scale * rule.find_across(y / scale) - (60 + column * 70 - slope * 35)) < 4


@pytest.mark.parametrize(("cell", "height"), [(70, 100.0), (70, 80.0), (70, 60.0), (70, 35.0)])
def test_squares_lower_than_digits_are_those_of_squared_paper(cell: int, height: float) -> None:
    mask = draw_table(9, 8)
    assert find_grid(mask, height).is_squared_paper == (height > cell)
    assert not find_grid(draw_table(3, 2), height).is_squared_paper, "a table has few"


@pytest.mark.parametrize(("digit_count", "is_squared"), [(20, True), (60, False), (None, False)])
def test_squares_as_high_as_digits_are_paper_if_most_are_empty(digit_count: int | None, is_squared: bool) -> None:
    for slope in (0.0, 0.05):
        assert find_grid(draw_table(10, 9, slope=slope), 50, digit_count=digit_count).is_squared_paper == is_squared


def test_boxes_apart_are_no_squared_paper() -> None:
    mask = np.zeros((300, 500), np.uint8)
    for row, column in np.ndindex(2, 6):
        cv2.rectangle(mask, (40 + 70 * column, 60 + 110 * row), (94 + 70 * column, 114 + 110 * row), 1, 2)
    assert not find_grid(mask, 44, digit_count=5).is_squared_paper


def test_the_walls_of_boxes_that_stand_close_together_are_rules() -> None:
    mask = np.zeros((160, 400), np.uint8)
    for column in range(5):
        cv2.rectangle(mask, (40 + 60 * column, 50), (87 + 60 * column, 115), 1, 3)
    assert len(find_grid(mask, HEIGHT).uprights) == 10


@pytest.mark.parametrize(("lean", "is_rule"), [(0, True), (10, False), (-20, False)])
def test_a_line_that_leans_otherwise_than_the_rules_of_a_table_is_a_stroke(lean: int, is_rule: bool) -> None:
    mask = draw_table(4, 3)
    cv2.line(mask, (90 + lean, 60), (90 - lean, 200), 1, 2)
    assert len(find_grid(mask, HEIGHT).uprights) == 5 + is_rule


def test_a_rule_is_found_though_a_stroke_stands_close_beside_it() -> None:
    mask = draw_table(4, 3, cell=80)
    cv2.line(mask, (229, 90), (229, 160), 1, 4)  # a 1 whose foot is below the line, beside the rule at 220
    walls = [rule.middle for rule in find_grid(mask, HEIGHT).uprights]
    assert len(walls) == 5 and np.allclose(walls, [60, 140, 220, 300, 380], atol=3)


def test_a_stroke_alone_in_a_low_row_of_a_table_is_no_rule() -> None:
    mask = draw_table(4, 3, cell=54)
    mask[60:114, 86:89] = 1
    assert len(find_grid(mask, HEIGHT).uprights) == 5
    mask[60:114, 140:143] = 1
    assert len(find_grid(mask, HEIGHT).uprights) == 7, "two are walls of boxes"


@pytest.mark.parametrize(("start", "x", "count"), [(60, 140, 5), (48, 140, 3), (120, 95, 5), (120, 102, 3)])
def test_strokes_of_two_digits_are_no_walls_of_boxes(start: int, x: int, count: int) -> None:
    """Walls reach equally far up, and the pieces of a broken rule stand below one another."""

    def make_rule(x: float, start: float, end: float) -> Rule:
        return Rule(np.array([start, end]), np.array([x, x]))

    table = [make_rule(x, 60, 300) for x in (60, 180, 300)]
    strokes = [make_rule(86, 60, 114), make_rule(x, start, start + 54)]
    assert len(drop_strokes([*table, *strokes], HEIGHT)) == count


def test_a_broken_rule_is_a_rule_among_others() -> None:
    mask = draw_table(4, 3)
    mask[:, 196:206].reshape(-1, 10)[np.arange(mask.shape[0]) % 26 < 8] = 0
    mask[mask.shape[0] - 60 - 2 : mask.shape[0] - 56, 60:340] = 1
    assert len(find_grid(mask, HEIGHT).uprights) == 5


@pytest.mark.parametrize("digits", ["1111", "7417", "0986"])
def test_strokes_are_no_rules(digits: str) -> None:
    mask = np.zeros((160, 400), np.uint8)
    for place, digit in enumerate(digits):
        cv2.putText(mask, digit, (40 + 80 * place, 100), cv2.FONT_HERSHEY_SIMPLEX, 2, 1, 4)
    assert find_grid(mask, 44) == NO_GRID
    mask[20:23], mask[130:133] = 1, 1  # on ruled paper
    assert not find_grid(mask, 44).uprights


@pytest.mark.parametrize("is_upside_down", [False, True])
def test_boxes_that_the_edge_cuts_off_have_their_rules(is_upside_down: bool) -> None:
    mask = draw_table(4, 1)[65:]
    grid = find_grid(np.ascontiguousarray(mask[::-1]) if is_upside_down else mask, HEIGHT)
    assert len(grid.uprights) == 5 and len(grid.levels) == 1
    assert not find_grid(draw_table(2, 1)[65:], HEIGHT).uprights, "three may be 1s"


def test_strokes_from_a_rule_to_the_edge_are_no_rules() -> None:
    mask = draw_table(6, 1)[75:]  # as high as digits are
    assert not find_grid(mask, 44).uprights


@given(st.integers(1, 200), st.integers(1, 200), st.floats(1, 500))
def test_any_size_of_page_and_digits_is_fine(height: int, width: int, digit_height: float) -> None:
    for value in (0, 1):
        grid = find_grid(np.full((height, width), value, np.uint8), digit_height)
        assert all(np.isfinite(rule.across).all() for rule in grid.uprights)


def test_a_rule_is_followed_between_its_ends() -> None:
    rule = Rule(np.array([10.0, 20.0, 30.0]), np.array([5.0, 6.0, 7.0]))
    assert (rule.start, rule.end, rule.length) == (10, 30, 20)
    assert [rule.find_across(y) for y in (0, 15, 40)] == [5, 5.5, 7]
    assert rule.covers(12) and not rule.covers(12, 5) and rule.covers(8, -5)
