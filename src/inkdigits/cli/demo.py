"""`inkdigits demo`: three networks learn real MNIST before your eyes, and the last of them reads a page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

from inkdigits.cli.options import STOPPED
from inkdigits.cli.train import save_curves
from inkdigits.cli.views import save_png
from inkdigits.cli.watch import TrainingMonitor
from inkdigits.data.sets import mnist
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.errors import RunError
from inkdigits.lab.save import save
from inkdigits.lab.show import figures
from inkdigits.reading.reader import Reader
from inkdigits.training.callbacks import throttle
from inkdigits.training.export import export
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Json, Run
from inkdigits.training.session import start

PAGES = (("1984 2026", "31415926", "07 42 66"), ("2718281828", "8 15 16 23 42"))


@dataclass(frozen=True)
class TrainingSummary:
    """What a training came to: seconds, and shares of right answers."""

    seconds: float
    train: float
    test: float


LECTURE = {
    "lecture-softmax": TrainingSummary(seconds=865, train=0.9636, test=0.8988),
    "lecture-mlp": TrainingSummary(seconds=896, train=0.9984, test=0.9072),
}
READS = "fast"  # the recipe whose network reads the pages
RECIPES = (*LECTURE, READS)


def demo(
    out: Annotated[Path, typer.Option(help="The folder for everything the demo makes.")] = Path("demo"),
    steps: Annotated[
        int | None, typer.Option(help="Train each network for this many steps only, for a quick look.", min=1)
    ] = None,
) -> None:
    """Train the lecture's two networks and a small CNN, and read two pages with the last."""
    _clear_folder(out)
    runs = {name: _train_recipe(name, out / name, steps) for name in RECIPES}
    _print_table({name: run.read_card() for name, run in runs.items()})
    saved_figures = [_save_figures(out / name / "figures", run) for name, run in runs.items()]
    _read_pages(out, export(runs[READS], out / f"{READS}.onnx"))
    typer.echo("\nFigures, to look at:")
    for folder, names in saved_figures:
        typer.echo(f"  {folder}/: {', '.join(names)}")
    typer.echo("\nWhat next:")
    for command in (f"read {out}/page-1.png --json", "train standard", "train --help"):
        typer.echo(f"  inkdigits {command}")


def _clear_folder(out: Path) -> None:
    """Take away what an earlier demo left, and nothing else."""
    if out.exists() and any(out.iterdir()) and not (out / "page-1.png").exists() and not (out / RECIPES[0]).exists():
        raise RunError(f"{out} contains something other than a demo; give another --out.")
    for name in RECIPES:
        shutil.rmtree(out / name, ignore_errors=True)


def _train_recipe(name: str, folder: Path, steps: int | None) -> Run:
    recipe = get_recipe(name) if steps is None else get_recipe(name).with_knobs(steps=steps)
    with TrainingMonitor() as watch:
        state = start(recipe, folder, callbacks=[throttle(1.0, watch)])
    if not state.is_done:
        raise typer.Exit(STOPPED)
    save_curves(Run(folder))
    typer.echo("", err=True)
    return Run(folder)


def _print_table(cards: dict[str, Json]) -> None:
    """Ours beside the lecture's; each is judged by what the lecture judged it by, the CNN by MNIST's test set."""
    table = Table(box=None, pad_edge=False)
    for heading in ("network", "parameters", "here: train / held back", "lecture: train / held back"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for name, card in cards.items():
        scores = {score["set"]: score["accuracy"] for score in card["scores"]}
        ours = TrainingSummary(card["seconds"], scores["train"], scores.get("held", scores.get("test", 0.0)))
        table.add_row(name, f"{card['parameters']:,}", _format_cell(ours), _format_cell(LECTURE.get(name)))
    Console().print(table)
    typer.echo("Held back are images 5,001–10,000 of the training set, as in the lecture; for the CNN, the test set.")


def _format_cell(result: TrainingSummary | None) -> str:
    if result is None:
        return ""
    return f"{result.seconds:.0f} s  {100 * result.train:.2f} / {100 * result.test:.2f} %"


def _save_figures(folder: Path, run: Run) -> tuple[Path, list[str]]:
    names = []
    for name, figure in figures(run).items():
        save(figure, folder / f"{name}.png")
        names.append(f"{name}.png")
    return folder, names


def _read_pages(out: Path, network: Path) -> None:
    """Draw the pages, and read them with the network that was just trained."""
    reader, digits = Reader(network), mnist.load("test")
    for number, lines in enumerate(PAGES, 1):
        path = out / f"page-{number}.png"
        page = draw_page(digits, lines, seed=number)
        save_png(Image.fromarray(page.image), path)
        typer.echo(f"\n{path}, MNIST test digits on paper of our own drawing, read by {READS}:")
        for truth, line in zip(page.truth, reader.read(path).lines, strict=False):
            typer.echo(f"  written {truth:<16} read {line.text}")


def add(app: typer.Typer) -> None:
    """Add `demo`."""
    app.command()(demo)
