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

from bench import photo, store
from inkdigits.data import mnist
from inkdigits.data.digits import Digits
from inkdigits.data.strokes import Strokes, written
from inkdigits.reading.reader import Reader

TIMES = 7
PHOTO, STRIP, SMALL = (3000, 4000), (300, 1000), (200, 200)  # height, width
LINES = ("31415926 5358", "1984 2026 17", "07 42 66 90", "2718281828", "8 15 16 23 42")
Pixels = NDArray[np.uint8]
# Started from a program as large as this one, a child would be counted with the parent's memory: Linux takes over the
# peak of before `exec`. So a small one starts it.
PEAK = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=TIMES, help="fewer, to see that it works; nothing is kept then")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measured(pictures(mnist.load("train").part(55_000, 55_500), Path(folder)), given.times)
    for key, value in result.items():
        print(f"{key:<14} {value:,}" if isinstance(value, int) else f"{key:<14} {value}")
    if given.times == TIMES:
        store.save("speed-reading", result)


def measured(paths: dict[str, Path], times: int) -> store.Json:
    """All times in seconds, the memory in bytes, and what was read of the photo."""
    reader, command = Reader(), [str(Path(sys.executable).parent / "inkdigits"), "read"]
    photographed = reader.read(paths["photo"])
    return {
        "photo": seconds(lambda: reader.read(paths["photo"]), times),
        "strip": seconds(lambda: reader.read(paths["strip"]), times),
        "process": seconds(lambda: run([*command, str(paths["small"])]), times),
        "single": seconds(lambda: run([*command, "--single", str(paths["small"])]), times),
        "photo_bytes": peak([*command, str(paths["photo"])]),
        "times": times,
        "read": photographed.text.splitlines(),
        "written": list(LINES),
        "model": f"{reader.model.name} {reader.model.version}",
    }


def pictures(digits: Digits, folder: Path) -> dict[str, Path]:
    """The three pictures, drawn and saved."""
    paths = {name: folder / f"{name}.{kind}" for name, kind in (("photo", "jpg"), ("strip", "png"), ("small", "png"))}
    strokes = Strokes.of(digits)
    Image.fromarray(in_shade(drawn(strokes, LINES, 240, PHOTO))).save(paths["photo"], quality=90)
    Image.fromarray(drawn(strokes, ("31415926",), 100, STRIP)).save(paths["strip"])
    Image.fromarray(drawn(strokes, ("7",), 110, SMALL)).save(paths["small"])
    return paths


def drawn(strokes: Strokes, lines: Sequence[str], height: int, size: tuple[int, int]) -> Pixels:
    """Lines of digits of that height in pixels, a ball pen's, on paper of `size` (height, width): uint8 H×W×3."""
    rng = np.random.default_rng(0)
    ink = np.zeros(size, np.float32)
    for place, line in enumerate(lines, 1):
        foot, x = round(size[0] * place / (len(lines) + 1) + height / 2), size[1] // 8
        for character in line:
            if character != " ":
                field = strokes.fields[rng.choice(np.flatnonzero(strokes.labels == int(character)))]
                digit = written(field, height, 0.08 * height, 0.1, 0, 1, rng)
                ink[foot - digit.shape[0] : foot, x : x + digit.shape[1]] = digit
                x += digit.shape[1]
            x += height if character == " " else height // 4
    picture = photo.laid(photo.paper_of(size, rng), ink * np.float32(0.9), photo.colour(photo.PENS[:3], rng))
    noise = rng.standard_normal(picture.shape, np.float32) * 2
    return np.asarray(np.clip(picture + noise, 0, 255).round(), np.uint8)


def in_shade(image: Pixels) -> Pixels:
    """The image with a shadow over its lower right half."""
    down, right = (np.linspace(-1, 1, side, dtype=np.float32) for side in image.shape[:2])
    shade = 1 - 0.4 * photo.shadow(0.8 * right + 0.6 * down[:, None], 0.1, -0.1)
    return np.asarray((image * shade[:, :, None]).round(), np.uint8)


def seconds(work: Callable[[], object], times: int) -> float:
    """The median time of some work, after one run that is not counted."""
    taken = []
    for _ in range(times + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken[1:])


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def peak(command: list[str]) -> int:
    """The most memory that a whole process held at once (resident), in bytes."""
    done = subprocess.run([sys.executable, "-c", PEAK, *command], check=True, capture_output=True, text=True)
    return int(done.stdout)


if __name__ == "__main__":
    main()
