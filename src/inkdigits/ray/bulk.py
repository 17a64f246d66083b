"""A bulk run: index the input, leave out what is written, read the rest on Ray, write it, and count all of it."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from inkdigits._version import __version__
from inkdigits.errors import ClusterError, InkdigitsError, UsageError
from inkdigits.ray.cluster import check_alive, connect, describe_state, get_first_line, is_client_address
from inkdigits.ray.loading import PictureLoader
from inkdigits.ray.output import BulkOutput, Reconciliation
from inkdigits.ray.pages import read_numbers
from inkdigits.ray.sources import index_input
from inkdigits.ray.storage import Place, open_place
from inkdigits.reading.arguments import ReadArguments, check_arguments
from inkdigits.reading.imaging.limits import Limits
from inkdigits.reading.reader import Reader

if TYPE_CHECKING:
    from ray.data import Dataset

_TASK_PICTURES, _TASK_BYTES = 16, 8 * 2**20  # at most that is given to a worker: what a killed one must begin anew
_TASKS_PER_WORKER = 4  # at least, where there are enough pictures, so that all workers end at about the same time
_COMMIT_SECONDS = 10.0  # between files of the output: what a killed run has to begin anew
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class BulkSettings:
    """What a bulk run reads, and how. `page_seconds` and `stall_seconds` are limits, of a page and of no progress."""

    inputs: tuple[str, ...]
    output: str
    column: str = "bytes"
    address: str | None = None
    workers: int | None = None
    model: str | None = None
    second: bool = False
    limits: Limits = field(default_factory=Limits)
    page_seconds: float = 20
    stall_seconds: float = 900


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far a run is: pictures of `total` whose pages are there, of which `before` were when it began and `done` came
    since; `pages` that were read since then, how many of them `failed` or are `unsure`. `pace` is how many pages and
    pictures came in how many seconds after the first, without the time in which workers start."""

    total: int
    before: int
    done: int = 0
    pages: int = 0
    failed: int = 0
    unsure: int = 0
    pace: tuple[int, int, float] = (0, 0, 0.0)

    @property
    def pages_per_second(self) -> float | None:
        """At the pace so far; None before there is one."""
        return self.pace[0] / self.pace[2] if self.pace[0] else None

    @property
    def remaining_seconds(self) -> float | None:
        """At the pace so far; None before there is one."""
        return (self.total - self.before - self.done) * self.pace[2] / self.pace[1] if self.pace[1] else None


Report = Callable[[BulkProgress], None]


def read_bulk(settings: BulkSettings, arguments: ReadArguments, report: Report = lambda _: None) -> Reconciliation:
    """Read all pictures of the inputs into the output folder, going on where an earlier run stopped.

    `arguments` are those of `inkdigits.read`. `report` is called from time to time. Raises UsageError, DataError,
    ModelError or WriteError, and ClusterError when Ray does not answer, ends, or makes no progress for
    `stall_seconds`. What was read until then is kept.
    """
    check_arguments(arguments)
    places, folder = [open_place(each) for each in settings.inputs], open_place(settings.output)
    _check_apart(places, folder)
    index = index_input(places, settings.column)
    with BulkOutput(folder, _describe_run(settings, arguments)) as output:
        missing = output.find_missing(index)
        report(progress := BulkProgress(len(index), len(index) - len(missing)))
        if len(missing):
            with connect(settings.address, settings.workers) as workers:
                iterate = _iterate_on_cluster if is_client_address(settings.address) else _iterate_blocks
                blocks = iterate(missing, places, workers, settings, arguments)
                _write_all(_watch(blocks, settings.stall_seconds), output, progress, report)
        output.derive_numbers()
        return output.reconcile(index)


def _check_apart(places: list[Place], output: Place) -> None:
    """Raise UsageError when the output would be read as input."""
    for place in places:
        inside = f"{output.path}/".startswith(f"{place.path}/")
        if inside and place.filesystem.equals(output.filesystem):
            raise UsageError(f"{output.name} lies in {place.name}, which is read; give an --output outside of it.")


def _describe_run(settings: BulkSettings, arguments: ReadArguments) -> dict[str, object]:
    """What makes a run what it is. Raises ModelError when the network cannot be loaded."""
    name = Reader(settings.model, threads=1, second=settings.second).model
    return {
        "inkdigits": __version__,
        "model": f"{name.name} {name.version}",
        "inputs": [open_place(each).name for each in settings.inputs],
        "column": settings.column,
        **{f"limit of {what}": most for what, most in asdict(settings.limits).items()},
        **{option: repr(value) for option, value in arguments.items()},
    }


def _iterate_blocks(
    index: pa.Table, places: list[Place], workers: int, settings: BulkSettings, arguments: ReadArguments
) -> Iterator[pa.Table]:
    """The pages of the pictures in the index, each block of them when it is there."""
    dataset = _build_dataset(index, places, workers, settings, arguments)
    yield from dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)


class _RemoteBlocks:
    """Iterates over the blocks in an actor of the cluster."""

    def __init__(self, *of_what: Any) -> None:
        self._blocks = _iterate_blocks(*of_what)

    def get_next(self) -> pa.Table | None:
        return next(self._blocks, None)


def _iterate_on_cluster(*of_what: Any) -> Iterator[pa.Table]:
    """`_iterate_blocks`, within the cluster: what is connected by ray:// cannot run Ray Data (2.60) itself."""
    import ray

    remote: Any = ray.remote(num_cpus=0)(_RemoteBlocks).remote(*of_what)
    while (block := ray.get(remote.get_next.remote())) is not None:
        yield block


def _build_dataset(
    index: pa.Table, places: list[Place], workers: int, settings: BulkSettings, arguments: ReadArguments
) -> Dataset:
    """The pages of the pictures in the index. Loading and reading become one step of Ray's, in the same processes:
    as two steps, loaders could take the CPUs that readers wait for."""
    import ray
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = context.execution_options.verbose_progress = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    loader = PictureLoader([place.filesystem for place in places], settings.column, settings.limits.bytes)
    most = min(_TASK_PICTURES, math.ceil(len(index) / (workers * _TASKS_PER_WORKER)))
    tasks = list(_split(index, most))
    pictures = ray.data.from_arrow(tasks).map_batches(
        loader, batch_format="pyarrow", batch_size=None, zero_copy_batch=True
    )
    return read_numbers(
        pictures,
        workers=min(workers, len(tasks)),
        batch_size=None,
        page_seconds=settings.page_seconds,
        limits=settings.limits,
        model=settings.model,
        second=settings.second,
        **arguments,
    )


def _split(index: pa.Table, most: int) -> Iterator[pa.Table]:
    """The index in pieces of at most so many pictures, each of which a worker is given at once."""
    start = size = 0
    for row, bytes_ in enumerate(index["size"].to_pylist()):
        if row > start and (row - start == most or size + bytes_ > _TASK_BYTES):
            yield index.slice(start, row - start)
            start, size = row, 0
        size += bytes_
    yield index.slice(start)


def _watch(blocks: Iterable[pa.Table], stall_seconds: float) -> Iterator[pa.Table | None]:
    """The blocks, each when it is there, and None now and then between. Raises ClusterError."""
    come: Queue[pa.Table | BaseException | None] = Queue(maxsize=16)

    def consume() -> None:
        try:
            for block in blocks:
                come.put(block)
            come.put(None)
        except BaseException as error:
            come.put(error)

    Thread(target=consume, daemon=True).start()  # a daemon: where Ray hangs, this process still can end
    last = time.monotonic()
    while True:
        try:
            block = come.get(timeout=_POLL_SECONDS)
        except Empty:
            if time.monotonic() - last > stall_seconds:
                raise ClusterError(
                    f"No page was finished for {stall_seconds:g} s ({describe_state()}); see that workers can start, "
                    "and run the same command again to go on."
                ) from None
            check_alive()
            yield None
            continue
        last = time.monotonic()
        if isinstance(block, BaseException):
            raise _explain(block) from block
        if block is None:
            return
        yield block


def _explain(error: BaseException) -> BaseException:
    """An error of ours that a worker raised, or what Ray says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, InkdigitsError):
            return type(cause)(str(cause))
        cause = getattr(cause, "cause", None) or cause.__cause__
    return ClusterError(f"Ray ended the run ({get_first_line(error)}); run the same command again to go on.")


def _write_all(
    blocks: Iterator[pa.Table | None],
    output: BulkOutput,
    progress: BulkProgress,
    report: Report,
) -> None:
    """Write blocks as they come, and what came before an error or Ctrl-C too."""
    committed, first, first_at = -math.inf, progress, 0.0
    try:
        for block in blocks:
            now = time.monotonic()
            if block is not None:
                progress = _count(progress, output.add(block))
                if first_at == 0.0:
                    first, first_at = progress, now
                pace = (progress.pages - first.pages, progress.done - first.done, now - first_at)
                report(progress := replace(progress, pace=pace))
            if now - committed > _COMMIT_SECONDS and output.commit():
                committed = now
    finally:
        output.commit()


def _count(progress: BulkProgress, new: pa.Table) -> BulkProgress:
    return replace(
        progress,
        done=progress.done + (pc.sum(pc.equal(new["page"], new["pages"])).as_py() or 0),
        pages=progress.pages + len(new),
        failed=progress.failed + len(new) - new["error_kind"].null_count,
        unsure=progress.unsure + (pc.sum(new["unsure"]).as_py() or 0),
    )
