"""A real browser for the pages and the notebooks, and lessons in marimo."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from inkdigits.cli.learn import find_free_port, wait_until_listening
from inkdigits.course.lessons import address_to_read, build_read_command, get_lesson, lesson_environment
from tests.serving.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def excerpt(source: str, shows: str) -> str:
    """A lesson's source with all its words, but only as much of its code as the cells need that have `shows` in them.

    The whole lesson trains networks for a minute before a page listens, and is run by `inkdigits learn --check`.
    """
    cells = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    makers = {name: cell for cell in cells for name in given(cell)}
    todo = [cell for cell in cells if shows in (ast.get_source_segment(source, cell) or "")]
    assert todo, f"no cell has '{shows}' in it"
    kept = {id(cell) for cell in cells if ast.unparse(cell.body[0]).startswith("mo.md(") and not cell.args.args}
    while todo:
        cell = todo.pop()
        kept.add(id(cell))
        todo += [makers[each.arg] for each in cell.args.args if id(makers[each.arg]) not in kept]
    lines = source.splitlines(keepends=True)
    for cell in cells:
        if id(cell) not in kept:
            first, last = cell.decorator_list[0].lineno, cell.end_lineno or 0
            lines[first - 1 : last] = [""] * (last - first + 1)
    return "".join(lines)


def given(cell: ast.FunctionDef) -> list[str]:
    """The names that a cell gives to others."""
    last = cell.body[-1]
    return [node.id for node in ast.walk(last) if isinstance(node, ast.Name)] if isinstance(last, ast.Return) else []


@contextmanager
def served(number: int, shows: str, folder: Path) -> Iterator[str]:
    """An excerpt of a lesson in marimo's run mode, on a port of its own; its address. It ends with the block."""
    path = get_lesson(number).path
    notebook, log = folder / path.name, folder / "marimo.log"
    notebook.write_text(excerpt(path.read_text(encoding="utf-8"), shows), encoding="utf-8")
    port = find_free_port()
    with open(log, "wb") as said:
        process = subprocess.Popen(
            build_read_command(notebook, port),
            stdout=said,
            stderr=subprocess.STDOUT,
            env=lesson_environment(watched=True) | {"NO_COLOR": "1"},
        )
    try:
        assert wait_until_listening(process, port), log.read_text(encoding="utf-8", errors="replace")
        yield address_to_read(port)
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def open_lesson(tmp_path: Path) -> Iterator[Callable[[int, str], str]]:
    """Call it with a lesson's number and words that a cell has in it: the address where that cell, what it needs and
    all that is written can be visited until the test ends."""
    with ExitStack() as until_the_end:
        yield lambda number, shows: until_the_end.enter_context(served(number, shows, tmp_path))
