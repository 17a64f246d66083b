"""What the service takes upon itself: how much of what, for how long, from whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from inkdigits.reading.imaging.limits import Limits

PICTURE = Limits(bytes=16 * 2**20, pixels=50_000_000, pages=20)
HELD = 8  # times the bytes of one body: what all bodies together may hold in memory at once, in one worker


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What the files of one request may be together: how many, how many bytes as sent, how many pixels when decoded."""

    pictures: int = 50
    bytes: int = 4 * PICTURE.bytes
    pixels: int = 400_000_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one worker.

    `picture` limits bytes of a file, pixels of a page, and pages of a file; `batch` limits several files together.
    `seconds` is what an answer may take once its pictures have arrived, waiting included; `upload_seconds` what a
    sender may take for headers, and again for a body. `threads` pictures of `/v1/read` are read at a time, and as many
    of other requests; at most `queue` more wait.
    """

    picture: Limits = PICTURE
    batch: BatchLimits = BatchLimits()
    seconds: float = 30
    upload_seconds: float = 60
    threads: int = 1
    queue: int = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs.

    `model` is another network than the packaged one. `tokens`: callers must know one of them, if there are any.
    `origins`: pages of these sites may read answers in a browser; `*` is every site. `collect` is the file in which
    samples are kept, `jobs` the one of jobs, if they are; finished jobs are kept for `jobs_seconds` at most.
    """

    bounds: Bounds = Bounds()
    model: Path | None = None
    tokens: tuple[str, ...] = field(default=(), repr=False)
    origins: tuple[str, ...] = ()
    collect: Path | None = None
    jobs: Path | None = None
    jobs_seconds: float = 3600
