"""Reading in a process of its own: the same lines as elsewhere, and what ends the process costs one page."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inkdigits import Form, Limits, ModelError, Reader, UsageError
from inkdigits.marks import Box
from inkdigits.ray.process import PageLine, PageProcess, ReadSettings
from tests.ray.deadly import build_hanging_pdf
from tests.ray.pictures import draw_digits, forget_seconds

SECONDS = 3.0  # that a page may take: enough for a blank one on a busy machine


@pytest.fixture(scope="module")
def process() -> Iterator[PageProcess]:
    process = PageProcess(ReadSettings.build(None, False, Limits(), SECONDS, {"single": True}))
    yield process
    process.close()


def outcomes(pages: Iterator[PageLine]) -> list[Any]:
    return [json.loads(page.line) for page in pages]


def test_a_picture_is_read_as_everywhere(process: PageProcess) -> None:
    (picture,) = draw_digits([7])
    (expected,) = Reader(threads=1).attempt(picture, name="a/7.png", single=True)
    (found,) = process.read("a/7.png", picture)
    assert (found.page, found.pages) == (1, 1)
    assert forget_seconds(json.loads(found.line)) == forget_seconds(expected.as_dict())


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n damaged", b"%PDF-1.7 damaged"])
def test_what_is_no_picture_fails_as_everywhere(process: PageProcess, data: bytes) -> None:
    (expected,) = Reader(threads=1).attempt(data, name="bad", single=True)
    assert outcomes(process.read("bad", data)) == [expected.as_dict()]


def test_a_page_that_hangs_is_ended_and_the_others_are_read(process: PageProcess) -> None:
    first, second, third = outcomes(process.read("three.pdf", build_hanging_pdf()))
    assert [page["page"] for page in (first, second, third)] == [1, 2, 3]
    assert second["error"]["kind"] == "time"
    assert second["error"]["message"].startswith(f"three.pdf: page 2 took longer than {SECONDS:g} s")
    assert "error" not in first and "error" not in third


def test_a_page_that_ends_the_process_is_tried_twice() -> None:
    """Whatever ends it: here a signal from outside, each time that it is at the page."""
    process = PageProcess(ReadSettings.build(None, False, Limits(), 300, {"single": True}))
    killed = list[int]()

    def kill_twice() -> None:
        while len(killed) < 2:
            if (running := process._process) is not None and running.pid not in killed:
                killed.append(running.pid)
                os.kill(running.pid, signal.SIGKILL)
            time.sleep(0.01)

    pages = process.read("three.pdf", build_hanging_pdf())
    assert "error" not in json.loads(next(pages).line)
    killer = threading.Thread(target=kill_twice)
    killer.start()
    second, third = outcomes(pages)
    killer.join()
    process.close()
    assert second["page"] == 2 and second["error"]["kind"] == "crash"
    assert second["error"]["message"].endswith("crashed the process that read it, 2 times (signal 9); leave it out.")
    assert third["page"] == 3 and "error" not in third


def test_the_process_ends_when_nobody_asks_any_more() -> None:
    process = PageProcess(ReadSettings.build(None, False, Limits(), SECONDS, {}))
    list(process.read("none", b""))
    running = process._process
    assert running is not None and running.stdin is not None and running.stdout is not None
    running.stdin.close()
    assert running.wait(60) == 0
    running.stdout.close()


def test_settings_reach_the_process() -> None:
    arguments: Any = {"form": Form(pattern="dd", range=(10, 99)), "region": Box(0, 0, 400, 200), "min_confidence": 0.5}
    (picture,) = draw_digits([4])
    process = PageProcess(ReadSettings.build(None, False, Limits(), SECONDS * 5, arguments))
    (expected,) = Reader(threads=1).attempt(picture, name="-", **arguments)
    assert [forget_seconds(each) for each in outcomes(process.read("-", picture))] == [
        forget_seconds(expected.as_dict())
    ]
    process.close()


def test_a_check_that_is_a_function_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be sent to other processes"):
        ReadSettings.build(None, False, Limits(), 20, {"form": Form(check=lambda text: True)})


def test_a_model_that_is_none_is_said(tmp_path: Path) -> None:
    process = PageProcess(ReadSettings.build(str(tmp_path / "none.onnx"), False, Limits(), 20, {}))
    with pytest.raises(ModelError, match="the network's file cannot be read"):
        list(process.read("-", b""))
