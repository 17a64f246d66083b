"""Read pages in a process of its own, so that a page that crashes or hangs a decoder costs one page and no more.

Both ends are here: `PageProcess` starts the process and asks it, `main` is what runs in it. They talk over pipes:

    at the start    settings as a line of JSON →        ← a line: {"pages": 0}, or {"error": …} if it cannot read
    each picture    {"name", "size", "first"}, bytes →  ← {"pages": n}, then a line for each page from `first` to n

A page's line is the one that `inkdigits read --json` prints. The time limit is an alarm of the kernel's, set anew for
each page: it ends the process wherever it hangs, and whether or not the one that asked is still there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

from inkdigits.errors import InkdigitsError, ModelError, PictureTooLargeError, UsageError
from inkdigits.marks import Box
from inkdigits.types import Failure

if TYPE_CHECKING:
    from inkdigits.reading.arguments import ReadArguments
    from inkdigits.reading.imaging.limits import Limits
    from inkdigits.reading.reader import Reader

_ATTEMPTS = 2  # at a page that ends the process: it may have been ended for another reason
_MEMORY_BYTES = 8 * 2**30  # of the process's address space: a bomb must not have the system end other processes


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How pages are read: the network (a path), a second one or not, what a picture may cost, seconds a page may take,
    and the arguments of `inkdigits.read`."""

    model: str | None = None
    second: bool = False
    limits: dict[str, int] = field(default_factory=dict)
    page_seconds: float = 20
    arguments: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def build(
        cls, model: str | None, second: bool, limits: Limits, page_seconds: float, arguments: ReadArguments
    ) -> ReadSettings:
        """Settings as plain values. Raises UsageError for a form that is checked by a function."""
        plain: dict[str, Any] = dict(arguments)
        if (region := arguments.get("region")) is not None:
            plain["region"] = region.as_list()
        if (values := arguments.get("values")) is not None:
            plain["values"] = asdict(values)
        if (form := arguments.get("form")) is not None:
            if callable(form.check):
                raise UsageError("A check of your own cannot be sent to other processes; name luhn, verhoeff or mod97.")
            plain["form"] = {"length": form.length, "pattern": form.pattern, "check": form.check, "range": form.range}
        return cls(model, second, asdict(limits), page_seconds, plain)


@dataclass(frozen=True, slots=True)
class PageLine:
    """A page done: which of how many of its picture, from 1, and its line as `inkdigits read --json` prints it."""

    page: int
    pages: int
    line: str


class _ProcessDiedError(Exception):
    """The process is gone; its exit code, negative for a signal."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class PageProcess:
    """Asks a process to read pictures, one after the other, and replaces it when it dies."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, name: str, data: bytes) -> Iterator[PageLine]:
        """Every page of a picture, in order. A page that crashes the process twice, or takes too long, is a failure of
        kind `crash` or `time`. Raises ModelError or UsageError when the settings allow no reading at all."""
        page, pages, attempts = 1, 1, 0
        while page <= pages:
            try:
                for line in self._ask(name, data, page):
                    if isinstance(line, int):
                        pages = line
                    else:
                        yield PageLine(page, pages, line)
                        page, attempts = page + 1, 0
            except _ProcessDiedError as death:
                self.close()
                attempts += 1
                if death.code == -signal.SIGALRM or attempts == _ATTEMPTS:
                    yield PageLine(page, pages, format_failure(self._explain(name, page, death.code)))
                    page, attempts = page + 1, 0

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, name: str, data: bytes, first: int) -> Iterator[int | str]:
        """How many pages a picture has, then the lines of those from `first` on."""
        self._process = self._process or self._start()
        request = json.dumps({"name": name, "size": len(data), "first": first}).encode() + b"\n"
        pages = int(json.loads(_exchange(self._process, request, data))["pages"])
        yield pages
        for _ in range(first, pages + 1):
            yield _exchange(self._process)

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: a folder `inkdigits` in the working folder is not taken for this package
        command = [sys.executable, "-P", "-m", "inkdigits.ray.process"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            greeting = json.loads(_exchange(process, json.dumps(asdict(self._settings)).encode() + b"\n"))
        except _ProcessDiedError as death:
            raise ModelError(f"The process that reads pages does not start (exit code {death.code}).") from death
        if "error" in greeting:
            process.communicate()
            raise ModelError(greeting["error"])
        return process

    def _explain(self, name: str, page: int, code: int) -> Failure:
        if code == -signal.SIGALRM:
            seconds = self._settings.page_seconds
            message = f"{name}: page {page} took longer than {seconds:g} s; allow more time, or leave it out."
            return Failure(name, page, "time", message)
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        message = f"{name}: page {page} crashed the process that read it, {_ATTEMPTS} times ({ended}); leave it out."
        return Failure(name, page, "crash", message)


def _exchange(process: subprocess.Popen[bytes], *parts: bytes) -> str:
    """Send something, or nothing, and wait for a line. Raises _ProcessDiedError."""
    assert process.stdin is not None and process.stdout is not None
    try:
        for part in parts:
            process.stdin.write(part)
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        line = b""
    if not line.endswith(b"\n"):
        raise _ProcessDiedError(process.wait())
    return line.decode()


def format_failure(failure: Failure) -> str:
    """A failure's line, as `inkdigits read --json` prints it."""
    from inkdigits.reading.output.write import format_json_line

    return format_json_line(failure)


# --- in the process ------------------------------------------------------------------------------------------------


def main() -> None:
    """Read pictures from stdin until it ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the answers
    settings = ReadSettings(**json.loads(sys.stdin.buffer.readline()))
    try:
        worker = _Worker(settings, answers)
    except InkdigitsError as error:
        answers.write(json.dumps({"error": str(error)}).encode() + b"\n")
        answers.flush()
        return
    worker.answer({"pages": 0})
    while request := sys.stdin.buffer.readline():
        asked = json.loads(request)
        worker.read(asked["name"], sys.stdin.buffer.read(asked["size"]), asked["first"])


class _Worker:
    """Reads pictures and answers page by page."""

    def __init__(self, settings: ReadSettings, answers: IO[bytes]) -> None:
        import resource

        import cv2

        from inkdigits.reading.imaging.limits import Limits
        from inkdigits.reading.reader import Reader

        cv2.setNumThreads(1)  # one page keeps one core busy, whatever the machine has: other pages keep the others
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        self._seconds, self._answers = settings.page_seconds, answers
        self._limits = Limits(**settings.limits)
        self._arguments = _restore_arguments(settings.arguments)
        self._reader: Reader = Reader(settings.model, limits=self._limits, threads=1, second=settings.second)

    def answer(self, line: dict[str, Any] | str) -> None:
        """Send one line."""
        self._answers.write(line.encode() if isinstance(line, str) else json.dumps(line).encode() + b"\n")
        self._answers.flush()

    def read(self, name: str, data: bytes, first: int) -> None:
        """Answer how many pages a picture has, and each page from `first` on."""
        from inkdigits.reading.imaging.picture import count_pages
        from inkdigits.reading.output.write import format_json_line

        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            pages = count_pages(data, self._limits, name)
        except InkdigitsError:
            pages = 1  # reading it says what is wrong
        self.answer({"pages": pages})
        for page in range(first, pages + 1):
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
            line = format_json_line(self._attempt(name, data, page))
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.answer(line)

    def _attempt(self, name: str, data: bytes, page: int) -> Any:
        from inkdigits.reading.imaging.picture import load_page

        try:
            picture = load_page(data, page, self._limits, name)
            return replace(next(self._reader.read_pages(picture.image, name=name, **self._arguments)), page=page)
        except InkdigitsError as error:
            return Failure(name, page, error.kind, str(error))
        except MemoryError:
            message = f"{name}: page {page} needs more memory than a page may take; make it smaller."
            return Failure(name, page, PictureTooLargeError.kind, message)


def _restore_arguments(plain: dict[str, Any]) -> ReadArguments:
    from inkdigits.reading.arguments import ReadArguments, check_arguments
    from inkdigits.reading.decoding.form import Form
    from inkdigits.values import ValueRules

    arguments: ReadArguments = ReadArguments(**plain)  # type: ignore[typeddict-item]
    if plain.get("region") is not None:
        arguments["region"] = Box(*plain["region"])
    if plain.get("values") is not None:
        arguments["values"] = ValueRules(**plain["values"])
    if plain.get("form") is not None:
        form = plain["form"]
        arguments["form"] = Form(**form | {"range": _restore_range(form["range"])})
    check_arguments(arguments)
    return arguments


def _restore_range(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


if __name__ == "__main__":
    main()
