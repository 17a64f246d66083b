"""Jobs whose readers are killed (SIGKILL), a worker or the whole service: what becomes of them once it runs again."""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from http.client import HTTPException
from pathlib import Path

from bench.load.companions import encode_form, make_job_file, wait_for_job
from bench.load.service_process import RunningService, list_process_tree, run_service
from bench.shared import store

JOBS_PER_ROUND = 6
FILES_PER_JOB = 3
MAX_DELAY_SECONDS = 1.5  # until the kill, from when the jobs are in
WORKERS = ("--workers", "2", "--threads", "1")


def measure_kills(page: bytes, rounds: int, seed: int) -> store.Json:
    """In every other round a worker is killed, else the service with all of its workers, at a random moment. How many
    jobs were finished once, had failed, were lost, or were given twice or otherwise than they should be."""
    rng = random.Random(seed)
    outcomes = Counter[str]()
    for index in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            outcomes += measure_round(page, make_job_file(folder), index % 2 == 0, rng)
    return {"rounds": rounds, "jobs": rounds * JOBS_PER_ROUND, "outcomes": dict(sorted(outcomes.items()))}


def measure_round(page: bytes, options: tuple[str, str], kills_worker: bool, rng: random.Random) -> Counter[str]:
    """One kill: how many jobs ended how."""
    with run_service(*WORKERS, *options, exit_code=0 if kills_worker else -signal.SIGKILL) as service:
        expected = _read_texts(service.request("POST", "/v1/read", *encode_form([page] * FILES_PER_JOB))[1])
        answers = [
            service.request("POST", "/v1/jobs", *encode_form([page] * FILES_PER_JOB)) for _ in range(JOBS_PER_ROUND)
        ]
        jobs = [json.loads(answer)["id"] for _, answer in answers]
        time.sleep(rng.uniform(0, MAX_DELAY_SECONDS))
        workers = find_workers(service)
        if kills_worker:
            os.kill(rng.choice(workers), signal.SIGKILL)
            return Counter(_judge(service, job, expected) for job in jobs)
        for process in (service.process.pid, *workers):
            os.kill(process, signal.SIGKILL)
    with run_service(*WORKERS, *options) as service:
        return Counter(_judge(service, job, expected) for job in jobs)


def find_workers(service: RunningService) -> list[int]:
    """The worker processes, which do all the reading."""
    return [
        pid
        for pid in list_process_tree(service.process.pid)[1:]
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def _judge(service: RunningService, job_id: str, expected: list[str]) -> str:
    """What became of a job; its result can be had exactly once."""
    state = wait_for_job(service, job_id)
    if state != "done":
        return state
    results = [_fetch(service, job_id) for _ in range(2)]
    if results[1][0] == 200:
        return "twice"
    return "done" if results[0][0] == 200 and _read_texts(results[0][1]) == expected else "wrong"


def _fetch(service: RunningService, job_id: str) -> tuple[int, bytes]:
    """The result. A worker that was killed just now may take a question with it."""
    for _ in range(3):
        try:
            return service.request("GET", f"/v1/jobs/{job_id}/result")
        except (OSError, HTTPException):
            time.sleep(1)
    return 0, b""


def _read_texts(answer: bytes) -> list[str]:
    return [reading["text"] for reading in json.loads(answer)["readings"]]
