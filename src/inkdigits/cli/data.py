"""`inkdigits data`: what there is to learn from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from inkdigits.cli.options import DataOption
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.lab.save import save
from inkdigits.lab.sheet import draw_sheet
from inkdigits.training.evaluate import load_digits


def data(
    source: DataOption = None,
    sheet_path: Annotated[Path | None, typer.Option("--sheet", help="Draw examples: FILE.png or FILE.svg.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what data there are: counts, shapes, ranges, checksums. Of the test digits only counts are told."""
    parts = {"train": load_digits("train", source), "test": load_digits("test", source)}
    if as_json:
        typer.echo(json.dumps({name: describe_digits(digits) for name, digits in parts.items()}, ensure_ascii=False))
    else:
        print_description({name: describe_digits(digits) for name, digits in parts.items()}, packaged=source is None)
    if sheet_path is not None:
        save(draw_sheet(parts["train"]), sheet_path)
        typer.echo(f"examples: {sheet_path}", err=True)


def describe_digits(digits: Digits) -> dict[str, Any]:
    """What can be said of a set in a few numbers; pixels are 0 (paper) to 255 (ink)."""
    return {
        "name": digits.name,
        "shape": list(digits.images.shape),
        "dtype": str(digits.images.dtype),
        "range": [int(digits.images.min()), int(digits.images.max())],
        "mean": round(float(digits.images.mean()), 3),
        "counts": np.bincount(digits.labels, minlength=NUM_CLASSES).tolist(),
        "sha256": digits.sha256,
    }


def print_description(parts: dict[str, dict[str, Any]], packaged: bool) -> None:
    """The facts for people."""
    for part in parts.values():
        shape = " × ".join(map(str, part["shape"]))
        low, high = part["range"]
        typer.echo(f"{part['name']}: {shape} {part['dtype']}, {low} to {high}, mean {part['mean']}")
        typer.echo(f"  sha256 of pixels and labels {part['sha256']}")
    table = Table(box=None, pad_edge=False)
    table.add_column("digits", justify="left")
    for digit in range(NUM_CLASSES):
        table.add_column(str(digit), justify="right")
    for name, part in parts.items():
        table.add_row(name, *(f"{count:,}" for count in part["counts"]))
    Console().print(table)
    if packaged:
        typer.echo("packaged files (SHA-256 checked):")
        for name, digest in mnist.SHA256_BY_NAME.items():
            typer.echo(f"  {digest}  {name}")


def add(app: typer.Typer) -> None:
    """Add `data`."""
    app.command()(data)
