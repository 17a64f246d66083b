"""Batches and jobs that are sent, one after the other, while something else is measured; what became of them."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.load.service_process import RunningService
from bench.shared import store

BOUNDARY = "----companions"
FILES_PER_REQUEST = 4
PAUSE_SECONDS = 0.2  # before it is tried again, or asked again
PATIENCE_SECONDS = 120.0  # for a job to come to its end


def encode_form(pictures: list[bytes]) -> tuple[bytes, str]:
    """A form with these PNGs as `file`, and its content type."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="page.png"\r\n\r\n'.encode()
    body = b"".join(head + picture + b"\r\n" for picture in pictures)
    return body + f"--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


class Companions:
    """Two senders while the block runs: one of batches, one of jobs. `counts` are of batches by status, and of jobs by
    their last state, or by the status with which they were refused; all that begin come to their end."""

    def __init__(self, service: RunningService, page: bytes) -> None:
        self._service, self._form = service, encode_form([page] * FILES_PER_REQUEST)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=(each,)) for each in (self._read, self._make_job)]
        self.counts = {"batches": Counter[str](), "jobs": Counter[str]()}

    def __enter__(self) -> Companions:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def as_dict(self) -> store.Json:
        return {name: dict(sorted(counts.items())) for name, counts in self.counts.items()}

    def _repeat(self, send: Any) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            send()

    def _read(self) -> None:
        body, content_type = self._form
        status, answer = self._service.request("POST", "/v1/read", body, content_type)
        whole = status != 200 or len(json.loads(answer)["readings"]) == FILES_PER_REQUEST
        self.counts["batches"][str(status) if whole else "torn"] += 1

    def _make_job(self) -> None:
        status, answer = self._service.request("POST", "/v1/jobs", *self._form)
        outcome = str(status) if status != 202 else wait_for_job(self._service, json.loads(answer)["id"])
        if outcome == "done":
            self._fetch(json.loads(answer)["id"])
        self.counts["jobs"][outcome] += 1

    def _fetch(self, job_id: str) -> None:
        while (status := self._service.request("GET", f"/v1/jobs/{job_id}/result")[0]) == 503:
            time.sleep(PAUSE_SECONDS)
        if status != 200:
            self.counts["jobs"][f"result {status}"] += 1


def wait_for_job(service: RunningService, job_id: str) -> str:
    """The last state of a job, `lost` when it is not there any more, or `late`. A service that is busy, or being
    started anew, is asked again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            status, answer = service.request("GET", f"/v1/jobs/{job_id}")
        except OSError:
            status = 503
        if status == 404:
            return "lost"
        if status == 200 and (state := str(json.loads(answer)["state"])) in ("done", "failed"):
            return state
        time.sleep(PAUSE_SECONDS)
    return "late"


def make_job_file(folder: str) -> tuple[str, str]:
    """The options with which a service keeps jobs in a file of that folder."""
    return "--jobs", str(Path(folder) / "jobs.sqlite")
