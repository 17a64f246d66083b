"""What `inkdigits demo` prints, and how long it takes as a whole process.

python -m bench.demo
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.shared import store


def main() -> None:
    command = str(Path(sys.executable).parent / "inkdigits")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        completed = subprocess.run([command, "demo"], cwd=folder, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
    print(completed.stdout)
    store.save("demo", {"output": completed.stdout, "seconds": seconds})


if __name__ == "__main__":
    main()
