"""`inkdigits learn`: the course."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from inkdigits.course.lessons import (
    Lesson,
    address_to_read,
    build_edit_command,
    build_read_command,
    copy_lesson,
    get_lesson,
    lesson_environment,
    list_lessons,
)
from inkdigits.errors import UsageError

Server: TypeAlias = "subprocess.Popen[bytes]"
_STOPPING_SECONDS = 5.0  # that a lesson's server may take to end
_PROBE_SECONDS = 0.05  # between two looks at whether it listens

for _name in ("marimo", "nbformat", "latex2mathml", "torch", "matplotlib"):  # loaded only when they are needed
    if find_spec(_name) is None:
        raise ModuleNotFoundError(name=_name)


def learn(
    number: Annotated[int | None, typer.Argument(metavar="[LESSON]", help="The lesson's number.")] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open your own copy, whose code you can change.")] = False,
    folder: Annotated[Path, typer.Option(help="With --edit: the folder for your copies.")] = Path("lessons"),
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

    You see its text, code and figures, and move its sliders. With --edit you work in a copy of your own: change its
    code, and everything that depends on it runs again. Delete the copy to start over. Stop with Ctrl-C.
    """
    lessons = list_lessons() if number is None else [get_lesson(number)]
    if exported is not None:
        _export_lessons(lessons, exported)
    elif check:
        _check_lessons(lessons)
    elif number is not None:
        _open_lesson(lessons[0], folder if edit else None, port, browser)
    else:
        _list_lessons(lessons)
        if sys.stdin.isatty() and sys.stdout.isatty():
            lesson = get_lesson(typer.prompt("Which one", type=int))
            _open_lesson(lesson, folder if edit else None, port, browser)


def _list_lessons(lessons: list[Lesson]) -> None:
    for each in lessons:
        typer.echo(f"{each.number:>2}  {each.title}\n    {each.about}")


def _open_lesson(lesson: Lesson, copies_folder: Path | None, port: int | None, browser: bool) -> None:
    """Open a lesson to read, or its copy in `copies_folder` to work in."""
    if port is not None:
        check_port(port)
    if copies_folder is not None:
        copy = copy_lesson(lesson, copies_folder)
        typer.echo(f"{copy}; stop with Ctrl-C", err=True)
        raise typer.Exit(run_until_stopped(build_edit_command(copy, port=port, browser=browser)))
    port = port or find_free_port()

    def tell_where(server: Server) -> None:
        if wait_until_listening(server, port):
            typer.echo(f"{address_to_read(port)} shows lesson {lesson.number}; stop with Ctrl-C", err=True)
            if browser:
                webbrowser.open(address_to_read(port))

    raise typer.Exit(run_until_stopped(build_read_command(lesson.path, port), tell_where))


def find_free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(server: Server, port: int) -> bool:
    """Whether the server listens on its port; it may have ended instead."""
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return True
        except OSError:
            time.sleep(_PROBE_SECONDS)
    return False


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


def run_until_stopped(command: list[str], tell_where: Callable[[Server], None] = lambda _: None) -> int:
    """Run a server, and tell where it is; its exit code. It ends with this program, whatever ends that: Ctrl-C,
    SIGTERM, an error."""
    process = subprocess.Popen(command, env=lesson_environment(watched=True))
    previous_handler = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        tell_where(process)
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
