"""A request's body → the bytes of pictures: counted as they come in, timed, and never put on a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from inkdigits.serving.problems import NAMELESS, Problem
from inkdigits.serving.settings import HELD, Bounds

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_FORM = "multipart/form-data"
_RAW = ("application/pdf", "application/octet-stream", "application/json", "")  # and image/…
_LONGEST_NAME = 255  # characters of a file's name, as most file systems have it
_SHOWN_NAME = 40  # characters of a part's name in an error


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
        """Room for one body; what it held is free again at the end."""
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
    """How many bytes one body takes up in an UploadStore."""

    def __init__(self, shelf: UploadStore) -> None:
        self._shelf, self.held = shelf, 0

    def add(self, count: int) -> None:
        """Hold so many bytes more."""
        self._shelf.add(count)
        self.held += count


def create_upload_store(bounds: Bounds) -> UploadStore:
    """The store for all bodies that one worker takes in at a time."""
    return UploadStore(max(HELD * bounds.picture.bytes, bounds.batch.bytes))


async def receive_picture(request: Request, bounds: Bounds, place: UploadFile) -> Upload:
    """The picture in a request's body, raw or as the only `file` in a form. Raises as `receive_pictures`."""
    one = replace(bounds, batch=replace(bounds.batch, pictures=1, bytes=bounds.picture.bytes))
    (upload,) = await receive_pictures(request, one, place)
    return upload


async def receive_pictures(request: Request, bounds: Bounds, place: UploadFile) -> list[Upload]:
    """The pictures in a request's body: one as it is, or all that are named `file` in a form.

    Raises Problem: media-type, too-many-bytes, slow, busy, multipart; and starlette's ClientDisconnect.
    """
    kind, boundary = _content_type(request)
    is_form = kind == _FORM
    taken = _Form(boundary, bounds.batch.pictures) if is_form else _Plain()
    try:
        async with asyncio.timeout(bounds.upload_seconds):
            await _receive(request, bounds.batch.bytes if is_form else bounds.picture.bytes, place, taken.write)
    except TimeoutError:
        raise Problem("slow", f"The body took more than {bounds.upload_seconds:g} seconds; send it faster.") from None
    uploads = taken.uploads()
    for upload in uploads:
        if len(upload.data) > bounds.picture.bytes:
            raise _too_long("A file" if upload.name == NAMELESS else upload.name, bounds.picture.bytes)
    return uploads


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


def _too_long(what: str, max_bytes: int) -> Problem:
    return Problem("too-many-bytes", f"{what} has more than {max_bytes:,} bytes; send a smaller file, or fewer files.")


async def _receive(request: Request, max_bytes: int, place: UploadFile, write: Callable[[bytes], object]) -> None:
    """Hand on the body, part by part. What says itself that it is too long is refused at once, what lies while it
    comes in."""
    count = int(request.headers.get("content-length", "0"))
    if count > max_bytes:
        raise _too_long("The body", max_bytes)
    count = 0
    async for part in request.stream():
        count += len(part)
        if count > max_bytes:
            raise _too_long("The body", max_bytes)
        place.add(len(part))
        write(part)


class _Plain:
    """A body that is a picture itself."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._parts.append(data)

    def uploads(self) -> list[Upload]:
        return [Upload(NAMELESS, b"".join(self._parts))]


class _Form:
    """A form: all that is in it is named `file`, at most `max_files` of them."""

    def __init__(self, boundary: bytes, max_files: int) -> None:
        self._max_files, self._names, self._contents = max_files, list[str](), list[list[bytes]]()
        self._header, self._disposition = [b"", b""], dict[bytes, bytes]()
        self._ended = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin_part,
            "on_header_begin": self._begin_header,
            "on_header_field": self._take_header_name,
            "on_header_value": self._take_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._take_data,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise _malformed(error) from error

    def write(self, data: bytes) -> None:
        """Take what came. Raises Problem multipart."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _malformed(error) from error

    def uploads(self) -> list[Upload]:
        """The files, in their order. Raises Problem multipart when the form is not whole, or has none."""
        if not self._ended:
            raise Problem("multipart", "The form ends before its last boundary; let your HTTP library build it.")
        if not self._names:
            raise Problem("multipart", "The form has no part named `file`; give the picture that name.")
        return [Upload(name, b"".join(parts)) for name, parts in zip(self._names, self._contents, strict=True)]

    def _begin_part(self) -> None:
        self._disposition = {}

    def _begin_header(self) -> None:
        self._header = [b"", b""]

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _end_header(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            _, self._disposition = parse_options_header(self._header[1])

    def _end_headers(self) -> None:
        if (part := self._disposition.get(b"name", b"")) != b"file":
            raise Problem("multipart", _describe_other_part(part.decode("utf-8", "replace")[:_SHOWN_NAME]))
        if len(self._names) == self._max_files:
            raise Problem("multipart", _describe_surplus(self._max_files))
        name = self._disposition.get(b"filename", b"").decode("utf-8", "replace")[:_LONGEST_NAME]
        self._names.append(name or NAMELESS)
        self._contents.append([])

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        self._contents[-1].append(data[start:end])

    def _end(self) -> None:
        self._ended = True


def _describe_other_part(name: str) -> str:
    what = f"named {name!r}" if name else "without a name"
    return f"The form has a part {what}; send pictures as `file`, and options in the URL, as in ?length=6."


def _describe_surplus(max_files: int) -> str:
    if max_files == 1:
        return "The form has more than one file; send one at a time, or use /v1/read or /v1/jobs, which take several."
    return f"The form has more than {max_files} files; send fewer at a time."


def _malformed(error: FormParserError) -> Problem:
    return Problem("multipart", f"The form is malformed ({error}); let your HTTP library build it.")
