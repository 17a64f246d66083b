"""What time and memory of reading are measured on, and that memory is the child's own."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.speed_reading import (
    PHOTO_SIZE,
    SMALL_SIZE,
    STRIP_SIZE,
    draw_pictures,
    measure_median_seconds,
    measure_peak_bytes,
)
from inkdigits.data.sets.mnist import load


def test_pictures_are_of_their_sizes(tmp_path: Path) -> None:
    for name, path in draw_pictures(load("train").slice(0, 300), tmp_path).items():
        with Image.open(path) as picture:
            height, width = {"photo": PHOTO_SIZE, "strip": STRIP_SIZE, "small": SMALL_SIZE}[name]
            assert picture.size == (width, height)


def test_the_first_run_is_not_counted() -> None:
    runs: list[int] = []
    assert measure_median_seconds(lambda: runs.append(1), repeats=3) >= 0
    assert len(runs) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts no peak in os.wait4")
def test_memory_is_that_of_the_child_alone() -> None:
    held = np.ones(40_000_000)  # 320 MB here must not be counted there
    bare = measure_peak_bytes([sys.executable, "-c", "pass"])
    assert 4_000_000 < bare < 100_000_000 < held.nbytes
    assert measure_peak_bytes([sys.executable, "-c", "b = bytearray(200_000_000)"]) > bare + 190_000_000
