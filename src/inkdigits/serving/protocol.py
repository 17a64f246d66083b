"""HTTP/1.1 on one connection: uvicorn's, with what it leaves out. Who dawdles is cut off; a shutdown lets finish.

uvicorn times idle connections only: whoever sends headers byte by byte, or never reads an answer, keeps its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from inkdigits.serving.headers import SECURITY_RAW
from inkdigits.serving.problems import KINDS, MEDIA_TYPE, Problem, document

GRACE = 0.3  # seconds in which a request that is on its way when the service ends still gets through


class TimeLimited(Protocol):
    """What the connection asks of the service: how long a sender may take. And it tells it that it ends."""

    ending: bool

    @property
    def upload_seconds(self) -> float: ...

    def count_problem(self, kind: str) -> None: ...


class Connection(H11Protocol):
    """One connection."""

    _head_timer: asyncio.TimerHandle | None = None  # until the headers of a request are there
    _write_timer: asyncio.TimerHandle | None = None  # while the other side does not read

    @property
    def _service(self) -> TimeLimited:
        service: TimeLimited = self.app_state["service"]
        return service

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; headers must come in time."""
        super().connection_made(transport)
        self._head_timer = self._in_time(self._give_up)
        if self._service.ending:
            self.shutdown()

    def data_received(self, data: bytes) -> None:
        """Take what came; while no request is complete up to its headers, the time goes on."""
        super().data_received(data)
        if not self._idle():
            self._stop("_head_timer")
        elif self._head_timer is None:
            self._head_timer = self._in_time(self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop("_head_timer")
        self._stop("_write_timer")
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The other side reads slower than we write: it too must come to an end."""
        super().pause_writing()
        self._write_timer = self._in_time(self.transport.abort)

    def resume_writing(self) -> None:
        """The other side has read."""
        self._stop("_write_timer")
        super().resume_writing()

    def shutdown(self) -> None:
        """The service ends: finish what is being answered, and what may be on its way already."""
        self._service.ending = True
        if self._idle():
            self.loop.call_later(GRACE, self._end)
        else:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP with a problem document, and hang up; what answers its beginning need not go on."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send_problem(Problem("request", f"{msg} Send a valid HTTP/1.1 request (RFC 9112)."))
        self.transport.close()

    def _send_problem(self, problem: Problem) -> None:
        self._service.count_problem(problem.kind)
        body, status = document(problem), KINDS[problem.kind].status
        about = {b"content-type": MEDIA_TYPE, b"content-length": str(len(body)), b"connection": "close"}
        headers = [*SECURITY_RAW, *((name, value.encode()) for name, value in about.items())]
        events: tuple[Any, ...] = (
            h11.Response(status_code=status, headers=headers, reason=KINDS[problem.kind].title.encode()),
            h11.Data(body),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _end(self) -> None:
        """As the service ends: hang up, but for a request that came in after all."""
        if not self._idle():
            self.cycle.keep_alive = False
        elif not self.transport.is_closing():
            self.transport.close()

    def _give_up(self) -> None:
        self._head_timer = None
        if self._idle() and not self.transport.is_closing():
            self.transport.abort()

    def _in_time(self, then: Callable[[], None]) -> asyncio.TimerHandle:
        """Do this when the sender's time is over."""
        return self.loop.call_later(self._service.upload_seconds, then)

    def _stop(self, name: str) -> None:
        timer = getattr(self, name)
        if timer is not None:
            timer.cancel()
        setattr(self, name, None)
