"""The page's own files, `page/`: read once, served with a hash by which a browser knows whether it has them already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from inkdigits.reading.output import editing
from inkdigits.serving.headers import SECURITY

FOLDER = Path(__file__).parent / "page"
EDITING = Path(editing.__path__[0])  # the editor of readings, which `inkdigits read --review` has as well
PAGE = FOLDER / "index.html"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (  # scripts and styles in files of our own only; pictures also of what the page has made or was answered
    SECURITY["Content-Security-Policy"]
    + "; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:"
)


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is answered; `tag` is its ETag."""

    content: bytes
    kind: str
    tag: str

    async def answer(self, request: Request) -> Response:
        """The file, or 304 for a browser that has it. The headers are the same: with 304 they replace those it has."""
        headers = {"ETag": self.tag, "Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
        known_tags = request.headers.get("if-none-match", "").replace("W/", "").split(",")
        if self.tag in [each.strip() for each in known_tags]:
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.kind)


def load_file(path: Path) -> File:
    """The file at `path`, as it is."""
    return _build_file(path.read_bytes(), path)


def load_files(collecting: bool = False, token: bool = False) -> dict[str, File]:
    """Paths → files: `/` is the page itself, `/page/…` what it needs. The page is told whether samples are kept, and
    whether it takes a token to see them."""
    paths = sorted(path for folder in (FOLDER, EDITING) for path in folder.iterdir() if path.suffix in KINDS)
    site_files = {f"/page/{path.name}": load_file(path) for path in paths if path != PAGE}
    tag = f'<html data-collecting="{"token" if token else "open"}"'.encode() if collecting else b"<html"
    return site_files | {"/": _build_file(PAGE.read_bytes().replace(b"<html", tag, 1), PAGE)}


def _build_file(content: bytes, path: Path) -> File:
    return File(content, KINDS[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
