"""The output folder of a bulk run: pages that are written exactly once, and the numbers that are derived from them.

    run.json                       what the run is; it goes on only as what it began as
    pages/state=read/….parquet     a row for each page that was read, and
    pages/state=failed/….parquet   for each that could not be: each file is written once, and never changed
    numbers/….parquet              a row for each number, one file for each of pages/state=read, of the same name

A page is done when a file with its row is there. Files appear whole or not at all, and only one process writes them: so
whatever is killed, what is there is whole, and what is not there is read by the next run.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from inkdigits.errors import DataError, UsageError
from inkdigits.files import lock_file
from inkdigits.ray.rows import FAILED, PAGE_SCHEMA, READ, list_numbers
from inkdigits.ray.storage import Place, convert_errors, list_files, open_file, write_file
from inkdigits.reading.output.write import escape_surrogates

_RUN, _LOCK = "run.json", ".lock"
_ENDING = ".parquet"
_WORDS = {"inkdigits": "version of inkdigits", "model": "network", "inputs": "INPUT", "column": "--column"}


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The output held against the input. `pages` = `read` + `failed`, of which `unsure` have a `?`; `pictures` are
    those of the input, `missing` the paths of those that are not whole in the output, `repeated` how many rows have an
    id that another has, `others` how many pictures of the output are not in the input any more."""

    pictures: int
    pages: int
    read: int
    failed: int
    unsure: int
    missing: tuple[str, ...]
    repeated: int
    others: int

    @property
    def is_exact(self) -> bool:
        """Whether every page of the input is there once."""
        return not self.missing and not self.repeated


class BulkOutput:
    """An output folder that is written to. Use it in a `with`: on this machine, no other run can write to it then."""

    def __init__(self, folder: Place, run: dict[str, Any]) -> None:
        """Begin in an empty folder, or go on where `run` stopped.

        Raises UsageError when the folder holds another run, something else, or is being written to; DataError when it
        is damaged.
        """
        self._folder, self._lock = folder, ExitStack()
        try:
            if folder.is_local:
                _lock_folder(folder, self._lock)
            files = _list_if_there(folder)
            _check_run(folder, run, files)
            self._next = 1 + max((_get_number(file) for file in files if file.startswith("pages/")), default=0)
            self._seen = set[str]()  # ids that are written, as far as they could come again
            self._waiting: list[pa.Table] = []
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> BulkOutput:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def find_missing(self, index: pa.Table) -> pa.Table:
        """The rows of the index whose pictures are not there with all their pages."""
        written = self._load_written()
        whole = _find_whole(written)
        self._seen |= set(written.filter(pc.invert(pc.is_in(written["path"], whole)))["id"].to_pylist())
        return index.filter(pc.invert(pc.is_in(_get_paths(index), whole)))

    def add(self, pages: pa.Table) -> pa.Table:
        """Take pages to write with the next `commit`; those that are new."""
        ids = pages["id"].to_pylist()
        new = pages.filter(pa.array([each not in self._seen for each in ids], pa.bool_()))
        self._seen.update(ids)
        self._waiting.append(new)
        return new

    def commit(self) -> bool:
        """Write what was added, if anything was. Raises WriteError; what was not written is read by the next run."""
        if not self._waiting:
            return False
        pages = pa.concat_tables(self._waiting).cast(PAGE_SCHEMA)
        for state in (READ, FAILED):
            rows = pages.filter(pc.equal(pages["state"], state)).drop(["state"])
            if len(rows):
                place = self._folder.join("pages", f"state={state}", f"{self._next:08}{_ENDING}")
                write_file(place, _encode(rows))
        self._next += 1
        self._waiting = []
        return True

    def derive_numbers(self) -> None:
        """Write the numbers of all pages whose numbers are not there yet. Raises WriteError."""
        files = _list_if_there(self._folder)
        for file in sorted(files):
            folder, _, name = file.rpartition("/")
            if folder == f"pages/state={READ}" and f"numbers/{name}" not in files:
                pages = _read_table(self._folder.join(file), ["id", "path", "page", "numbers"])
                write_file(self._folder.join("numbers", name), _encode(list_numbers(pages)))

    def reconcile(self, index: pa.Table) -> Reconciliation:
        """Hold what is written, as it is read back, against the input."""
        written, paths = self._load_written(), _get_paths(index)
        whole = _find_whole(written)
        failed = len(written) - written["error_kind"].null_count
        return Reconciliation(
            pictures=len(index),
            pages=len(written),
            read=len(written) - failed,
            failed=failed,
            unsure=pc.sum(written["unsure"]).as_py() or 0,
            missing=tuple(pc.filter(paths, pc.invert(pc.is_in(paths, whole))).to_pylist()),
            repeated=len(written) - len(written["id"].unique()),
            others=len(whole) - pc.sum(pc.is_in(whole, paths)).as_py() if len(whole) else 0,
        )

    def _load_written(self) -> pa.Table:
        """What is needed of every page that is written."""
        columns = ["id", "path", "pages", "error_kind", "unsure"]
        empty = pa.schema([PAGE_SCHEMA.field(name) for name in columns]).empty_table()
        files = [file for file in _list_if_there(self._folder) if file.startswith("pages/")]
        return pa.concat_tables([empty, *(_read_table(self._folder.join(file), columns) for file in sorted(files))])


def _lock_folder(folder: Place, until: ExitStack) -> None:
    """Keep other runs away until that is closed; the system does so too when this process ends."""
    try:
        os.makedirs(folder.path, exist_ok=True)
        lock = until.enter_context(Path(folder.path, _LOCK).open("a"))  # noqa: SIM115
    except OSError as error:
        raise UsageError(f"{folder.name} cannot be written to ({error.strerror}); give another --output.") from error
    if not lock_file(lock):
        raise UsageError(f"{folder.name} is being written to by another run; wait for it, or stop it.")


def _check_run(folder: Place, run: dict[str, Any], files: set[str]) -> None:
    """Raise UsageError unless the folder is empty, or holds this very run; note the run in an empty one."""
    if _RUN not in files:
        if files:
            raise UsageError(f"{folder.name} holds something else; give a new folder as --output.")
        write_file(folder.join(_RUN), json.dumps(run, indent=1).encode() + b"\n")
        return
    try:
        with open_file(folder.filesystem, folder.join(_RUN).path) as file:
            found = dict(json.loads(file.read()))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{folder.name}/{_RUN} is damaged ({error}); give a new folder as --output.") from error
    for key, wanted in run.items():
        if found.get(key) != wanted:
            words = _WORDS.get(key, key.replace("_", " "))
            raise UsageError(
                f"{folder.name} holds a run with another {words} ({found.get(key)}, not {wanted}); "
                "go on with the same, or give a new folder as --output."
            )


def _list_if_there(folder: Place) -> set[str]:
    """The files in a folder and below, without those that are no part of the output."""
    try:
        files = {file.below for file in list_files(folder)}
    except DataError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return set()
        raise
    return {file for file in files if not file.rpartition("/")[2].startswith((".", "_"))}


def _get_number(file: str) -> int:
    try:
        return int(file.rpartition("/")[2].removesuffix(_ENDING))
    except ValueError as error:
        raise DataError(f"{file} in the output is no file of this run; move it away, and run again.") from error


def _find_whole(written: pa.Table) -> pa.Array:
    """The paths of pictures of which every page is there."""
    by_path = written.group_by("path").aggregate([("id", "count_distinct"), ("pages", "max")])
    whole = by_path.filter(pc.greater_equal(by_path["id_count_distinct"], by_path["pages_max"]))
    return whole["path"].combine_chunks()


def _get_paths(index: pa.Table) -> pa.ChunkedArray:
    """The pictures' names as `path` has them."""
    try:
        return index["name"].cast(pa.string())
    except pa.ArrowInvalid:  # the names of some are no UTF-8
        names = [escape_surrogates(os.fsdecode(name)) for name in index["name"].to_pylist()]
        return pa.chunked_array([names], pa.string())


def _read_table(place: Place, columns: list[str]) -> pa.Table:
    try:
        with convert_errors(place.name), open_file(place.filesystem, place.path) as file:
            return pq.ParquetFile(file).read(columns=columns)
    except pa.ArrowException as error:
        raise DataError(
            f"{place.name} is damaged ({error}); remove it, and run again to read its pages anew."
        ) from error


def _encode(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()
