"""The lecture's trainings, with the live view on, beside a plain eager PyTorch loop of the same network.

    python -m bench.beside

The two take turns in one process, seven times; what counts is the median of the ratios of neighbours. The plain loop
is what one would write: Linear layers, Adam with its defaults, cross-entropy, no figures taken on the way.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from rich.console import Console
from torch import nn

from bench.shared import store
from inkdigits.cli.watch import TrainingMonitor
from inkdigits.data.sets import mnist
from inkdigits.glyph import to_float
from inkdigits.training.callbacks import throttle
from inkdigits.training.recipes import get_recipe
from inkdigits.training.session import start

PAIR_COUNT = 7
PLAIN_NETWORKS = {
    "lecture-softmax": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
    "lecture-mlp": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 10)),
}


def main() -> None:
    for name in PLAIN_NETWORKS:
        pairs = [(time_ours(name), time_plain_loop(name)) for _ in range(PAIR_COUNT + 1)][1:]  # the first pair warms up
        result = {
            "ratio": median(a / b for a, b in pairs),
            "ours_seconds": median(a for a, _ in pairs),
            "plain_seconds": median(b for _, b in pairs),
            "pairs": pairs,
        }
        print(name, {key: round(value, 3) for key, value in result.items() if key != "pairs"})
        store.save(f"beside-{name}", result)


def time_ours(name: str) -> float:
    """Seconds of our training loop, callbacks and live view included."""
    folder = Path(tempfile.mkdtemp(prefix="inkdigits-"))
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    with TrainingMonitor(screen) as watch:
        state = start(get_recipe(name), folder / "run", callbacks=[throttle(1.0, watch)])
    shutil.rmtree(folder)
    return state.seconds


def time_plain_loop(name: str) -> float:
    """Seconds of the plain loop."""
    digits = mnist.load().slice(0, 5000)
    images, labels = torch.from_numpy(to_float(digits.images)), torch.from_numpy(digits.labels)
    network = PLAIN_NETWORKS[name]()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    steps = get_recipe(name).steps or 0
    started = time.perf_counter()
    for _ in range(steps):
        loss = F.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
