"""Numbers on a page as one table: which row and column each stands in."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from inkdigits.data.sets.digits import Digits
from inkdigits.marks import Box, Sign
from inkdigits.reading.output.table import find_table
from inkdigits.reading.output.write import format_named_table, format_table
from inkdigits.reading.reader import Reader
from inkdigits.types import CROSSED_OUT, Digit, Line, ModelName, Number, Reading
from tests.reading.forms import draw_form

HEIGHT, WIDTH, STEP = 20, 12, 14  # of digits, and from one to the next, in pixels


def write_number(text: str, right: float, y: float, column: int | None = None) -> Number:
    """A number whose last digit ends at `right`; a space is a wider gap within it."""
    lefts = [right - STEP * (len(text) - index) + STEP - WIDTH for index in range(len(text))]
    digits = [
        Digit(int(sign), 0.9, 1.0, True, Box(round(left), round(y), WIDTH, HEIGHT), ((int(sign), 0.9),))
        for sign, left in zip(text, lefts, strict=True)
        if sign != " "
    ]
    return Number(tuple(digits), row=None if column is None else 0, column=column)


def make_reading(lines: Sequence[Line]) -> Reading:
    return Reading("a.png", 1, 1000, 1000, tuple(lines), ModelName("n", "1"), 0.01)


def write_rows(*rows: Sequence[tuple[str, float] | tuple[str, float, int]]) -> Reading:
    """A reading whose rows have numbers with these right edges, and columns of a ruled table, if any."""
    return make_reading(
        [Line(tuple(write_number(each[0], each[1], 40 * y, *each[2:]) for each in row)) for y, row in enumerate(rows)]
    )


def test_what_lines_up_at_the_right_is_a_column_and_what_is_below_is_a_row() -> None:
    reading = write_rows(
        [("2", 100), ("200", 200), ("400", 300)],
        [("12", 100), ("5", 200), ("60", 300)],
        [("1460", 300)],
    )
    assert find_table(reading).texts == [["2", "200", "400"], ["12", "5", "60"], ["", "", "1460"]]


def test_a_column_that_rules_show_to_be_empty_is_there() -> None:
    reading = write_rows([("60", 100, 1), ("660", 300, 3)], [("75", 100, 1), ("1125", 300, 3)])
    assert find_table(reading).texts == [["", "60", "", "660"], ["", "75", "", "1125"]]


def test_rules_join_what_does_not_overlap_and_alignment_corrects_a_rule_too_many() -> None:
    wide = write_rows([("5", 100, 0), ("1", 300, 1)], [("7", 200, 0), ("2", 300, 1)])
    assert find_table(wide).texts == [["5", "1"], ["7", "2"]]
    stroke = write_rows([("5", 100, 0), ("1", 200, 1), ("3", 300, 2)], [("7", 100, 0), ("2", 200, 2), ("4", 300, 3)])
    assert find_table(stroke).texts == [["5", "1", "3"], ["7", "2", "4"]]


def test_a_number_over_two_columns_is_divided_at_its_gap_and_only_there() -> None:
    head = [("43", 100), ("53", 142)]
    assert find_table(write_rows(head, head, [("61 91", 142)])).texts[2] == ["61", "91"]
    assert sorted(find_table(write_rows(head, head, [("61091", 142)])).texts[2]) == ["", "61091"]


def test_numbers_of_one_cell_keep_the_sign_between_them_and_rejected_ones_are_left_out() -> None:
    left, right = write_number("3", 100, 0, 0), write_number("4", 130, 0, 0)
    line = Line((left, right, write_number("12", 300, 0, 1)), (Sign("/", 1, 0.9, Box(102, 0, 4, 20)),))
    assert find_table(make_reading([line])).texts == [["3/4", "12"]]
    crossed = replace(line, numbers=(left, right, replace(line.numbers[2], rejected=CROSSED_OUT)))
    assert find_table(make_reading([crossed, line])).texts == [["3/4", ""], ["3/4", "12"]]
    assert find_table(make_reading([])).rows == ()


def test_signs_go_with_their_numbers_into_the_cells() -> None:
    box = Box(0, 0, 4, 20)
    numbers = (write_number("56", 100, 0), write_number("78", 300, 0))
    signs = [Sign(text, before, 0.9, box) for text, before in (("(", 0), (")", 1), ("+", 1), ("(", 1), ("%", 2))]
    assert find_table(make_reading([Line(numbers, tuple(signs))])).texts == [["(56)", "(78%"]]
    wide = replace(write_number("61 91", 142, 0), signs=(Sign("-", 0, 0.9, box), Sign(".", 4, 0.9, box)))
    heads = write_rows([("43", 100), ("53", 142)], [("43", 100), ("53", 142)])
    lines = [*heads.lines, Line((wide,))]
    assert find_table(make_reading(lines)).texts[2] == ["-61", "91."]


def test_a_date_or_a_time_is_one_cell() -> None:
    """Whatever its numbers are below: days of one digit and of two, and years."""
    box = Box(0, 0, 4, 20)
    rows = [
        (("12", 100), ("5", 130), ("2021", 200), ("8", 300), ("30", 340)),
        (("3", 86), ("11", 130), ("19", 172), ("16", 300), ("45", 340)),
    ]
    signs = tuple(Sign(text, before, 0.9, box) for text, before in (("/", 1), ("/", 2), (":", 4)))
    lines = [replace(line, signs=signs) for line in write_rows(*rows).lines]
    assert find_table(make_reading(lines)).texts == [["12/5/2021", "8:30"], ["3/11/19", "16:45"]]


def lay_out_table(seed: int) -> tuple[list[list[str]], Reading]:
    """A table with holes and a sum below it: right edges are ragged by half a digit, columns lean by up to 10°."""
    rng = np.random.default_rng(seed)
    columns, count, slope = rng.integers(2, 7), rng.integers(3, 9), rng.uniform(-0.17, 0.17)
    rows = [[str(rng.integers(1, 10 ** rng.integers(1, 5))) for _ in range(columns)] for _ in range(count)]
    for row in rows[1:-1:2]:
        row[rng.integers(columns)] = ""
    rows.append([""] * (columns - 1) + [str(rng.integers(1000, 10000))])
    lines = [
        Line(
            tuple(
                write_number(text, 300 + 90 * column + slope * 40 * y + rng.integers(-6, 7), 40 * y)
                for column, text in enumerate(row)
                if text
            )
        )
        for y, row in enumerate(rows)
    ]
    return rows, make_reading(lines)


def test_tilted_tables_come_out_as_they_were_laid_out() -> None:
    tables = [lay_out_table(seed) for seed in range(60)]
    assert sum(find_table(reading).texts == rows for rows, reading in tables) >= 59


TABLE = [["12", "304", "7"], ["5", "68", "92"], ["", "40", "631"]]


@pytest.mark.parametrize("is_ruled", [True, False])
def test_a_drawn_table_is_read_into_rows_and_columns(reader: Reader, digits: Digits, is_ruled: bool) -> None:
    page = draw_form(TABLE, digits, width_px=170)
    if not is_ruled:  # paper where the rules are
        clean = draw_form([["", "", ""]] * 3, digits, width_px=170)
        page = np.where(cv2.dilate((clean < 200).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, 235, page)
    reading = reader.read(np.asarray(page, np.uint8))
    assert [[cell.replace("?", "") for cell in row] for row in find_table(reading).texts] == TABLE
    assert list(csv.reader(io.StringIO(format_table(reading)))) == find_table(reading).texts
    assert next(csv.reader(io.StringIO(format_named_table(reading))))[:3] == ["array", "1", "12"]


def test_what_is_rejected_makes_no_column() -> None:
    reading = write_rows([("60", 100), ("9", 200), ("660", 300)], [("75", 100), ("8", 200), ("1125", 300)])
    lines = [
        replace(
            line, numbers=tuple(replace(n, rejected=CROSSED_OUT) if i == 1 else n for i, n in enumerate(line.numbers))
        )
        for line in reading.lines
    ]
    assert find_table(make_reading(lines)).texts == [["60", "660"], ["75", "1125"]]
