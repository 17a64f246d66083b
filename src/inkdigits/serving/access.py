"""Who may ask: tokens, and pages of other sites in a browser."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from inkdigits.serving.problems import Problem, answer
from inkdigits.serving.service import Service

GUARDED = ("/v1/", "/metrics")  # what needs a token, if there are any
READING = frozenset({"/v1/read", "/v1/digit", "/v1/inspect", "/v1/explain", "/v1/samples", "/v1/jobs"})
_TOLD = ("X-Request-Id", "Retry-After", "Location")  # headers that pages of other sites may read
_REMEMBERED = 600  # seconds for which a browser need not ask again whether it may


def find_token(headers: Headers, tokens: Sequence[str]) -> str | None:
    """Which of the tokens a request bears; None where it bears none of them."""
    header = headers.get("authorization", "").encode("latin-1")
    found = [token for token in tokens if hmac.compare_digest(header, f"Bearer {token}".encode())]
    return found[0] if found else None


def allow_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application, whose answers browsers let the pages of these sites read; `*` is every site."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=_TOLD,
        max_age=_REMEMBERED,
    )


class Guard:
    """An ASGI application before another: refuses what needs no further look. When much comes at once, refusing must
    cost little."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on one request, or answer it."""
        app: ASGIApp = self._app
        try:
            if scope["type"] == "http":
                self._check(scope)
        except Problem as problem:
            app = answer(problem)
        await app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        tokens = self._service.settings.tokens
        if scope["path"].startswith(GUARDED) and tokens and find_token(Headers(scope=scope), tokens) is None:
            detail = "This service needs a token; send the header Authorization: Bearer TOKEN."
            raise Problem("token", detail, {"WWW-Authenticate": "Bearer"})
        if scope["path"] in READING and scope["method"] == "POST":
            self._service.pool.check_room()
