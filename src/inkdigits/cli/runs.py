"""`evaluate`, `show`, `compare`, `export`: what can be done with finished runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from inkdigits.errors import UsageError
from inkdigits.files import write_atomically
from inkdigits.lab.compare import build_rows, draw_comparison
from inkdigits.lab.look import PAGES, collect_figures
from inkdigits.lab.save import save
from inkdigits.lab.show import figures, load_evaluation_digits
from inkdigits.models.build import count_parameters
from inkdigits.training.evaluate import Score, score_network
from inkdigits.training.export import export as export_run
from inkdigits.training.runs import load_trained_network, open_run

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run or an ensemble.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def evaluate(folder: RunArgument, as_json: JsonOption = False) -> None:
    """Measure how good a run's network is, or an ensemble's mean of probabilities.

    It is scored on the test set. A run that learnt from only some of the training digits is scored on its held-out
    digits instead.
    """
    run = open_run(folder)
    run.read_card()
    network, (digits, _) = load_trained_network(run), load_evaluation_digits(run)
    result = score_network(network, digits)
    if as_json:
        about = {"run": str(folder), "network": run.network_name, "parameters": count_parameters(network)}
        typer.echo(json.dumps(about | result.as_dict(), ensure_ascii=False))
    else:
        typer.echo(f"{run.read_recipe().name}: {run.network_name}, {count_parameters(network):,} parameters")
        print_score(result)


def print_score(result: Score) -> None:
    """A score for people: accuracy with its interval, loss, recall of each digit, confusion matrix."""
    typer.echo(f"evaluated on {result.name}, {result.n:,} digits")
    interval = f"{_percent(result.low)} to {_percent(result.high)}"
    typer.echo(f"accuracy {_percent(result.accuracy)}   95 % interval {interval}")
    typer.echo(f"loss     {result.loss:.4f}\n")
    table = Table(box=None, pad_edge=False, title="rows: the digit   columns: taken for", title_justify="left")
    table.add_column("", justify="right")
    for digit in range(10):
        table.add_column(str(digit), justify="right", min_width=4)
    table.add_column("recall", justify="right")
    for digit, (row, recall) in enumerate(zip(result.confusion, result.recall, strict=True)):
        cells = [str(count) if count else "·" for count in row]
        table.add_row(str(digit), *cells, "" if recall is None else _percent(recall))
    Console().print(table)


def show(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="RUN…", help="The run's folder; with --mistakes, several runs of one recipe."),
    ],
    output: Annotated[
        Path | None, typer.Option(help="The folder for the figures; figures/ in the first RUN by default.")
    ] = None,
    svg: Annotated[bool, typer.Option("--svg", help="Save SVG instead of PNG.")] = False,
    images: Annotated[
        str | None, typer.Option(help="Training digits to predict, counted from 1, such as 5001,5002.", metavar="N,N,…")
    ] = None,
    mistakes: Annotated[
        bool, typer.Option("--mistakes", help="Draw each mistake beside the training digits most like it.")
    ] = False,
    pages: Annotated[
        int | None, typer.Option(min=1, help="With --mistakes: at most this many pages of 8 (default: 5).")
    ] = None,
) -> None:
    """Draw a run: curves, single predictions, confusion, the worst mistakes, weights. Prints the files' names.

    With --mistakes, draw pages of its mistakes, each beside the nearest training digits. Of several runs that differ
    in their seeds, as an ensemble's members do, the first run's mistakes are drawn, and the labels that all of them
    contradict are listed.
    """
    if mistakes and images is not None:
        raise UsageError("--images cannot be used with --mistakes, which draws no predictions.")
    if not mistakes and (len(folders) > 1 or pages is not None):
        raise UsageError("Several runs and --pages need --mistakes.")
    numbers = None if images is None else _parse_numbers(images)
    target, ending = output or folders[0] / "figures", "svg" if svg else "png"
    runs = [open_run(folder) for folder in folders]
    if mistakes:
        for run in runs:
            run.read_card()  # says what an ensemble still lacks
        for name, content in collect_figures([member for run in runs for member in run.list_members()], pages or PAGES):
            _save(content, target, name, ending)
    else:
        for name, figure in figures(runs[0], numbers).items():
            _save(figure, target, name, ending)


def _save(content: Figure | str, folder: Path, name: str, ending: str) -> None:
    """Save a figure, or text as .txt, and print the file's name."""
    path = folder / f"{name}.{'txt' if isinstance(content, str) else ending}"
    if isinstance(content, str):
        write_atomically(path, content)
    else:
        save(content, path)
    typer.echo(str(path))


def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN…", help="The runs' folders.")],
    output: Annotated[
        Path | None, typer.Option(help="Draw the curves of all runs into one figure: FILE.png or FILE.svg.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put runs side by side."""
    runs = [open_run(folder) for folder in folders]
    table = build_rows(runs)
    if as_json:
        for row in table:
            typer.echo(json.dumps(row.as_dict(), ensure_ascii=False))
    else:
        print_rows([row.as_dict() for row in table])
    if output is not None:
        save(draw_comparison(runs), output)
        typer.echo(f"curves: {output}", err=True)


def print_rows(table: list[dict[str, Any]]) -> None:
    """Runs as a table, a row each."""
    printed = Table(box=None, pad_edge=False)
    headings = ("run", "network", "parameters", "steps", "seconds", "train", "held back", "test")
    for heading in headings:
        printed.add_column(heading, justify="left" if heading in ("run", "network") else "right")
    for row in table:
        shares = (row[f"{which}_accuracy"] for which in ("train", "held", "test"))
        printed.add_row(
            row["name"],
            row["network"],
            f"{row['parameters']:,}",
            f"{row['steps']:,}",
            f"{row['seconds']:.1f}",
            *("" if share is None else _percent(share) for share in shares),
        )
    Console().print(printed)


def export(
    folder: RunArgument,
    output: Annotated[Path | None, typer.Option(help="The ONNX file; by default RUN/NAME.onnx.")] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Round the weights to 8 bits: a smaller file that reads faster.")
    ] = False,
) -> None:
    """Write a run's or an ensemble's network as one ONNX file, to read with: inkdigits read --model FILE.

    Prints the file's name.
    """
    run = open_run(folder)
    typer.echo(str(export_run(run, output or folder / f"{run.read_recipe().name}.onnx", int8=int8)))


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _parse_numbers(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--images takes numbers separated by commas, such as 5001,5002, not '{text}'.") from error


def add(app: typer.Typer) -> None:
    """Add the four commands."""
    for command in (evaluate, show, compare, export):
        app.command()(command)
