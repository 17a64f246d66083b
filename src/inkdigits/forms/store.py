"""The results of reading sheets: one SQLite file that keeps what was read, and every correction of it with its time.

Nothing is ever overwritten: a correction is a row of its own, and the last one counts. A sheet is there once it is
whole, so a run that was stopped, however, goes on after the last one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from inkdigits.errors import UsageError, WriteError
from inkdigits.forms.joint import FieldAnswer, SheetAnswer
from inkdigits.types import Failure

_FORMAT = 1
_APPLICATION = 0x1F02D501  # which marks the files that are ours
_SCHEMA = """
CREATE TABLE run (format INTEGER NOT NULL, what TEXT NOT NULL);
CREATE TABLE sheet (
  id INTEGER PRIMARY KEY, file TEXT NOT NULL, page INTEGER NOT NULL, form TEXT, confidence REAL, broken TEXT,
  failure TEXT, read_at TEXT NOT NULL, UNIQUE (file, page));
CREATE TABLE done (file TEXT PRIMARY KEY);
CREATE TABLE answer (
  sheet INTEGER NOT NULL REFERENCES sheet (id), field TEXT NOT NULL, text TEXT NOT NULL, confidence REAL NOT NULL,
  next_best TEXT, reckoned TEXT, doubts TEXT NOT NULL, breaks TEXT NOT NULL, crop BLOB, PRIMARY KEY (sheet, field));
CREATE TABLE correction (
  id INTEGER PRIMARY KEY, sheet INTEGER NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL, corrected_at TEXT NOT NULL,
  FOREIGN KEY (sheet, field) REFERENCES answer (sheet, field));
"""


@dataclass(frozen=True, slots=True)
class StoredField:
    """A field as it was read, and `corrected`, what a person last put in its place; None without. `crop` is a PNG."""

    name: str
    read: str
    confidence: float
    doubts: tuple[str, ...]
    breaks: tuple[str, ...]
    reckoned: str | None
    next_best: str | None
    corrected: str | None
    crop: bytes | None

    @property
    def text(self) -> str:
        """What counts."""
        return self.read if self.corrected is None else self.corrected

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should look at it."""
        return self.corrected is None and bool(self.doubts or self.breaks)


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """A sheet: its fields in the template's order, or why it could not be read."""

    number: int
    file: str
    page: int
    form: str | None
    confidence: float | None
    failure: str | None
    fields: tuple[StoredField, ...] = ()


class ResultStore:
    """A file of results that is open. Use it in a `with`, from one thread."""

    def __init__(self, path: Path, what: str | None = None, resume: bool = False) -> None:
        """Open the results at `path`. `what` says what a run reads, which begins anew, unless it is to `resume` the
        same; without it, the file must be there.

        Raises UsageError where it is not, or holds another run's or no results, and WriteError.
        """
        self.path = path
        if what is None and not path.is_file():
            raise UsageError(f"There are no results {path}; name the file that `inkdigits form read` wrote.")
        if what is not None and not resume:
            if path.exists() and not _is_ours(path):
                raise UsageError(f"{path} is no file of results and stays as it is; name another --output.")
            for ending in ("", "-journal"):
                with _convert_errors(path), suppress(FileNotFoundError):
                    os.unlink(f"{path}{ending}")
        with _convert_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, isolation_level=None)
        try:
            self._begin(what)
        except BaseException:
            self.close()
            raise

    def _begin(self, what: str | None) -> None:
        with _convert_errors(self.path):
            is_new = self._base.execute("PRAGMA schema_version").fetchone()[0] == 0
            if is_new:
                self._base.executescript(f"BEGIN; {_SCHEMA} PRAGMA application_id = {_APPLICATION}; COMMIT;")
                self._base.execute("INSERT INTO run VALUES (?, ?)", (_FORMAT, what or ""))
            if self._base.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
                raise UsageError(f"{self.path} is no file of results; name the one that `inkdigits form read` wrote.")
            earlier = self._base.execute("SELECT what FROM run").fetchone()
        if what is not None and (earlier is None or earlier[0] != what):
            raise UsageError(
                f"{self.path} belongs to a run with another template or options; give the same, or leave out --resume."
            )

    def is_done(self, file: str) -> bool:
        """Whether all pages of a file are there."""
        with _convert_errors(self.path):
            return self._base.execute("SELECT 1 FROM done WHERE file = ?", (file,)).fetchone() is not None

    @contextmanager
    def change(self) -> Iterator[None]:
        """All that is changed within: it is there whole, or nothing of it is. Raises WriteError."""
        with _convert_errors(self.path):
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise

    def set_done(self, file: str) -> None:
        """All pages of a file are there."""
        self._base.execute("INSERT OR REPLACE INTO done VALUES (?)", (file,))

    def add_sheet(self, file: str, page: int, form: str, answer: SheetAnswer, crops: list[bytes]) -> None:
        """A sheet that was read; `crops` has a PNG of each field. Raises WriteError."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _convert_errors(self.path):
            row = (file, page, form, answer.confidence, json.dumps(answer.broken), None, now)
            cursor = self._base.execute(
                "INSERT INTO sheet (file, page, form, confidence, broken, failure, read_at) VALUES (?,?,?,?,?,?,?)", row
            )
            self._base.executemany(
                "INSERT INTO answer VALUES (?,?,?,?,?,?,?,?,?)",
                [
                    _make_row(cursor.lastrowid or 0, each, crop)
                    for each, crop in zip(answer.answers, crops, strict=True)
                ],
            )

    def add_failure(self, failure: Failure) -> None:
        """A page on which no sheet was read. Raises WriteError."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _convert_errors(self.path):
            self._base.execute(
                "INSERT INTO sheet (file, page, failure, read_at) VALUES (?,?,?,?)",
                (failure.file, failure.page, failure.message, now),
            )

    def correct(self, sheet: int, name: str, text: str) -> None:
        """Put a field right; what was read stays. Raises UsageError for a field that there is not, and WriteError."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _convert_errors(self.path):
            if not self._base.execute("SELECT 1 FROM answer WHERE sheet = ? AND field = ?", (sheet, name)).fetchone():
                raise UsageError(f"{self.path} has no field {name!r} on a sheet {sheet}; see `inkdigits form review`.")
            self._base.execute(
                "INSERT INTO correction (sheet, field, text, corrected_at) VALUES (?,?,?,?)", (sheet, name, text, now)
            )

    def list_sheets(self, with_crops: bool = False) -> Iterator[StoredSheet]:
        """All sheets, in the order they were read."""
        with _convert_errors(self.path):
            sheets = self._base.execute(
                "SELECT id, file, page, form, confidence, failure FROM sheet ORDER BY id"
            ).fetchall()
            for row in sheets:
                number, file, page, form, confidence, failure = row
                fields = tuple(self._list_fields(number, with_crops))
                yield StoredSheet(number, file, page, form, confidence, failure, fields)

    def _list_fields(self, sheet: int, with_crops: bool) -> Iterator[StoredField]:
        corrections = dict(
            self._base.execute("SELECT field, text FROM correction WHERE sheet = ? ORDER BY id", (sheet,)).fetchall()
        )
        crop = "crop" if with_crops else "NULL"
        rows = self._base.execute(
            f"SELECT field, text, confidence, doubts, breaks, reckoned, next_best, {crop} FROM answer "
            "WHERE sheet = ? ORDER BY rowid",
            (sheet,),
        )
        for name, text, confidence, doubts, breaks, reckoned, next_best, picture in rows.fetchall():
            yield StoredField(
                name, text, confidence, tuple(json.loads(doubts)), tuple(json.loads(breaks)), reckoned, next_best,
                corrections.get(name), picture,
            )  # fmt: skip

    def __enter__(self) -> ResultStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()


def _make_row(sheet: int, answer: FieldAnswer, crop: bytes) -> tuple[object, ...]:
    next_best = None if answer.next_best is None else answer.next_best.text
    lists = json.dumps(answer.doubts, ensure_ascii=False), json.dumps(answer.breaks, ensure_ascii=False)
    return sheet, answer.name, answer.text, answer.confidence, next_best, answer.reckoned, *lists, crop


def _is_ours(path: Path) -> bool:
    """Whether a file is one of results, by its head."""
    with _convert_errors(path), open(path, "rb") as file:
        head = file.read(72)
    return not head or (head[:15] == b"SQLite format 3" and int.from_bytes(head[68:72], "big") == _APPLICATION)


@contextmanager
def _convert_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise WriteError(f"The results {path} cannot be used ({error}); what was there before is unchanged.") from error
    except OSError as error:
        raise WriteError(f"The results {path} cannot be used ({error.strerror}); check their place.") from error
