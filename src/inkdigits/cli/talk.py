"""What is said on stderr while pictures are read: what went wrong, and on a terminal how far it is."""

from __future__ import annotations

import sys
from types import TracebackType

import typer


class Progress:
    """Says things on stderr, with a bar of progress below them on a terminal. Use it in a `with`.

    There is no bar where results go to a terminal too, since they are progress enough.
    """

    def __init__(self, total: int, done: int, results_on_stdout: bool) -> None:
        """`total` pictures, of which `done` are done."""
        self._progress = None
        if total - done > 1 and sys.stderr.isatty() and not (results_on_stdout and sys.stdout.isatty()):
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

            columns = ("Reading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._progress = Progress(
                *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
            )
            self._task = self._progress.add_task("", total=total, completed=done)

    def __enter__(self) -> Progress:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def say(self, sentence: str) -> None:
        """Say it on a line of its own."""
        if self._progress is None:
            typer.echo(f"inkdigits: {sentence}", err=True)
        else:
            self._progress.console.print(f"inkdigits: {sentence}", markup=False, highlight=False, soft_wrap=True)

    def advance(self) -> None:
        """One more picture is done."""
        if self._progress is not None:
            self._progress.advance(self._task)
