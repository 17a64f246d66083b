"""A real browser for the pages and the notebooks."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from inkdigits.course.lessons import get_lesson, lesson_environment, open_command
from tests.serving.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@contextmanager
def served(number: int, log: Path) -> Iterator[str]:
    """A lesson in marimo's run mode, on a port of its own; its address. It ends with the block."""
    command = open_command(get_lesson(number).path, read=True, browser=False, port=free_port())
    with open(log, "wb") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=lesson_environment() | {"NO_COLOR": "1"}
        )
    try:
        yield address_in(log, process)
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    """A port that nobody listens on: marimo looks for one too, but two that look at once may find the same."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def address_in(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """Wait until marimo has said where it listens."""
    while process.poll() is None:
        if found := re.search(r"http://\S+", log.read_text(encoding="utf-8", errors="replace")):
            return found[0]
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))


@pytest.fixture
def open_lesson(tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Call it with a lesson's number: the address where it can be visited until the test ends."""
    with ExitStack() as until_the_end:
        yield lambda number: until_the_end.enter_context(served(number, tmp_path / "marimo.log"))
