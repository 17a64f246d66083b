"""Threads that read pictures, and the bounded queue before them: what finds no room is refused at once.

How many pictures may wait is a limit of seconds: few wait where each takes long, as when refusing others takes most of
a core, so that whoever is let in is answered soon."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from inkdigits.serving.metrics import Metrics
from inkdigits.serving.problems import Problem
from inkdigits.serving.settings import Bounds

T = TypeVar("T")
_STEP_BACK = 5  # of niceness
_PATIENCE = 0.05  # seconds within which the turn of whatever waits should come
_ALWAYS = 8  # for each thread, that may wait however long they take: pages take long
_LATEST = 31  # steps by which the time of the next ones is told


class Pool:
    """Runs work off the event loop: `threads` at a time, at most `queue` more waiting. What may have many pages has as
    many threads again, so that what is short need not wait for the end of a page."""

    def __init__(self, bounds: Bounds, metrics: Metrics) -> None:
        self._bounds, self._metrics = bounds, metrics
        self._short = ThreadPoolExecutor(bounds.threads, "reading", step_back)
        self._long = ThreadPoolExecutor(bounds.threads, "pages", step_back)
        self._lock, self._inside, self._running = threading.Lock(), 0, 0
        self._latest, self._room = deque[float](maxlen=_LATEST), bounds.queue
        self._thread = threading.local()  # `ended`: when its last step did
        metrics.queue_limit.set(bounds.queue)

    def check_room(self) -> None:
        """Raises Problem `busy` when nothing more can wait: to be asked before a body is read too."""
        waiting = self._inside - self._bounds.threads
        if waiting >= self._room:
            raise Problem("busy", f"{waiting} pictures are waiting already; try again in a second.")

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns. Raises what it raises, and Problem: busy, or time when it takes too long."""
        return await self._run_steps(_single_step(work), self._short)

    async def run_steps(self, work: Generator[object, None, T]) -> T:
        """What `work`, which may take long, returns at last, as `run`. Whenever it yields, whatever else waits goes
        before its next step, so that a request of many pages holds up nobody."""
        return await self._run_steps(work, self._long)

    async def _run_steps(self, work: Generator[object, None, T], executor: ThreadPoolExecutor) -> T:
        """What `work` returns, step by step.

        A step that has begun cannot be stopped from outside: it keeps its thread until it ends.
        """
        self.check_room()
        step = executor.submit(self._advance, work, time.perf_counter())
        self._count(inside=1)
        try:
            async with asyncio.timeout(self._bounds.seconds):
                while (returned := await asyncio.wrap_future(step)) is None:
                    step = executor.submit(self._advance, work, time.perf_counter())
                return returned[0]
        except TimeoutError:
            raise timeout_problem(self._bounds) from None
        except MemoryError:
            raise Problem(
                "busy", "There is not enough memory for this picture; try again later, or send a smaller one."
            ) from None
        finally:
            step.add_done_callback(self._left)

    def close(self) -> None:
        """Wait for what is being read."""
        self._short.shutdown(wait=True)
        self._long.shutdown(wait=True)

    def _advance(self, work: Generator[object, None, T], came: float) -> tuple[T] | None:
        """Take the next step, which waits since `came`; what was returned, if that was the last."""
        free = max(came, getattr(self._thread, "ended", came))
        self._count(running=1)
        try:
            next(work)
        except StopIteration as end:
            return (end.value,)
        finally:
            self._count(running=-1)
            self._thread.ended = time.perf_counter()
            self._set_room(self._thread.ended - free)
        return None

    def _set_room(self, seconds: float) -> None:
        """How many may wait, after another step that took its thread so many seconds, answering in between included.
        The slowest tenth does not count: a page among digits."""
        with self._lock:
            self._latest.append(seconds)
            quicker = sorted(self._latest)[: max(1, len(self._latest) * 9 // 10)]
            soon = max(_ALWAYS, int(_PATIENCE * len(quicker) / max(sum(quicker), 1e-6)))  # for each thread
            self._room = min(self._bounds.queue, self._bounds.threads * soon)

    def _left(self, _: Future[tuple[T] | None]) -> None:
        self._count(inside=-1)

    def _count(self, inside: int = 0, running: int = 0) -> None:
        with self._lock:  # threads count too
            self._inside, self._running = self._inside + inside, self._running + running
            self._metrics.running.set(self._running)
            self._metrics.waiting.set(self._inside - self._running)


def _single_step(work: Callable[[], T]) -> Generator[object, None, T]:
    yield from ()
    return work()


def step_back(niceness: int = _STEP_BACK) -> None:
    """Let answering go before what this thread does: else, with more coming than can be read, readers keep the cores so
    busy that refusing falls behind, and whatever comes waits for seconds. Only Linux has a niceness for each thread."""
    if sys.platform == "linux":
        mine = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, mine, os.getpriority(os.PRIO_PROCESS, mine) + niceness)


def timeout_problem(bounds: Bounds) -> Problem:
    """The problem of an answer that is not there in time."""
    return Problem("time", f"Reading took more than {bounds.seconds:g} seconds; send a smaller picture or fewer pages.")
