"""A SQLite file that is ours: made for its owner only, checked before it is believed, its errors told as ours.

What is deleted is overwritten with zeros and cut off the file (`secure_delete`, `auto_vacuum`), and there is no
write-ahead log in which it would live on. A connection lives for one question, so that any number of workers and
threads may ask; writers wait for each other.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from inkdigits.errors import DataError, StoreBusyError, StoreFullError, WriteError

_PAGE = 4096  # bytes: what SQLite writes at once
_PATIENCE = 10  # seconds to wait for other writers


@dataclass(frozen=True, slots=True)
class Layout:
    """What such a file holds. `application_id` and `version` mark it; `tables` are the SQL that makes them.

    `max_bytes` limits the file, `longest` the bytes of one value. `things` is what it holds in words, `option` the
    command that writes it, and `room` how one makes room in it.
    """

    application_id: int
    version: int
    tables: tuple[str, ...]
    max_bytes: int
    longest: int
    things: str
    option: str
    room: str


class Database:
    """One file. May be used from several threads and processes at once."""

    def __init__(self, path: Path, layout: Layout, readonly: bool = False) -> None:
        """Open the file, or make it, for its owner only.

        Raises DataError when it is something else or of another version, WriteError when it cannot be made.
        """
        self.path, self._layout, self._readonly = path, layout, readonly
        if not readonly:
            self._make()
        self._check()
        if not readonly:
            with self._errors_told(), closing(self._connection()) as connection:
                connection.execute(
                    "PRAGMA journal_mode = DELETE"
                )  # whatever others made of it: a log would keep what is deleted

    @contextmanager
    def open(self, begin: str = "DEFERRED") -> Iterator[sqlite3.Connection]:
        """A connection in a transaction, which is kept unless an error ends it.

        Raises StoreFullError, StoreBusyError, WriteError, DataError.
        """
        with self._errors_told(), closing(self._connection()) as connection:
            connection.execute(f"BEGIN {begin}")
            yield connection
            connection.execute("COMMIT")

    def _make(self) -> None:
        """Make the file, if there is none or an empty one."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            if self.path.stat().st_size:
                return
        except OSError as error:
            raise WriteError(f"{self.path} cannot be written ({error.strerror}); name another file.") from error
        with self._errors_told(), closing(self._connection()) as connection:
            connection.execute("PRAGMA auto_vacuum = FULL")
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA application_id").fetchone()[0] == 0:  # no other process was quicker
                for table in self._layout.tables:
                    connection.execute(table)
                connection.execute(f"PRAGMA application_id = {self._layout.application_id}")
                connection.execute(f"PRAGMA user_version = {self._layout.version}")
            connection.execute("COMMIT")

    def _check(self) -> None:
        """Raise DataError for what is no file of ours: nothing else of it is ever looked at."""
        layout = self._layout
        if not self.path.is_file():
            raise DataError(f"{self.path}: no such file; name one that `{layout.option}` wrote.")
        if self.path.stat().st_size > layout.max_bytes + 2**20:
            raise DataError(
                f"{self.path} has more than {layout.max_bytes:,} bytes, too large for a file of {layout.things}."
            )
        with self.open() as connection:
            kind, version = (
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
            )
            schema = [
                row[0]
                for row in connection.execute(
                    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY rowid"
                )
            ]
        if kind != layout.application_id:
            raise DataError(f"{self.path} is some other database; name a file of `{layout.option}`.")
        if version != layout.version or schema != [*layout.tables]:
            raise DataError(
                f"{self.path} has {layout.things} of version {version}, not {layout.version}; "
                "use the inkdigits that wrote it."
            )

    def _connection(self) -> sqlite3.Connection:
        mode = "ro" if self._readonly else "rw"
        connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE, isolation_level=None
        )
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * self._layout.longest)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if not self._readonly:
            connection.execute(f"PRAGMA max_page_count = {self._layout.max_bytes // _PAGE}")
        return connection

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        path, layout = self.path, self._layout
        try:
            yield
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is damaged; use another file.") from error
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # what follows the first byte says more than is needed
            if code == sqlite3.SQLITE_FULL:
                raise StoreFullError(f"{path} is full, or its disk is; {layout.room}.") from error
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreBusyError(f"{path} is in use by others; try again in a second.") from error
            if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
                raise WriteError(
                    f"{path} cannot be used ({error}); check that the file and its folder can be written."
                ) from error
            raise DataError(
                f"{path} is not a file of {layout.things}, or is damaged ({error}); name another."
            ) from error
