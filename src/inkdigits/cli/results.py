"""Where results go: to stdout, or to files that grow page by page as FILE.part, and become FILE once they are whole.

FILE.part.jsonl lies beside the part: first what the run is, then a line for every picture whose pages are all there.
A line is written when what it speaks of is safe on the disk, so that after any stop, `kill -9` and power cuts too, the
last line tells how far to trust the part, and where to go on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from inkdigits.cli.targets import Convert, PartFile, Stream, open_target, raise_write_errors, with_ending
from inkdigits.errors import UsageError
from inkdigits.reading.imaging.picture import Picture
from inkdigits.types import Failure, Reading


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """What is in one file of results: what comes first, what each page adds, what comes last.

    `name` tells formats apart. `page` is also given the page's picture, where it is at hand. `convert` makes the file
    of what was written, where its format cannot be written page by page.
    """

    name: str
    begin: str
    page: Callable[[Reading | Failure, Picture | None], str]
    end: str
    convert: Convert | None = None


@dataclass(frozen=True, slots=True)
class PictureDone:
    """A picture that is written: whether a page failed, was unsure or empty, and each file's length then, in bytes."""

    name: str
    failed: bool
    unsure: bool
    empty: bool
    sizes: tuple[int, ...]


class Journal:
    """The file that says which pictures of a run are done. `run` says what the run is: only the same can go on."""

    def __init__(self, path: Path, run: dict[str, Any], done: Sequence[PictureDone] = ()) -> None:
        """Begin the journal, with what an earlier part of the run has done. Raises WriteError."""
        from inkdigits.files import write_atomically  # what it loads takes long where results go to stdout

        self.path = path
        write_atomically(path, "".join(f"{json.dumps(line)}\n" for line in [run, *map(astuple, done)]))

    def add(self, done: PictureDone) -> None:
        """Note one more picture. Raises WriteError."""
        with raise_write_errors(self.path), open(self.path, "a", encoding="ascii") as file:
            file.write(f"{json.dumps(astuple(done))}\n")

    def remove(self) -> None:
        """The run is whole: forget how it came to be."""
        with suppress(OSError):
            os.unlink(self.path)

    @staticmethod
    def load_done(path: Path, run: dict[str, Any], names: list[str], lengths: list[int]) -> list[PictureDone]:
        """What a stopped run has done, as far as files of these lengths bear it out; nothing when there was no run.

        Raises UsageError when the journal is another run's, or the pictures that it names are not the first of `names`.
        """
        first, *lines = [*_read_whole_lines(path)] or [run]
        try:
            done = [
                PictureDone(str(n), bool(f), bool(u), bool(e), tuple(map(int, sizes))) for n, f, u, e, sizes in lines
            ]
            sound = [each for each in done if all(a <= b for a, b in zip(each.sizes, lengths, strict=True))]
        except (TypeError, ValueError):
            first = None  # no journal of ours
        if first != run or [each.name for each in done] != names[: len(done)]:
            raise UsageError(
                f"{path} belongs to a run with other options or pictures; give the same again, or leave out --resume."
            )
        return sound


def _read_whole_lines(path: Path) -> Iterator[Any]:
    """The journal's lines; the last may have been cut short by the stop, or by a disk that was full."""
    with suppress(FileNotFoundError, ValueError), open(path, encoding="ascii") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


class Results:
    """All files of results of one run, and how it goes. Use it in a `with`, and `finish` when all is done."""

    def __init__(
        self,
        paths: Sequence[Path | None],
        files: Sequence[ResultFormat],
        run: dict[str, Any],
        names: list[str],
        resume: bool,
    ) -> None:
        """Open a path (None is stdout) for each of `files`.

        `run` and `names` say what is read; with `resume`, go on after the last of `names` that a stopped run did.
        Raises WriteError, and UsageError when there is no going on, or another run writes to the same files.
        """
        self._files, self._open = files, list[Stream | PartFile]()
        self._journal: Journal | None = None
        self._finished = False
        self.done = self.failed = self.unsure = self.empty = 0  # pictures
        try:
            self._open += map(open_target, paths)
            self._begin(self._load_done(run, names, resume))
        except BaseException:
            self.close()
            raise

    def _load_done(self, run: dict[str, Any], names: list[str], resume: bool) -> list[PictureDone]:
        """What a stopped run has done, with `resume`. From here on the journal is ours."""
        if self.part is None:
            if resume:
                raise UsageError("--resume can only continue a file; give the --output of the stopped run.")
            return []
        journal = with_ending(self.part, ".jsonl")
        done = Journal.load_done(journal, run, names, [file.settle() for file in self._open]) if resume else []
        self._journal = Journal(journal, run, done)
        return done

    def _begin(self, done: list[PictureDone]) -> None:
        for each in done:
            self._count(each)
        sizes = done[-1].sizes if done else (0,) * len(self._open)
        for target, file, size in zip(self._open, self._files, sizes, strict=True):
            target.truncate(size)
            if not size:
                target.write(file.begin)

    def _count(self, done: PictureDone) -> None:
        self.done += 1
        self.failed += done.failed
        self.unsure += done.unsure
        self.empty += done.empty

    def add(self, texts: Sequence[str]) -> None:
        """Write a page's text to each file, at once. Raises WriteError."""
        for file, text in zip(self._open, texts, strict=True):
            file.write(text)

    def settle(self, name: str, failed: bool, unsure: bool, empty: bool) -> None:
        """All pages of a picture are written: see them safe, and note it. Raises WriteError."""
        done = PictureDone(name, failed, unsure, empty, tuple(file.settle() for file in self._open))
        if self._journal is not None:
            self._journal.add(done)
        self._count(done)

    def finish(self) -> None:
        """All is read: the parts become the files. Raises WriteError."""
        for target, file in zip(self._open, self._files, strict=True):
            target.write(file.end)
            target.settle()
        for target, file in zip(self._open, self._files, strict=True):
            target.finish(file.convert)
        self._finished = True
        if self._journal is not None:
            self._journal.remove()

    @property
    def part(self) -> Path | None:
        """Where the results of a stopped run lie, to go on with."""
        return first.part if isinstance(first := self._open[0], PartFile) else None

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files. Parts stay where a stopped run can go on with them, and go where it cannot."""
        keep_parts = self._finished or not self._open or self.part is not None
        for file in self._open:
            if not keep_parts and isinstance(file, PartFile):
                file.discard()
            file.close()  # only now, or another run could begin in between
