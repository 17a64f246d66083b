"""Requests at a constant rate, whatever becomes of them: the next one is sent when it is due, not when an answer came.

A generator that waits for answers slows down with the server, and never sees what those would have waited who kept
coming (coordinated omission). So a time is counted here from the moment a request was due to the last byte of its
answer: what this program itself is late, up to a millisecond of its clock, is in it.
"""

from __future__ import annotations

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

PATIENCE = 30.0  # seconds for an answer; then it counts as none
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
CLOSING = b"\r\nconnection: close\r\n"
Json = dict[str, Any]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one request: the status of its answer, 0 without one; seconds from when it was due, and how many
    of them passed before it was sent."""

    status: int
    seconds: float
    late: float


def request(path: str, body: bytes, kind: str = "image/png") -> bytes:
    """A POST as it goes over the wire; the connection is kept."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def replies(host: str, port: int, data: bytes, rate: float, seconds: float) -> list[Reply]:
    """Send the same request `rate` times a second, evenly, and wait for all answers."""
    gc.disable()  # it would stop for a tenth of a second, as so many answers are held
    try:
        return asyncio.run(_replies(Load(host, port, data), rate, round(rate * seconds)))
    finally:
        gc.enable()


async def _replies(load: Load, rate: float, count: int) -> list[Reply]:
    now = asyncio.get_running_loop().time
    start = now() + 0.01
    sent = []
    for place in range(count):
        due = start + place / rate
        if due > now():
            await asyncio.sleep(due - now())
        sent.append(asyncio.create_task(load.reply(due)))
    found = await asyncio.gather(*sent)
    for _, writer in load.idle:
        writer.close()
    return found


@dataclass
class Load:
    """Connections that are kept open and used again; a new one is made when none is free."""

    host: str
    port: int
    data: bytes
    idle: list[Streams] = field(default_factory=list)

    async def reply(self, due: float) -> Reply:
        """Send the request now, and tell how it went."""
        now = asyncio.get_running_loop().time
        late, status = now() - due, 0
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._status()
        except (OSError, EOFError, TimeoutError):
            pass
        return Reply(status, now() - due, late)

    async def _status(self) -> int:
        reader, writer = await self._streams()
        try:
            writer.write(self.data)
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            writer.close()
            raise
        if CLOSING in head.lower():
            writer.close()
        else:
            self.idle.append((reader, writer))
        return int(head[9:12])

    async def _streams(self) -> Streams:
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port)


def summary(found: Sequence[Reply]) -> Json:
    """How often each status came, p50 and p99 in ms of those that were read, and p99 of this program's lateness."""
    good = [reply.seconds for reply in found if reply.status == 200]
    statuses = Counter(str(reply.status) if reply.status else "none" for reply in found)
    late = percentiles([reply.late for reply in found])[1]
    p50, p99 = percentiles(good)
    return {"statuses": dict(sorted(statuses.items())), "p50_ms": p50, "p99_ms": p99, "late_p99_ms": late}


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """The 50th and 99th in milliseconds; not a number of fewer than two."""
    if len(seconds) < 2:
        return float("nan"), float("nan")
    cuts = quantiles(seconds, n=100, method="inclusive")
    return 1000 * cuts[49], 1000 * cuts[98]
