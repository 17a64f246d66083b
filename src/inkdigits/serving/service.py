"""What one worker has: the reader, built once, the threads it reads in, the samples and jobs it keeps, the metrics, and
whether it is ending."""

from __future__ import annotations

import numpy as np

from inkdigits.reading.reader import Reader
from inkdigits.serving.body import create_upload_store
from inkdigits.serving.job_store import JobStore
from inkdigits.serving.metrics import Metrics
from inkdigits.serving.pool import Pool
from inkdigits.serving.settings import Settings
from inkdigits.serving.store import Store
from inkdigits.serving.work import Answer


class Service:
    """One worker's things."""

    def __init__(self, settings: Settings) -> None:
        """Build them.

        Raises ModelError when the model is missing, damaged, or not one of ours; what Store and JobStore raise.
        """
        self.settings = settings
        self.metrics = Metrics()
        self.pool = Pool(settings.bounds, self.metrics)
        self.shelf = create_upload_store(settings.bounds)
        self.reader = build_reader(settings)
        self.store = None if settings.collect is None else Store(settings.collect)
        self.jobs = None if settings.jobs is None else JobStore(settings.jobs)
        self.ending = False

    @property
    def upload_seconds(self) -> float:
        """How long a sender may take."""
        return self.settings.bounds.upload_seconds

    def count_answer(self, answer: Answer) -> None:
        """Count what was read."""
        self.metrics.pages.inc(answer.pages)
        self.metrics.digits.labels("accepted").inc(answer.accepted)
        self.metrics.digits.labels("refused").inc(answer.refused)

    def count_problem(self, kind: str) -> None:
        """Count an answer that is a problem."""
        self.metrics.errors.labels(kind).inc()


def build_reader(settings: Settings) -> Reader:
    """The reader, warm: its three networks are loaded, and have run; the training digits are at hand."""
    reader = Reader(settings.model, limits=settings.bounds.picture, threads=1)
    paper = np.full((64, 64), 255, np.uint8)
    paper[20:40, 30:34] = 0
    reader.read(paper)
    reader.inspect(paper)
    return reader
