"""Lessons → pages that Sphinx can build. A lesson runs only if it or the package has changed since it ran last."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt

import inkdigits
from inkdigits.course import export
from inkdigits.course.lessons import FOLDER, Lesson
from inkdigits.course.page import markdown, render_cell
from inkdigits.files import write_atomically

PACKAGE = Path(inkdigits.__file__).parent
_MARIMO_TEXT = re.compile(r'class="markdown prose[^"]*"')
_FENCE = "`" * 12  # longer than any in a lesson


def run_lessons(lessons: Sequence[Lesson], cache: Path) -> list[Path]:
    """Run the lessons that `cache` does not have as they are now; the paths of their notebooks, with outputs, there.

    Raises ExportError for a lesson that does not run to its end.
    """
    package_digest = hash_files(path for path in sorted(PACKAGE.rglob("*")) if not _is_lesson_or_cache(path))
    return [_run_lesson(lesson, cache, package_digest) for lesson in lessons]


def _run_lesson(lesson: Lesson, cache: Path, package_digest: str) -> Path:
    notebook, stamp = cache / f"{lesson.path.stem}.ipynb", cache / f"{lesson.path.stem}.sha256"
    digest = f"{package_digest} {hash_files([lesson.path])}\n"
    if not (notebook.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == digest):
        content = nbformat.writes(export.run(lesson))  # type: ignore[no-untyped-call]
        write_atomically(notebook, content)
        write_atomically(stamp, digest)  # last: a notebook without it is made again
    return notebook


def _is_lesson_or_cache(path: Path) -> bool:
    is_lesson = path.parent == FOLDER and path.name[0].isdigit()
    return is_lesson or "__pycache__" in path.parts or not path.is_file()


def hash_files(paths: Iterator[Path] | list[Path]) -> str:
    """The SHA-256 of the files' names and contents, in this order, as hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def write_lesson_pages(lessons: Sequence[Lesson], notebooks: Sequence[Path], folder: Path) -> None:
    """Write a page for each lesson, and one that lists them, into `folder`, as MyST Markdown."""
    for lesson, path in zip(lessons, notebooks, strict=True):
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        download = f'<p><a href="{path.name}" download>This lesson as a Jupyter notebook</a></p>'
        first_text = next(place for place, cell in enumerate(notebook.cells) if cell.cell_type == "markdown")
        cells = [notebook.cells.pop(first_text), *notebook.cells]  # the title before what is imported
        body = [part for cell in cells for part in _convert_cell(cell)]
        write_atomically(folder / f"{lesson.path.stem}.md", "\n\n".join([*body, _make_raw(download)]) + "\n")
    write_atomically(folder / "index.md", _make_index(lessons))


def _convert_cell(cell: Any) -> Iterator[str]:
    """A cell as MyST: its headings as headings, so that they stand in the contents, and all else as HTML."""
    if cell.cell_type != "markdown":
        # Sphinx's theme has colours for code of the class `highlight`, light and dark. One of the classes that marimo
        # gives text, `contents`, it takes for a table of contents, which it warns of in red.
        html = render_cell(cell).replace('class="code"', 'class="highlight"')
        yield _make_raw(_MARIMO_TEXT.sub('class="markdown"', html))
        return
    lines, start = cell.source.splitlines(), 0
    for token in MarkdownIt("commonmark").parse(cell.source):
        if token.type == "heading_open" and token.map is not None:
            yield from _convert_text(lines[start : token.map[0]])
            yield "\n".join(lines[token.map[0] : token.map[1]])
            start = token.map[1]
    yield from _convert_text(lines[start:])


def _convert_text(lines: list[str]) -> Iterator[str]:
    text = "\n".join(lines).strip()
    if text:
        yield _make_raw(markdown(text))


def _make_raw(html: str) -> str:
    return f'{_FENCE}{{raw}} html\n<div class="lesson">{html}</div>\n{_FENCE}' if html else ""


def _make_index(lessons: Sequence[Lesson]) -> str:
    rows = [f"{each.number}. [{each.title}]({each.path.stem}.md)\n   <br>{each.about}" for each in lessons]
    pages = "\n".join(each.path.stem for each in lessons)
    return (
        "# The lessons\n\nThe course, run from start to end, to read. "
        "To turn its knobs, install it and run `inkdigits learn`.\n\n"
        + "\n".join(rows)
        + f"\n\n```{{toctree}}\n:hidden:\n\n{pages}\n```\n"
    )
