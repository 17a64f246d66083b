"""What several rooms of tests use: the installed command as a real process, and small sets of digits."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from inkdigits.data.sets.digits import Digits

# Those of a reading as JSON, in their order.
READING_KEYS = ["file", "page", "width", "height", "text", "lines", "hint", "turned_degrees", "model", "seconds"]


class CommandOutput(NamedTuple):
    """What a command printed."""

    out: str
    err: str


INKDIGITS_COMMAND = Path(sys.executable).parent / "inkdigits"
BASE_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "INKDIGITS_DATA")
} | {
    "OMP_NUM_THREADS": "1",  # as in this process: see conftest.py
    "TERM": "xterm-256color",  # whatever the tests run in, as a dumb terminal is shown no progress
}


def run_inkdigits(*arguments: str | Path, stdin: bytes = b"", exit_code: int = 0, **env: str) -> CommandOutput:
    """Run `inkdigits` with these arguments as a process, expect that exit code, and give back what it printed."""
    completed = subprocess.run(
        [INKDIGITS_COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=BASE_ENVIRONMENT | env,
        timeout=600,
        check=False,
    )
    assert completed.returncode == exit_code, completed.stderr.decode()
    return CommandOutput(completed.stdout.decode(), completed.stderr.decode())


def extract_error_sentence(stderr: str) -> str:
    """The one line of an error on stderr; fails for tracebacks and for essays."""
    lines = stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("inkdigits: "), stderr
    return lines[0].removeprefix("inkdigits: ")


def measure_cpu_seconds(function: Callable[[], object]) -> float:
    """Processor seconds that the work takes in this thread, the least of three: what else runs does not count."""

    def measure_once() -> float:
        start = time.thread_time()
        function()
        return time.thread_time() - start

    return min(measure_once() for _ in range(3))


def make_digits(count: int, seed: int = 0, name: str = "some digits") -> Digits:
    """Random glyphs, with every label from 0 to 9 in turn."""
    images = np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)
    return Digits(images, np.arange(count, dtype=np.int64) % 10, name)


def is_listening(port: int) -> bool:
    """Whether somebody does, at that port of this machine."""
    try:
        socket.create_connection(("localhost", port), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so; fails after two minutes, as the machine may be busy."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def need_extra(package: str, extra: str) -> None:
    """Skip a file of tests whose package is not installed; with CI=true, fail it."""
    if find_spec(package) is None:
        reason = f'{package} is not installed: pip install "inkdigits[{extra}]"'
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason, allow_module_level=True)
