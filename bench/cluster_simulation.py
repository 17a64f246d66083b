"""A thousand workers, simulated from measured times: how long a million pages take, and what is lost on the way.

    python -m bench.cluster_simulation      simulate, and keep it

What a page takes is drawn from the times that bench/scale.py measured. A worker is given a task of 16 pages whenever it
is idle, as bulk runs do. Assumed, not measured: workers differ in speed (sd 10 %), one in a hundred is three times as
slow, one page in a thousand hangs until its limit, a worker fails every hundred hours on average, loses its task and is
back after a minute. Nothing is taken for the way of pages to the workers, and for the one process that writes.
"""

from __future__ import annotations

import heapq
import json

import numpy as np

from bench.shared import store

SEED = 0
PAGES, WORKERS, TASK_PAGES = 1_000_000, 1000, 16
SPEED_SD, SLOW_SHARE, SLOWDOWN = 0.1, 0.01, 3.0
HANG_SHARE, HANG_SECONDS = 0.001, 20.0
FAILURE_HOURS, RESTART_SECONDS = 100.0, 60.0


def main() -> None:
    measured = store.load("scale")
    assert measured is not None and "speed" in measured, "first: python -m bench.scale speed"
    result = simulate(np.array(measured["speed"]["page_seconds"]), PAGES, WORKERS)
    print(json.dumps(result, indent=1))
    store.save("scale-simulation", result)


def simulate(page_seconds: np.ndarray, pages: int, workers: int) -> store.Json:
    """Hours until all pages are read, and the worker-hours it takes; `page_seconds` float N, those of single pages."""
    rng = np.random.default_rng(SEED)
    slowness = rng.lognormal(0, SPEED_SD, workers) * np.where(rng.random(workers) < SLOW_SHARE, SLOWDOWN, 1.0)
    idle_at = [(0.0, worker) for worker in range(workers)]
    fails_at = rng.exponential(FAILURE_HOURS * 3600, workers)
    tasks, failures, ends = -(-pages // TASK_PAGES), 0, 0.0
    while tasks:
        start, worker = heapq.heappop(idle_at)
        hanging = rng.random(TASK_PAGES) < HANG_SHARE
        task_seconds = np.where(hanging, HANG_SECONDS, rng.choice(page_seconds, TASK_PAGES) * slowness[worker]).sum()
        end = start + float(task_seconds)
        if fails_at[worker] < end:  # the task is lost, and stays to be done
            end, failures = float(fails_at[worker]) + RESTART_SECONDS, failures + 1
            fails_at[worker] = end + rng.exponential(FAILURE_HOURS * 3600)
        else:
            tasks, ends = tasks - 1, max(ends, end)
        heapq.heappush(idle_at, (end, worker))
    ideal = pages * float(page_seconds.mean()) / workers
    return {
        "pages": pages,
        "workers": workers,
        "hours": ends / 3600,
        "ideal_hours": ideal / 3600,
        "worker_hours": ends * workers / 3600,
        "failures": failures,
        "read_again_share": failures * TASK_PAGES / pages,
    }


if __name__ == "__main__":
    main()
