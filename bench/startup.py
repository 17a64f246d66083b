"""How long a person waits: importing inkdigits, and reading one small picture as a whole process. Medians of 15.

python -m bench.startup
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from PIL import Image

from bench.shared import store
from inkdigits.data.sets import mnist

REPEATS = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        Image.fromarray(255 - mnist.load("test").images[0]).resize((200, 200)).save(picture)
        read = measure_median_seconds(
            [str(Path(sys.executable).parent / "inkdigits"), "read", "--single", str(picture)]
        )
    bare, imported = (
        measure_median_seconds([sys.executable, "-c", ""]),
        measure_median_seconds([sys.executable, "-c", "import inkdigits"]),
    )
    store.save("startup", {"import_seconds": imported - bare, "python_seconds": bare, "read_single_seconds": read})
    print(f"import {1000 * (imported - bare):.0f} ms (python itself {1000 * bare:.0f} ms), read --single {read:.3f} s")


def measure_median_seconds(command: list[str]) -> float:
    """The median of a command's whole time, after one run that is not counted."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return median(times[1:])


if __name__ == "__main__":
    main()
