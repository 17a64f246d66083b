"""A request's body → a picture's bytes: counted as they come in, timed, and never put on a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from inkdigits.serving.problems import Problem
from inkdigits.serving.settings import HELD, Bounds

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_FORM = "multipart/form-data"
_RAW = ("application/pdf", "application/octet-stream", "application/json", "")  # and image/…
_LONGEST_NAME = 255  # characters of a file's name, as most file systems have it
_MOST_PARTS = 16  # of a form


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture as it was sent: the name it was given, `-` without one, and its bytes."""

    name: str
    data: bytes


class UploadStore:
    """Counts the bytes of all bodies that are held at once, so that many senders cannot fill the memory."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._held = max_bytes, 0

    @contextmanager
    def place(self) -> Iterator[UploadFile]:
        """A place for one body; given back at the end."""
        place = UploadFile(self)
        try:
            yield place
        finally:
            self._held -= place.held

    def add(self, count: int) -> None:
        """Raises Problem `busy` when there is no room for so many bytes more."""
        if self._held + count > self._max_bytes:
            raise Problem("busy", "Too many pictures are arriving at once; try again in a second.")
        self._held += count


class UploadFile:
    """What one body holds of the shelf."""

    def __init__(self, shelf: UploadStore) -> None:
        self._shelf, self.held = shelf, 0

    def add(self, count: int) -> None:
        """Hold so many bytes more."""
        self._shelf.add(count)
        self.held += count


def shelf(bounds: Bounds) -> UploadStore:
    """The shelf of one worker."""
    return UploadStore(HELD * bounds.picture.bytes)


async def picture(request: Request, bounds: Bounds, place: UploadFile) -> Upload:
    """The picture in a request's body, raw or as `file` in a form.

    Raises Problem: media-type, too-many-bytes, slow, busy, multipart; and starlette's ClientDisconnect.
    """
    kind, boundary = _content_type(request)
    _check_length(request, bounds)
    try:
        async with asyncio.timeout(bounds.upload_seconds):
            data = await _receive(request, bounds.picture.bytes, place)
    except TimeoutError:
        raise Problem("slow", f"The body took more than {bounds.upload_seconds:g} seconds; send it faster.") from None
    return _build_upload(data, boundary) if kind == _FORM else Upload("-", data)


def _content_type(request: Request) -> tuple[str, bytes]:
    """The media type, and the boundary of a form. Raises Problem when it can be no picture."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem("media-type", "The body is encoded; send the picture as it is, without Content-Encoding.")
    kind, options = parse_options_header(request.headers.get("content-type"))
    name = kind.decode("latin-1")
    if name != _FORM and name not in _RAW and not name.startswith("image/"):
        raise Problem("media-type", f"{name[:80]!r} is not a picture; send {_FORM}, image/…, or application/pdf.")
    if name == _FORM and not options.get(b"boundary"):
        raise Problem("multipart", "The form's Content-Type has no boundary; let your HTTP library set that header.")
    return name, options.get(b"boundary", b"")


def _check_length(request: Request, bounds: Bounds) -> None:
    """Refuse at once what says itself that it is too long; what lies is found out while it comes in."""
    if int(request.headers.get("content-length", "0")) > bounds.picture.bytes:
        raise _too_long(bounds.picture.bytes)


def _too_long(max_bytes: int) -> Problem:
    return Problem("too-many-bytes", f"The body has more than {max_bytes:,} bytes; send a smaller file.")


async def _receive(request: Request, max_bytes: int, place: UploadFile) -> bytes:
    parts, count = [], 0
    async for part in request.stream():
        count += len(part)
        if count > max_bytes:
            raise _too_long(max_bytes)
        place.add(len(part))
        parts.append(part)
    return b"".join(parts)


@dataclass(slots=True)
class _Form:
    """The parts of a form as the parser tells of them; only the first `file` is kept."""

    header: list[bytes] = field(default_factory=lambda: [b"", b""])
    disposition: dict[bytes, bytes] = field(default_factory=dict)
    content: list[bytes] | None = None
    name: str | None = None
    parts: int = 0
    ended: bool = False
    _open: bool = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_begin": self.on_header_begin,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_part_data": self.on_part_data,
            "on_end": self.on_end,
        }

    def on_part_begin(self) -> None:
        self.parts += 1
        self.disposition = {}
        if self.parts > _MOST_PARTS:
            raise Problem("multipart", f"The form has more than {_MOST_PARTS} parts; send one, named `file`.")

    def on_header_begin(self) -> None:
        self.header = [b"", b""]

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.header[0] += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.header[1] += data[start:end]

    def on_header_end(self) -> None:
        if self.header[0].lower() == b"content-disposition":
            _, self.disposition = parse_options_header(self.header[1])

    def on_headers_finished(self) -> None:
        self._open = self.disposition.get(b"name") == b"file" and self.content is None
        if self._open:
            self.content = []
            self.name = self.disposition.get(b"filename", b"").decode("utf-8", "replace")[:_LONGEST_NAME] or "-"

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._open and self.content is not None:
            self.content.append(data[start:end])

    def on_end(self) -> None:
        self.ended = True


def _build_upload(data: bytes, boundary: bytes) -> Upload:
    """The form's `file`."""
    form = _Form()
    try:
        MultipartParser(boundary, form.callbacks()).write(data)
    except FormParserError as error:
        raise Problem("multipart", f"The form is malformed ({error}); let your HTTP library build it.") from error
    if not form.ended:
        raise Problem("multipart", "The form ends before its last boundary; let your HTTP library build it.")
    if form.content is None or form.name is None:
        raise Problem("multipart", "The form has no part named `file`; give the picture that name.")
    return Upload(form.name, b"".join(form.content))
