"""`inkdigits bulk`: very many pictures, on all cores of a machine or on a cluster of Ray's."""

from __future__ import annotations

import sys
import time
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from inkdigits.cli.options import (
    MANY,
    BoxesOption,
    CheckOption,
    DateOrderOption,
    DecimalOption,
    DecimalsOption,
    KindOption,
    LengthOption,
    MaxBytesOption,
    MaxPagesOption,
    MaxPixelsOption,
    MinConfidenceOption,
    ModelOption,
    PatternOption,
    RangeOption,
    RegionOption,
    SecondOption,
    SignsOption,
    SingleOption,
    build_arguments,
    build_limits,
)
from inkdigits.errors import ClusterError

if TYPE_CHECKING:
    from inkdigits.ray.bulk import BulkProgress
    from inkdigits.ray.output import Reconciliation

for _name in ("ray", "pyarrow", "pandas"):  # loaded only when they are needed
    if find_spec(_name) is None:
        raise ModuleNotFoundError(name=_name)

_LINE_SECONDS = 60.0  # between lines of progress where stderr is no terminal

_many = partial(typer.Option, rich_help_panel=MANY)
_where = partial(typer.Option, rich_help_panel="Where to read")


def bulk(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT…", help="Files, folders, .tar, .parquet, or addresses such as s3://bucket/scans."
        ),
    ],
    output: Annotated[str, typer.Option(metavar="FOLDER", help="Write the results to this folder, as Parquet.")],
    column: Annotated[
        str, typer.Option(help="The column of .parquet that holds pictures, as in image.bytes.")
    ] = "bytes",
    address: Annotated[
        str | None, _where(help="Read on this cluster, such as ray://host:10001; by default on this machine.")
    ] = None,
    workers: Annotated[int | None, _where(min=1, help="Pages to read at the same time; by default one a core.")] = None,
    single: SingleOption = False,
    region: RegionOption = None,
    min_confidence: MinConfidenceOption = None,
    length: LengthOption = None,
    pattern: PatternOption = None,
    check: CheckOption = None,
    value_range: RangeOption = None,
    boxes: BoxesOption = "auto",
    kind: KindOption = None,
    decimal: DecimalOption = "auto",
    decimals: DecimalsOption = None,
    date_order: DateOrderOption = "auto",
    signs: SignsOption = "keep",
    model: ModelOption = None,
    second: SecondOption = False,
    page_seconds: Annotated[float, _many("--max-page-seconds", min=0.1, help="Give up a page after this time.")] = 20,
    stall_seconds: Annotated[
        float, _many("--max-stall-seconds", min=1, help="End the run after this time without any progress.")
    ] = 900,
    max_bytes: MaxBytesOption = None,
    max_pixels: MaxPixelsOption = None,
    max_pages: MaxPagesOption = None,
) -> None:
    """Read very many pictures into a folder of Parquet tables, on Ray.

    A page that cannot be read is a row with its error. A run that was stopped goes on when the same command is given
    again; at its end, what was written is counted against the input.
    """
    from inkdigits.ray.bulk import BulkSettings, read_bulk

    arguments = build_arguments(
        single,
        region,
        min_confidence,
        boxes,
        signs,
        {"length": length, "pattern": pattern, "check": check, "range": value_range},
        {"kind": kind, "decimal": decimal, "decimals": decimals, "date_order": date_order},
    )
    settings = BulkSettings(
        inputs=tuple(inputs),
        output=output,
        column=column,
        address=address,
        workers=workers,
        model=None if model is None else str(model),
        second=second,
        limits=build_limits(max_bytes, max_pixels, max_pages),
        page_seconds=page_seconds,
        stall_seconds=stall_seconds,
    )
    try:
        result = read_bulk(settings, arguments, _Lines())
    except KeyboardInterrupt:
        typer.echo(
            f"inkdigits: stopped; {output} has the pages so far; give the same command again to go on.", err=True
        )
        raise
    typer.echo(format_summary(result))
    if not result.is_exact:
        raise ClusterError(
            f"{len(result.missing)} pictures are not whole in {output}, such as {result.missing[:1]}, and "
            f"{result.repeated} rows are there twice; give the same command again to go on."
        )


class _Lines:
    """Says on stderr how far a run is: on a terminal on one line, elsewhere now and then on a line of its own."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(self, progress: BulkProgress) -> None:
        is_last = progress.before + progress.done == progress.total
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{format_progress(progress)}" + ("\n" if is_last else ""))
            sys.stderr.flush()
        elif is_last or time.monotonic() - self._last >= _LINE_SECONDS:
            self._last = time.monotonic()
            typer.echo(format_progress(progress), err=True)


def format_progress(progress: BulkProgress) -> str:
    """How far, how fast, how long still, and how much of it is unsure or failed."""
    parts = [f"{progress.before + progress.done:,} of {progress.total:,} pictures"]
    if progress.pages_per_second and progress.remaining_seconds is not None:
        parts += [
            f"{progress.pages_per_second:.1f} pages/s",
            f"{_format_time(progress.remaining_seconds)} left",
            f"{100 * progress.unsure / progress.pages:.1f} % unsure",
            f"{progress.failed:,} failed",
        ]
    return ", ".join(parts)


def format_summary(result: Reconciliation) -> str:
    """What is in the output, and whether that is all of the input."""
    shares = f"{result.read:,} read, {result.unsure:,} of them unsure in places, {result.failed:,} failed"
    lines = [f"{result.pages:,} pages of {result.pictures:,} pictures: {shares}."]
    if result.others:
        lines.append(f"{result.others:,} pictures of the output are not in the input any more.")
    if result.is_exact:
        lines.append("Counted against the input: every page is there, and once.")
    return "\n".join(lines)


def _format_time(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def add(app: typer.Typer) -> None:
    """Add `bulk`."""
    app.command()(bulk)
