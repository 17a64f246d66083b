"""Sending attacks, many at once, and counting what came back. Whatever is not answered has to be cut off by the server.

`cut off` is a connection that the server ended without an answer, which is right for what never becomes a request;
`silent` one that it left open and `no HTTP` one on which it said something else, which are never right.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator

from bench.load.attacks import Attack, is_slow, make_attack

FAST_SENDERS = 8  # fast ones; as many as always may wait, so that they are looked at and not refused for want of room
SLOW_SENDERS = 96  # slow ones
TIMEOUT_SECONDS = 60.0  # seconds for an answer, or to be cut off
HALF_CLOSE_SECONDS = 0.3  # seconds that one who leaves waits for an answer
CUT_OFF, SILENT, NO_HTTP = "cut off", "silent", "no HTTP"
Counts = Counter[tuple[str, str]]  # kind, status


def send_attacks(host: str, port: int, indices: range, seed: int) -> Counts:
    """Send the attacks with these indices; how often each kind got each status."""
    return asyncio.run(_send_attacks(host, port, indices, seed))


async def _send_attacks(host: str, port: int, indices: range, seed: int) -> Counts:
    counts: Counts = Counter()
    fast = (make_attack(seed, number) for number in indices if not is_slow(number))
    slow = (make_attack(seed, number) for number in indices if is_slow(number))
    senders = [(fast, FAST_SENDERS), (slow, SLOW_SENDERS)]
    await asyncio.gather(
        *(_run_sender(host, port, attacks, counts) for attacks, count in senders for _ in range(count))
    )
    return counts


async def _run_sender(host: str, port: int, attacks: Iterator[Attack], counts: Counts) -> None:
    """One sender of several that take their attacks from the same source."""
    for attack in attacks:
        counts[attack.kind, await send_attack(host, port, attack)] += 1


async def send_attack(host: str, port: int, attack: Attack) -> str:
    """The status of the answer, `cut off` or `silent`."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await _exchange(host, port, attack)
    except TimeoutError:
        return SILENT


async def _exchange(host: str, port: int, attack: Attack) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    response = bytearray()
    try:
        await _write_parts(reader, writer, attack)
        while part := await reader.read(2**16):
            response += part[: 16 - len(response)] if len(response) < 16 else b""
    except ConnectionError:
        pass
    finally:
        writer.close()
    return response[9:12].decode() if response.startswith(b"HTTP/1.1 ") else NO_HTTP if response else CUT_OFF


async def _write_parts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, attack: Attack) -> None:
    for part in attack.parts:
        writer.write(part)
        await writer.drain()
        if attack.pause_seconds:
            await asyncio.sleep(attack.pause_seconds)
        if reader.at_eof():
            return
    if attack.half_closes:
        asyncio.get_running_loop().call_later(HALF_CLOSE_SECONDS, _half_close, writer)


def _half_close(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        writer.write_eof()


def count_by_status(counts: Counts) -> dict[str, int]:
    """How often each status came."""
    return _sum_counts((status, count) for (_, status), count in counts.items())


def count_by_kind(counts: Counts) -> dict[str, dict[str, int]]:
    """The same, kind by kind."""
    kinds = sorted({kind for kind, _ in counts})
    return {
        kind: _sum_counts((status, n) for (each_kind, status), n in counts.items() if each_kind == kind)
        for kind in kinds
    }


def _sum_counts(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for status, count in pairs:
        totals[status] += count
    return dict(sorted(totals.items()))
