"""The README's figures, at most eight: what was measured, on what, and what we had seen of it while developing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.reading import RESULT_NAME
from bench.render.reading_rows import Row, count
from bench.render.summary import PEER_LABELS, format_share
from bench.shared import store

MOST = 8
DEVELOPMENT_SET = "a development set: never learnt from, but settings were chosen by it"
TIMED = ("speed-reading", "speed-standard", "demo")  # the measurements whose seconds are shown


def format_figures() -> str:
    """The table, and what its seconds were measured on.

    Raises ValueError if the seconds were not all measured on one day under the same conditions: they could be of
    machines of different speed.
    """
    lines = ["| what | figure | measured on | what we had seen of it |", "|---|---|---|---|"]
    rows = ["| " + " | ".join(row) + " |" for row in make_figures()]
    return "\n".join([*lines, *rows]) + "\n\n" + describe_timing() if rows else "\n"


def make_figures() -> Iterator[Row]:
    """The rows of everything that is kept; what was not measured is left out."""
    row_makers: dict[str, Callable[[store.Json], Iterator[Row]]] = {
        "shift": make_single_digit_rows,
        RESULT_NAME: make_picture_rows,
        "nothing": make_negative_rows,
        "speed-reading": make_photo_rows,
        "speed-standard": make_training_rows,
        "demo": make_demo_rows,
    }
    for name, make_rows in row_makers.items():
        if result := store.load(name):
            yield from make_rows(result)


def make_single_digit_rows(result: store.Json) -> Iterator[Row]:
    """Digits that other people wrote, all sets together and the worst of them."""
    accuracies = {name: score["right"] / score["n"] for name, score in result["sets"].items()}
    worst = min(accuracies, key=lambda name: accuracies[name])
    right, n = (sum(score[key] for score in result["sets"].values()) for key in ("right", "n"))
    figure = f"{100 * right / n:.2f} % right; in the hardest set, `{worst}`, {100 * accuracies[worst]:.2f} %"
    yield "single digits by other people", figure, f"{n:,} digits in {len(accuracies)} sets", DEVELOPMENT_SET


def make_picture_rows(result: store.Json) -> Iterator[Row]:
    """Cheque amounts, lines of digits, and all pictures of several digits, by whole numbers."""
    ours = result["readers"]["ours"]
    labels = {"orand": "cheque amounts", "lines": "lines of digits"}
    scores = {label: ours["kinds"][kind] for kind, label in labels.items() if kind in ours["kinds"]}
    for label, score in (scores | {"these, sums, forms, tables and bills": ours["together"]}).items():
        figure = f"{score['as_printed']}; {score['exact']}; {score['silently_wrong']}"
        measured_on = f"{count(score['pictures'], 'picture')} by other people"
        yield f"{label}: as printed; digits right; silently wrong", figure, measured_on, DEVELOPMENT_SET


def make_negative_rows(result: store.Json) -> Iterator[Row]:
    """Pictures without a digit."""
    total, kinds = result["together"], ", ".join(result["kinds"])
    figure = f"{total['accepted']:,} of {total['pictures']:,}"
    exposure = "never learnt from, but settings were chosen while looking at mistakes on them"
    yield "pictures without a digit in which one is accepted", figure, f"drawn {kinds}", exposure


def make_photo_rows(result: store.Json) -> Iterator[Row]:
    """A large photo."""
    measured_on = f"lines of digits on shaded paper; median of {result['times']}"
    yield "reading a photo of 12 megapixels", f"{result['photo']:.2f} s", measured_on, "–"


def make_training_rows(result: store.Json) -> Iterator[Row]:
    """`standard` beside the peer it was run in turn with."""
    ours, peer = (
        f"{format_share(result[f'{whose}accuracy'])} after {result[f'{whose}seconds']['mean']:.1f} s"
        for whose in ("", "peer_")
    )
    seeds, peer_seeds = result["seconds"]["n"], result["peer_seconds"]["n"]
    measured_on = f"MNIST's test set; {seeds} seeds, of the example {peer_seeds}"
    exposure = "scored once a seed, after its last step; scores of earlier recipes had been seen"
    yield "`inkdigits train standard`", f"{ours}; {PEER_LABELS[result['peer']]}: {peer}", measured_on, exposure


def make_demo_rows(result: store.Json) -> Iterator[Row]:
    """The whole demo."""
    yield "`make demo`, once installed", f"{result['seconds']:.0f} s", "1 run", "–"


def describe_timing() -> str:
    """On what the seconds were measured. Raises ValueError if that differs between them."""
    conditions = {name: result["conditions"] for name in TIMED if (result := store.load(name))}
    if not conditions:
        return ""
    first, *others = conditions.values()
    if any(other != first for other in others):
        told = "; ".join(f"{name}: {each}" for name, each in conditions.items())
        raise ValueError(
            f"The README's seconds are not of one day and one kind of machine ({told}). Measure them together: run "
            "bench.speed_reading, bench.speed and bench.demo on one machine."
        )
    machine = f"{first['cores']} cores ({first['machine']}, PyTorch {first['torch']})"
    return f"All seconds were measured on {first['date']}, on {machine}.\n"
