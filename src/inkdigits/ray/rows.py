"""Pages and numbers as rows of Arrow tables: the columns, and how an outcome becomes a row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from inkdigits.ray.process import PageLine
from inkdigits.reading.output.write import escape_surrogates

READ, FAILED = "read", "failed"  # states of a page

NUMBER_FIELDS = [  # as JSON has them: see docs/reading.md
    pa.field("line", pa.int32()),  # both from 1
    pa.field("number", pa.int32()),
    pa.field("text", pa.string()),
    pa.field("confidence", pa.float64()),
    pa.field("accepted", pa.bool_()),
    pa.field("fits", pa.bool_()),
    pa.field("rejected", pa.string()),
    pa.field("row", pa.int32()),
    pa.field("column", pa.int32()),
    *(pa.field(name, pa.int32()) for name in ("x", "y", "width", "height")),
    pa.field("kind", pa.string()),  # of its value, where it can mean one thing only
    pa.field("value", pa.string()),
]
PAGE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),  # path#page
        pa.field("path", pa.string()),
        pa.field("page", pa.int32()),  # from 1
        pa.field("pages", pa.int32()),  # of the picture
        pa.field("state", pa.string()),
        pa.field("error_kind", pa.string()),
        pa.field("error", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("text", pa.string()),
        pa.field("unsure", pa.bool_()),  # whether a digit on it is shown as `?`
        pa.field("hint", pa.string()),
        pa.field("turned_degrees", pa.int32()),
        pa.field("model", pa.string()),
        pa.field("seconds", pa.float64()),
        pa.field("numbers", pa.list_(pa.struct(NUMBER_FIELDS))),
        pa.field("json", pa.string()),  # the line that `inkdigits read --json` prints
    ]
)


def make_page_row(path: str, page: PageLine) -> dict[str, Any]:
    """The row of `PAGE_SCHEMA` for a page."""
    printable = escape_surrogates(path)
    outcome = json.loads(page.line)
    row = {"id": f"{printable}#{page.page}", "path": printable, "page": page.page, "pages": page.pages}
    row |= {"json": page.line.rstrip("\n")}
    if "error" in outcome:
        return row | {"state": FAILED, "error_kind": outcome["error"]["kind"], "error": outcome["error"]["message"]}
    numbers = [
        _make_number_row(number, line_place, place)
        for line_place, line in enumerate(outcome["lines"], 1)
        for place, number in enumerate(line["numbers"], 1)
    ]
    model = outcome["model"]
    copied = {name: outcome[name] for name in ("width", "height", "text", "hint", "turned_degrees", "seconds")}
    unsure = any("?" in number["text"] for number in numbers)
    return row | copied | {
        "state": READ, "unsure": unsure, "model": f"{model['name']} {model['version']}", "numbers": numbers
    }  # fmt: skip


def _make_number_row(number: dict[str, Any], line: int, place: int) -> dict[str, Any]:
    box = dict(zip(("x", "y", "width", "height"), number["box"], strict=True))
    return {"line": line, "number": place} | number | box


def make_page_table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """A table of `PAGE_SCHEMA`; what a row lacks is null, and what the schema lacks is left out."""
    return pa.Table.from_pylist(list(rows), schema=PAGE_SCHEMA)


def list_numbers(pages: pa.Table) -> pa.Table:
    """The numbers of pages, a row each: `id`, `path` and `page`, then `NUMBER_FIELDS`."""
    parents = pc.list_parent_indices(pages["numbers"])
    numbers = pa.Table.from_struct_array(pc.list_flatten(pages["numbers"]).combine_chunks())
    table = pages.select(["id", "path", "page"]).take(parents)
    for field in NUMBER_FIELDS:
        table = table.append_column(field, numbers[field.name])
    return table
