"""Which lessons there are. They are only looked at here: nothing of marimo or torch is loaded."""

from __future__ import annotations

import ast
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from inkdigits.errors import UsageError
from inkdigits.files import write_atomically

FOLDER = Path(__file__).parent
LOOKS = FOLDER / "lesson.css"  # which the lessons name
WATCHED = "INKDIGITS_WATCHED"  # set in the environment where somebody sees a lesson run
# -P: what lies in the folder where somebody stands, as a cmd.py, must not come before Python's own modules.
MARIMO = (sys.executable, "-P", "-m", "marimo", "--yes")


@dataclass(frozen=True)
class Lesson:
    """One notebook: `path` is the packaged file; `title` and `about` are the two paragraphs of its docstring."""

    number: int
    title: str
    about: str
    path: Path


def list_lessons() -> list[Lesson]:
    """All lessons, in order."""
    return [_lesson(path) for path in sorted(FOLDER.glob("[0-9][0-9]_*.py"))]


def get_lesson(number: int) -> Lesson:
    """The lesson of that number. Raises UsageError, with the numbers there are."""
    lessons = {each.number: each for each in list_lessons()}
    if number not in lessons:
        raise UsageError(f"There is no lesson {number}; choose one of {', '.join(map(str, lessons))}.")
    return lessons[number]


def copy_lesson(lesson: Lesson, folder: Path) -> Path:
    """The learner's own copy of a lesson, to write into: made in `folder` unless it is there already.

    Raises WriteError when it cannot be made.
    """
    copy = folder / lesson.path.name
    if not copy.exists():
        write_atomically(copy, lesson.path.read_bytes())
    write_atomically(folder / LOOKS.name, LOOKS.read_bytes())
    return copy


def build_edit_command(notebook: Path, *, port: int | None = None, browser: bool = True) -> list[str]:
    """The command that opens a notebook to work in. marimo listens on this machine only."""
    port_words = [] if port is None else ["--port", str(port)]
    browser_words = [] if browser else ["--headless"]
    return [*MARIMO, "edit", "--no-sandbox", "--skip-update-check", *port_words, *browser_words, str(notebook)]


def build_read_command(notebook: Path, port: int) -> list[str]:
    """The command that serves a notebook to read and turn its knobs, at `address_to_read`."""
    options = ("--no-sandbox", "--include-code", "--headless", "--port", str(port))
    return [*MARIMO, "--quiet", "run", *options, str(notebook)]


def address_to_read(port: int) -> str:
    """Where `build_read_command` shows a notebook, with its code."""
    return f"http://127.0.0.1:{port}/?show-code=true"


def lesson_environment(*, watched: bool = False) -> dict[str, str]:
    """The environment that a lesson's process is to have: this one's, with two things said unless it says otherwise,
    and whether it is `watched`.

    Threads wait for each other asleep. By default they wait spinning, and small networks have a thousand such waits a
    second: where other programs had the two cores, 1,000 steps of the lecture's network took 110 seconds of processor
    time instead of 9. And a lesson that is opened runs: marimo would show it without a single figure until told to.
    """
    defaults = {"OMP_WAIT_POLICY": "passive", "_MARIMO_CONFIG_OVERLOAD_RUNTIME_AUTO_INSTANTIATE": "true"}
    return {**defaults, **os.environ, **({WATCHED: "1"} if watched else {})}


def _lesson(path: Path) -> Lesson:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    title, _, about = docstring.partition("\n\n")
    number = re.match(r"\d+", path.name)
    return Lesson(int(number[0]) if number else 0, title.strip().rstrip("."), " ".join(about.split()), path)
