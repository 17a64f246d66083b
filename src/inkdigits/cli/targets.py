"""What results are written to: stdout or a device as they come, or a file that is whole or not there. And what none of
them may be: a file that is read, or one whose name promises something else."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from inkdigits.cli.options import PipeClosedError
from inkdigits.errors import UsageError, WriteError

Convert = Callable[[bytes], bytes]
ENDINGS = {  # of files, by the format that they promise
    "json": (".json", ".jsonl", ".ndjson"),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "hocr": (".hocr", ".html", ".htm", ".xhtml"),
    "text": (".txt", ".text"),
}
WORKBOOK, OTHER_SPREADSHEETS = ".xlsx", (".xls", ".ods")
WEB_PAGES, GLYPHS = (".html", ".htm", ".xhtml"), (".png",)
_OTHER_KINDS = {".svg", ".doc", ".docx", ".odt", ".zip", ".tar", ".gz", ".parquet", ".sqlite", ".onnx"}


def choose_by_ending(output: Path, format_name: str) -> str:
    """The format that was asked for, but a workbook for a file that is named like one. Raises UsageError for a file
    whose ending promises something else than what was asked for."""
    ending = output.suffix.lower()
    if ending == WORKBOOK and format_name in ("text", "table"):
        if find_spec("xlsxwriter") is None:  # said before all is read
            raise UsageError("Spreadsheets need XlsxWriter; install it: pip install 'inkdigits[xlsx]'.")
        return "xlsx" if format_name == "text" else "table xlsx"
    promised_format = next((name for name, endings in ENDINGS.items() if ending in endings), None)
    if ending == WORKBOOK:
        raise UsageError(f"{output}: the ending stands for an Excel workbook; leave out --{format_name}.")
    if ending in OTHER_SPREADSHEETS:
        raise UsageError(f"{output}: no such spreadsheets are written; use a name that ends in .xlsx or .csv.")
    if promised_format is None:
        check_ending(output, ())
    elif promised_format != ("csv" if format_name == "table" else format_name):
        flag = f"use --{promised_format}" if promised_format != "text" else "leave out the format"
        raise UsageError(
            f"{output}: the ending stands for {promised_format}, but the output is {format_name}; {flag}, "
            "or rename the file."
        )
    return format_name


def check_ending(path: Path, own_endings: tuple[str, ...]) -> None:
    """Raise UsageError if the ending is known to be that of something else; one that nobody knows may be anything."""
    from inkdigits.files import PICTURE_ENDINGS

    results = {WORKBOOK, *OTHER_SPREADSHEETS, *(each for endings in ENDINGS.values() for each in endings)}
    ending = path.suffix.lower()
    if ending in (PICTURE_ENDINGS | results | _OTHER_KINDS) - {*own_endings}:
        advice = f"one that ends in {own_endings[0]}" if own_endings else "one that fits the format"
        raise UsageError(f"{path}: files that end in {ending} hold something else; give another name, {advice}.")


def check_inputs_stay(outputs: Iterable[Path], inputs: Iterable[str]) -> None:
    """Raise UsageError if one of the files that will be written is one that is read (`-` is stdin), by whatever name or
    link."""
    written = {_identify(path): path for path in outputs}
    written.pop(None, None)  # new files, and what is no file
    for name in inputs if written else ():
        if (file := _identify(name)) in written:
            raise UsageError(
                f"{written[file]} is one of the files to be read, and would be overwritten; give another place."
            )


def list_written(path: Path) -> list[Path]:
    """All files that come and go while results are written to this one."""
    part = with_ending(path, ".part")
    return [path, part, with_ending(part, ".jsonl")]


def _identify(path: str | Path | int) -> tuple[int, int] | None:
    """What tells a file (a path, a descriptor, `-` for stdin) from all others, whatever it is called; None for what is
    not there, or is no file."""
    try:
        status = os.stat(0 if path == "-" else path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


class Stream:
    """Results as they come: stdout, a pipe, a device."""

    def __init__(self, path: Path | None = None) -> None:
        """`None` is stdout. Raises WriteError."""
        self.name = "stdout" if path is None else str(path)
        if path is None and sys.stdout is None:
            raise WriteError("stdout is closed; open it, or give --output.")
        with raise_write_errors(self.name):
            self._file: IO[bytes] = sys.stdout.buffer if path is None else open(path, "wb")  # noqa: SIM115

    def write(self, text: str) -> None:
        """Write it at once. Raises WriteError; PipeClosedError is left to whoever knows what that means."""
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
        if sys.stdout is None or self._file is not sys.stdout.buffer:
            with suppress(OSError):
                self._file.close()


class PartFile:
    """A file that grows as FILE.part and takes the place of FILE when it is whole. No other run can write to it then:
    the system holds a lock until the part is closed, or its process ends."""

    def __init__(self, path: Path) -> None:
        """Open the part, with what is in it. Missing folders are made. Raises WriteError, and UsageError if another run
        is writing it."""
        with raise_write_errors(path):
            self.path = Path(os.path.realpath(path))  # a link stays one, and what it leads to is replaced
            self.part = with_ending(self.path, ".part")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._file = open(self.part, "ab")  # noqa: SIM115
        if not self._lock():
            self._file.close()
            raise UsageError(f"{path} is being written to by another run; wait for it, or give another name.")

    def _lock(self) -> bool:
        """Keep other runs away; whether none has the part already, or has just finished with it."""
        from inkdigits.files import lock_file  # what it loads takes long where results go to stdout

        return lock_file(self._file) and _identify(self.part) == _identify(self._file.fileno())

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
            if convert is None:
                os.replace(self.part, self.path)
            else:
                from inkdigits.files import write_atomically

                write_atomically(self.path, convert(self.part.read_bytes()))
                os.unlink(self.part)
            self._file.close()  # only now, or another run could begin in between

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
    except BrokenPipeError as error:
        raise PipeClosedError from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise WriteError(f"{name} could not be written ({reason}); choose another place or free some space.") from error
