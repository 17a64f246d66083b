"""Runs side by side: one typed row a run for a table, and their curves over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from matplotlib.figure import Figure

from inkdigits.errors import RunError, UsageError
from inkdigits.lab.curves import Over, overlay_curves
from inkdigits.training.runs import Run


@dataclass(frozen=True)
class Row:
    """What one run came to. Accuracies are shares in 0..1, losses nats; None where the run has no such set."""

    name: str
    network: str
    parameters: int
    steps: int
    seconds: float
    train_accuracy: float | None
    train_loss: float | None
    held_accuracy: float | None
    held_loss: float | None
    test_accuracy: float | None
    test_loss: float | None

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return asdict(self)


def build_rows(runs: Sequence[Run]) -> list[Row]:
    """A row for every run, in the order given.

    Raises UsageError when there is no run, RunError when one is missing, not finished, or its card is broken.
    """
    if not runs:
        raise UsageError("Name at least one run to compare.")
    return [_row(name, run) for name, run in _get_named(runs).items()]


def draw_comparison(runs: Sequence[Run], over: Over = "step") -> Figure:
    """The curves of 1 to 6 runs, an ensemble's members among them, over each other.

    Raises what `rows` and `curves.overlay` raise.
    """
    if not runs:
        raise UsageError("Name at least one run to compare.")
    members = [member for run in runs for member in run.list_members()]
    return overlay_curves({name: run.read_metrics() for name, run in _get_named(members).items()}, over)


def _get_named(runs: Sequence[Run]) -> dict[str, Run]:
    """Runs by recipe; by folder where recipes are alike, and by whole path where folders are alike too."""
    unique = {run.folder.resolve(): run for run in runs}
    choices = (
        [run.read_recipe().name for run in unique.values()],
        [path.name for path in unique],
        [str(path) for path in unique],
    )
    names = next(names for names in choices if len(set(names)) == len(names))
    return dict(zip(names, unique.values(), strict=True))


def _row(name: str, run: Run) -> Row:
    card = run.read_card()
    try:
        scores = {score["set"]: score for score in card["scores"]}
        return Row(
            name=name,
            network=run.network_name,
            parameters=int(card["parameters"]),
            steps=int(card["steps"]),
            seconds=float(card["seconds"]),
            **{
                f"{which}_{quantity}": None if which not in scores else float(scores[which][quantity])
                for which in ("train", "held", "test")
                for quantity in ("accuracy", "loss")
            },
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{run.folder / 'card.json'} is broken ({error!r}); train again.") from error
