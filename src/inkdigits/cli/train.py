"""`inkdigits train`: its options are the knobs of a recipe, so that each knob is written down once."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import torch
import typer
from rich.console import Console
from rich.table import Table

from inkdigits.cli.options import STOPPED, DataOption
from inkdigits.cli.watch import TrainingMonitor
from inkdigits.errors import UsageError
from inkdigits.lab.curves import draw_curves
from inkdigits.lab.save import save
from inkdigits.models.build import build_network, count_parameters
from inkdigits.training import ensembles
from inkdigits.training.callbacks import throttle
from inkdigits.training.loop import Callback, State
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipe import Recipe, list_knobs
from inkdigits.training.recipes import RECIPES, get_recipe
from inkdigits.training.runs import EnsembleRun, Run, open_run
from inkdigits.training.session import resume, start


def train(
    name: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="The recipe; leave it out to list them all.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; by default runs/RECIPE.")] = None,
    resumed: Annotated[Path | None, typer.Option("--resume", help="Continue this stopped run.")] = None,
    every: Annotated[float, typer.Option(help="Seconds between reports.", min=0.0)] = 1.0,
    data: DataOption = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    threads: Annotated[int | None, typer.Option(help="Number of cores to use; all by default.", min=1)] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Train this many networks as an ensemble; their seeds count up from --seed.")
    ] = None,
    **settings: Any,
) -> None:
    """Train a network by a recipe, and watch it learn.

    The run's folder keeps the settings, the metrics, the weights and a card. Stop with Ctrl-C and continue with
    --resume: the weights come out the same. An ensemble's folder has one run for each seed, and a card that scores the
    mean of their probabilities.
    """
    if name is None and resumed is None:
        print_recipes()
        return
    keep_memory()
    if threads is not None:
        torch.set_num_threads(threads)
    with TrainingMonitor() as watch:
        callbacks = [throttle(every, watch)]
        knobs = {knob: value for knob, value in settings.items() if value is not None}
        if resumed is not None:
            if name is not None or out is not None or seeds is not None or knobs:
                raise UsageError("--resume continues a run with its own settings; give no recipe, --out or knobs.")
            folder = resumed
            state = resume_run(folder, callbacks)
        else:
            assert name is not None
            recipe = get_recipe(name).with_knobs(**knobs)
            folder = out or pick_free_folder(name)
            if seeds is None:
                state = start(recipe, folder, data, device, callbacks)
            else:
                state = ensembles.start(recipe, seeds, folder, data, device, callbacks)
    run = open_run(folder)
    if state is not None and not run.is_finished:
        typer.echo(f"Stopped after step {state.step}. Continue with: inkdigits train --resume {folder}", err=True)
        raise typer.Exit(STOPPED)
    for member in run.list_members():
        save_curves(member)
    print_summary(run)


def resume_run(folder: Path, callbacks: list[Callback]) -> State | None:
    """Go on with a run or an ensemble. Returns a state where it was stopped again, and may where it was not."""
    return (ensembles.resume if isinstance(open_run(folder), EnsembleRun) else resume)(folder, callbacks)


def save_curves(run: Run) -> None:
    """Draw the run's losses and accuracies into its folder."""
    save(
        draw_curves(run.read_metrics(), run.read_recipe().name, str(run.read_json("recipe.json")["held"])),
        run.folder / "curves.png",
    )


def pick_free_folder(name: str) -> Path:
    """runs/NAME, or runs/NAME-2, -3, … where that is taken."""
    folder, count = Path("runs") / name, 1
    while folder.exists():
        count += 1
        folder = Path("runs") / f"{name}-{count}"
    return folder


def print_recipes() -> None:
    """All recipes, a row each."""
    table = Table(box=None, pad_edge=False)
    for heading in ("recipe", "network", "parameters", "what"):
        table.add_column(heading, justify="right" if heading == "parameters" else "left")
    for each in RECIPES.values():
        count = count_parameters(build_network(each.model, hidden=each.hidden, width=each.width))
        table.add_row(each.name, each.model, f"{count:,}", each.about)
    Console().print(table)


def print_summary(run: Run) -> None:
    """What came out, on stdout; of an ensemble also how well each member does on the set that judges it."""
    card = run.read_card()
    names = {"held": card["held"]}
    typer.echo(f"{card['name']}: {card['parameters']:,} parameters, {card['steps']:,} steps in {card['seconds']:.1f} s")
    for score in card["scores"]:
        label = names.get(score["set"], score["set"])
        typer.echo(f"  {label:<14} {100 * score['accuracy']:6.2f} %   loss {score['loss']:.4f}   n {score['n']:,}")
    for member in card.get("members", ()):
        which, accuracy = list(member["accuracy"].items())[-1]
        label = f"{names.get(which, which)}, seed {member['seed']}"
        typer.echo(f"  {label:<14} {100 * accuracy:6.2f} %")
    typer.echo(f"run: {run.folder}")


def _add_knob_options() -> None:
    """Give `train` one option a knob in place of **settings, for Typer to read."""
    signature = inspect.signature(train)
    types = get_type_hints(Recipe)
    fixed = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    options = []
    for knob in list_knobs():
        choices = knob.metadata["choices"]
        kind: Any = str if choices else (int if types[knob.name] in (int, int | None) else float)
        help = knob.metadata["help"] + (f" ({', '.join(choices)})" if choices else "")
        option = typer.Option(f"--{knob.name}", help=help, rich_help_panel="Knobs")
        annotation = Annotated[kind | None, option]
        options.append(
            inspect.Parameter(knob.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        )
    hints = get_type_hints(train, include_extras=True)
    fixed = [each.replace(annotation=hints[each.name]) for each in fixed]
    train.__signature__ = signature.replace(parameters=[*fixed, *options])  # type: ignore[attr-defined]
    train.__annotations__ = {each.name: each.annotation for each in (*fixed, *options)}


_add_knob_options()


def add(app: typer.Typer) -> None:
    """Add `train`."""
    app.command()(train)
