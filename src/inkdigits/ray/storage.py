"""Files where PyArrow finds them: this machine's folders, or object stores by address (`s3://bucket/folder`)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from inkdigits.errors import DataError, UsageError, WriteError
from inkdigits.files import write_atomically


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder: a filesystem of PyArrow's and the path in it. `name` is how it was given, without secrets."""

    filesystem: FileSystem
    path: str
    name: str

    @property
    def is_local(self) -> bool:
        """Whether it is a path of this machine."""
        return isinstance(self.filesystem, LocalFileSystem)

    def join(self, *parts: str) -> Place:
        """A file or folder in it."""
        return Place(self.filesystem, "/".join([self.path, *parts]), "/".join([self.name, *parts]))


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in a folder: its path in the filesystem, its path below the folder, its size in bytes."""

    path: str
    below: str
    size: int


def open_place(address: str) -> Place:
    """A path, or an address that PyArrow knows. Raises UsageError for one that it does not."""
    if "://" not in address:
        return Place(LocalFileSystem(), os.path.abspath(address), address.rstrip("/") or "/")
    try:
        filesystem, path = FileSystem.from_uri(address)
    except (OSError, ValueError) as error:
        raise UsageError(f"{_hide_secrets(address)}: PyArrow cannot open this address ({error}); check it.") from error
    if isinstance(filesystem, LocalFileSystem):
        return Place(filesystem, path, path)
    return Place(filesystem, path.rstrip("/"), f"{address.partition('://')[0]}://{path.rstrip('/')}")


def _hide_secrets(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


@contextmanager
def convert_errors(name: str) -> Iterator[None]:
    """What a filesystem raises, as a DataError in one sentence."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{name}: no such file; check the path.") from error
    except PermissionError as error:
        raise DataError(f"{name}: no permission to read this; check its permissions.") from error
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error}); check that its store answers.") from error


def measure_file(place: Place) -> int | None:
    """A file's size in bytes; None for a folder. Raises DataError when there is neither."""
    with convert_errors(place.name):
        if place.is_local:
            status = os.stat(place.path)
            if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
                raise DataError(f"{place.name}: neither a file nor a folder; give pictures as files.")
            return None if stat.S_ISDIR(status.st_mode) else status.st_size
        info = place.filesystem.get_file_info(place.path)
        if info.type == FileType.NotFound:
            raise FileNotFoundError(place.path)
        return None if info.type == FileType.Directory else int(info.size)


def list_files(folder: Place) -> Iterator[FoundFile]:
    """All files in a folder and below, sorted by path within each folder. Raises DataError."""
    with convert_errors(folder.name):
        if folder.is_local:
            yield from _walk(folder.path)
            return
        for info in sorted(
            folder.filesystem.get_file_info(FileSelector(folder.path, recursive=True)), key=lambda each: each.path
        ):
            if info.type == FileType.File:
                yield FoundFile(info.path, info.path.removeprefix(f"{folder.path}/"), int(info.size))


def _walk(root: str) -> Iterator[FoundFile]:
    """By the system's own names, which may be no Unicode, and which PyArrow would refuse then."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                yield FoundFile(path, os.path.relpath(path, root), os.stat(path).st_size)


def open_file(filesystem: FileSystem, path: str) -> IO[bytes]:
    """Open a file to read from any place in it. Raises OSError."""
    if isinstance(filesystem, LocalFileSystem):
        return open(path, "rb")
    return cast(IO[bytes], filesystem.open_input_file(path))


def write_file(place: Place, content: bytes) -> None:
    """Write a file in one go: it is there whole, or not at all. Raises WriteError."""
    if place.is_local:
        write_atomically(Path(place.path), content)
        return
    folder, _, name = place.path.rpartition("/")
    temporary = f"{folder}/_{name}.part"  # readers of Parquet folders pass over what begins with _
    try:
        with place.filesystem.open_output_stream(temporary) as file:
            file.write(content)
        place.filesystem.move(temporary, place.path)
    except OSError as error:
        raise WriteError(f"{place.name} could not be written ({error}); run the same command again.") from error
