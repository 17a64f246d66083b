"""Results → tables: a row a sheet, a column a field. CSV, JSON, an Excel workbook with what to look at, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inkdigits.errors import UsageError
from inkdigits.forms.store import StoredField, StoredSheet
from inkdigits.forms.template import COLUMNS_BEFORE, COLUMNS_BEHIND
from inkdigits.reading.output.xlsx import open_workbook

_UNSURE, _WRONG, _CORRECTED = "#FFEB9C", "#F8CBAD", "#C6E0B4"  # colours of cells
_CROP_ROW_POINTS, _CROP_COLUMN = 36, 34  # height of a row with a crop, width of its column in characters
_CROP_HEIGHT_PX = 44


def list_columns(sheets: Sequence[StoredSheet]) -> list[str]:
    """The names of all fields, each once, in the order of the forms."""
    return list(dict.fromkeys(each.name for sheet in sheets for each in sheet.fields))


def format_csv(sheets: Sequence[StoredSheet]) -> bytes:
    """CSV, with a header. `doubtful` names the fields to look at."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    columns = list_columns(sheets)
    writer.writerow([*COLUMNS_BEFORE, *columns, *COLUMNS_BEHIND])
    writer.writerows(_make_row(sheet, columns) for sheet in sheets)
    return file.getvalue().encode()


def _make_row(sheet: StoredSheet, columns: Sequence[str]) -> list[str]:
    texts = {each.name: each.text for each in sheet.fields}
    doubtful = " ".join(each.name for each in sheet.fields if each.is_doubtful)
    confidence = "" if sheet.confidence is None else f"{sheet.confidence:.4f}"
    before = [sheet.file, str(sheet.page), sheet.form or ""]
    return [*before, *(texts.get(name, "") for name in columns), confidence, doubtful, sheet.failure or ""]


def format_json(sheets: Sequence[StoredSheet]) -> bytes:
    """JSON: a list of sheets, each with its fields and all that is known of them."""
    content = [_make_object(sheet) for sheet in sheets]
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _make_object(sheet: StoredSheet) -> dict[str, Any]:
    fields = {
        each.name: {
            "text": each.text,
            "read": each.read,
            "confidence": round(each.confidence, 4),
            "doubtful": each.is_doubtful,
            "doubts": each.doubts,
            "breaks": each.breaks,
            "reckoned": each.reckoned,
            "next_best": each.next_best,
            "corrected": each.corrected is not None,
        }
        for each in sheet.fields
    }
    known = {"file": sheet.file, "page": sheet.page, "form": sheet.form, "confidence": sheet.confidence}
    return {**known, "fields": fields} if sheet.failure is None else {**known, "error": sheet.failure}


def format_parquet(sheets: Sequence[StoredSheet]) -> bytes:
    """Parquet: the columns of CSV, texts as texts. Raises UsageError where pyarrow is missing."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise UsageError("Parquet needs pyarrow; install it: pip install 'inkdigits[scale]'.") from error
    columns = list_columns(sheets)
    rows = [_make_row(sheet, columns) for sheet in sheets]
    names = [*COLUMNS_BEFORE, *columns, *COLUMNS_BEHIND]
    arrays: dict[str, Any] = {
        name: pa.array([row[index] for row in rows], pa.string()) for index, name in enumerate(names)
    }
    arrays["page"] = pa.array([sheet.page for sheet in sheets], pa.int32())
    arrays["confidence"] = pa.array([sheet.confidence for sheet in sheets], pa.float64())
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file)
    return file.getvalue()


def format_xlsx(sheets: Sequence[StoredSheet]) -> bytes:
    """A workbook: all sheets, doubtful cells coloured; and what to look at, each with its picture. Raises UsageError
    where XlsxWriter is missing."""
    file = io.BytesIO()
    with open_workbook(file) as workbook:
        bold = workbook.add_format({"bold": True})
        colours = {name: workbook.add_format({"bg_color": name}) for name in (_UNSURE, _WRONG, _CORRECTED)}
        table = workbook.add_worksheet("Sheets")
        columns = list_columns(sheets)
        table.write_row(0, 0, [*COLUMNS_BEFORE, *columns, *COLUMNS_BEHIND], bold)
        table.freeze_panes(1, len(COLUMNS_BEFORE))
        table.set_column(0, 0, 28)
        for index, sheet in enumerate(sheets, 1):
            fields = {each.name: each for each in sheet.fields}
            for place, text in enumerate(_make_row(sheet, columns)):
                column = place - len(COLUMNS_BEFORE)
                own = fields.get(columns[column]) if 0 <= column < len(columns) else None
                style = None if own is None or (colour := _choose_colour(own)) is None else colours[colour]
                table.write_string(index, place, text, style)
        _add_review(workbook, bold, colours, sheets)
    return file.getvalue()


def _choose_colour(field: StoredField) -> str | None:
    if field.corrected is not None and not field.is_at_odds:
        return _CORRECTED
    return _WRONG if field.breaks or field.is_at_odds else _UNSURE if field.doubts else None


def _add_review(workbook: Any, bold: Any, colours: dict[str, Any], sheets: Sequence[StoredSheet]) -> None:
    """The tab of what to look at: a row for each doubtful field, all of one name one after another."""
    review = workbook.add_worksheet("Review")
    review.write_row(0, 0, ["file", "page", "field", "text", "reckoned", "next best", "why", "picture"], bold)
    review.freeze_panes(1, 0)
    review.set_column(0, 0, 28)
    review.set_column(6, 7, _CROP_COLUMN)
    doubtful = [(field, sheet) for sheet in sheets for field in sheet.fields if field.is_doubtful]
    order = {name: index for index, name in enumerate(list_columns(sheets))}
    for row, (field, sheet) in enumerate(sorted(doubtful, key=lambda pair: order[pair[0].name]), 1):
        review.set_row(row, _CROP_ROW_POINTS)
        style = colours[_choose_colour(field) or _UNSURE]
        why = "; ".join([*field.doubts, *field.breaks])
        texts = [sheet.file, str(sheet.page), field.name, field.text, field.reckoned or "", field.next_best or "", why]
        for column, text in enumerate(texts):
            review.write_string(row, column, text, style if column == 3 else None)
        if field.crop:
            scale = _CROP_HEIGHT_PX / max(1, int.from_bytes(field.crop[20:24], "big"))  # the height in a PNG's head
            options = {"image_data": io.BytesIO(field.crop), "x_scale": scale, "y_scale": scale, "object_position": 1}
            review.insert_image(row, 7, "crop.png", options)


FORMATS: dict[str, Callable[[Sequence[StoredSheet]], bytes]] = {
    ".csv": format_csv,
    ".json": format_json,
    ".xlsx": format_xlsx,
    ".parquet": format_parquet,
}


def choose_format(output: Path) -> Callable[[Sequence[StoredSheet]], bytes]:
    """What writes a file of this name. Raises UsageError for an ending that stands for nothing, and where a package is
    missing that it takes: before sheets are read, not after."""
    if output.suffix.lower() not in FORMATS:
        raise UsageError(f"{output}: results end in one of {', '.join(FORMATS)}; name the file so.")
    FORMATS[output.suffix.lower()]([])
    return FORMATS[output.suffix.lower()]
