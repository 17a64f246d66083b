"""`inkdigits learn`: the course."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from inkdigits.course.lessons import Lesson, copy_lesson, get_lesson, lesson_environment, list_lessons, open_command
from inkdigits.errors import UsageError

_STOPPING_SECONDS = 5.0  # that a lesson's server may take to end

for _name in ("marimo", "nbformat", "latex2mathml", "torch", "matplotlib"):  # loaded only when they are needed
    if find_spec(_name) is None:
        raise ModuleNotFoundError(name=_name)


def learn(
    number: Annotated[int | None, typer.Argument(metavar="[LESSON]", help="The lesson's number.")] = None,
    folder: Annotated[Path, typer.Option(help="The folder for your own copies of the lessons.")] = Path("lessons"),
    read: Annotated[
        bool, typer.Option("--read", help="Only read the lesson and move its sliders; keep no copy.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on; a free one by default.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
    exported: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="DIR", help="Run the lesson, or all of them, and write .ipynb and .html files."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Run the lesson, or all of them, as scripts; exit 1 if one fails.")
    ] = False,
) -> None:
    """Open a lesson of the course in the browser. Without a number, list the lessons.

    A lesson is a notebook: change its code, and everything that depends on it runs again. Your changes are kept in
    your own copy, in --folder; delete it to start over. Stop with Ctrl-C.
    """
    lessons = list_lessons() if number is None else [get_lesson(number)]
    if exported is not None:
        _export_lessons(lessons, exported)
    elif check:
        _check_lessons(lessons)
    elif number is not None:
        _open_lesson(lessons[0], folder, read, port, browser)
    else:
        _list_lessons(lessons)
        if sys.stdin.isatty() and sys.stdout.isatty():
            _open_lesson(get_lesson(typer.prompt("Which one", type=int)), folder, read, port, browser)


def _list_lessons(lessons: list[Lesson]) -> None:
    for each in lessons:
        typer.echo(f"{each.number:>2}  {each.title}\n    {each.about}")


def _open_lesson(lesson: Lesson, folder: Path, read: bool, port: int | None, browser: bool) -> None:
    if port is not None:
        check_port(port)
    notebook = lesson.path if read else copy_lesson(lesson, folder)
    typer.echo(f"{notebook}; stop with Ctrl-C", err=True)
    raise typer.Exit(run_until_stopped(open_command(notebook, read=read, port=port, browser=browser)))


def check_port(port: int) -> None:
    """Raise UsageError if another program listens on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"Cannot listen on port {port} ({error.strerror}); give another --port, or leave it out."
            ) from error


def run_until_stopped(command: list[str]) -> int:
    """Run a server; its exit code. It ends with this program, whatever ends that: Ctrl-C, SIGTERM, an error."""
    process = subprocess.Popen(command, env=lesson_environment(watched=True))
    previous_handler = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
        process.terminate()
        try:
            process.wait(_STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _export_lessons(lessons: list[Lesson], folder: Path) -> None:
    """Print the name of every file as soon as it is written."""
    from inkdigits.course.export import export

    for path in export(lessons, folder):
        typer.echo(str(path))


def _check_lessons(lessons: list[Lesson]) -> None:
    """Run lessons one after the other, each from start to end in a process of its own."""
    failed = False
    for each in lessons:
        started = time.monotonic()
        command = [sys.executable, str(each.path)]
        completed = subprocess.run(command, capture_output=True, text=True, check=False, env=lesson_environment())
        typer.echo(
            f"{each.number:>2}  {'failed' if completed.returncode else 'passed'} {time.monotonic() - started:5.1f} s"
        )
        if completed.returncode:
            failed = True
            typer.echo(completed.stderr, err=True)
    if failed:
        raise typer.Exit(1)


def add(app: typer.Typer) -> None:
    """Add `learn`."""
    app.command()(learn)
