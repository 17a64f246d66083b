"""Readings → text, JSON lines and CSV rows. Only strings: printing and files are the caller's."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from inkdigits.types import Failure, Reading

COLUMNS = ("file", "page", "line", "number", "text", "confidence", "x", "y", "width", "height")


def text(reading: Reading) -> str:
    """One text line per line, each ended; nothing for a page without digits."""
    return f"{reading.text}\n" if reading.lines else ""


def json_line(outcome: Reading | Failure) -> str:
    """One page as one line of JSON, ended."""
    return json.dumps(outcome.as_dict(), ensure_ascii=False, allow_nan=False) + "\n"


def csv_header() -> str:
    """The first row of a CSV file."""
    return _rows([COLUMNS])


def csv_rows(reading: Reading) -> str:
    """A row per number: where it stands, its text with `?` for unsure digits, confidence and box."""
    return _rows(
        [
            (reading.file, reading.page, row, column, number.text, round(number.confidence, 4), *number.box.as_list())
            for row, line in enumerate(reading.lines, 1)
            for column, number in enumerate(line.numbers, 1)
        ]
    )


def _rows(rows: Sequence[tuple[object, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
