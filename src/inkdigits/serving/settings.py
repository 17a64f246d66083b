"""What the service takes upon itself: how much of what, for how long, from whom."""

from __future__ import annotations

from dataclasses import dataclass, field

from inkdigits.reading.imaging.limits import Limits

PICTURE = Limits(bytes=16 * 2**20, pixels=50_000_000, pages=20)
HELD = 8  # times the bytes of one body: what all bodies together may hold in memory at once, in one worker


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one worker.

    `picture` limits bytes of a body, pixels of a page, and pages. `seconds` is what an answer may take once its
    picture has arrived, waiting included; `upload_seconds` what a sender may take for headers, and again for a body.
    `threads` pictures are read at a time, and at most `queue` more wait.
    """

    picture: Limits = PICTURE
    seconds: float = 30
    upload_seconds: float = 60
    threads: int = 1
    queue: int = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs: its bounds, another model than the packaged one, the token that callers must know, and the
    file in which samples are kept, if they are."""

    bounds: Bounds = Bounds()
    model: str | None = None
    token: str | None = field(default=None, repr=False)
    collect: str | None = None
