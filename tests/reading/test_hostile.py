"""Pages that would take for ever if the work grew with what is on them: a bounded time, and a bounded memory."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.helpers import BASE_ENVIRONMENT
from tests.reading.drawing import Pixels

CORES = 2  # that are free when the seconds of an issue are counted; here processor seconds are
MAX_MEMORY_MIB = 700
PROGRAM = """
import re, resource, sys
from pathlib import Path
from inkdigits.reading.reader import Reader
Reader(threads=1).read(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(used.ru_utime + used.ru_stime, int(peak[1]) / 1024)
"""


def draw_full_page() -> Pixels:
    """2,000 digits, 50 rows of 40."""
    rng, page = np.random.default_rng(0), np.full((50 * 29 + 20, 1000), 245, np.uint8)
    for row in range(50):
        draw_text(page, "".join(map(str, rng.integers(0, 10, 40))), (20, 32 + row * 29), 0.9, 2)
    return page


def draw_long_strip() -> Pixels:
    """Numbers on a strip of 20,000 × 60 pixels."""
    rng, strip = np.random.default_rng(0), np.full((60, 20_000), 245, np.uint8)
    for column in range(20, 19_900, 160):
        draw_text(strip, str(rng.integers(1000, 10_000)), (column, 45), 1.3, 3)
    return strip


def draw_ones() -> Pixels:
    """500 ones beside each other."""
    strip = np.full((60, 500 * 12 + 40), 245, np.uint8)
    for column in range(26, len(strip[0]) - 20, 12):
        cv2.line(strip, (column, 15), (column, 45), 20, 3, cv2.LINE_AA)
    return strip


def draw_barcodes() -> Pixels:
    """36 bar codes, their numbers below them."""
    rng, page = np.random.default_rng(0), np.full((1600, 1200), 250, np.uint8)
    for top in range(20, 1560, 130):
        for left in (30, 420, 810):
            bars = np.repeat(rng.integers(0, 2, 113).astype(np.uint8), 3)
            page[top : top + 90, left : left + len(bars)][:, bars > 0] = 10
            draw_text(page, "".join(map(str, rng.integers(0, 10, 13))), (left + 30, top + 112), 0.6, 1)
    return page


def draw_text(page: Pixels, text: str, corner: tuple[int, int], size: float, thickness: int) -> None:
    cv2.putText(page, text, corner, cv2.FONT_HERSHEY_SIMPLEX, size, 20, thickness, cv2.LINE_AA)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read where Linux has it")
@pytest.mark.parametrize(
    ("draw", "max_seconds"), [(draw_full_page, 10), (draw_long_strip, 5), (draw_ones, 5), (draw_barcodes, 5)]
)
def test_hostile_pages_cost_a_bounded_time_and_memory(
    draw: Callable[[], Pixels], max_seconds: float, tmp_path: Path
) -> None:
    """Of a whole process, start-up included."""
    cv2.imwrite(str(tmp_path / "page.png"), draw())
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "page.png")]
    completed = subprocess.run(command, capture_output=True, text=True, check=True, env=BASE_ENVIRONMENT, timeout=600)
    seconds, memory_mib = map(float, completed.stdout.split())
    assert seconds < CORES * max_seconds
    assert memory_mib < MAX_MEMORY_MIB
