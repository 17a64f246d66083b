"""Which pictures are meant by the words of a command line, and what to call what is made of each."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from inkdigits.errors import PictureError
from inkdigits.files import is_picture_name
from inkdigits.reading.imaging.limits import Limits, read_bytes
from inkdigits.types import Failure

STDIN = "-"
Input = str | Failure  # a picture's path or `-`; or, in its place, why there is none


def expand_names(names: list[str]) -> list[Input]:
    """The pictures that are meant: files as named, all pictures of folders named, and what patterns like `*.png` match
    where no shell has expanded them (in quotes, or on Windows); folders and matches sorted by path."""
    return [each for name in names for each in _expand_name(name)]


def _expand_name(name: str) -> list[Input]:
    if name == STDIN:
        return [name]
    if os.path.isdir(name):
        return list_pictures(name)
    if os.path.lexists(name) or not glob.has_magic(name):
        return [name]
    matches = sorted(glob.glob(name, recursive=True))
    nothing = Failure(name, 1, PictureError.kind, f"Nothing matches {name}; check the pattern.")
    return [each for match in matches for each in _expand_name(match)] or [nothing]


def list_pictures(folder: str) -> list[Input]:
    """All pictures in a folder and below, known by their endings; what is hidden (`.name`) is left out."""
    names = sorted(str(path) for path in Path(folder).rglob("*") if _is_picture(path, folder))
    nothing = Failure(folder, 1, PictureError.kind, f"The folder {folder} has no pictures in it; name another.")
    return [*names] or [nothing]


def _is_picture(path: Path, folder: str) -> bool:
    return is_picture_name(path.relative_to(folder)) and not path.is_dir()


def open_source(name: str, limits: Limits) -> str | bytes:
    """What to open for a picture: its path, but the bytes of stdin and of pipes, which can be read only once."""
    if name == STDIN:
        return b"" if sys.stdin is None else read_bytes(sys.stdin.buffer, limits)
    with suppress(OSError, ValueError):  # what cannot be opened is told where it is decoded
        if stat.S_ISFIFO(os.stat(name).st_mode):
            with open(name, "rb") as pipe:
                return read_bytes(pipe, limits)
    return name


def assign_stems(inputs: list[Input]) -> dict[str, str]:
    """For every picture a short name of its own, for files made of it: `page` of a/page.jpg, `page~2` of b/page.png.

    None differ only by capitals, which some disks take as the same.
    """
    stem_by_name: dict[str, str] = {}
    used: set[str] = set()
    next_try: dict[str, int] = {}
    for name in inputs:
        if isinstance(name, str) and name not in stem_by_name:
            stem = "stdin" if name == STDIN else Path(name).stem or "picture"
            stem_by_name[name] = next(each for each in _candidate_stems(stem, next_try) if each.casefold() not in used)
            used.add(stem_by_name[name].casefold())
    return stem_by_name


def _candidate_stems(stem: str, next_try: dict[str, int]) -> Iterator[str]:
    """`stem`, `stem~2`, `stem~3` …, going on where this stem's last search ended."""
    while True:
        number = next_try.get(stem.casefold(), 1)
        next_try[stem.casefold()] = number + 1
        yield stem if number == 1 else f"{stem}~{number}"
