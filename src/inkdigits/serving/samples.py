"""The paths under /v1/samples: labelled drawings are kept, listed, deleted and given back, where that was asked for.

What is kept is a person's handwriting, so these paths answer only the service's own page, and programs, which are no
browser. A page of another site can make a browser send nearly everything, and says so by `Sec-Fetch-Site` or `Origin`.
One that gives itself our address by its own name server says nothing, but comes with its own name as `Host`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from inkdigits.errors import PictureError
from inkdigits.reading.imaging.pixels import encode_png, shrink
from inkdigits.reading.imaging.region import crop_page
from inkdigits.serving import body, schema
from inkdigits.serving.body import Upload
from inkdigits.serving.openapi import PICTURE, READS
from inkdigits.serving.openapi import problem_responses as may_answer
from inkdigits.serving.options import ListOptions, SampleOptions
from inkdigits.serving.problems import Problem
from inkdigits.serving.service import Service
from inkdigits.serving.store import Sample, Store
from inkdigits.serving.views import png_url
from inkdigits.serving.work import check_kind, load_only_page

SIDE = 800  # pixels: the longest side of a drawing as it is kept; reading one digit looks at no more
_ALWAYS = ("other-site", "not-collecting", "usage", "busy", "time")
_OWN = ("same-origin", "none")  # `none`: a person typed the address
_Id = Annotated[int, Path(ge=1, le=2**53)]


def add(app: FastAPI, service: Service) -> None:
    """Add the paths; without a store, each answers that there is none."""
    _add_keeping(app, service)
    _add_deleting(app, service)


def _add_keeping(app: FastAPI, service: Service) -> None:
    @app.post(
        "/v1/samples",
        status_code=201,
        response_model=schema.Kept,
        responses=may_answer(*READS, *_ALWAYS, "several-pages", "full"),
        openapi_extra=PICTURE,
    )
    async def keep(request: Request, options: Annotated[SampleOptions, Query()]) -> Response:
        """Keep a picture of one digit, and which digit it is."""
        store, bounds = _store(service, request), service.settings.bounds
        with service.shelf.place() as place:
            upload = await body.receive_picture(request, bounds, place)
            answer = await service.pool.run(partial(keep_sample, service, store, upload, options))
        return JSONResponse(answer, 201)

    @app.get("/v1/samples", response_model=schema.Samples, responses=may_answer(*_ALWAYS))
    async def listed(request: Request, options: Annotated[ListOptions, Query()]) -> Response:
        """List what is kept, the newest first."""
        return await _answered(service, request, partial(_listed, options=options))

    @app.get(
        "/v1/samples/export",
        response_class=Response,
        responses=may_answer(*_ALWAYS) | {200: {"content": {"application/zip": {}}}},
    )
    async def export(request: Request) -> Response:
        """All drawings as a zip of a folder with subfolders 0 … 9, as `inkdigits finetune` and `--data` take it."""
        headers = {"Content-Disposition": 'attachment; filename="samples.zip"'}
        return StreamingResponse(zip_samples(_store(service, request)), headers=headers, media_type="application/zip")


def _add_deleting(app: FastAPI, service: Service) -> None:
    @app.delete("/v1/samples", response_model=schema.Deleted, responses=may_answer(*_ALWAYS))
    async def clear(request: Request) -> Response:
        """Delete all that is kept: nothing of it is left in the file."""
        return await _answered(service, request, lambda store: {"deleted": store.clear(), "counts": store.counts()})

    @app.delete("/v1/samples/{number:int}", response_model=schema.Deleted, responses=may_answer(*_ALWAYS, "not-found"))
    async def delete(request: Request, number: _Id) -> Response:
        """Delete one sample: nothing of it is left in the file."""
        return await _answered(service, request, partial(_deleted, number=number))


async def _answered(service: Service, request: Request, do: Callable[[Store], Any]) -> Response:
    """Ask the store in a thread, answer."""
    return JSONResponse(await service.pool.run(partial(do, _store(service, request))))


def _store(service: Service, request: Request) -> Store:
    """The store, for who may ask it. Raises Problem: other-site, not-collecting."""
    if not _own(request, named=bool(service.settings.tokens)):
        raise Problem(
            "other-site",
            "Samples are only for this service's own page; open it as localhost or by its IP address, or use a token.",
        )
    if service.store is None:
        raise Problem("not-collecting", "This service keeps no samples; start it with --collect FILE.sqlite.")
    return service.store


def _own(request: Request, named: bool) -> bool:
    """Whether a request comes from the service's own page or from a program. By a name other than localhost the service
    can be asked only where a token is demanded (`named`), since any site's name may lead here."""
    headers = request.headers
    host = headers.get("host", "")
    return (
        headers.get("sec-fetch-site", "none") in _OWN
        and headers.get("origin", f"//{host}").partition("//")[2] == host
        and (named or _is_address(host))
    )


def _is_address(host: str) -> bool:
    """Whether a Host is localhost or an address, with a port or without."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False


def keep_sample(service: Service, store: Store, upload: Upload, options: SampleOptions) -> dict[str, Any]:
    """Keep a picture, grey and without whatever else was in its file. Raises InkdigitsError, and Problem media-type."""
    check_kind(upload)
    page, part = load_only_page(upload, service.settings.bounds), options.part()
    drawing = shrink(crop_page(page, part).grey, SIDE)
    glyph = service.reader.extract_glyph(drawing)
    if not glyph.any():
        raise PictureError(f"{upload.name}: there is no digit on it; draw one.")
    sample = store.add(options.label, options.source, encode_png(glyph), encode_png(drawing))
    return {"sample": _sample_json(sample), "counts": store.counts()}


def _listed(store: Store, options: ListOptions) -> dict[str, Any]:
    samples = store.latest(options.limit + 1, options.before, options.label)
    page = samples[: options.limit]
    next_id = page[-1].id if len(samples) > len(page) else None
    return {"counts": store.counts(), "samples": [_sample_json(sample) for sample in page], "next": next_id}


def _deleted(store: Store, number: int) -> dict[str, Any]:
    if not store.delete(number):
        raise Problem("not-found", f"There is no sample {number}; GET /v1/samples lists them.")
    return {"deleted": 1, "counts": store.counts()}


def _sample_json(sample: Sample) -> dict[str, Any]:
    about = {"id": sample.id, "label": sample.label, "source": sample.source, "made": sample.made}
    return about | {"glyph": png_url(sample.glyph)}


def zip_samples(store: Store) -> Iterator[bytes]:
    """The drawings as a zip, part by part as they are read: `samples/7/000123.png` is one of a 7."""
    out = _Parts()
    with zipfile.ZipFile(out, "w") as archive:
        for sample in store.all():
            archive.writestr(f"samples/{sample.label}/{sample.id:06}.png", sample.drawing)
            yield out.taken()
    yield out.taken()


class _Parts(io.RawIOBase):
    """A file that can only be written to, and gives away what was written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole
