"""What results are written to: stdout or a device as they come, or a file that is whole or not there."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from inkdigits.errors import WriteError

Convert = Callable[[bytes], bytes]


class Stream:
    """Results as they come: stdout, a pipe, a device."""

    def __init__(self, path: Path | None = None) -> None:
        """`None` is stdout. Raises WriteError."""
        self.name = "stdout" if path is None else str(path)
        with raise_write_errors(self.name):
            self._file: IO[bytes] = sys.stdout.buffer if path is None else open(path, "wb")  # noqa: SIM115

    def write(self, text: str) -> None:
        """Write it at once. Raises WriteError; BrokenPipeError is left to whoever knows what that means."""
        with raise_write_errors(self.name):
            self._file.write(encode_text(text))
            self._file.flush()

    def settle(self) -> int:
        """Streams have no length."""
        return 0

    def truncate(self, size: int) -> None:
        """What is out cannot be taken back."""

    def finish(self, convert: Convert | None = None) -> None:
        """Nothing is left to do; what is out cannot be converted, so nobody asks for that."""

    def close(self) -> None:
        """Let go of it, but for stdout."""
        if self._file is not sys.stdout.buffer:
            with suppress(OSError):
                self._file.close()


class PartFile:
    """A file that grows as FILE.part and takes the place of FILE when it is whole."""

    def __init__(self, path: Path) -> None:
        """Open the part, with what is in it. Missing folders are made. Raises WriteError."""
        with raise_write_errors(path):
            self.path = Path(os.path.realpath(path))  # a link stays one, and what it leads to is replaced
            self.part = with_ending(self.path, ".part")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._file = open(self.part, "ab")  # noqa: SIM115

    def write(self, text: str) -> None:
        """Add to the part; the system has it when this returns. Raises WriteError."""
        with raise_write_errors(self.path):
            self._file.write(encode_text(text))
            self._file.flush()

    def settle(self) -> int:
        """See all that was written safe on the disk; the part's length in bytes. Raises WriteError."""
        with raise_write_errors(self.path):
            os.fsync(self._file.fileno())
            return self._file.tell()

    def truncate(self, size: int) -> None:
        """Forget what stands beyond `size` bytes. Raises WriteError."""
        with raise_write_errors(self.path):
            self._file.truncate(size)
            self._file.seek(0, os.SEEK_END)

    def finish(self, convert: Convert | None = None) -> None:
        """The part is whole: let it take the place of FILE, as `convert` makes it. Raises WriteError."""
        with raise_write_errors(self.path):
            self._file.close()
            if convert is not None:
                from inkdigits.files import write_atomically  # what it loads takes long where results go to stdout

                write_atomically(self.part, convert(self.part.read_bytes()))
            os.replace(self.part, self.path)

    def close(self) -> None:
        """Let go of the part, and leave it as it is."""
        with suppress(OSError):
            self._file.close()

    def discard(self) -> None:
        """Forget the part."""
        with suppress(OSError):
            os.unlink(self.part)


def open_target(path: Path | None) -> Stream | PartFile:
    """The file for a path. A device or pipe is written to; only a true file can be replaced."""
    if path is None or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)):
        return Stream(path)
    return PartFile(path)


def with_ending(path: Path, ending: str) -> Path:
    """The file of the same name with one more ending."""
    return path.with_name(path.name + ending)


def encode_text(text: str) -> bytes:
    """UTF-8; in the names of files the very bytes that the system gave, even where they are no UTF-8."""
    return text.encode("utf-8", sys.getfilesystemencodeerrors())


@contextmanager
def raise_write_errors(name: str | Path) -> Iterator[None]:
    """Turn the system's errors into one sentence of ours."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise WriteError(f"{name} could not be written ({reason}); choose another place or free some space.") from error
