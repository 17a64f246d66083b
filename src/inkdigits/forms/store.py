"""The results of reading sheets: one SQLite file that keeps what was read, and every correction of it with its time.

Nothing is ever overwritten: a correction is a row of its own, and the last one counts. A sheet is there once it is
whole, so a run that was stopped, however, goes on after the last one. What is no UTF-8 in a file's name is kept
escaped, as SQLite takes none of it. What the templates say is kept as well: corrections are checked by it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from inkdigits.errors import UsageError, WriteError
from inkdigits.files import lock_file
from inkdigits.forms.joint import FieldAnswer, SheetAnswer
from inkdigits.reading.output.write import escape_surrogates
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
_TEMPLATES = "CREATE TABLE IF NOT EXISTS template (form TEXT PRIMARY KEY, content TEXT NOT NULL)"
_IN_PLACE_OF_FAILURE = """
ON CONFLICT (file, page) DO UPDATE SET form = excluded.form, confidence = excluded.confidence,
  broken = excluded.broken, failure = excluded.failure, read_at = excluded.read_at WHERE failure IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class StoredField:
    """A field as it was read, and `corrected`, what a person last put in its place; None without. `crop` is a PNG.

    `history` has all corrections, each a text and its time. It `is_at_odds` where corrections break a rule, and nobody
    has confirmed that since.
    """

    name: str
    read: str
    confidence: float
    doubts: tuple[str, ...]
    breaks: tuple[str, ...]
    reckoned: str | None
    next_best: str | None
    corrected: str | None
    crop: bytes | None
    history: tuple[tuple[str, str], ...] = ()
    is_at_odds: bool = False

    @property
    def text(self) -> str:
        """What counts."""
        return self.read if self.corrected is None else self.corrected

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should look at it."""
        return self.is_at_odds or (self.corrected is None and bool(self.doubts or self.breaks))


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

        Raises UsageError where it is not, or holds another run's or no results, or corrections that would be lost by
        beginning anew; and WriteError.
        """
        self.path = path
        advice = "name the .sqlite that `inkdigits form read` wrote" if what is None else "name another --output"
        if what is None and not (path.is_file() and path.stat().st_size):
            raise UsageError(f"There is no results file {path}; {advice}.")
        if path.exists() and not _is_ours(path):
            raise UsageError(f"{path} is no results file, and stays as it is; {advice}.")
        self._until = ExitStack()
        try:
            if what is not None:
                with _convert_errors(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    held = self._until.enter_context(path.open("ab"))
                if not lock_file(held):
                    raise UsageError(f"{path} is being written to by another run; wait for it, or name another.")
                if not resume:
                    _empty(path)
            with _convert_errors(path):
                self._base = self._until.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            self._begin(what)
        except BaseException:
            self.close()
            raise

    def _begin(self, what: str | None) -> None:
        with _convert_errors(self.path):
            if self._base.execute("PRAGMA schema_version").fetchone()[0] == 0:
                self._base.executescript(f"BEGIN; {_SCHEMA} PRAGMA application_id = {_APPLICATION}; COMMIT;")
                self._base.execute("INSERT INTO run VALUES (?, ?)", (_FORMAT, what or ""))
            if self._base.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
                raise UsageError(f"{self.path} is no results file; name the one that `inkdigits form read` wrote.")
            earlier = self._base.execute("SELECT format, what FROM run").fetchone()
        if earlier is not None and earlier[0] != _FORMAT:
            raise UsageError(f"{self.path} was written by another version of inkdigits; read the sheets anew.")
        if what is not None and (earlier is None or earlier[1] != what):
            raise UsageError(
                f"{self.path} belongs to a run with another template or options; give the same, or leave out --resume."
            )

    def is_done(self, file: str) -> bool:
        """Whether all pages of a file are there, and all were read: what failed is tried again."""
        with _convert_errors(self.path):
            found = self._base.execute(
                "SELECT 1 FROM done WHERE file = ? AND NOT EXISTS "
                "(SELECT 1 FROM sheet WHERE sheet.file = done.file AND failure IS NOT NULL)",
                (escape_surrogates(file),),
            ).fetchone()
        return found is not None

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

    def set_done(self, file: str, is_read: bool = False) -> None:
        """All pages of a file are there. If all of it `is_read` now, what failed before and is no page of it any more
        is forgotten."""
        file = escape_surrogates(file)
        if is_read:
            self._base.execute("DELETE FROM sheet WHERE file = ? AND failure IS NOT NULL", (file,))
        self._base.execute("INSERT OR REPLACE INTO done VALUES (?)", (file,))

    def add_sheet(self, file: str, page: int, form: str, answer: SheetAnswer, crops: list[bytes]) -> None:
        """A sheet that was read, in the place of its failure if there is one; one that was read before stays. `crops`
        has a PNG of each field. Raises WriteError."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _convert_errors(self.path):
            row = escape_surrogates(file), page, escape_surrogates(form), answer.confidence
            number = self._base.execute(
                "INSERT INTO sheet (file, page, form, confidence, broken, failure, read_at) VALUES (?,?,?,?,?,?,?) "
                f"{_IN_PLACE_OF_FAILURE} RETURNING id",
                (*row, json.dumps(answer.broken), None, now),
            ).fetchall()
            if not number:
                return
            self._base.executemany(
                "INSERT INTO answer VALUES (?,?,?,?,?,?,?,?,?)",
                [_make_row(number[0][0], each, crop) for each, crop in zip(answer.answers, crops, strict=True)],
            )

    def add_failure(self, failure: Failure) -> None:
        """A page on which no sheet was read; one that was read before stays. Raises WriteError."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _convert_errors(self.path):
            self._base.execute(
                f"INSERT INTO sheet (file, page, failure, read_at) VALUES (?,?,?,?) {_IN_PLACE_OF_FAILURE}",
                (escape_surrogates(failure.file), failure.page, escape_surrogates(failure.message), now),
            )

    def correct(self, corrections: Sequence[tuple[int, str, str]]) -> None:
        """Put fields (sheet, name) right by their texts, all at one time, or none; what was read stays. Raises
        UsageError for a field that there is not, and WriteError."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        with self.change():
            for sheet, name, text in corrections:
                found = self._base.execute("SELECT 1 FROM answer WHERE sheet = ? AND field = ?", (sheet, name))
                if not found.fetchone():
                    raise UsageError(f"{self.path} has no field {name!r} on a sheet {sheet}; see `form review`.")
                self._base.execute(
                    "INSERT INTO correction (sheet, field, text, corrected_at) VALUES (?,?,?,?)",
                    (sheet, name, escape_surrogates(text), now),
                )

    def keep_templates(self, contents: Mapping[str, str]) -> None:
        """What is known of each form, as JSON by its name."""
        with _convert_errors(self.path):
            self._base.execute(_TEMPLATES)
            rows = [(escape_surrogates(name), content) for name, content in contents.items()]
            self._base.executemany("INSERT OR IGNORE INTO template VALUES (?, ?)", rows)

    def load_templates(self) -> dict[str, str]:
        """What `keep_templates` kept; nothing in results from before that was done."""
        with _convert_errors(self.path):
            if not self._base.execute("SELECT 1 FROM sqlite_master WHERE name = 'template'").fetchone():
                return {}
            return dict(self._base.execute("SELECT form, content FROM template").fetchall())

    def list_sheets(self, with_crops: bool = False) -> Iterator[StoredSheet]:
        """All sheets, in the order they were first looked at; the pages of a file one after another."""
        with _convert_errors(self.path):
            sheets = self._base.execute(
                "SELECT id, file, page, form, confidence, failure FROM sheet "
                "ORDER BY min(id) OVER (PARTITION BY file), page"
            ).fetchall()
            for number, file, page, form, confidence, failure in sheets:
                fields = tuple(self._list_fields(number, with_crops))
                yield StoredSheet(number, file, page, form, confidence, failure, fields)

    def _list_fields(self, sheet: int, with_crops: bool) -> Iterator[StoredField]:
        corrections = self._base.execute(
            "SELECT field, text, corrected_at FROM correction WHERE sheet = ? ORDER BY id", (sheet,)
        ).fetchall()
        crop = "crop" if with_crops else "NULL"
        rows = self._base.execute(
            f"SELECT field, text, confidence, doubts, breaks, reckoned, next_best, {crop} FROM answer "
            "WHERE sheet = ? ORDER BY rowid",
            (sheet,),
        )
        for name, text, confidence, doubts, breaks, reckoned, next_best, picture in rows.fetchall():
            history = tuple((corrected, at) for field, corrected, at in corrections if field == name)
            yield StoredField(
                name, text, confidence, tuple(json.loads(doubts)), tuple(json.loads(breaks)), reckoned, next_best,
                history[-1][0] if history else None, picture, history,
            )  # fmt: skip

    def __enter__(self) -> ResultStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._until.close()


def _make_row(sheet: int, answer: FieldAnswer, crop: bytes) -> tuple[object, ...]:
    known = answer.name, answer.text, answer.confidence, answer.next_best and answer.next_best.text, answer.reckoned
    lists = (json.dumps(each, ensure_ascii=False) for each in (answer.doubts, answer.breaks))
    return sheet, *known, *lists, crop


def _is_ours(path: Path) -> bool:
    """Whether a file is one of results, by its head."""
    with _convert_errors(path), open(path, "rb") as file:
        head = file.read(72)
    return not head or (head[:15] == b"SQLite format 3" and int.from_bytes(head[68:72], "big") == _APPLICATION)


def _empty(path: Path) -> None:
    """Begin results anew. Raises UsageError if there are corrections in them."""
    with _convert_errors(path):
        if path.stat().st_size:
            with closing(sqlite3.connect(path)) as base:
                count = base.execute("SELECT count(*) FROM correction").fetchone()[0]
            if count:
                raise UsageError(
                    f"{path} holds corrections, which would be lost; go on with --resume, write another table of it "
                    f"with `inkdigits form export {path} --output {path.with_suffix('.csv')}`, or name another."
                )
        with suppress(FileNotFoundError):
            os.unlink(f"{path}-journal")
        os.truncate(path, 0)


@contextmanager
def _convert_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise WriteError(f"The results {path} cannot be used ({error}); what was there before is unchanged.") from error
    except OSError as error:
        raise WriteError(f"The results {path} cannot be used ({error.strerror}); check their place.") from error
