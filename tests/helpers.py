"""What several rooms of tests use: the installed command as a real process, and small sets of digits."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from inkdigits.data.sets.digits import Digits


class Said(NamedTuple):
    """What a command printed."""

    out: str
    err: str


COMMAND = Path(sys.executable).parent / "inkdigits"
PLAIN = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "INKDIGITS_DATA")}


def inkdigits(*words: str | Path, stdin: bytes = b"", code: int = 0, **env: str) -> Said:
    """Run `inkdigits` with these words as a process, expect that exit code, and give back what it printed."""
    done = subprocess.run(
        [COMMAND, *map(str, words)], input=stdin, capture_output=True, env=PLAIN | env, timeout=600, check=False
    )
    assert done.returncode == code, done.stderr.decode()
    return Said(done.stdout.decode(), done.stderr.decode())


def one_sentence(said: str) -> str:
    """The one line of an error on stderr; fails for tracebacks and for essays."""
    lines = said.splitlines()
    assert len(lines) == 1 and lines[0].startswith("inkdigits: "), said
    return lines[0].removeprefix("inkdigits: ")


def seconds_of(work: Callable[[], object]) -> float:
    """Processor seconds that the work takes in this thread, the least of three: what else runs does not count."""

    def once() -> float:
        started = time.thread_time()
        work()
        return time.thread_time() - started

    return min(once() for _ in range(3))


def some_digits(count: int, seed: int = 0, name: str = "some digits") -> Digits:
    """Random glyphs, with every label from 0 to 9 in turn."""
    images = np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)
    return Digits(images, np.arange(count, dtype=np.int64) % 10, name)
