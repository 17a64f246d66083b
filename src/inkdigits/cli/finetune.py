"""`inkdigits finetune`: the packaged network learns one person's hand."""

from __future__ import annotations

import json
import time
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from inkdigits.data.sets import labelled
from inkdigits.data.sets.digits import Digits
from inkdigits.errors import DataError, PictureError
from inkdigits.reading.imaging.limits import Limits
from inkdigits.reading.imaging.picture import load_single_page
from inkdigits.reading.single import extract_glyph
from inkdigits.serving.store import LONGEST, Sample, Store
from inkdigits.training.evaluate import PairedComparison
from inkdigits.training.finetune import MAX_SAMPLES, FinetuneResult, load_base
from inkdigits.training.finetune import finetune as finetuned
from inkdigits.training.finetune_data import STEPS
from inkdigits.training.memory import keep_memory

REFUSED = 3  # the exit code where the network got worse and was not written
DRAWING = Limits(bytes=LONGEST, pixels=2_000_000, pages=1)  # of a file of samples, which may have come from anybody


def finetune(
    samples: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|FILE", help="A folder with subfolders 0 … 9 of pictures, or a file of serve --collect."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the new network.")] = Path("hand"),
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Start from this exported network instead of the packaged one.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Number of training steps.")] = STEPS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Teach the packaged network one person's digits without forgetting MNIST's. Five of each digit are enough.

    Reports how many digits are misread before and after: the person's, each scored by a network that did not learn
    from it, and MNIST's. If the network got worse, nothing is written and the exit code is 3.
    """
    start = time.perf_counter()
    keep_memory()
    base = load_base() if model is None else load_base(model)
    target = out / f"{base.recipe.name.removesuffix('-finetuned')}.onnx"
    outcome = finetuned(load_samples(samples), target, base, lambda step: typer.echo(f"{step} …", err=True), steps)
    if as_json:
        typer.echo(json.dumps(as_dict(outcome) | {"seconds": round(time.perf_counter() - start, 1)}))
    else:
        print_result(outcome)
    if outcome.refusal_reason is not None:
        typer.echo(f"inkdigits: No network was written: {outcome.refusal_reason}", err=True)
        raise typer.Exit(REFUSED)
    typer.echo(f"Read with it: inkdigits read --model {outcome.path} PICTURE…", err=True)


def load_samples(samples: Path) -> Digits:
    """The labelled glyphs of a folder or a file. Raises DataError for anything else."""
    if not samples.exists():
        raise DataError(f"There are no samples at {samples}; name a folder or a file of `inkdigits serve --collect`.")
    return labelled.load_labelled_folder(samples, extract_glyph) if samples.is_dir() else load_collected(samples)


def load_collected(file: Path) -> Digits:
    """The glyphs of a file's drawings, as this inkdigits sees them. Raises DataError."""
    samples = list(islice(Store(file, readonly=True).all(), MAX_SAMPLES + 1))
    if not samples:
        raise DataError(f"{file} has no samples; draw some on the page of `inkdigits serve --collect {file}`.")
    glyphs = np.stack([_extract_glyph(file, each) for each in samples])
    return Digits(glyphs, np.array([each.label for each in samples], np.int64), file.name)


def _extract_glyph(file: Path, sample: Sample) -> NDArray[np.uint8]:
    try:
        return extract_glyph(load_single_page(sample.drawing, DRAWING).grey)
    except PictureError as error:
        raise DataError(f"{file}: the drawing of sample {sample.id} cannot be read ({error}).") from error


def as_dict(outcome: FinetuneResult) -> dict[str, Any]:
    """An outcome as JSON has it."""
    comparisons = {
        name: None if each is None else each.as_dict() for name, each in _comparisons_by_set(outcome).items()
    }
    return comparisons | {
        "model": None if outcome.path is None else str(outcome.path),
        "refused": outcome.refusal_reason,
    }


def _comparisons_by_set(outcome: FinetuneResult) -> dict[str, PairedComparison | None]:
    return {"own": outcome.own, "held": outcome.held, "test": outcome.test}


def print_result(outcome: FinetuneResult) -> None:
    """What was wrong before and after, and the file."""
    table = Table(box=None, pad_edge=False)
    for heading in ("taken for another digit", "of", "before", "after", "right now, in points (95 % interval)"):
        table.add_column(heading, justify="left" if heading.startswith("taken") else "right")
    names = {"own": f"{outcome.own.name}, held out in turn", "held": "MNIST, held out", "test": "MNIST's test set"}
    for key, each in _comparisons_by_set(outcome).items():
        if each is not None:
            gain = f"{100 * each.gain:+.2f} ({100 * each.low:+.2f} to {100 * each.high:+.2f})"
            table.add_row(names[key], f"{each.n:,}", str(each.before), str(each.after), gain)
    Console().print(table)
    if outcome.path is not None:
        typer.echo(str(outcome.path))


def add(app: typer.Typer) -> None:
    """Add `finetune`."""
    app.command()(finetune)
