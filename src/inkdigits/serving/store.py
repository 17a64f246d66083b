"""A file of labelled samples (SQLite): what a person drew or corrected, kept only where that was asked for.

One table. Every sample has its label, when it came and how, the 28×28 that the network sees, and the drawing, both PNG.
What is deleted is overwritten with zeros and cut off the file (`secure_delete`, `auto_vacuum`), and there is no
write-ahead log in which it would live on. Numbers of samples are never given twice.

A connection lives for one question, so that any number of workers and threads may ask; writers wait for each other.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from inkdigits.errors import DataError, StoreBusyError, StoreFullError, WriteError

Source = Literal["drawn", "correction"]
SOURCES = get_args(Source)
MOST = 10_000  # samples in a file
MOST_BYTES = 256 * 2**20  # of a file
LONGEST = 2**20  # bytes of a drawing
_PAGE = 4096  # bytes: what SQLite writes at once
_PATIENCE = 10  # seconds to wait for other writers
_OURS, _VERSION = 0x696E6B64, 1  # "inkd", and which schema
_SCHEMA = f"""CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label INTEGER NOT NULL CHECK (label BETWEEN 0 AND 9),
    made TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN {SOURCES}),
    glyph BLOB NOT NULL CHECK (length(glyph) <= {2**12}),
    drawing BLOB NOT NULL CHECK (length(drawing) <= {LONGEST})
) STRICT"""
_COLUMNS = "id, label, made, source, glyph, drawing"


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled sample: `made` is when (UTC, ISO 8601), `glyph` and `drawing` are PNG files."""

    id: int
    label: int
    made: str
    source: str
    glyph: bytes
    drawing: bytes


class Store:
    """The samples of one file. May be used from several threads and processes at once."""

    def __init__(self, path: Path, readonly: bool = False) -> None:
        """Open the file, or make it, for its owner only.

        Raises DataError when it is something else or of another version, WriteError when it cannot be made.
        """
        self.path, self._readonly = path, readonly
        if not readonly:
            self._make()
        self._check()
        if not readonly:
            with _told(self.path), closing(self._connection()) as connection:
                connection.execute(
                    "PRAGMA journal_mode = DELETE"
                )  # whatever others made of it: a log would keep what is deleted

    def add(self, label: int, source: Source, glyph: bytes, drawing: bytes) -> Sample:
        """Keep a sample. Raises FullError, BusyError, WriteError."""
        made = datetime.now(UTC).isoformat(timespec="seconds")
        with self._open("IMMEDIATE") as connection:
            if connection.execute("SELECT count(*) FROM samples").fetchone()[0] >= MOST:
                raise StoreFullError(f"{MOST:,} samples are kept already; export them, then delete some.")
            row = (label, made, source, glyph, drawing)
            cursor = connection.execute(
                "INSERT INTO samples (label, made, source, glyph, drawing) VALUES (?, ?, ?, ?, ?)", row
            )
        return Sample(cursor.lastrowid or 0, label, made, source, glyph, drawing)

    def counts(self) -> list[int]:
        """How many samples there are of each digit, 0 to 9."""
        with self._open() as connection:
            counts = dict(connection.execute("SELECT label, count(*) FROM samples GROUP BY label"))
        return [counts.get(digit, 0) for digit in range(10)]

    def latest(self, limit: int, before: int | None = None, label: int | None = None) -> list[Sample]:
        """The newest samples, at most `limit`; where it is said, older than sample `before`, or of one label only."""
        query = f"SELECT {_COLUMNS} FROM samples WHERE id < ? AND label BETWEEN ? AND ? ORDER BY id DESC LIMIT ?"
        low, high = (0, 9) if label is None else (label, label)
        with self._open() as connection:
            return [Sample(*row) for row in connection.execute(query, (before or 2**62, low, high, limit))]

    def all(self) -> Iterator[Sample]:
        """All samples, oldest first, read one by one; those that are added or deleted meanwhile may be among them."""
        last = 0
        while True:
            with self._open() as connection:
                row = connection.execute(
                    f"SELECT {_COLUMNS} FROM samples WHERE id > ? ORDER BY id LIMIT 1", (last,)
                ).fetchone()
            if row is None:
                return
            yield Sample(*row)
            last = row[0]

    def delete(self, number: int) -> bool:
        """Delete one sample, so that nothing of it is left in the file; whether it was there."""
        with self._open("IMMEDIATE") as connection:
            return connection.execute("DELETE FROM samples WHERE id = ?", (number,)).rowcount > 0

    def clear(self) -> int:
        """Delete all samples; how many there were."""
        with self._open("IMMEDIATE") as connection:
            return connection.execute("DELETE FROM samples WHERE true").rowcount

    def _make(self) -> None:
        """Make the file, if there is none or an empty one."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            if self.path.stat().st_size:
                return
        except OSError as error:
            raise WriteError(f"{self.path} cannot be written ({error.strerror}); name another file.") from error
        with _told(self.path), closing(self._connection()) as connection:
            connection.execute("PRAGMA auto_vacuum = FULL")
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA application_id").fetchone()[0] == 0:  # no other process was quicker
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA application_id = {_OURS}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("COMMIT")

    def _check(self) -> None:
        """Raise DataError for what is no file of ours: nothing else of it is ever looked at."""
        if not self.path.is_file():
            raise DataError(f"{self.path}: no such file; name one that `inkdigits serve --collect` wrote.")
        if self.path.stat().st_size > MOST_BYTES + 2**20:
            raise DataError(
                f"{self.path} has more than {MOST_BYTES:,} bytes, which is too large for a file of samples."
            )
        with self._open() as connection:
            kind, version = (
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
            )
            schema = [
                row[0] for row in connection.execute("SELECT sql FROM sqlite_schema WHERE name <> 'sqlite_sequence'")
            ]
        if kind != _OURS:
            raise DataError(f"{self.path} is some other database; name a file of `inkdigits serve --collect`.")
        if version != _VERSION or schema != [_SCHEMA]:
            raise DataError(
                f"{self.path} has samples of version {version}, not {_VERSION}; use the inkdigits that wrote it."
            )

    @contextmanager
    def _open(self, begin: str = "DEFERRED") -> Iterator[sqlite3.Connection]:
        """A connection in a transaction, which is kept unless an error ends it."""
        with _told(self.path), closing(self._connection()) as connection:
            connection.execute(f"BEGIN {begin}")
            yield connection
            connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        mode = "ro" if self._readonly else "rw"
        connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE, isolation_level=None
        )
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * LONGEST)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if not self._readonly:
            connection.execute(f"PRAGMA max_page_count = {MOST_BYTES // _PAGE}")
        return connection


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is damaged; use another file.") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # what follows the first byte says more than is needed
        if code == sqlite3.SQLITE_FULL:
            raise StoreFullError(f"{path} is full, or its disk is; export the samples, then delete some.") from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusyError(f"{path} is in use by others; try again in a second.") from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise WriteError(
                f"{path} cannot be used ({error}); check that the file and its folder can be written."
            ) from error
        raise DataError(f"{path} is not a file of samples, or is damaged ({error}); name another.") from error
