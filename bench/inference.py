"""How quickly the packaged network reads, beside eager PyTorch running the same network on the same cores.

    python -m bench.inference

One digit at a time (median of 500), and 256 at a time in turn with PyTorch (median ratio of 15 neighbours).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch

from bench import networks, store
from inkdigits.data import mnist
from inkdigits.glyph import to_float
from inkdigits.reading.classify import PACKAGED, Network
from inkdigits.training.runs import trained_network

ROUNDS, BATCH = 15, 256


def main() -> None:
    glyphs = mnist.load("train").images[: 4 * BATCH]
    ours = Network()
    theirs = trained_network(networks.seeds()[0])

    def eager() -> None:
        with torch.inference_mode():
            for part in np.split(glyphs, 4):
                theirs(torch.from_numpy(to_float(part)))

    def packaged() -> None:
        for part in np.split(glyphs, 4):
            ours.classify(part)

    pairs = [(seconds(packaged), seconds(eager)) for _ in range(ROUNDS + 1)][1:]
    single = median(seconds(lambda: ours.classify(glyphs[:1])) for _ in range(500))
    result = {
        "speed_up": median(b / a for a, b in pairs),
        "digits_per_second": len(glyphs) / median(a for a, _ in pairs),
        "one_digit_ms": 1000 * single,
        "file_megabytes": PACKAGED.stat().st_size / 1e6,
    }
    print({key: round(value, 3) for key, value in result.items()})
    store.save("inference", result)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
