"""Rows of the index → the pictures' bytes, read where the pages are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem

from inkdigits.ray.sources import PARQUET
from inkdigits.ray.storage import open_file

_SCHEMA = pa.schema([("path", pa.binary()), ("bytes", pa.large_binary()), ("error", pa.string())])
_ROWS_AT_ONCE = 16  # of Parquet: what is decoded at the same time

Row = dict[str, Any]  # of the index


class PictureLoader:
    """Loads the bytes that rows of an index speak of. Sent to the machines that read."""

    def __init__(self, filesystems: list[FileSystem], column: str, max_bytes: int) -> None:
        """`filesystems` are those of the places that were indexed, `column` that of Parquet tables. Of a file longer
        than `max_bytes`, one byte more than that is loaded, so that reading can refuse it."""
        self._filesystems, self._column, self._max_bytes = filesystems, column, max_bytes

    def __call__(self, index: pa.Table) -> pa.Table:
        """`path`, `bytes` and, where these are null, `error`: a row for each of the index, in order."""
        files = groupby(index.to_pylist(), lambda row: (row["place"], row["key"], row["error"]))
        pictures = [picture for _, rows in files for picture in self._load_file(list(rows))]
        return pa.Table.from_pylist(pictures, schema=_SCHEMA)

    def _load_file(self, rows: list[Row]) -> Iterator[Row]:
        """The pictures in one file, or the errors that the index has for it already."""
        loaded: list[bytes | None] = [None] * len(rows)
        reasons = [row["error"] or "there are no bytes; give a picture." for row in rows]
        try:
            if not rows[0]["error"]:
                loaded = list(self._load_bytes(rows))
        except (OSError, ValueError, pa.ArrowException) as error:
            reasons = [f"cannot be read ({error}); check that it is still there."] * len(rows)
        for row, data, reason in zip(rows, loaded, reasons, strict=True):
            why = None if data is not None else f"{os.fsdecode(row['name'])}: {reason}"
            yield {"path": row["name"], "bytes": data, "error": why}

    def _load_bytes(self, rows: list[Row]) -> Iterator[bytes | None]:
        with open_file(self._filesystems[rows[0]["place"]], os.fsdecode(rows[0]["key"])) as file:
            if rows[0]["kind"] == PARQUET:
                yield from _load_cells(file, self._column, [row["offset"] for row in rows])
            else:
                for row in rows:
                    file.seek(row["offset"])
                    yield file.read(min(row["size"], self._max_bytes + 1))


def _load_cells(file: IO[bytes], column: str, wanted: list[int]) -> Iterator[bytes | None]:
    """The cells of a column of Parquet in these rows, which ascend; row groups without any of them are passed over."""
    table, start = pq.ParquetFile(file), 0
    for group in range(table.num_row_groups):
        end = start + table.metadata.row_group(group).num_rows
        if any(start <= row < end for row in wanted):
            for batch in table.iter_batches(_ROWS_AT_ONCE, row_groups=[group], columns=[column]):
                here = [row - start for row in wanted if start <= row < start + len(batch)]
                yield from _flatten(batch.column(0)).take(pa.array(here, pa.int64())).to_pylist()
                start += len(batch)
                if start > wanted[-1]:
                    return
        start = end


def _flatten(column: pa.Array) -> pa.Array:
    """The bytes of a column that may be a struct of nothing but them, as `image.bytes` is read."""
    while pa.types.is_struct(column.type):
        column = column.flatten()[0]
    return column
