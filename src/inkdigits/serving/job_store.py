"""A file of jobs (SQLite): pictures that are to be read later, and what was read, each until it is no longer needed.

A job is `waiting`, `running`, `done` or `failed`. A worker claims it under a name that nobody had before, and renews
the claim while it reads. The claim of one who was killed ends by itself after LEASE seconds: the job waits again, or
has failed if it ended its reader MOST_TRIES times. Only who holds the claim can finish a job, so it is finished once.

Pictures are deleted when the job is finished, all else when it is fetched, or some time after it was finished. Of the
token that made a job, a hash is kept.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection
from typing import Literal

from inkdigits.errors import StoreFullError
from inkdigits.serving.body import Upload
from inkdigits.serving.database import Database, Layout
from inkdigits.serving.work import LONGEST_ANSWER

State = Literal["waiting", "running", "done", "failed"]
MOST = 1000  # jobs in a file
MOST_TRIES = 2
LEASE = 20.0  # seconds that a claim holds unless it is renewed; on a busy machine a thread may wait for some
_JOBS = """CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    options TEXT NOT NULL,
    made REAL NOT NULL,
    finished REAL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    pictures INTEGER NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    claim TEXT,
    leased REAL,
    kind TEXT,
    result BLOB,
    problem TEXT,
    detail TEXT
) STRICT"""
_PICTURES = """CREATE TABLE pictures (
    job TEXT NOT NULL,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (job, place)
) STRICT"""
LAYOUT = Layout(
    application_id=0x696E6B6A,  # "inkj"
    version=1,
    tables=(_JOBS, _PICTURES),
    max_bytes=2**30,
    longest=LONGEST_ANSWER,
    things="jobs",
    option="inkdigits serve --jobs",
    room="fetch or delete some jobs, or try again later",
)
_COLUMNS = "id, state, pictures, pages, made, finished, problem, detail"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands: `pages` were read so far; `made` and `finished` are seconds since 1970; `problem` is the kind
    of what it failed with, `detail` a sentence on it."""

    id: str
    state: State
    pictures: int
    pages: int
    made: float
    finished: float | None
    problem: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is to be read now, by whoever has this."""

    id: str
    name: str
    options: str
    uploads: list[Upload]


class JobStore:
    """The jobs of one file. May be used from several threads and processes at once.

    Every method raises StoreBusyError, StoreFullError, WriteError or DataError when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, for its owner only.

        Raises DataError when it is something else or of another version, WriteError when it cannot be made.
        """
        self.path, self._database = path, Database(path, LAYOUT)

    def add(self, token: str, options: str, uploads: Sequence[Upload]) -> Job:
        """Take a job in. Raises StoreFullError when there are as many as may be."""
        job = Job(secrets.token_hex(16), "waiting", len(uploads), 0, time.time(), None, None, None)
        with self._database.open("IMMEDIATE") as connection:
            if connection.execute("SELECT count(*) FROM jobs").fetchone()[0] >= MOST:
                raise StoreFullError(f"{MOST:,} jobs are kept already; {LAYOUT.room}.")
            connection.execute(
                "INSERT INTO jobs (id, owner, options, made, state, pictures) VALUES (?, ?, ?, ?, ?, ?)",
                (job.id, _hash(token), options, job.made, job.state, job.pictures),
            )
            connection.executemany(
                "INSERT INTO pictures VALUES (?, ?, ?, ?)",
                ((job.id, place, upload.name, upload.data) for place, upload in enumerate(uploads)),
            )
        return job

    def find(self, token: str, id_: str) -> Job | None:
        """The job with this id, for who made it."""
        query = f"SELECT {_COLUMNS} FROM jobs WHERE id = ? AND owner = ?"
        with self._database.open() as connection:
            row = connection.execute(query, (id_, _hash(token))).fetchone()
        return None if row is None else Job(*row)

    def result(self, id_: str) -> tuple[str, bytes] | None:
        """The media type and the body of what a job gave; None of one that gave nothing."""
        with self._database.open() as connection:
            row: tuple[str, bytes] | None = connection.execute(
                "SELECT kind, result FROM jobs WHERE id = ? AND state = 'done'", (id_,)
            ).fetchone()
        return row

    def delete(self, id_: str) -> None:
        """Delete a job and all that belongs to it, whatever its state; who reads it gives up at the next page."""
        with self._database.open("IMMEDIATE") as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", (id_,))
            _delete_pictures(connection)

    def claim(self) -> Claim | None:
        """Take the job that has waited longest, if there is one."""
        query = "SELECT id, options FROM jobs WHERE state = 'waiting' ORDER BY made LIMIT 1"
        with self._database.open() as connection:  # most often there is none, and nobody need be kept from writing
            if connection.execute(query).fetchone() is None:
                return None
        with self._database.open("IMMEDIATE") as connection:
            row = connection.execute(query).fetchone()
            if row is None:
                return None
            pictures = connection.execute("SELECT name, data FROM pictures WHERE job = ? ORDER BY place", row[:1])
            claim = Claim(row[0], secrets.token_hex(8), row[1], [Upload(*picture) for picture in pictures])
            connection.execute(
                "UPDATE jobs SET state = 'running', pages = 0, tries = tries + 1, claim = ?, leased = ? WHERE id = ?",
                (claim.name, time.time() + LEASE, claim.id),
            )
        return claim

    def renew(self, claim: Claim, pages: int) -> bool:
        """Go on with a job of which so many pages are read; False when it is somebody else's by now, or deleted."""
        return self._update(claim, "leased = ?, pages = ?", time.time() + LEASE, pages)

    def release(self, claim: Claim) -> bool:
        """Give a job back, as if nobody had begun it."""
        return self._update(claim, "state = 'waiting', claim = NULL, pages = 0, tries = tries - 1")

    def finish(self, claim: Claim, pages: int, kind: str, result: bytes) -> bool:
        """Keep what a job gave, and delete its pictures; False when it is not the caller's any more."""
        change = "state = 'done', claim = NULL, finished = ?, pages = ?, kind = ?, result = ?"
        return self._update(claim, change, time.time(), pages, kind, result, ends=True)

    def fail(self, claim: Claim, problem: str, detail: str) -> bool:
        """Keep why a job gave nothing, and delete its pictures; False when it is not the caller's any more."""
        change = "state = 'failed', claim = NULL, finished = ?, problem = ?, detail = ?"
        return self._update(claim, change, time.time(), problem, detail, ends=True)

    def sweep(self, keep_seconds: float) -> None:
        """See to what nobody else does: jobs whose reader was killed wait again, or have failed; jobs that waited for
        `keep_seconds` have failed; those that were finished as long ago are deleted."""
        lost = "state = 'running' AND NOT leased BETWEEN ? AND ?"  # nor is a claim of the far future one
        fail = "UPDATE jobs SET state = 'failed', claim = NULL, finished = ?, problem = ?, detail = ?"
        killed = f"Reading it ended a worker of the service {MOST_TRIES} times; send other files."
        late = f"It was not read within {keep_seconds:,.0f} seconds; send fewer files, or try again later."
        with self._database.open("IMMEDIATE") as connection:
            now = time.time()  # not before all others have written: what they claimed by then would be of the future
            lease = (now, now + 2 * LEASE)
            connection.execute(f"{fail} WHERE {lost} AND tries >= ?", (now, "killed", killed, *lease, MOST_TRIES))
            connection.execute(f"UPDATE jobs SET state = 'waiting', claim = NULL, pages = 0 WHERE {lost}", lease)
            connection.execute(f"{fail} WHERE finished IS NULL AND made < ?", (now, "time", late, now - keep_seconds))
            connection.execute("DELETE FROM jobs WHERE finished < ?", (now - keep_seconds,))
            _delete_pictures(connection)

    def _update(self, claim: Claim, change: str, *values: object, ends: bool = False) -> bool:
        """Change a job, if the claim still holds; whether it did. One that ends needs its pictures no more."""
        query = f"UPDATE jobs SET {change} WHERE id = ? AND claim = ?"
        with self._database.open("IMMEDIATE") as connection:
            held = connection.execute(query, (*values, claim.id, claim.name)).rowcount > 0
            if ends:
                _delete_pictures(connection)
        return held


def _delete_pictures(connection: Connection) -> None:
    """Delete the pictures of jobs that are finished or gone."""
    connection.execute("DELETE FROM pictures WHERE job NOT IN (SELECT id FROM jobs WHERE finished IS NULL)")


def _hash(token: str) -> str:
    """What is kept of a token; of none, nothing."""
    return sha256(token.encode()).hexdigest() if token else ""
