"""The frontier (frontier.py) as a table, as two pictures, and in full: every seed, and the mistakes of the best;
and the trials that networks were chosen by (choosing.py).

The pictures are docs/pictures/frontier-seconds.png and frontier-parameters.png: errors on a logarithmic axis, since
half the errors are as great a step from 99.8 % as from 98 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from bench import choosing
from bench.frontier import (
    BUDGET_ROWS,
    OUR_RECIPES,
    PEER_CLASSICS,
    PEER_NETWORKS,
    list_reference_seconds,
    load_rows,
    select_current_seeds,
)
from bench.shared import store
from bench.shared.reference import correct_seconds
from inkdigits.lab import theme as style

KNOWN_WRONG_LABELS = 15  # wrong labels in MNIST's test set, as counted by Northcutt, Athalye and Mueller (2021)
PICTURES_FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LABELS = {
    "pytorch-example": "PyTorch's example",
    "one-epoch": "one-epoch recipe",
    "keras-convnet": "Keras' convnet",
    "flux-lenet": "LeNet-5 of Flux's zoo",
    "sklearn-mlp": "scikit-learn MLP 100-100",
    "sklearn-knn": "scikit-learn kNN",
    "sklearn-svm": "scikit-learn RBF-SVM",
    "best-ensemble": "ensemble of 5 `best`",
    "one-second": "`instant` for one second",
    "one-minute": "`standard` for one minute",
    "one-hour": "`best`, as many as two cores train in an hour",
}
OFFSET_LEFT = (-5, 4, "right")
OFFSET_BELOW = (6, -10, "left")
# where names fit, that do not fit above and to the right
LABEL_OFFSETS = {
    "sklearn-mlp": OFFSET_LEFT,
    "keras-convnet": OFFSET_LEFT,
    "fast": OFFSET_LEFT,
    "instant": OFFSET_LEFT,
    "tiny-3k": OFFSET_BELOW,
    "flux-lenet": OFFSET_BELOW,
}
HEADINGS = ("what", "accuracy", "numbers stored", "seconds to train", "conditions")


def format_table() -> str:
    """All rows, ours first; what was not measured is left out."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in make_rows())]) + "\n"


def make_rows() -> Iterator[tuple[str, ...]]:
    """The table's rows: name, accuracy, numbers stored, seconds, conditions."""
    for name, row in select_rows().items():
        n, threads = len(row["seeds"]), max(seed["threads"] for seed in row["seeds"].values())
        accuracy, seconds = summarise_seeds(row, "accuracy"), summarise_seeds(row, "seconds")
        deviation = f" ± {100 * accuracy['sd']:.2f}" if n > 1 else ""
        test_set = "the lecture's test: images 5,001–10,000" if name.startswith("lecture") else "MNIST's test set"
        yield (
            LABELS.get(name, f"`{name}`"),
            f"{100 * accuracy['mean']:.2f}{deviation} %",
            f"{summarise_seeds(row, 'parameters')['mean']:,.0f}",
            (f"{seconds['mean']:,.3g}" if seconds["mean"] < 1000 else f"{seconds['mean']:,.0f}")
            + ("" if has_references(row) else " †"),
            f"{test_set}; {n} {'seed' if n == 1 else 'seeds'}; {threads} {'core' if threads == 1 else 'cores'}",
        )


def select_rows() -> dict[str, store.Json]:
    """The rows in the order of the table, without those whose recipe has changed since."""
    rows, row_order = load_rows(), [*OUR_RECIPES, "best-ensemble", *BUDGET_ROWS, *PEER_NETWORKS, *PEER_CLASSICS]
    return {name: rows[name] for name in row_order if select_current_seeds(name, rows.get(name, {}))}


def summarise_seeds(row: store.Json, quantity: str) -> store.Json:
    """n, mean and standard deviation of a quantity over a row's seeds; seconds by the reference where it was timed."""
    outcomes = list(row["seeds"].values())
    if quantity == "seconds" and has_references(row):
        return store.summarise_values(
            [
                correct_seconds(each["seconds"], each["reference_seconds"], list_reference_seconds(each["threads"]))
                for each in outcomes
            ]
        )
    return store.summarise_values([each[quantity] for each in outcomes])


def has_references(row: store.Json) -> bool:
    """Whether the reference was timed with every seed of a row."""
    return all(each.get("reference_seconds") for each in row["seeds"].values())


def format_details() -> str:
    """Every seed of every row, and the list of mistakes: for RESULTS.md."""
    lines = [f"\n- {name}: " + ", ".join(format_seeds(row)) for name, row in select_rows().items()]
    return "".join(lines) + format_mistakes()


def format_seeds(row: store.Json) -> Iterator[str]:
    """Each seed's accuracy and seconds, and those of the reference beside it, all by the clock."""
    for seed, outcome in row["seeds"].items():
        beside = f" beside {reference:.1f} s" if (reference := outcome.get("reference_seconds")) else ""
        yield f"seed {seed} {100 * outcome['accuracy']:.2f} % in {outcome['seconds']:.1f} s{beside}"


def format_mistakes() -> str:
    """The test digits that a member of the ensemble mistakes; the labels that all contradict alike are marked."""
    row = select_rows().get("best-ensemble", {})
    if "mistakes" not in row:
        return ""
    mistakes = row["mistakes"]
    marked = sum(each["all"] for each in mistakes)
    lines = [
        f"\n\nTest digits that one of the {row['members']} `best` mistakes, {len(mistakes)}; marked * are the {marked} "
        f"whose labels all of them contradict with the same other digit "
        f"({KNOWN_WRONG_LABELS} labels are known to be wrong).\n",
        "\n| number | label | said by each | |\n|---|---|---|---|",
    ]
    for each in mistakes:
        predictions = " ".join(str(guess) for guess in each["said"])
        lines.append(f"\n| {each['number']} | {each['label']} | {predictions} | {'*' if each['all'] else ''} |")
    return "".join(lines) + "\n"


def draw_pictures() -> dict[Path, Figure]:
    """Accuracy against seconds and against numbers stored."""
    axes = {"seconds": "seconds to train", "parameters": "numbers that the trained network stores"}
    return {
        PICTURES_FOLDER / f"frontier-{quantity}.png": draw_picture(quantity, label) for quantity, label in axes.items()
    }


def draw_picture(quantity: str, label: str) -> Figure:
    """All rows on MNIST's test set, ours and theirs, with a bar from least to greatest over the seeds."""
    figure = style.new_figure(4.6, f"Accuracy on MNIST's test set against {label}", "Bars: least and greatest seed.")
    axes = figure.add_subplot()
    style.plain(axes)
    for name, row in select_rows().items():
        if not name.startswith("lecture") and name not in BUDGET_ROWS:
            draw_point(axes, name, row, quantity)
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


def draw_point(axes: Axes, name: str, row: store.Json, quantity: str) -> None:
    """One row: a point with its name, blue if it is ours."""
    errors = [1 - seed["accuracy"] for seed in row["seeds"].values()]
    mean_error = sum(errors) / len(errors)
    ours = name in OUR_RECIPES or name == "best-ensemble"
    colour = style.BLUE if ours else style.ORANGE
    x = max(summarise_seeds(row, quantity)["mean"], 0.05)  # nothing is learnt by nearest neighbours
    bars = [[mean_error - min(errors)], [max(errors) - mean_error]]
    axes.errorbar([x], [mean_error], yerr=bars, fmt="o" if ours else "s", color=colour, markersize=5, linewidth=1.2)
    text = LABELS.get(name, name).replace("`", "")
    x_offset, y_offset, alignment = LABEL_OFFSETS.get(name, (5, 4, "left"))
    placement = {"textcoords": "offset points", "ha": alignment}
    axes.annotate(text, (x, mean_error), (x_offset, y_offset), fontsize=style.SMALL, color=colour, **placement)


QUESTION_HEADINGS = {
    "images": "images, for one of the networks of `best`",
    "views": "`tiny-600`",
    "tiny": "`tiny-10k`",
    "instant": "random filters",
    "lecture": "5,000 images",
}


def format_trials(question: str) -> str:
    """The kept trials of a question in Markdown, means over seeds; nothing where there are none."""
    trials = {
        name: seeds for name in choosing.QUESTIONS[question] if (seeds := choosing.load_kept_seeds(question, name))
    }
    if not trials:
        return ""
    first_outcome = next(each for seeds in trials.values() for each in seeds.values())
    held_out_heading, train_heading = (
        f"right of {first_outcome['judged']:,} others",
        f"right of the {first_outcome['learnt']:,} learnt, as they are",
    )
    lines = [
        f"| {QUESTION_HEADINGS[question]} | numbers | seeds | {held_out_heading} | cross-entropy | {train_heading} |",
        "|---|---|---|---|---|---|",
    ]
    for name, seeds in trials.items():
        held_out_accuracy, loss, train_accuracy = (
            mean(each[key] for each in seeds.values()) for key in ("accuracy", "loss", "of_learnt")
        )
        counts = f"{next(iter(seeds.values()))['parameters']:,} | {len(seeds)}"
        lines.append(
            f"| {name} | {counts} | {100 * held_out_accuracy:.2f} % | {loss:.4f} | {100 * train_accuracy:.2f} % |"
        )
    return "\n".join(lines) + "\n" + "".join(compare_trials(trials))


def compare_trials(trials: Mapping[str, dict[int, store.Json]]) -> Iterator[str]:
    """How each trial of several seeds differs from the first of these, seed by seed, in Markdown."""
    repeated = {name: seeds for name, seeds in trials.items() if len(seeds) > 1}
    for name, seeds in list(repeated.items())[1:]:
        first_name, first_seeds = next(iter(repeated.items()))
        accuracy, loss = (
            [seeds[seed][key] - first_seeds[seed][key] for seed in first_seeds if seed in seeds]
            for key in ("accuracy", "loss")
        )
        if (n := len(loss)) > 1:
            accuracy_error, loss_error = (stdev(each) / n**0.5 for each in (accuracy, loss))
            yield (
                f"\nBy seed, *{name}* against *{first_name}*: {100 * mean(accuracy):+.3f} ± {100 * accuracy_error:.3f} "
                f"points right, {mean(loss):+.4f} ± {loss_error:.4f} nats (means of {n} differences, and their "
                "standard errors).\n"
            )
