"""Reading in a pipeline of Ray Data: a dataset of pictures in, a dataset of pages out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from inkdigits.errors import PictureError, UsageError
from inkdigits.marks import Box
from inkdigits.ray.process import PageLine, PageProcess, ReadSettings, format_failure
from inkdigits.ray.rows import make_page_row, make_page_table
from inkdigits.reading.arguments import ReadArguments, check_arguments
from inkdigits.reading.decoding.cells import BoxKind
from inkdigits.reading.decoding.expected import SignChoice
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.limits import Limits
from inkdigits.types import Failure
from inkdigits.values import ValueRules

if TYPE_CHECKING:
    from ray.data import Dataset


class PageReader:
    """Reads batches of pictures: what `map_batches` of Ray Data builds once an actor, with `batch_format="pyarrow"`.

    The pages are read in a process that belongs to it, with one thread, so that none of them can end the actor.
    """

    def __init__(self, settings: ReadSettings) -> None:
        self._process = PageProcess(settings)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """The pages of a batch, a table of `PAGE_SCHEMA`: one row each, errors too.

        `batch` has `path` (string, or binary as the system has names) and `bytes` (binary, a file's content). Where
        `bytes` is null, a column `error` says why; it is written down as the picture's error.
        Raises UsageError when columns are missing, and ModelError when no page at all can be read.
        """
        _check_columns(batch.schema)
        return make_page_table(row for picture in batch.to_pylist() for row in self._read_picture(picture))

    def _read_picture(self, picture: dict[str, Any]) -> Iterator[dict[str, Any]]:
        path = os.fsdecode(picture["path"])
        if picture["bytes"] is None:
            reason = picture.get("error") or f"{path}: there are no bytes; give a picture."
            yield make_page_row(path, PageLine(1, 1, format_failure(Failure(path, 1, PictureError.kind, reason))))
        else:
            for page in self._process.read(path, picture["bytes"]):
                yield make_page_row(path, page)


def _check_columns(schema: pa.Schema) -> None:
    for name, kinds in (("path", "string or binary"), ("bytes", "binary")):
        kind = schema.field(name).type if name in schema.names else None
        fits = kind is not None and (
            pa.types.is_binary(kind)
            or pa.types.is_large_binary(kind)
            or (name == "path" and (pa.types.is_string(kind) or pa.types.is_large_string(kind)))
        )
        if not fits:
            found = "missing" if kind is None else str(kind)
            raise UsageError(
                f"Pictures need a column `{name}` of {kinds}, which here is {found}; rename or convert it."
            )


def read_numbers(
    dataset: Dataset,
    *,
    workers: int | tuple[int, int] = 1,
    batch_size: int | None = 16,
    page_seconds: float = 20,
    limits: Limits | None = None,
    model: str | os.PathLike[str] | None = None,
    second: bool = False,
    single: bool = False,
    region: Box | None = None,
    form: Form | None = None,
    min_confidence: float | None = None,
    boxes: BoxKind = "auto",
    values: ValueRules | None = None,
    signs: SignChoice = "keep",
) -> Dataset:
    """Read the numbers on every picture of a dataset of Ray Data; nothing is read until its result is consumed.

    Args:
        dataset: has the columns `path` (string) and `bytes` (binary, the content of a picture's file). Others are
            dropped: join by `path`.
        workers: how many pages to read at the same time, each on one CPU of the cluster; a pair is the fewest and most.
        batch_size: pictures that a worker is given at once; None: as many as a block of the dataset has.
        page_seconds: seconds that a page may take; one that takes longer is a failure.
        limits: what a picture may cost; by default as `inkdigits read`.
        model, second: as in `inkdigits.Reader`. The file must be there on every machine.
        single, region, form, min_confidence, boxes, values, signs: as in `inkdigits.read`; a form's check is a name.

    Returns:
        A dataset with a row a page, `inkdigits.ray.rows.PAGE_SCHEMA`: `id` (`path#page`), `path`, `page` (from 1),
        `pages`, `state` ("read" or "failed"), `error_kind`, `error`, `width` and `height` (pixels), `text`, `unsure`,
        `hint`, `turned_degrees`, `model`, `seconds`, `numbers` (a list of structs), and `json`, the line that
        `inkdigits read --json` prints.

    Raises:
        UsageError: options that contradict each other or make no sense.
    """
    from ray.data import ActorPoolStrategy

    arguments: ReadArguments = {
        "single": single,
        "region": region,
        "form": form,
        "min_confidence": min_confidence,
        "boxes": boxes,
        "values": values,
        "signs": signs,
    }
    check_arguments(arguments)
    settings = ReadSettings.build(
        None if model is None else os.path.abspath(model),
        second,
        limits or Limits(),
        page_seconds,
        arguments,
    )
    fewest, most = workers if isinstance(workers, tuple) else (workers, workers)
    return dataset.map_batches(
        PageReader,
        fn_constructor_args=(settings,),
        batch_format="pyarrow",
        batch_size=batch_size,
        zero_copy_batch=True,
        compute=ActorPoolStrategy(min_size=fewest, max_size=most),
        num_cpus=1,
    )
