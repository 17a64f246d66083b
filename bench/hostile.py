"""Sending attacks, many at once, and counting what came back. Whatever is not answered has to be cut off by the server.

`cut off` is a connection that the server ended without an answer, which is right for what never becomes a request;
`silent` one that it left open and `no HTTP` one on which it said something else, which are never right.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator

from bench.attacks import Attack, attack, is_slow

AT_ONCE = 24  # fast ones; fewer than the queue holds, so that they are looked at and not refused for want of room
SLOWLY = 96  # slow ones
PATIENCE = 60.0  # seconds for an answer, or to be cut off
GRACE = 0.3  # seconds that one who leaves waits for an answer
CUT, SILENT, BABBLE = "cut off", "silent", "no HTTP"
Counts = Counter[tuple[str, str]]  # kind, status


def counts(host: str, port: int, numbers: range, seed: int) -> Counts:
    """Send the attacks with these numbers; how often each kind got each status."""
    return asyncio.run(_counts(host, port, numbers, seed))


async def _counts(host: str, port: int, numbers: range, seed: int) -> Counts:
    found: Counts = Counter()
    fast = (attack(seed, number) for number in numbers if not is_slow(number))
    slow = (attack(seed, number) for number in numbers if is_slow(number))
    senders = [(fast, AT_ONCE), (slow, SLOWLY)]
    await asyncio.gather(*(_send(host, port, some, found) for some, count in senders for _ in range(count)))
    return found


async def _send(host: str, port: int, attacks: Iterator[Attack], found: Counts) -> None:
    """One sender of several that take their attacks from the same source."""
    for each in attacks:
        found[each.kind, await status(host, port, each)] += 1


async def status(host: str, port: int, each: Attack) -> str:
    """The status of the answer, `cut off` or `silent`."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await _status(host, port, each)
    except TimeoutError:
        return SILENT


async def _status(host: str, port: int, each: Attack) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    told = bytearray()
    try:
        await _sent(reader, writer, each)
        while part := await reader.read(2**16):
            told += part[: 16 - len(told)] if len(told) < 16 else b""
    except ConnectionError:
        pass
    finally:
        writer.close()
    return told[9:12].decode() if told.startswith(b"HTTP/1.1 ") else BABBLE if told else CUT


async def _sent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, each: Attack) -> None:
    for part in each.parts:
        writer.write(part)
        await writer.drain()
        if each.pause:
            await asyncio.sleep(each.pause)
        if reader.at_eof():
            return
    if each.leaves:
        asyncio.get_running_loop().call_later(GRACE, _leave, writer)


def _leave(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        writer.write_eof()


def by_status(found: Counts) -> dict[str, int]:
    """How often each status came."""
    return _summed((said, count) for (_, said), count in found.items())


def by_kind(found: Counts) -> dict[str, dict[str, int]]:
    """The same, kind by kind."""
    kinds = sorted({kind for kind, _ in found})
    return {kind: _summed((said, n) for (of, said), n in found.items() if of == kind) for kind in kinds}


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for said, count in pairs:
        total[said] += count
    return dict(sorted(total.items()))
