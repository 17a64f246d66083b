"""`inkdigits serve`: reading over HTTP."""

from __future__ import annotations

import os
import re
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from inkdigits.errors import UsageError

for _name in ("fastapi", "uvicorn", "python_multipart", "prometheus_client"):  # loaded only when they are needed
    if find_spec(_name) is None:
        raise ModuleNotFoundError(name=_name)

_who = partial(typer.Option, rich_help_panel="Who may ask")
_limit = partial(typer.Option, rich_help_panel="Limits")


def serve(
    host: Annotated[str, _who(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, _who(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    token: Annotated[
        list[str] | None,
        _who(
            envvar="INKDIGITS_TOKEN",
            help="Require the header Authorization: Bearer TOKEN. Several may be given, one for each who may ask.",
        ),
    ] = None,
    everybody: Annotated[bool, _who("--open", help="Answer everyone who can reach this machine.")] = False,
    cors: Annotated[
        list[str] | None,
        _who(metavar="ORIGIN", help="Let web pages of this site read the answers: https://example.org, or * for all."),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Use another network, as `inkdigits export` writes it.")] = None,
    collect: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the drawings that people label on the page in this file.")
    ] = None,
    jobs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take pictures to be read later, and keep them in this file.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = 1,
    threads: Annotated[
        int | None, _limit(min=1, help="Pictures a worker reads at once; by default its share of the cores.")
    ] = None,
    queue: Annotated[
        int, _limit(min=0, help="Most pictures that wait in a worker, fewer if slow; others get 503.")
    ] = 32,
    seconds: Annotated[
        float, _limit("--max-seconds", min=0.01, help="Seconds to read a picture; after that, 504.")
    ] = 30,
    upload: Annotated[
        float, _limit("--max-upload-seconds", min=0.1, help="Seconds to upload a picture; after that, 408.")
    ] = 60,
    max_bytes: Annotated[int, _limit(min=1, help="Largest file in bytes; longer ones get 413.")] = 16 * 2**20,
    max_pixels: Annotated[int, _limit(min=1, help="Most pixels on a page; larger pages get 422.")] = 50_000_000,
    max_pages: Annotated[int, _limit(min=1, help="Most pages in a file; files with more get 422.")] = 20,
    batch_files: Annotated[int, _limit("--max-batch-files", min=1, help="Most files in one request.")] = 50,
    batch_bytes: Annotated[
        int | None,
        _limit("--max-batch-bytes", min=1, help="Most bytes of a request; by default four times --max-bytes."),
    ] = None,
    batch_pixels: Annotated[
        int, _limit("--max-batch-pixels", min=1, help="Most pixels of all pages in one request.")
    ] = 400_000_000,
    jobs_keep: Annotated[
        float, _limit(min=1, help="Seconds until the result of a job is deleted, if nobody fetches it before.")
    ] = 3600,
) -> None:
    """Serve a page to draw on and an HTTP API: POST a picture to /v1/read or /v1/digit. /docs describes the API.

    Prints its address. Only this machine can reach it unless you give `--host`, with a `--token` or `--open`.
    """
    from inkdigits.reading.imaging.limits import Limits
    from inkdigits.serving import server
    from inkdigits.serving.job_store import JobStore
    from inkdigits.serving.service import build_reader
    from inkdigits.serving.settings import BatchLimits, Bounds, Settings
    from inkdigits.serving.store import Store

    _check_access(token or [], everybody or server.is_loopback(host))
    origins = tuple(_parse_origin(each) for each in cors or ())
    each = threads or max(1, _cores() // workers)
    batch = BatchLimits(batch_files, batch_bytes or 4 * max_bytes, batch_pixels)
    bounds = Bounds(Limits(max_bytes, max_pixels, max_pages), batch, seconds, upload, each, queue)
    settings = Settings(bounds, model, tuple(token or ()), origins, collect, jobs, jobs_keep)
    build_reader(settings)  # what is wrong with the model or the file is said once, here, and not by every worker
    if collect is not None:
        Store(collect)
    if jobs is not None:
        JobStore(jobs)
    server.serve(settings, host, port, workers, typer.echo)


def _check_access(tokens: list[str], open_: bool) -> None:
    if not tokens and not open_:
        raise UsageError(
            "Other machines could reach this service; give a --token that they must send, or --open to answer all."
        )
    if not all(each.isascii() and each.isprintable() and each and " " not in each for each in tokens):
        raise UsageError("A token must be printable ASCII without spaces, and not empty; give another --token.")


def _parse_origin(text: str) -> str:
    """The origin as browsers send it."""
    if not re.fullmatch(r"\*|https?://[\w.:\[\]-]+/?", text, re.IGNORECASE | re.ASCII):
        raise UsageError(f"{text!r} is no site; give --cors as https://example.org, or as '*'.")
    return text.rstrip("/").lower()


def _cores() -> int:
    """The cores that this program may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def add(app: typer.Typer) -> None:
    """Add `serve`."""
    app.command()(serve)
