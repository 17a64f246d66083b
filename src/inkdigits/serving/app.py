"""The service's paths. Read this first; what each of them does is the file it is imported from."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match

from inkdigits._version import __version__
from inkdigits.errors import InkdigitsError
from inkdigits.serving import body, correcting, docs, jobs, metrics, problems, samples, schema, site, work
from inkdigits.serving.access import Guard, allow_origins
from inkdigits.serving.frame import Middleware
from inkdigits.serving.log import REQUESTS
from inkdigits.serving.openapi import PICTURE, PICTURES, READINGS, READS, TEXTS, describe_app
from inkdigits.serving.openapi import problem_responses as may_answer
from inkdigits.serving.options import DigitOptions, ExplainOptions, InspectOptions, OnePageOptions, ReadOptions
from inkdigits.serving.problems import Problem
from inkdigits.serving.service import Service
from inkdigits.serving.settings import Settings

TITLE = "inkdigits"
ABOUT = (
    "Reads handwritten digits in pictures. Nothing is fetched from elsewhere, and nothing is stored but samples, if "
    "the service was started with --collect, and jobs until they are fetched, if it was started with --jobs."
)


def create_app(settings: Settings) -> Middleware:
    """The ASGI application of one worker. Raises ModelError when the model cannot be loaded."""
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Service]]:
        if runner is not None:
            runner.start()
        yield {"service": service}
        if runner is not None:
            runner.stop()
        service.pool.close()

    app = FastAPI(
        title=TITLE,
        version=__version__,
        description=ABOUT,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own page loads its scripts from other hosts
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    _add_reading(app, service)
    _add_correcting(app, service)
    runner = jobs.add(app, service)
    samples.add(app, service)
    _add_about(app, service)
    _add_pages(app, service)
    _add_site(app, service)
    _add_errors(app)
    paths = frozenset(path for route in app.routes if (path := getattr(route, "path", "")))
    return Middleware(allow_origins(Guard(app, service), settings.origins), service, paths)


def _add_reading(app: FastAPI, service: Service) -> None:
    @app.post("/v1/read", response_model=schema.Readings, responses=may_answer(*READS) | TEXTS, openapi_extra=PICTURES)
    async def read(request: Request, options: Annotated[ReadOptions, Query()]) -> Response:
        """Read every digit of a picture, page by page; of several pictures, if the form has more than one `file`."""
        bounds = service.settings.bounds
        with service.shelf.place() as place:
            uploads = await body.receive_pictures(request, bounds, place)
            return _respond(service, await service.pool.run_steps(work.read(service.reader, uploads, options, bounds)))

    @app.post(
        "/v1/digit",
        response_model=schema.SeenDigit,
        responses=may_answer(*READS, "several-pages"),
        openapi_extra=PICTURE,
    )
    async def digit(request: Request, options: Annotated[DigitOptions, Query()]) -> Response:
        """Read a picture that is one digit."""
        return await _answered(service, request, work.read_digit, options)

    @app.post(
        "/v1/inspect",
        response_model=schema.Inspection,
        responses=may_answer(*READS, "several-pages"),
        openapi_extra=PICTURE,
    )
    async def inspect(request: Request, options: Annotated[InspectOptions, Query()]) -> Response:
        """Read a picture of one digit, and show what each layer of the network sees and which parts mattered."""
        return await _answered(service, request, work.inspect, options)

    @app.post("/v1/explain", response_model=schema.Explanation, responses=may_answer(*READS), openapi_extra=PICTURE)
    async def explain(request: Request, options: Annotated[ExplainOptions, Query()]) -> Response:
        """Show one page of a picture at every stage of reading it, and what the network saw of every digit."""
        return await _answered(service, request, work.explain, options)


def _add_correcting(app: FastAPI, service: Service) -> None:
    @app.post("/v1/page", response_model=schema.OnePage, responses=may_answer(*READS), openapi_extra=PICTURE)
    async def page(request: Request, options: Annotated[OnePageOptions, Query()]) -> Response:
        """Read one page of a file, with what is needed to correct it: its picture and the glyph of every digit.

        A region in which nothing is found is read as one digit."""
        return await _answered(service, request, correcting.read_one_page, options)

    @app.post(
        "/v1/xlsx",
        response_class=Response,
        responses=may_answer(*READS) | {200: {"content": {correcting.XLSX: {}}}},
        openapi_extra=READINGS,
    )
    async def xlsx(request: Request) -> Response:
        """Readings, corrected or not, as an Excel workbook with a row for every number."""
        with service.shelf.place() as place:
            upload = await body.receive_picture(request, service.settings.bounds, place)
            workbook = await service.pool.run(partial(correcting.format_spreadsheet, upload))
        return Response(workbook, media_type=correcting.XLSX)


async def _answered(service: Service, request: Request, do: Callable[..., work.Answer], options: Any) -> Response:
    """Take the picture in, read it in a thread, answer."""
    bounds = service.settings.bounds
    with service.shelf.place() as place:
        upload = await body.receive_picture(request, bounds, place)
        return _respond(service, await service.pool.run(partial(do, service.reader, upload, options, bounds)))


def _respond(service: Service, answer: work.Answer) -> Response:
    service.count_answer(answer)
    return Response(answer.body, media_type=answer.kind)


def _add_about(app: FastAPI, service: Service) -> None:
    @app.get("/v1/models", response_model=schema.Models)
    async def models() -> Response:
        """Which network reads."""
        model = service.reader.model
        return JSONResponse({"models": [{"name": model.name, "version": model.version}]})

    @app.get("/health/live", response_model=schema.Health)
    async def live() -> Response:
        """Whether the service runs."""
        return JSONResponse({"status": "ok"})

    @app.get("/health/ready", response_model=schema.Health, responses=may_answer("busy"))
    async def ready() -> Response:
        """Whether a picture sent now would be read: not while the queue is full or the service is shutting down."""
        if service.ending:
            raise Problem("busy", "The service is shutting down; try again later.")
        service.pool.check_room()
        return JSONResponse({"status": "ok"})


def _add_pages(app: FastAPI, service: Service) -> None:
    token = bool(service.settings.tokens)

    @app.get("/metrics", response_class=Response, responses={200: {"content": {metrics.CONTENT_TYPE: {}}}})
    async def measured() -> Response:
        """The metrics of all workers, for Prometheus."""
        return Response(service.metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})

    @app.get("/openapi.json", include_in_schema=False)
    async def description() -> Response:
        return JSONResponse(describe_app(app, token))

    @app.get("/docs", include_in_schema=False)
    async def page() -> Response:
        return HTMLResponse(docs.page(describe_app(app, token)), headers=docs.HEADERS)


def _add_site(app: FastAPI, service: Service) -> None:
    """The pages, file by file: nothing of the disk is reached by a path from outside."""
    page_files = site.load_files(collecting=service.store is not None, token=bool(service.settings.tokens))
    for path, file in (page_files | docs.load_files()).items():
        app.add_route(path, file.answer, include_in_schema=False)


def _add_errors(app: FastAPI) -> None:
    """Whatever is raised becomes a problem document."""

    def answers(error: type[Exception], problem_of: Callable[[Any], Problem]) -> None:
        async def handler(_: Request, raised: Exception) -> Response:
            return problems.answer(problem_of(raised))

        app.add_exception_handler(error, handler)

    async def http(request: Request, raised: Exception) -> Response:
        assert isinstance(raised, HTTPException)
        return problems.answer(_http(raised, request))

    answers(Problem, lambda error: error)
    answers(InkdigitsError, problems.of)
    answers(RequestValidationError, _bad_options)
    answers(
        ClientDisconnect,
        lambda _: Problem("gone", "The connection closed before all of the request came; send it again."),
    )
    app.add_exception_handler(HTTPException, http)
    answers(Exception, lambda _: Problem("error", "The service failed; its log says more under this X-Request-Id."))


def _bad_options(error: RequestValidationError) -> Problem:
    messages = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()]
    return Problem("usage", f"These options are not valid: {'; '.join(messages)[:500]}; see /docs.")


def _http(error: HTTPException, request: Request) -> Problem:
    kind = {404: "not-found", 405: "method"}.get(error.status_code)
    if kind is None:
        logging.getLogger(REQUESTS).error("no problem is known for status %d", error.status_code)
        return Problem("error", "The service failed; its log says more under this X-Request-Id.")
    advice = "see /docs for all paths" if kind == "not-found" else "see the header Allow"
    headers = {"Allow": _methods(request)} if kind == "method" else error.headers
    return Problem(kind, f"{problems.KINDS[kind].title}; {advice}.", headers)


def _methods(request: Request) -> str:
    """All methods that a path has: who raised the error knows but those of one of its routes."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in routes for method in route.methods or ()}))
