"""The frontier (frontier.py) as a table, as two pictures, and in full: every seed, and the mistakes of the best.

The pictures are docs/pictures/frontier-seconds.png and frontier-parameters.png: errors on a logarithmic axis, since
half the errors are as great a step from 99.8 % as from 98 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from bench import store
from bench.frontier import BOUGHT, CLASSICS, NETWORKS, OURS, seeds_of
from bench.frontier import rows as kept_rows
from inkdigits.lab import style

PUBLISHED = 15  # wrong labels in MNIST's test set, as counted by Northcutt, Athalye and Mueller (2021)
PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
LABELS = {
    "pytorch-example": "PyTorch's example",
    "one-epoch": "one-epoch recipe",
    "keras-convnet": "Keras' convnet",
    "flux-lenet": "LeNet-5 of Flux's zoo",
    "sklearn-mlp": "scikit-learn MLP 100-100",
    "sklearn-knn": "scikit-learn kNN",
    "sklearn-svm": "scikit-learn RBF-SVM",
    "best-ensemble": "ensemble of 5 `best`",
    "one-second": "`fast` for one second",
    "one-minute": "`standard` for one minute",
    "one-hour": "`best`, as many as two cores train in an hour",
}
LEFT = (-5, 4, "right")
BELOW = (6, -10, "left")
# where names fit, that do not fit above and to the right
PLACES = {"sklearn-mlp": LEFT, "keras-convnet": LEFT, "fast": LEFT, "tiny-3k": BELOW, "flux-lenet": BELOW}
HEADINGS = ("what", "accuracy", "numbers stored", "seconds to train", "conditions")


def table() -> str:
    """All rows, ours first; what was not measured is left out."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows())]) + "\n"


def rows() -> Iterator[tuple[str, ...]]:
    """The table's rows: name, accuracy, numbers stored, seconds, conditions."""
    for name, row in measured().items():
        n, threads = len(row["seeds"]), max(seed["threads"] for seed in row["seeds"].values())
        accuracy, seconds = (spread(row, what) for what in ("accuracy", "seconds"))
        apart = f" ± {100 * accuracy['sd']:.2f}" if n > 1 else ""
        judged = "the lecture's test: images 5,001–10,000" if name.startswith("lecture") else "MNIST's test set"
        yield (
            LABELS.get(name, f"`{name}`"),
            f"{100 * accuracy['mean']:.2f}{apart} %",
            f"{spread(row, 'parameters')['mean']:,.0f}",
            f"{seconds['mean']:,.3g}" if seconds["mean"] < 1000 else f"{seconds['mean']:,.0f}",
            f"{judged}; {n} {'seed' if n == 1 else 'seeds'}; {threads} {'core' if threads == 1 else 'cores'}",
        )


def measured() -> dict[str, store.Json]:
    """The rows in the order of the table, without those whose recipe has changed since."""
    kept, order = kept_rows(), [*OURS, "best-ensemble", *BOUGHT, *NETWORKS, *CLASSICS]
    return {name: kept[name] for name in order if seeds_of(name, kept.get(name, {}))}


def spread(row: store.Json, what: str) -> store.Json:
    """n, mean and standard deviation of `what` over a row's seeds."""
    return store.spread([seed[what] for seed in row["seeds"].values()])


def in_full() -> str:
    """Every seed of every row, and the list of mistakes: for RESULTS.md."""
    lines = [f"\n- {name}: " + ", ".join(seeds(row)) for name, row in measured().items()]
    return "".join(lines) + mistakes()


def seeds(row: store.Json) -> Iterator[str]:
    """Each seed's accuracy and seconds."""
    for seed, said in row["seeds"].items():
        yield f"seed {seed} {100 * said['accuracy']:.2f} % in {said['seconds']:.1f} s"


def mistakes() -> str:
    """The test digits that a member of the ensemble mistakes; the labels that all contradict alike are marked."""
    row = measured().get("best-ensemble", {})
    if "mistakes" not in row:
        return ""
    found = row["mistakes"]
    alike = sum(each["all"] for each in found)
    lines = [
        f"\n\nTest digits that one of the {row['members']} `best` mistakes, {len(found)}; marked * are the {alike} "
        f"whose labels all of them contradict with the same other digit ({PUBLISHED} labels are known to be wrong).\n",
        "\n| number | label | said by each | |\n|---|---|---|---|",
    ]
    for each in found:
        said = " ".join(str(guess) for guess in each["said"])
        lines.append(f"\n| {each['number']} | {each['label']} | {said} | {'*' if each['all'] else ''} |")
    return "".join(lines) + "\n"


def pictures() -> dict[Path, Figure]:
    """Accuracy against seconds and against numbers stored."""
    axes = {"seconds": "seconds to train", "parameters": "numbers that the trained network stores"}
    return {PICTURES / f"frontier-{what}.png": picture(what, label) for what, label in axes.items()}


def picture(what: str, label: str) -> Figure:
    """All rows on MNIST's test set, ours and theirs, with a bar from least to greatest over the seeds."""
    figure = style.new_figure(4.6, f"Accuracy on MNIST's test set against {label}", "Bars: least and greatest seed.")
    axes = figure.add_subplot()
    style.plain(axes)
    for name, row in measured().items():
        if not name.startswith("lecture") and name not in BOUGHT:
            point(axes, name, row, what)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.invert_yaxis()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 - 100 * error:.4g} %"))
    axes.set_yticks([0.002, 0.003, 0.005, 0.01, 0.02, 0.05])
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(LogLocator())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.set_xlabel(label, fontsize=style.SMALL, color=style.GREY)
    axes.grid(axis="y", color=style.FAINT, linewidth=0.8)
    axes.margins(x=0.2, y=0.08)
    return figure


def point(axes: Axes, name: str, row: store.Json, what: str) -> None:
    """One row: a point with its name, blue if it is ours."""
    errors = [1 - seed["accuracy"] for seed in row["seeds"].values()]
    middle = sum(errors) / len(errors)
    ours = name in OURS or name == "best-ensemble"
    colour = style.BLUE if ours else style.ORANGE
    at = max(spread(row, what)["mean"], 0.05)  # nothing is learnt by nearest neighbours
    bars = [[middle - min(errors)], [max(errors) - middle]]
    axes.errorbar([at], [middle], yerr=bars, fmt="o" if ours else "s", color=colour, markersize=5, linewidth=1.2)
    text = LABELS.get(name, name).replace("`", "")
    beside, above, side = PLACES.get(name, (5, 4, "left"))
    where = {"textcoords": "offset points", "ha": side}
    axes.annotate(text, (at, middle), (beside, above), fontsize=style.SMALL, color=colour, **where)
