"""Every error as a problem document (RFC 9457): `application/problem+json`, with our own short `kind` added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from inkdigits.errors import InkdigitsError, PictureTooLargeError

MEDIA_TYPE = "application/problem+json"
NAMELESS = "-"  # what a picture is called that came without a name
RETRY = {"Retry-After": "1"}  # seconds; most readings take far less


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems of one kind share: the HTTP status, a title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS = {
    "request": Kind(400, "Bad request", "Send a valid HTTP/1.1 request (RFC 9112)."),
    "gone": Kind(400, "Request broken off", "The connection closed before all of the request came; send it again."),
    "token": Kind(401, "Token needed", "Send the header Authorization: Bearer TOKEN."),
    "other-site": Kind(
        403, "Request from another site", "Samples are only for this service's own page and for programs."
    ),
    "not-collecting": Kind(404, "No samples are kept", "Start the service with --collect FILE.sqlite."),
    "no-jobs": Kind(404, "No jobs are kept", "Start the service with --jobs FILE.sqlite."),
    "not-found": Kind(404, "Not found", "Use one of the paths above."),
    "method": Kind(405, "Wrong method", "Use one of the methods in the header Allow."),
    "slow": Kind(408, "Too slow", "Send the picture without pauses, or a smaller one."),
    "no-result": Kind(409, "No result", "Ask for the job itself: it is not finished, or says why it failed."),
    "full": Kind(409, "No room for more", "Delete samples or jobs that are no longer needed."),
    "too-many-bytes": Kind(413, "Too many bytes", "Send a smaller file."),
    "media-type": Kind(415, "Not a picture", "Send JPEG, PNG, TIFF, PDF, WebP, GIF, BMP, PPM or HEIC."),
    "multipart": Kind(422, "Unexpected form", "Send multipart/form-data with a picture named `file`."),
    "usage": Kind(422, "Invalid options", "See the options above."),
    "picture": Kind(422, "Picture cannot be read", "Save it again; for a region, check that it lies on the page."),
    "too-large": Kind(422, "Too many pixels or pages", "Make the picture smaller, or split it."),
    "several-pages": Kind(422, "Several pages", "Send one page; /v1/read takes several."),
    "error": Kind(500, "Service error", "This should not happen; the service's log says more."),
    "busy": Kind(503, "Busy", "Try again after the seconds in the header Retry-After."),
    "time": Kind(504, "Took too long", "Send a smaller picture, or fewer pages."),
}


class Problem(Exception):  # noqa: N818 — the standard's word
    """An error that becomes an answer. `detail` is one sentence: what is wrong, and what to do."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail
        self.headers = dict(headers or (RETRY if kind == "busy" else {}))


def of(error: InkdigitsError) -> Problem:
    """An error of reading as a problem; what is no fault of the caller's is one of the service."""
    return of_kind(error.kind, describe(error))


def of_kind(kind: str, detail: str) -> Problem:
    """The same of an error that is known by its kind and what it says."""
    return Problem(kind if kind in KINDS else "error", detail)


def describe(error: InkdigitsError | Problem) -> str:
    """What an error says to whoever sent a picture: nothing of limits that are not theirs to raise, nor of `-`, the
    picture that came without a name."""
    sentence = error.without_limit if isinstance(error, PictureTooLargeError) else str(error)
    nameless = sentence.removeprefix(f"{NAMELESS}: ")
    return sentence if nameless == sentence else nameless[:1].upper() + nameless[1:]


def document(problem: Problem) -> bytes:
    """The problem's JSON. Its type leads to the page that explains it."""
    kind = KINDS[problem.kind]
    fields = {"type": f"/docs#{problem.kind}", "title": kind.title, "status": kind.status}
    return json.dumps(fields | {"detail": problem.detail, "kind": problem.kind}).encode()


def answer(problem: Problem) -> Response:
    """The problem as an answer. The header X-Problem tells the log and the metrics its kind, and stays inside."""
    status, headers = KINDS[problem.kind].status, {**problem.headers, "X-Problem": problem.kind}
    return Response(document(problem), status, headers, MEDIA_TYPE)
