"""A file of labelled samples (SQLite): what a person drew or corrected, kept only where that was asked for.

One table. Every sample has its label, when it came and how, the 28×28 that the network sees, and the drawing, both PNG.
What is deleted is gone from the file for good (database.py). Numbers of samples are never given twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from inkdigits.errors import StoreFullError
from inkdigits.serving.database import Database, Layout

Source = Literal["drawn", "correction"]
SOURCES = get_args(Source)
MOST = 10_000  # samples in a file
LONGEST = 2**20  # bytes of a drawing
_TABLE = f"""CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label INTEGER NOT NULL CHECK (label BETWEEN 0 AND 9),
    made TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN {SOURCES}),
    glyph BLOB NOT NULL CHECK (length(glyph) <= {2**12}),
    drawing BLOB NOT NULL CHECK (length(drawing) <= {LONGEST})
) STRICT"""
LAYOUT = Layout(
    application_id=0x696E6B64,  # "inkd"
    version=1,
    tables=(_TABLE,),
    max_bytes=256 * 2**20,
    longest=LONGEST,
    things="samples",
    option="inkdigits serve --collect",
    room="export the samples, then delete some",
)
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
        self.path, self._database = path, Database(path, LAYOUT, readonly)

    def add(self, label: int, source: Source, glyph: bytes, drawing: bytes) -> Sample:
        """Keep a sample. Raises FullError, BusyError, WriteError."""
        made = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.open("IMMEDIATE") as connection:
            if connection.execute("SELECT count(*) FROM samples").fetchone()[0] >= MOST:
                raise StoreFullError(f"{MOST:,} samples are kept already; export them, then delete some.")
            row = (label, made, source, glyph, drawing)
            cursor = connection.execute(
                "INSERT INTO samples (label, made, source, glyph, drawing) VALUES (?, ?, ?, ?, ?)", row
            )
        return Sample(cursor.lastrowid or 0, label, made, source, glyph, drawing)

    def counts(self) -> list[int]:
        """How many samples there are of each digit, 0 to 9."""
        with self._database.open() as connection:
            counts = dict(connection.execute("SELECT label, count(*) FROM samples GROUP BY label"))
        return [counts.get(digit, 0) for digit in range(10)]

    def latest(self, limit: int, before: int | None = None, label: int | None = None) -> list[Sample]:
        """The newest samples, at most `limit`; where it is said, older than sample `before`, or of one label only."""
        query = f"SELECT {_COLUMNS} FROM samples WHERE id < ? AND label BETWEEN ? AND ? ORDER BY id DESC LIMIT ?"
        low, high = (0, 9) if label is None else (label, label)
        with self._database.open() as connection:
            return [Sample(*row) for row in connection.execute(query, (before or 2**62, low, high, limit))]

    def all(self) -> Iterator[Sample]:
        """All samples, oldest first, read one by one; those that are added or deleted meanwhile may be among them."""
        last = 0
        while True:
            with self._database.open() as connection:
                row = connection.execute(
                    f"SELECT {_COLUMNS} FROM samples WHERE id > ? ORDER BY id LIMIT 1", (last,)
                ).fetchone()
            if row is None:
                return
            yield Sample(*row)
            last = row[0]

    def delete(self, number: int) -> bool:
        """Delete one sample, so that nothing of it is left in the file; whether it was there."""
        with self._database.open("IMMEDIATE") as connection:
            return connection.execute("DELETE FROM samples WHERE id = ?", (number,)).rowcount > 0

    def clear(self) -> int:
        """Delete all samples; how many there were."""
        with self._database.open("IMMEDIATE") as connection:
            return connection.execute("DELETE FROM samples WHERE true").rowcount
