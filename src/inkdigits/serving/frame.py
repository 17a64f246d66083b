"""What surrounds every request: headers, an orderly end of early answers, metrics, one line in the log."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkdigits.serving.headers import SECURITY_RAW
from inkdigits.serving.log import REQUESTS
from inkdigits.serving.service import Service

_DRAINED = 64 * 2**20  # bytes of a refused body that are still taken in, so that its sender gets to read the answer
_DRAIN_SECONDS = 2.0
_SMALL = 2**16  # bytes of a body that is likely here already: taking it in first keeps the connection
_SMALL_SECONDS = 0.05
_log = logging.getLogger(REQUESTS)


class Middleware:
    """An ASGI application around another; `paths` are those that metrics name, all others are `other`."""

    def __init__(self, app: ASGIApp, service: Service, paths: frozenset[str]) -> None:
        self._app, self._service, self._paths = app, service, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = get_exchange(scope, receive, send, self._service)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:  # it has been answered with 500
            _log.exception("fault", extra={"fields": {"id": exchange.id}})
        finally:
            self._record_metrics(scope, exchange)

    def _record_metrics(self, scope: Scope, exchange: Exchange) -> None:
        path = scope["path"] if scope["path"] in self._paths else "other"
        seconds, metrics = time.perf_counter() - exchange.start, self._service.metrics
        metrics.requests.labels(path, exchange.status).inc()
        metrics.seconds.labels(path).observe(seconds)
        if exchange.kind:
            self._service.count_problem(exchange.kind)
        fields = {"id": exchange.id, "client": (scope.get("client") or ("",))[0], "method": scope["method"]}
        fields |= {"path": scope["path"][:200], "status": exchange.status, "seconds": round(seconds, 4)}
        fields |= {"received": exchange.received, "sent": exchange.sent} | (
            {"kind": exchange.kind} if exchange.kind else {}
        )
        _log.info("request", extra={"fields": fields})


def get_exchange(scope: Scope, receive: Receive, send: Send, service: Service) -> Exchange:
    """What is known of a request's body by its headers."""
    headers = Headers(scope=scope)
    length, chunked = int(headers.get("content-length", "0")), "transfer-encoding" in headers
    small = not chunked and length <= _SMALL and "expect" not in headers
    return Exchange(receive, send, service, chunked or length > 0, small)


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as they go by."""

    _receive: Receive
    _send: Send
    service: Service
    unread: bool  # whether some of the request's body has not been received
    small: bool  # whether that is little, and no more than a moment away
    id: str = field(default_factory=lambda: f"{random.getrandbits(64):016x}")  # no secret
    start: float = field(default_factory=time.perf_counter)
    status: int = 0
    kind: str = ""
    received: int = 0
    sent: int = 0

    async def receive(self) -> Message:
        """Hand on what comes in."""
        message = await self._receive()
        self.received += len(message.get("body", b""))
        self.unread = self.unread and message["type"] == "http.request" and message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Hand on what goes out, with the headers of every answer."""
        if message["type"] == "http.response.start":
            if self.unread and self.small:
                await self._drain(_SMALL_SECONDS)
            self._begin(message)
        self.sent += len(message.get("body", b""))
        if message["type"] == "http.response.body" and not message.get("more_body") and self.unread:
            await self._send({**message, "more_body": True})
            await self._drain(_DRAIN_SECONDS)
            message = {"type": "http.response.body"}
        await self._send(message)

    def _begin(self, message: Message) -> None:
        self.status = message["status"]
        headers = MutableHeaders(raw=message["headers"])
        self.kind = headers.get("x-problem", "")
        del headers["x-problem"]
        names = {name for name, _ in headers.raw}
        headers.raw.extend(header for header in SECURITY_RAW if header[0] not in names)
        headers["X-Request-Id"] = self.id
        if self.unread or self.service.ending:
            headers["Connection"] = "close"

    async def _drain(self, seconds: float) -> None:
        """The answer came before the body was in: a sender that is not read from would never look at the answer."""
        enough = self.received + _DRAINED
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.unread and self.received < enough:
                    await self.receive()
