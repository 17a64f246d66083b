"""Format readings as text, JSON lines, CSV, TSV, hOCR. Only strings: printing and files are the caller's.

A file name that is no valid UTF-8 comes from the system with lone surrogates in it (PEP 383). Text, CSV and TSV keep
them, so that writing with `errors="surrogateescape"` gives the same bytes again; JSON has them as `\\udc80` …
`\\udcff`, which `os.fsencode` turns back; hOCR has the replacement character.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from inkdigits.marks import Box
from inkdigits.reading.output import hocr
from inkdigits.reading.output.table import find_table
from inkdigits.types import Failure, Reading

COLUMNS = (
    *("file", "page", "line", "number", "text", "confidence", "accepted", "fits", "row", "column"),
    *("x", "y", "width", "height", "kind", "value"),
)
CORRECTION_COLUMNS = ("corrected", "original")
TSV_COLUMNS = (  # Tesseract's, and the file after them
    *("level", "page_num", "block_num", "par_num", "line_num", "word_num"),
    *("left", "top", "width", "height", "conf", "text", "file"),
)
_PAGE, _BLOCK, _PARAGRAPH, _LINE, _WORD = 1, 2, 3, 4, 5  # Tesseract's levels
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write readings: what comes first, what each page adds, what comes last."""

    begin: str
    page: Callable[[Reading | Failure], str]
    end: str = ""


def format_text(reading: Reading) -> str:
    """One text line per line, each ended; nothing for a page without digits."""
    return f"{reading.text}\n" if reading.text else ""


def format_named_text(reading: Reading) -> str:
    """As `format_text`, with the file's name and a tab before every line."""
    return "".join(f"{reading.file}\t{line.text}\n" for line in reading.lines if line.text)


def format_json_line(outcome: Reading | Failure) -> str:
    """One page as one line of JSON, ended; always valid UTF-8."""
    line = json.dumps(outcome.as_dict(), ensure_ascii=False, allow_nan=False)
    return escape_surrogates(line) + "\n"


def escape_surrogates(text: str) -> str:
    """Text as valid Unicode: what is no UTF-8 in a file's name stands as in JSON, `\\udc80` … `\\udcff`."""
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def format_csv_header() -> str:
    """The first row of a CSV file."""
    return _format_rows([COLUMNS])


def format_csv_rows(reading: Reading) -> str:
    """A row per number: where it stands, its text with `?` for unsure digits, confidence, whether it is
    accepted and fits the form, where in a table it stands, its box, and its value. A page without digits
    has one row with nothing but its file and page, so that it is not missed."""
    return _format_rows(
        iterate_number_rows(reading) if reading.lines else [(reading.file, reading.page, *[""] * (len(COLUMNS) - 2))]
    )


def iterate_number_rows(reading: Reading) -> Iterator[tuple[object, ...]]:
    """The values of `COLUMNS` for every number, in reading order."""
    for row, line in enumerate(reading.lines, 1):
        for column, number in enumerate(line.numbers, 1):
            place = (reading.file, reading.page, row, column)
            fits = "" if number.fits is None else str(number.fits).lower()
            verdict = (round(number.confidence, 4), str(number.accepted).lower(), fits)
            cell = tuple("" if each is None else each for each in (number.row, number.column))
            value = number.value.as_dict().values() if number.value is not None else ("", "")
            yield (*place, number.text, *verdict, *cell, *number.box.as_list(), *value)


def iterate_corrections(reading: Reading) -> Iterator[tuple[object, ...]]:
    """The values of `CORRECTION_COLUMNS` for every number, in reading order: whether a person corrected it, and the
    texts of what was read in its place."""
    for number in reading.numbers:
        yield str(number.corrected).lower(), " ".join(each.text for each in number.original)


def format_table(reading: Reading) -> str:
    """The page as one table: a row of CSV for each of its rows, without a header."""
    return _format_rows(iterate_table_rows(reading))


def format_named_table(reading: Reading) -> str:
    """As `format_table`, with the file and the page in two columns before the table's."""
    return _format_rows(iterate_table_rows(reading, named=True))


def iterate_table_rows(reading: Reading, named: bool = False) -> Iterator[tuple[object, ...]]:
    """The texts of the cells of each row of a page's table, after the file and the page if it is `named`."""
    for row in find_table(reading).texts:
        yield (reading.file, reading.page, *row) if named else tuple(row)


def format_tsv_header() -> str:
    """The first row of a TSV file."""
    return _format_rows([TSV_COLUMNS], "\t")


def format_tsv_rows(reading: Reading) -> str:
    """Rows as `tesseract … tsv` writes them: the page, one block and paragraph, every line, every number as a word.

    `conf` is a word's confidence in 0..100, -1 for all that is no word; the last column, the file, is ours.
    """
    rows = [_make_tsv_row(reading, (_PAGE, 0, 0, 0, 0), Box(0, 0, reading.width, reading.height))]
    if reading.lines:
        everything = Box.around([line.box for line in reading.lines])
        rows += [_make_tsv_row(reading, (_BLOCK, 1, 0, 0, 0), everything)]
        rows += [_make_tsv_row(reading, (_PARAGRAPH, 1, 1, 0, 0), everything)]
    for row, line in enumerate(reading.lines, 1):
        rows += [_make_tsv_row(reading, (_LINE, 1, 1, row, 0), line.box)]
        rows += [
            _make_tsv_row(
                reading, (_WORD, 1, 1, row, column), number.box, round(100 * number.confidence, 2), number.text
            )
            for column, number in enumerate(line.numbers, 1)
            if not number.rejected
        ]
    return _format_rows(rows, "\t")


def _make_tsv_row(
    reading: Reading, place: tuple[int, int, int, int, int], box: Box, confidence: float = -1, word: str = ""
) -> tuple[object, ...]:
    """`place` is the level, then the numbers of block, paragraph, line and word."""
    level, *within = place
    return (level, reading.page, *within, *box.as_list(), confidence, word, reading.file)


def _format_rows(rows: Iterable[tuple[object, ...]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _skip_failures(format_reading: Callable[[Reading], str]) -> Callable[[Reading | Failure], str]:
    """A format that has no place for failures."""
    return lambda page: "" if isinstance(page, Failure) else format_reading(page)


FORMATS = {
    "text": Format("", _skip_failures(format_text)),
    "named text": Format("", _skip_failures(format_named_text)),
    "json": Format("", format_json_line),
    "csv": Format(format_csv_header(), _skip_failures(format_csv_rows)),
    "table": Format("", _skip_failures(format_table)),
    "named table": Format("", _skip_failures(format_named_table)),
    "tsv": Format(format_tsv_header(), _skip_failures(format_tsv_rows)),
    "hocr": Format(hocr.BEGIN, _skip_failures(hocr.format_page), hocr.END),
}
