"""How quickly the packaged network reads, beside eager PyTorch running the same network on the same cores.

    python -m bench.inference

One digit at a time (median of 500), and 256 at a time in turn with PyTorch (median ratio of 15 neighbours). Then the
same rounded to 8 bits, and how many of the 5,000 digits that its twin never saw the twin takes for others, before and
after it is rounded.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from bench.shared import store, trained_networks
from inkdigits.data.sets import mnist
from inkdigits.glyph import to_float
from inkdigits.reading.networks.classifier import PACKAGED_PATH, Classifier
from inkdigits.training.export import export
from inkdigits.training.runs import Run, load_trained_network

ROUND_COUNT, BATCH_SIZE = 15, 256


def main() -> None:
    glyphs = mnist.load("train").images[: 4 * BATCH_SIZE]
    ours = Classifier()
    theirs = load_trained_network(trained_networks.list_seed_runs()[0])

    def run_eager() -> None:
        with torch.inference_mode():
            for part in np.split(glyphs, 4):
                theirs(torch.from_numpy(to_float(part)))

    def run_packaged() -> None:
        for part in np.split(glyphs, 4):
            ours.classify(part)

    pairs = [(time_call(run_packaged), time_call(run_eager)) for _ in range(ROUND_COUNT + 1)][1:]
    result = {
        "speed_up": median(b / a for a, b in pairs),
        "digits_per_second": len(glyphs) / median(a for a, _ in pairs),
        "one_digit_ms": time_one_digit_ms(ours),
        "file_megabytes": PACKAGED_PATH.stat().st_size / 1e6,
    } | measure_int8()
    print({key: round(value, 3) for key, value in result.items()})
    store.save("inference", result)


def time_one_digit_ms(network: Classifier) -> float:
    """Milliseconds for one digit."""
    glyph = mnist.load("train").images[:1]
    return 1000 * median(time_call(lambda: network.classify(glyph)) for _ in range(500))


def measure_int8() -> store.Json:
    """The network in 8 bits: its time and its file, and its twin's mistakes on digits that it never saw."""
    with tempfile.TemporaryDirectory() as folder:
        int8_path = export(trained_networks.list_seed_runs()[0], Path(folder) / "int8.onnx", int8=True)
        twin = Run(trained_networks.WEIGHTS_FOLDER / "reader-twin")
        twin_paths = [export(twin, Path(folder) / f"twin-{int8}.onnx", int8=int8) for int8 in (False, True)]
        return {
            "int8_one_digit_ms": time_one_digit_ms(Classifier(int8_path)),
            "int8_file_megabytes": int8_path.stat().st_size / 1e6,
            "twin_wrong": count_mistakes(twin_paths[0]),
            "int8_twin_wrong": count_mistakes(twin_paths[1]),
        }


def count_mistakes(path: Path) -> int:
    """Of MNIST's last 5,000 training digits, how many are taken for others."""
    held_out = mnist.load("train").slice(55_000, 60_000)
    return int((Classifier(path).classify(held_out.images).probabilities.argmax(axis=1) != held_out.labels).sum())


def time_call(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
