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

TIMEOUT_SECONDS = 30.0  # seconds for an answer; then it counts as none
CONTENT_LENGTH_PATTERN = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
CLOSE_HEADER = b"\r\nconnection: close\r\n"
Json = dict[str, Any]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one request: the status of its answer, 0 without one; `seconds` from when it was due, of which
    `late_seconds` passed before it was sent."""

    status: int
    seconds: float
    late_seconds: float


def build_request(path: str, body: bytes, content_type: str = "image/png") -> bytes:
    """A POST as it goes over the wire; the connection is kept."""
    headers = f"Host: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{headers}\r\n".encode() + body


def send_at_rate(host: str, port: int, request: bytes, rate: float, seconds: float) -> list[Reply]:
    """Send the same request `rate` times a second, evenly, and wait for all answers."""
    gc.disable()  # it would stop for a tenth of a second, as so many answers are held
    try:
        return asyncio.run(_send_at_rate(ConnectionPool(host, port, request), rate, round(rate * seconds)))
    finally:
        gc.enable()


async def _send_at_rate(pool: ConnectionPool, rate: float, count: int) -> list[Reply]:
    now = asyncio.get_running_loop().time
    start = now() + 0.01
    tasks = []
    for index in range(count):
        due = start + index / rate
        if due > now():
            await asyncio.sleep(due - now())
        tasks.append(asyncio.create_task(pool.send(due)))
    replies = await asyncio.gather(*tasks)
    for _, writer in pool.idle:
        writer.close()
    return replies


@dataclass
class ConnectionPool:
    """Connections that are kept open and used again; a new one is made when none is free."""

    host: str
    port: int
    request: bytes
    idle: list[Streams] = field(default_factory=list)

    async def send(self, due: float) -> Reply:
        """Send the request now, and tell how it went."""
        now = asyncio.get_running_loop().time
        late_seconds, status = now() - due, 0
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status = await self._exchange()
        except (OSError, EOFError, TimeoutError):
            pass
        return Reply(status, now() - due, late_seconds)

    async def _exchange(self) -> int:
        reader, writer = await self._take_connection()
        try:
            writer.write(self.request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = CONTENT_LENGTH_PATTERN.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            writer.close()
            raise
        if CLOSE_HEADER in head.lower():
            writer.close()
        else:
            self.idle.append((reader, writer))
        return int(head[9:12])

    async def _take_connection(self) -> Streams:
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port)


def summarise(replies: Sequence[Reply]) -> Json:
    """How often each status came, p50 and p99 in ms of those that were read, and p99 of this program's lateness."""
    read_seconds = [reply.seconds for reply in replies if reply.status == 200]
    statuses = Counter(str(reply.status) if reply.status else "none" for reply in replies)
    late_p99_ms = compute_percentiles_ms([reply.late_seconds for reply in replies])[1]
    p50, p99 = compute_percentiles_ms(read_seconds)
    return {"statuses": dict(sorted(statuses.items())), "p50_ms": p50, "p99_ms": p99, "late_p99_ms": late_p99_ms}


def compute_percentiles_ms(seconds: Sequence[float]) -> tuple[float, float]:
    """The 50th and 99th in milliseconds; not a number of fewer than two."""
    if len(seconds) < 2:
        return float("nan"), float("nan")
    cuts = quantiles(seconds, n=100, method="inclusive")
    return 1000 * cuts[49], 1000 * cuts[98]
