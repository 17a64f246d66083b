"""Lessons to read without running them: .ipynb with outputs, and pages of HTML that need no network."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat

from inkdigits.course.lessons import Lesson, lesson_environment
from inkdigits.course.page import contents, page
from inkdigits.errors import ExportError
from inkdigits.files import write_atomically

ELEMENT = re.compile(r"<(marimo-[\w-]+)\b([^>]*)>(?:(?!<\1\b).)*?</\1>", re.DOTALL)  # one with none of its kind inside
ATTRIBUTE = re.compile(r"""data-(data|label|initial-value)=(["'])(.*?)\2""", re.DOTALL)
PICTURE = re.compile(r"data:image/(?:png|svg\+xml);base64,[A-Za-z0-9+/=]+")


def export(lessons: Sequence[Lesson], folder: Path) -> Iterator[Path]:
    """Run each lesson and write NAME.ipynb and NAME.html into `folder`, then index.html; yields the files' paths.

    Raises ExportError for a lesson that does not run to its end, WriteError when a file cannot be written.
    """
    for place, lesson in enumerate(lessons):
        notebook = run(lesson)
        before, after = (lessons[p] if 0 <= p < len(lessons) else None for p in (place - 1, place + 1))
        yield _written(folder / f"{lesson.path.stem}.ipynb", nbformat.writes(notebook))  # type: ignore[no-untyped-call]
        yield _written(folder / f"{lesson.path.stem}.html", page(notebook, lesson, before, after))
    yield _written(folder / "index.html", contents(lessons))


def run(lesson: Lesson) -> Any:
    """The lesson as a Jupyter notebook with what its cells gave, by marimo's own export; knobs become words.

    Raises ExportError when a cell fails.
    """
    with TemporaryDirectory() as folder:
        copy, target = Path(folder) / lesson.path.name, Path(folder) / "out.ipynb"
        copy.write_bytes(lesson.path.read_bytes())
        command = [sys.executable, "-P", "-m", "marimo", "--yes", "export", "ipynb", str(copy), "-o", str(target)]
        command += ["--include-outputs"]
        completed = subprocess.run(command, capture_output=True, text=True, check=False, env=lesson_environment())
        if completed.returncode != 0 or not target.exists():
            raise ExportError(
                f"Lesson {lesson.number} did not run to its end: {' '.join(completed.stderr.split())[-500:]}"
            )
        notebook = nbformat.read(target, as_version=4)  # type: ignore[no-untyped-call]
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        tidy(output)
    nbformat.validate(notebook)
    return notebook


def tidy(output: dict[str, Any]) -> None:
    """Put words in place of marimo's own elements, which nothing but marimo can draw."""
    data = output.get("data", {})
    for kind in ("text/html", "text/markdown"):
        text = "".join(data.get(kind, ""))
        if kind == "text/markdown" and text.startswith("&lt;marimo-"):
            text, kind = html.unescape(data.pop(kind)), "text/html"  # noqa: PLW2901 — marimo calls a lone knob Markdown
        if text:
            data[kind] = replace_widgets(text)


def replace_widgets(text: str) -> str:
    """The HTML with every marimo element replaced: a figure by its picture, a knob by its label and value, anything
    else by a remark.
    """
    before = ""
    while before != text:  # elements stand within each other
        before, text = text, ELEMENT.sub(_words, text)
    return text


def _words(element: re.Match[str]) -> str:
    name, attributes, inside = element[1], element[2], element[0]
    if name == "marimo-ui-element":  # what only wraps a knob
        return inside[inside.index(">") + 1 : inside.rindex("<")]
    values = {key: _json(value) for key, _, value in ATTRIBUTE.findall(attributes)}
    if picture := PICTURE.search(str(values.get("data"))):  # a figure that stands with others in a stack
        return f'<img alt="figure" src="{picture[0]}">'
    label = " ".join(re.sub(r"<[^>]*>", "", str(values.get("label") or "")).split())
    value = values.get("initial-value")
    if isinstance(value, list) and len(value) == 1:  # what is chosen of a list
        value = value[0]
    if label and isinstance(value, int | float | str):
        return f"<p><em>A knob in the notebook: {html.escape(label)}, here at {html.escape(str(value))}.</em></p>"
    return "<p><em>The notebook has something to click or draw on here.</em></p>"


def _json(attribute: str) -> Any:
    """What marimo put into an attribute."""
    try:
        return json.loads(html.unescape(attribute))
    except ValueError:
        return html.unescape(attribute)


def _written(path: Path, content: str) -> Path:
    write_atomically(path, content)
    return path
