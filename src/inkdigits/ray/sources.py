"""What there is to read: files, folders, tar shards and Parquet tables become one index, with a row for each picture.

It has `name` (what the picture is called, as the system has names), `place` (which of the inputs holds it), `key` (the
file's path there), `kind`, and where in the file its bytes are: `offset` and `size` in bytes, or for a row of Parquet
its number and a guess at its size. Where something cannot be read at all, `error` says why.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from inkdigits.errors import DataError, UsageError
from inkdigits.files import is_picture_name
from inkdigits.ray.storage import Place, list_files, measure_file, open_file

FILE, TAR, PARQUET = "file", "tar", "parquet"
INDEX_SCHEMA = pa.schema(
    [
        *(("name", pa.binary()), ("place", pa.int32()), ("key", pa.binary()), ("kind", pa.string())),
        *(("offset", pa.int64()), ("size", pa.int64()), ("error", pa.string())),
    ]
)
_COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
_BUFFER_BYTES = 2**20  # asked of an object store at once, where the heads of small files in a tar are looked through
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of the index."""

    name: bytes
    place: int
    key: bytes
    kind: str
    offset: int = 0
    size: int = 0
    error: str | None = None


def index_input(places: list[Place], column: str) -> pa.Table:
    """The index of all pictures in `places`, in order; what is named twice is there once.

    `column` is the one of Parquet tables that holds pictures, such as `bytes` or `image.bytes`. Raises DataError when
    an input is missing or there is no picture, and UsageError when two pictures would have the same name.
    """
    entries = (entry for number, place in enumerate(places) for entry in _list_place(number, place, column))
    index = pa.concat_tables([INDEX_SCHEMA.empty_table(), *_make_tables(entries)])
    if not len(index):
        names = ", ".join(place.name for place in places)
        raise DataError(f"There are no pictures in {names}; name files, folders, .tar or .parquet.")
    return _drop_repeated(index)


def _make_tables(entries: Iterator[_Entry]) -> Iterator[pa.Table]:
    while rows := [astuple(entry) for entry in islice(entries, _ROWS_AT_ONCE)]:
        columns = zip(*rows, strict=True)
        arrays = [pa.array(column, each.type) for column, each in zip(columns, INDEX_SCHEMA, strict=True)]
        yield pa.Table.from_arrays(arrays, schema=INDEX_SCHEMA)


def _drop_repeated(index: pa.Table) -> pa.Table:
    """Without files that were named twice. Raises UsageError for other pictures of the same name."""
    places = index.append_column("position", pa.array(range(len(index)), pa.int64()))
    names = places.group_by("name").aggregate([("position", "min"), ("position", "count")])
    repeated = names.filter(pc.greater(names["position_count"], 1))["name"]
    others = index.filter(pc.and_(pc.is_in(index["name"], repeated), pc.not_equal(index["kind"], FILE)))
    if len(others):
        name = os.fsdecode(others["name"][0].as_py())
        raise UsageError(f"{name} stands for more than one picture; give every picture a path of its own.")
    return index.take(names["position_min"].sort())


def _list_place(number: int, place: Place, column: str) -> Iterator[_Entry]:
    size = measure_file(place)
    if size is None:
        for file in list_files(place):
            inside = place.join(file.below)
            if _find_kind(file.below) != FILE or is_picture_name(PurePosixPath(file.below)):
                yield from _list_file(number, Place(place.filesystem, file.path, inside.name), file.size, column)
    elif place.path.lower().endswith(_COMPRESSED):
        raise UsageError(f"{place.name}: a compressed tar cannot be read from its middle; write it as .tar.")
    else:
        yield from _list_file(number, place, size, column)


def _find_kind(name: str) -> str:
    return {".tar": TAR, ".parquet": PARQUET}.get(PurePosixPath(name).suffix.lower(), FILE)


def _list_file(number: int, file: Place, size: int, column: str) -> Iterator[_Entry]:
    kind, key = _find_kind(file.path), os.fsencode(file.path)
    if kind == FILE:
        yield _Entry(os.fsencode(file.name), number, key, kind, 0, size)
        return
    list_members = _list_tar if kind == TAR else _list_parquet
    try:
        for name, offset, bytes_ in list_members(file, column):
            yield _Entry(os.fsencode(name), number, key, kind, offset, bytes_)
    except (OSError, tarfile.TarError, pa.ArrowException) as error:
        reason = f"damaged or unreadable ({error}); what could be found in it is read."
        yield _Entry(os.fsencode(file.name), number, key, kind, error=reason)


def _list_tar(file: Place, _: str) -> Iterable[tuple[str, int, int]]:
    """Every picture in a tar: its name, where its bytes begin, how many they are. A later one of a name counts."""
    members: dict[str, tuple[str, int, int]] = {}
    with open_file(file.filesystem, file.path) as raw:
        stream = raw if file.is_local else io.BufferedReader(raw, _BUFFER_BYTES)  # type: ignore[type-var]
        try:
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                while (member := tar.next()) is not None:
                    tar.members.clear()  # type: ignore[attr-defined] # it would keep them all
                    if member.isreg() and not member.issparse() and is_picture_name(PurePosixPath(member.name)):
                        members[member.name] = (f"{file.name}/{member.name}", member.offset_data, member.size)
                _check_end(stream, tar.offset)
        finally:
            yield from members.values()


def _check_end(stream: IO[bytes], offset: int) -> None:
    """Raise ReadError when a tar ends otherwise than it should; Python's own takes any nonsense for its end."""
    length = stream.seek(0, io.SEEK_END)
    stream.seek(min(offset, length))
    if offset > length or any(stream.read(tarfile.BLOCKSIZE)):
        raise tarfile.ReadError(f"cut short or damaged at byte {min(offset, length):,}")


def _list_parquet(file: Place, column: str) -> Iterator[tuple[str, int, int]]:
    """Every row of a Parquet table: its `path`, or its number where there is no such column, and its number."""
    with open_file(file.filesystem, file.path) as raw:
        table = pq.ParquetFile(raw)
        _check_column(table.schema_arrow, column, file.name)
        size = sum(
            table.metadata.row_group(group).total_byte_size for group in range(table.metadata.num_row_groups)
        ) // max(1, table.metadata.num_rows)
        if "path" not in table.schema_arrow.names:
            yield from ((f"{file.name}/{row}", row, size) for row in range(table.metadata.num_rows))
            return
        row = 0
        for batch in table.iter_batches(columns=["path"]):
            for path in batch.column(0).to_pylist():
                yield (f"{file.name}/{row}" if path is None else str(path), row, size)
                row += 1


def _check_column(schema: pa.Schema, column: str, name: str) -> None:
    """Raise UsageError unless the column, or the field of a struct, is there and holds bytes."""
    binary = list(_list_binary(schema))
    if column not in binary:
        found = f"give one of {', '.join(binary)} as --column" if binary else "none holds bytes"
        raise UsageError(f"{name} has no column `{column}` of bytes; {found}.")
    path = schema.field("path").type if "path" in schema.names else pa.string()
    if not (pa.types.is_string(path) or pa.types.is_large_string(path)):
        raise UsageError(f"{name}: the column `path` is {path}, not string; convert it, or leave it out.")


def _list_binary(fields: Iterable[pa.Field], prefix: str = "") -> Iterator[str]:
    for each in fields:
        if pa.types.is_binary(each.type) or pa.types.is_large_binary(each.type):
            yield prefix + each.name
        elif pa.types.is_struct(each.type):
            yield from _list_binary(each.type, f"{prefix}{each.name}.")
