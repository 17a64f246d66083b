"""How long a picture takes and how much memory: a 12-megapixel photo, a strip, whole processes. Medians of 7.

    python -m bench.speed_reading

The photo is 4000×3000 pixels of JPEG: lines of digits on paper, a shadow over a part. The strip is a PNG of 1000×300,
the small picture one digit at 200×200. `photo` and `strip` are times of a Reader that is there already, decoding
included; `process` and `single` those of `inkdigits read`, from nothing to nothing, with `--single` the latter. The
memory is the peak that the system counted for a whole `inkdigits read` of the photo.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.datasets import photo
from bench.shared import store
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis.strokes import Strokes, write_digit
from inkdigits.reading.reader import Reader

REPEATS = 7
PHOTO_SIZE, STRIP_SIZE, SMALL_SIZE = (3000, 4000), (300, 1000), (200, 200)  # height, width
LINES = ("31415926 5358", "1984 2026 17", "07 42 66 90", "2718281828", "8 15 16 23 42")
Pixels = NDArray[np.uint8]
# Started from a program as large as this one, a child would be counted with the parent's memory: Linux takes over the
# peak of before `exec`. So a small one starts it.
PEAK_PROGRAM = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=REPEATS, help="fewer, to see that it works; nothing is kept then")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure_reading(draw_pictures(mnist.load("train").slice(55_000, 55_500), Path(folder)), args.times)
    for key, value in result.items():
        print(f"{key:<14} {value:,}" if isinstance(value, int) else f"{key:<14} {value}")
    if args.times == REPEATS:
        store.save("speed-reading", result)


def measure_reading(paths: dict[str, Path], repeats: int) -> store.Json:
    """All times in seconds, the memory in bytes, and what was read of the photo."""
    reader, command = Reader(), [str(Path(sys.executable).parent / "inkdigits"), "read"]
    photo_reading = reader.read(paths["photo"])
    return {
        "photo": measure_median_seconds(lambda: reader.read(paths["photo"]), repeats),
        "strip": measure_median_seconds(lambda: reader.read(paths["strip"]), repeats),
        "process": measure_median_seconds(lambda: run_command([*command, str(paths["small"])]), repeats),
        "single": measure_median_seconds(lambda: run_command([*command, "--single", str(paths["small"])]), repeats),
        "photo_bytes": measure_peak_bytes([*command, str(paths["photo"])]),
        "times": repeats,
        "read": photo_reading.text.splitlines(),
        "written": list(LINES),
        "model": f"{reader.model.name} {reader.model.version}",
    }


def draw_pictures(digits: Digits, folder: Path) -> dict[str, Path]:
    """The three pictures, drawn and saved."""
    paths = {name: folder / f"{name}.{kind}" for name, kind in (("photo", "jpg"), ("strip", "png"), ("small", "png"))}
    strokes = Strokes.from_digits(digits)
    Image.fromarray(add_shadow(draw_lines(strokes, LINES, 240, PHOTO_SIZE))).save(paths["photo"], quality=90)
    Image.fromarray(draw_lines(strokes, ("31415926",), 100, STRIP_SIZE)).save(paths["strip"])
    Image.fromarray(draw_lines(strokes, ("7",), 110, SMALL_SIZE)).save(paths["small"])
    return paths


def draw_lines(strokes: Strokes, lines: Sequence[str], height: int, size: tuple[int, int]) -> Pixels:
    """Lines of digits of that height in pixels, a ball pen's, on paper of `size` (height, width): uint8 H×W×3."""
    rng = np.random.default_rng(0)
    ink = np.zeros(size, np.float32)
    for index, line in enumerate(lines, 1):
        bottom, x = round(size[0] * index / (len(lines) + 1) + height / 2), size[1] // 8
        for character in line:
            if character != " ":
                field = strokes.distance_fields[rng.choice(np.flatnonzero(strokes.labels == int(character)))]
                digit = write_digit(field, height, 0.08 * height, 0.1, 0, 1, rng)
                ink[bottom - digit.shape[0] : bottom, x : x + digit.shape[1]] = digit
                x += digit.shape[1]
            x += height if character == " " else height // 4
    picture = photo.lay_ink(
        photo.draw_paper(size, rng), ink * np.float32(0.9), photo.sample_colour(photo.PEN_COLOURS[:3], rng)
    )
    noise = rng.standard_normal(picture.shape, np.float32) * 2
    return np.asarray(np.clip(picture + noise, 0, 255).round(), np.uint8)


def add_shadow(image: Pixels) -> Pixels:
    """The image with a shadow over its lower right half."""
    down, right = (np.linspace(-1, 1, side, dtype=np.float32) for side in image.shape[:2])
    shade = 1 - 0.4 * photo.cast_shadow(0.8 * right + 0.6 * down[:, None], 0.1, -0.1)
    return np.asarray((image * shade[:, :, None]).round(), np.uint8)


def measure_median_seconds(work: Callable[[], object], repeats: int) -> float:
    """The median time of some work, after one run that is not counted."""
    durations = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return median(durations[1:])


def run_command(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def measure_peak_bytes(command: list[str]) -> int:
    """The most memory that a whole process held at once (resident), in bytes."""
    completed = subprocess.run(
        [sys.executable, "-c", PEAK_PROGRAM, *command], check=True, capture_output=True, text=True
    )
    return int(completed.stdout)


if __name__ == "__main__":
    main()
