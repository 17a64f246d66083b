"""The paths under /v1/jobs: pictures are taken in at once and read later, where the service was asked to keep them.

A job can be seen by the token that made it. Without tokens, whoever knows its id can see it, and ids cannot be guessed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from inkdigits.serving import body, schema
from inkdigits.serving.access import find_token
from inkdigits.serving.job_runner import JobRunner
from inkdigits.serving.job_store import Job, JobStore
from inkdigits.serving.openapi import PICTURES, READS, TEXTS
from inkdigits.serving.openapi import problem_responses as may_answer
from inkdigits.serving.options import ReadOptions
from inkdigits.serving.problems import RETRY, Problem
from inkdigits.serving.service import Service
from inkdigits.serving.work import check_uploads

_ALWAYS = ("no-jobs", "not-found", "usage", "busy", "time")
_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The job's id.")]


def add(app: FastAPI, service: Service) -> JobRunner | None:
    """Add the paths, and return what reads the jobs; without a store, each path answers that there is none."""
    runner = None if service.jobs is None else JobRunner(service, service.jobs)
    _add_making(app, service, runner)
    _add_asking(app, service)
    return runner


def _add_making(app: FastAPI, service: Service, runner: JobRunner | None) -> None:
    @app.post(
        "/v1/jobs",
        status_code=202,
        response_model=schema.Job,
        responses=may_answer(*READS, "no-jobs", "full"),
        openapi_extra=PICTURES,
    )
    async def make(request: Request, options: Annotated[ReadOptions, Query()]) -> Response:
        """Take pictures in, to be read as /v1/read would. Ask for the job until it is done, then for its result."""
        store, token, bounds = _store(service), _token(service, request), service.settings.bounds
        with service.shelf.place() as place:
            uploads = await body.receive_pictures(request, bounds, place)

            def keep() -> Job:
                options.how()  # what cannot be right is told now
                check_uploads(uploads)
                return store.add(token, options.model_dump_json(by_alias=True), uploads)

            job = await service.pool.run(keep)
        if runner is not None:
            runner.wake()
        return JSONResponse(_job_json(service, job), 202, {"Location": f"/v1/jobs/{job.id}"})


def _add_asking(app: FastAPI, service: Service) -> None:
    @app.get("/v1/jobs/{id}", response_model=schema.Job, responses=may_answer(*_ALWAYS))
    async def ask(request: Request, id: _Id) -> Response:
        """How far a job is."""
        return await _answered(service, request, id, lambda store, job: _job_json(service, job))

    @app.get(
        "/v1/jobs/{id}/result", response_model=schema.Readings, responses=may_answer(*_ALWAYS, "no-result") | TEXTS
    )
    async def fetch(request: Request, id: _Id) -> Response:
        """What a job gave, as /v1/read would have answered. It is deleted when it is sent; ask once."""
        store, token = _store(service), _token(service, request)
        kind, result = await service.pool.run(partial(_result, store, token, id))
        return StreamingResponse(_send_and_delete(request, store, id, result), media_type=kind)

    @app.delete("/v1/jobs/{id}", response_model=schema.Job, responses=may_answer(*_ALWAYS))
    async def delete(request: Request, id: _Id) -> Response:
        """Delete a job with its pictures and result, whatever its state. Answers how it was."""

        def delete_job(store: JobStore, job: Job) -> Any:
            store.delete(job.id)
            return _job_json(service, job)

        return await _answered(service, request, id, delete_job)


async def _answered(service: Service, request: Request, id_: str, do: Callable[[JobStore, Job], Any]) -> Response:
    """Do something with a job in a thread, answer."""
    store, token = _store(service), _token(service, request)
    return JSONResponse(await service.pool.run(lambda: do(store, _find(store, token, id_))))


async def _send_and_delete(request: Request, store: JobStore, id_: str, result: bytes) -> AsyncIterator[bytes]:
    """The result; once it is on its way, it is deleted, and only then the answer is complete. Whoever hangs up before
    finds it again."""
    yield result
    yield b""  # is sent when the connection has taken in most of what came before
    if not await request.is_disconnected():
        await asyncio.to_thread(store.delete, id_)


def _store(service: Service) -> JobStore:
    if service.jobs is None:
        raise Problem("no-jobs", "This service takes no jobs; start it with --jobs FILE.sqlite.")
    return service.jobs


def _token(service: Service, request: Request) -> str:
    return find_token(request.headers, service.settings.tokens) or ""


def _find(store: JobStore, token: str, id_: str) -> Job:
    job = store.find(token, id_)
    if job is None:
        raise Problem("not-found", "There is no such job of yours; it may have been fetched or deleted.")
    return job


def _result(store: JobStore, token: str, id_: str) -> tuple[str, bytes]:
    job = _find(store, token, id_)
    if job.state == "failed":
        raise Problem("no-result", f"The job has failed: {job.detail}")
    result = store.result(id_)
    if result is None:
        raise Problem("no-result", f"The job is {job.state}; ask for it until it is done.", RETRY)
    return result


def _job_json(service: Service, job: Job) -> dict[str, Any]:
    until = (job.finished or job.made) + service.settings.jobs_seconds
    about = {"id": job.id, "state": job.state, "pictures": job.pictures, "pages": job.pages}
    times = {"made": _format_time(job.made), "until": _format_time(until)}
    return about | times | {"error": None if job.problem is None else {"kind": job.problem, "message": job.detail}}


def _format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
