"""What a picture may cost, and the checks of its size before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from inkdigits.errors import PictureTooLargeError

_CHUNK_BYTES = 2**20  # bytes: reading all at once would first make room for as much as is allowed


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may cost: bytes of the file, pixels of one page, pages."""

    bytes: int = 64 * 2**20
    pixels: int = 100_000_000
    pages: int = 200


def read_bytes(file: IO[bytes], limits: Limits) -> bytes:
    """A file's bytes; of one that is too long, or endless, one more than allowed, so that `check_bytes` sees it."""
    parts, remaining = [], limits.bytes + 1
    while part := file.read(min(remaining, _CHUNK_BYTES)):
        parts.append(part)
        remaining -= len(part)
    return b"".join(parts)


def check_bytes(data: bytes, name: str, limits: Limits) -> None:
    """Raises PictureTooLargeError when the file is longer than allowed."""
    if len(data) > limits.bytes:
        raise PictureTooLargeError(
            f"{name}: more than {limits.bytes:,} bytes; make it smaller.", "Limits.bytes (--max-bytes)"
        )


def check_size(width: int, height: int, name: str, limits: Limits) -> None:
    """Raises PictureTooLargeError when the page has more pixels than allowed, or none."""
    if width < 1 or height < 1:
        raise PictureTooLargeError(f"{name}: {width}×{height} pixels, a side of length 0; give a picture with pixels.")
    if width * height > limits.pixels:
        raise PictureTooLargeError(
            f"{name}: {width}×{height} pixels, more than {limits.pixels:,}; make it smaller.",
            "Limits.pixels (--max-pixels)",
        )


def check_pages(count: int, name: str, limits: Limits) -> None:
    """Raises PictureTooLargeError when the file has more pages than allowed."""
    if count > limits.pages:
        raise PictureTooLargeError(f"{name}: more than {limits.pages:,} pages; split it.", "Limits.pages (--max-pages)")
