"""Rows → an Excel workbook of one sheet, by XlsxWriter (`pip install 'inkdigits[xlsx]'`)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from inkdigits.errors import UsageError
from inkdigits.reading.output.write import (
    COLUMNS,
    CORRECTION_COLUMNS,
    iterate_corrections,
    iterate_number_rows,
    iterate_table_rows,
)
from inkdigits.types import Reading

MAX_ROWS = 1_048_576  # of a sheet, by Excel's format, the header among them
_MAX_CHARACTERS = 32_767  # of a cell
_WIDE_COLUMNS = {"file": 28, "text": 16, "original": 16}  # characters; others are as wide as Excel makes them


def format_xlsx(readings: Iterable[Reading]) -> bytes:
    """A workbook with a row for each number of `readings`: the columns of CSV, whether a person corrected it, and what
    was read then. Raises as `format_workbook`."""
    rows = (
        (*row, *correction)
        for reading in readings
        for row, correction in zip(iterate_number_rows(reading), iterate_corrections(reading), strict=True)
    )
    return format_workbook((*COLUMNS, *CORRECTION_COLUMNS), rows)


def convert_to_workbook(lines: bytes) -> bytes:
    """Lines of JSON, a page each, as a workbook; pages that failed have none. Raises as `format_workbook`."""
    return format_xlsx(_parse_readings(lines))


def convert_to_table_workbook(lines: bytes, named: bool = False) -> bytes:
    """Lines of JSON, a page each, as a workbook with the rows of every page's table, below each other; `named` as in
    `iterate_table_rows`. Raises as `format_workbook`."""
    return format_workbook((), (row for page in _parse_readings(lines) for row in iterate_table_rows(page, named)))


def _parse_readings(lines: bytes) -> Iterator[Reading]:
    pages = (json.loads(line) for line in lines.splitlines())
    return (Reading.from_dict(page) for page in pages if "error" not in page)


def open_workbook(file: io.BytesIO) -> Any:
    """An XlsxWriter workbook that is written to `file` when its `with` ends. Raises UsageError where XlsxWriter is
    missing."""
    try:
        from xlsxwriter import Workbook  # here, because few write spreadsheets
    except ModuleNotFoundError as error:
        raise UsageError("Spreadsheets need XlsxWriter; install it: pip install 'inkdigits[xlsx]'.") from error
    return Workbook(file, {"in_memory": True})


def format_workbook(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook of one sheet: `columns`, if any, in bold above `rows`. Strings are text whatever they look like: `007`
    keeps its zeros, `=1+1` is no formula. Raises UsageError where XlsxWriter is missing or there are too many rows."""
    file = io.BytesIO()
    with open_workbook(file) as workbook:
        sheet = workbook.add_worksheet("Numbers")
        if columns:
            sheet.write_row(0, 0, columns, workbook.add_format({"bold": True}))
            sheet.freeze_panes(1, 0)
        for column, name in enumerate(columns):
            if name in _WIDE_COLUMNS:
                sheet.set_column(column, column, _WIDE_COLUMNS[name])
        for index, row in enumerate(rows, 1 if columns else 0):
            if index >= MAX_ROWS:
                raise UsageError(f"A spreadsheet has at most {MAX_ROWS:,} rows; write fewer pages, or CSV.")
            for column, value in enumerate(row):
                if isinstance(value, bool):
                    sheet.write_boolean(index, column, value)
                elif isinstance(value, int | float):
                    sheet.write_number(index, column, value)
                elif value:
                    text = str(value)[:_MAX_CHARACTERS].encode("utf-8", "replace").decode()  # names may be no UTF-8
                    sheet.write_string(index, column, text)
    return file.getvalue()
