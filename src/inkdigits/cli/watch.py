"""Watching a training: a live table with a small loss curve on a terminal, plain lines anywhere else."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from inkdigits.models.build import count_parameters
from inkdigits.training.loop import State

CURVE_WIDTH, CURVE_HEIGHT = 60, 5
EIGHTHS = " ▁▂▃▄▅▆▇█"


class TrainingMonitor:
    """A callback that shows the newest figures of a training, or of several in turn, on stderr. Use it in a `with`."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.live: Live | None = None
        self.shown: State | None = None

    def __enter__(self) -> TrainingMonitor:
        return self

    def __exit__(self, *_: object) -> None:
        if self.live is not None:
            self.live.stop()

    def __call__(self, state: State) -> None:
        if state is not self.shown:
            self.shown = state
            if self.live is not None:
                self.live.stop()  # the last figures of the training before stay where they are
            self.console.print(describe_run(state), highlight=False, soft_wrap=True)
            if self.console.is_terminal:
                self.live = Live(console=self.console, auto_refresh=False)
                self.live.start()
        if self.live is not None:
            self.live.update(panel(state), refresh=True)
        else:
            self.console.print(line(state), highlight=False, soft_wrap=True)


def describe_run(state: State) -> str:
    """What is about to be trained, in one line."""
    recipe, size = state.recipe, state.batches.batch_size
    return (
        f"{recipe.name}: {recipe.model}, {count_parameters(state.network):,} parameters; "
        f"{len(state.split.train):,} digits, {size:,} a step, {state.total_steps:,} steps, seed {recipe.seed}"
    )


def figures(state: State) -> dict[str, Any]:
    """The newest recorded figures; before the first, and while no digit counts, only the loss of the last batch."""
    has_figures = bool(state.history) and state.history[-1]["train_loss"] is not None
    return state.history[-1] if has_figures else {"train_loss": state.loss.item()}


def estimate_seconds_left(state: State) -> float:
    """How long the rest takes at the speed so far."""
    return state.seconds / max(1, state.step) * (state.total_steps - state.step)


def line(state: State) -> str:
    """One report as a plain line."""
    newest = figures(state)
    parts = [f"step {state.step:>6}/{state.total_steps}", f"loss {newest['train_loss']:.4f}"]
    if "train_accuracy" in newest:
        parts.append(f"accuracy {100 * newest['train_accuracy']:.2f} %")
    if newest.get("held_loss") is not None:
        parts.append(f"{state.split.held_out_name}: loss {newest['held_loss']:.4f}")
        parts.append(f"accuracy {100 * newest['held_accuracy']:.2f} %")
    parts.append(f"{state.seconds:.1f} s, {estimate_seconds_left(state):.0f} s left")
    return "  ".join(parts)


def panel(state: State) -> Group:
    """One report as a live table: progress, figures, and the loss so far."""
    newest = figures(state)
    progress = Table.grid(padding=(0, 1))
    progress.add_row(
        f"step {state.step:,}/{state.total_steps:,}",
        ProgressBar(total=state.total_steps, completed=state.step, width=30),
        f"{state.seconds:.0f} s, {estimate_seconds_left(state):.0f} s left",
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("loss", justify="right", min_width=8)
    table.add_column("accuracy", justify="right", min_width=9)
    table.add_row("train", *_cells(newest, "train"))
    if newest.get("held_loss") is not None:
        table.add_row(state.split.held_out_name, *_cells(newest, "held"))
    losses = [record["train_loss"] for record in state.history if record["train_loss"] is not None]
    return Group(progress, table, Text(curve(losses), style="cyan"))


def _cells(newest: dict[str, Any], which: str) -> tuple[str, str]:
    share = newest.get(f"{which}_accuracy")
    return f"{newest[f'{which}_loss']:.4f}", "" if share is None else f"{100 * share:.2f} %"


def curve(values: list[float], width: int = CURVE_WIDTH, height: int = CURVE_HEIGHT) -> str:
    """Non-negative values as a filled curve of block characters, `height` lines tall, the greatest at the top."""
    if not values:
        return ""
    top = max(values) or 1.0
    columns = [values[i * len(values) // width] for i in range(width)] if len(values) > width else values
    eighths = [max(1, round(8 * height * value / top)) for value in columns]
    rows = ("".join(EIGHTHS[min(8, max(0, e - 8 * row))] for e in eighths) for row in reversed(range(height)))
    return "\n".join(rows)
