"""Reads jobs, one at a time in each worker, when the pictures of those who wait for their answer leave time for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator

from inkdigits.errors import InkdigitsError, StoreFullError
from inkdigits.serving.job_store import LEASE, Claim, JobStore
from inkdigits.serving.log import REQUESTS
from inkdigits.serving.options import ReadOptions
from inkdigits.serving.pool import step_back
from inkdigits.serving.problems import Problem, of
from inkdigits.serving.service import Service
from inkdigits.serving.work import Answer, read

_PAUSE = 1.0  # seconds after which is looked for jobs that another worker took in
_RENEWAL = LEASE / 10  # seconds between two renewals of a claim
_NICENESS = 10  # more than that of the threads whose answers are waited for
_log = logging.getLogger(REQUESTS)


class JobRunner:
    """Two threads of a worker: one reads; the other renews its claim, and sweeps what is kept."""

    def __init__(self, service: Service, store: JobStore) -> None:
        self._service, self._store = service, store
        self._arrived, self._ending, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._claim: Claim | None = None
        self._pages = 0
        self._reader = threading.Thread(target=self._read_jobs, name="jobs", daemon=True)
        self._keeper = threading.Thread(target=self._keep_jobs, name="kept jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._reader.start()
        self._keeper.start()

    def wake(self) -> None:
        """There is a job: do not wait to look for one."""
        self._arrived.set()

    def stop(self) -> None:
        """Give back what is being read, once its page is read, and end."""
        self._ending.set()
        self._arrived.set()
        self._reader.join()
        self._ended.set()
        self._keeper.join()

    def _read_jobs(self) -> None:
        step_back(_NICENESS)
        while not self._ending.is_set():
            self._arrived.clear()
            try:
                self._claim, self._pages = self._store.claim(), 0
                if self._claim is None:
                    self._arrived.wait(_PAUSE)
                else:
                    self._read(self._claim)
            except InkdigitsError as error:  # of the file; a claim ends by itself, and somebody tries again
                _log.error("jobs: %s", error)
                self._ending.wait(_PAUSE)
            self._claim = None

    def _read(self, claim: Claim) -> None:
        """Read a job to its end, unless the service ends before, or the job is somebody else's by now."""
        steps = self._steps(claim)
        while True:
            try:
                self._pages = next(steps)
            except StopIteration as end:
                return self._finish(claim, end.value)
            except Exception as error:
                return self._fail(claim, *_explain(error))
            if self._ending.is_set():
                self._store.release(claim)
                return None
            if not self._store.renew(claim, self._pages):
                return None

    def _steps(self, claim: Claim) -> Generator[int, None, Answer]:
        options = ReadOptions.model_validate_json(claim.options)
        return (yield from read(self._service.reader, claim.uploads, options, self._service.settings.bounds))

    def _finish(self, claim: Claim, answer: Answer) -> None:
        try:
            finished = self._store.finish(claim, answer.pages, answer.kind, answer.body)
        except StoreFullError as error:
            return self._fail(claim, error.kind, str(error))
        if finished:
            self._service.count_answer(answer)
            self._service.metrics.jobs.labels("done").inc()
        return None

    def _fail(self, claim: Claim, problem: str, detail: str) -> None:
        if self._store.fail(claim, problem, detail):
            self._service.metrics.jobs.labels("failed").inc()

    def _keep_jobs(self) -> None:
        while True:
            try:
                if claim := self._claim:  # before the sweep, which knows nothing of who lives
                    self._store.renew(claim, self._pages)
                self._store.sweep(self._service.settings.jobs_seconds)
            except InkdigitsError as error:
                _log.error("jobs: %s", error)
            if self._ended.wait(_RENEWAL):
                return


def _explain(error: Exception) -> tuple[str, str]:
    """The kind of problem that an error of reading is, and a sentence on it."""
    match error:
        case Problem():
            return error.kind, error.detail
        case InkdigitsError():
            problem = of(error)
            return problem.kind, problem.detail
        case MemoryError():
            return "busy", "There was not enough memory for these pictures; send fewer, or smaller ones."
    _log.error("fault", exc_info=error)
    return "error", "The service failed; its log says more."
