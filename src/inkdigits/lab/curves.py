"""How a network learnt: loss and accuracy over the steps, of one run or of several over each other.

Most happens in the first steps and in the last per cent. So steps and losses stand on logarithmic scales, and so do
the mistakes behind the accuracy: from 90 to 99 % is as far as from 99 to 99.9 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from inkdigits.errors import RunError, UsageError
from inkdigits.lab import theme as style
from inkdigits.lab.labels import End, label_ends

Record = Mapping[str, Any]  # one line of metrics.jsonl
Over = Literal["step", "seconds"]
Values = NDArray[np.float64]

FLAWLESS = 0.0005  # added to the share of mistakes, so that 100 % has a place on its scale
ACCURACIES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 1.0)
SCALE = "On the accuracy scale, equal distances divide the mistakes by equal factors."
MOST = len(style.SERIES)


def draw_curves(records: Sequence[Record], name: str, held_name: str = "") -> Figure:
    """The curves of one run, from its records (`Run.metrics()`); `held_name` says what the held digits are called.

    Raises RunError when there are no records, or when one is not complete.
    """
    figure, panels = _panels(f"{name}: how it learnt", _describe_steps(records, name))
    steps = _x_values(records, "step", name)
    for quantity, axes in panels.items():
        key = f"train_{quantity}"
        _line(axes, steps, _column(records, key, name), key=key, colour=style.BLUE, label="training")
        if _has_held_out(records):
            key, label = f"held_{quantity}", held_name or "held back"
            _line(axes, steps, _column(records, key, name), key=key, colour=style.ORANGE, label=label)
    _finish(panels, "step")
    return figure


def overlay_curves(runs: Mapping[str, Sequence[Record]], over: Over = "step") -> Figure:
    """The curves of 1 to 6 runs by name, a colour each: training solid, held back dashed.

    `over` says what stands below: steps, or seconds of training. Raises UsageError for too many runs, RunError when
    one has no records or one is not complete.
    """
    if not 1 <= len(runs) <= MOST:
        raise UsageError(f"A figure can compare the curves of 1 to {MOST} runs, not {len(runs)}.")
    any_held = any(_has_held_out(records) for records in runs.values())
    note = "Solid: digits learnt from. Dashed: digits held back. " if any_held else ""
    figure, panels = _panels("How they learnt", note + SCALE)
    for quantity, axes in panels.items():
        for (name, records), colour in zip(runs.items(), style.SERIES, strict=False):
            x, key = _x_values(records, over, name), f"train_{quantity}"
            _line(axes, x, _column(records, key, name), key=key, colour=colour, label=name)
            if _has_held_out(records):
                key, label = f"held_{quantity}", f"{name}, held"
                _line(axes, x, _column(records, key, name), key=key, colour=colour, label=label, dashed=True)
    _finish(panels, over)
    return figure


def _panels(title: str, note: str) -> tuple[Figure, dict[str, Axes]]:
    """Two panels over the same axis: loss above, accuracy below."""
    figure = style.new_figure(6.6, title, note)
    above, below = figure.subplots(2, 1, sharex=True)
    return figure, {"loss": above, "accuracy": below}


def _line(axes: Axes, x: Values, y: Values, *, key: str, colour: str, label: str, dashed: bool = False) -> None:
    """One curve; its end is marked, so that a run of a single record is seen too."""
    if key.endswith("loss"):
        y = np.where(y > 0, y, np.nan)  # a loss of 0 has no place on a logarithmic scale
    line, width = ((0, (2.5, 1.6)), 1.4) if dashed else ("-", 2.0)
    axes.plot(x, y, color=colour, linestyle=line, linewidth=width, label=label, solid_capstyle="round", gid=key)
    axes.plot(x[-1:], y[-1:], "o", color=colour, markersize=3.5, clip_on=False)


def _x_values(records: Sequence[Record], over: Over, name: str) -> Values:
    """What stands below, kept above 0 for the logarithm."""
    return np.maximum(_column(records, over, name), 1 if over == "step" else 1e-3)


def _column(records: Sequence[Record], key: str, name: str) -> Values:
    """One figure of all records; null becomes NaN, which is not drawn."""
    if not records:
        raise RunError(f"The run {name} has recorded no metrics; train again.")
    try:
        return np.array([np.nan if record[key] is None else float(record[key]) for record in records])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"A record of the run {name} has no valid '{key}'; train again.") from error


def _has_held_out(records: Sequence[Record]) -> bool:
    return any(record.get("held_loss") is not None for record in records)


def _describe_steps(records: Sequence[Record], name: str) -> str:
    """The note below: how many steps there were, how often they saw every digit, and how long all took."""
    steps, epochs, seconds = (_column(records, key, name)[-1] for key in ("step", "epoch", "seconds"))
    if steps < 1.01 * epochs:
        return f"Every step sees all digits. {steps:,.0f} steps took {seconds:,.1f} s. {SCALE}"
    passes = f"{epochs:.3g}"
    return f"{steps:,.0f} steps ({passes} epoch{'' if passes == '1' else 's'}) took {seconds:,.1f} s. {SCALE}"


def _finish(panels: Mapping[str, Axes], over: Over) -> None:
    """Scales, ticks and the names at the lines' ends."""
    for quantity, axes in panels.items():
        style.plain(axes)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.margins(x=0)
        _loss_scale(axes) if quantity == "loss" else _accuracy_scale(axes)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.grid(axis="y", color=style.FAINT, linewidth=0.8)
        axes.set_axisbelow(True)
        label_ends(axes, _ends(axes, quantity))
    style.heading(panels["loss"], "Loss (cross-entropy)")
    style.heading(panels["accuracy"], "Accuracy")
    below = {"step": "step", "seconds": "seconds of training"}[over]
    panels["accuracy"].set_xlabel(below, fontsize=style.TEXT, color=style.GREY, fontfamily=style.FONT)


def _finite_values(axes: Axes) -> Values:
    """All finite values of the curves."""
    values: Values = np.concatenate([np.asarray(line.get_ydata(), np.float64) for line in axes.get_lines()])
    return values[np.isfinite(values)]


def _loss_scale(axes: Axes) -> None:
    axes.set_yscale("log")
    losses = _finite_values(axes)
    if len(losses) == 0:
        losses = np.array([0.1, 1.0])  # a run that never had a finite loss: empty axes
    axes.set_ylim(losses.min() / 1.2, losses.max() * 1.15)
    axes.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _accuracy_scale(axes: Axes) -> None:
    axes.set_yscale("function", functions=(_accuracy_to_scale, _scale_to_accuracy))
    best = max(_finite_values(axes), default=0.0)
    ticks = [tick for tick in ACCURACIES if tick == 0 or ACCURACIES[ACCURACIES.index(tick) - 1] < best]
    top = _accuracy_to_scale(np.array(max(best, ticks[-1]))) + 0.03
    axes.set_ylim(0, float(_scale_to_accuracy(top)))
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))


def _accuracy_to_scale(accuracy: Values) -> Values:
    """How far an accuracy is up the scale: decades of mistakes got rid of."""
    return np.asarray(-np.log10(np.maximum(1 - accuracy, 0) + FLAWLESS))


def _scale_to_accuracy(height: Values) -> Values:
    return np.asarray(1 + FLAWLESS - 10.0**-height)


def _ends(axes: Axes, quantity: str) -> list[End]:
    """One label for every curve with an end that is seen: its name and last value."""
    ends = []
    for line in axes.get_lines():
        last = float(np.asarray(line.get_ydata(), np.float64)[-1])
        if line.get_gid() is None or not np.isfinite(last):
            continue
        value = f"{last:.3g}" if quantity == "loss" else style.percent(last, 2)
        ends.append(End(last, f"{line.get_label()}  {value}", str(line.get_color())))
    return ends
