"""What Prometheus is told. With several workers each writes into files of a shared folder, and any answers for all."""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the environment variable that prometheus_client looks at when it is imported
CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.002, 0.004, 0.008, 0.016, 0.04, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """All that is counted. Names begin with `inkdigits_`."""

    def __init__(self) -> None:
        self._own = own = CollectorRegistry()
        self.requests = Counter("inkdigits_requests", "Requests answered.", ["path", "status"], registry=own)
        self.errors = Counter("inkdigits_errors", "Problems answered, by kind.", ["kind"], registry=own)
        self.seconds = Histogram(
            "inkdigits_request_seconds", "From headers to the answer's end.", ["path"], registry=own, buckets=_SECONDS
        )
        self.pages = Counter("inkdigits_pages", "Pages read.", registry=own)
        self.digits = Counter("inkdigits_digits", "Digits read, accepted or refused (?).", ["outcome"], registry=own)
        self.jobs = Counter("inkdigits_jobs", "Jobs that came to their end, done or failed.", ["outcome"], registry=own)
        self.waiting = _sum("inkdigits_queue_waiting", "Pictures that wait for a thread.", own)
        self.running = _sum("inkdigits_queue_running", "Pictures that are being read.", own)
        self.queue_limit = _sum("inkdigits_queue_limit", "Pictures that may wait, before 503.", own)
        for outcome in ("accepted", "refused"):
            self.digits.labels(outcome)  # there from the start, so that a share can be computed

    def text(self) -> bytes:
        """Everything as Prometheus wants it; of all workers, where there are several."""
        if SHARED not in os.environ:
            return generate_latest(self._own)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)


def _sum(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    """A gauge that is summed over the workers that live."""
    return Gauge(name, meaning, registry=registry, multiprocess_mode="livesum")
