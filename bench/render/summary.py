"""The README's table of figures."""

from __future__ import annotations

from collections.abc import Iterator

from bench.render import reading_rows, service_rows
from bench.render.reading_rows import Row
from bench.shared import store
from inkdigits.cli.demo import LECTURE

PEER_LABELS = {"one_epoch": "the one-epoch recipe, channels last", "pytorch_example": "PyTorch's example, 14 epochs"}


def format_table() -> str:
    """The README's table."""
    lines = ["| what | here | beside | conditions |", "|---|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in make_rows())]) + "\n"


def make_rows() -> Iterator[Row]:
    for name in ("lecture-softmax", "lecture-mlp"):
        if result := store.load(name):
            train, held_out = (format_share(result["accuracy"][which]) for which in ("train", "held"))
            ours = f"{train} / {held_out}, {result['seconds']['mean']:.1f} s"
            lecture = LECTURE[name]
            theirs = f"{100 * lecture.train:.2f} / {100 * lecture.test:.2f} %, {lecture.seconds:.0f} s"
            yield f"`{name}`, train / lecture test", ours, f"the lecture: {theirs}", describe_seeds(result)
        if result := store.load(f"beside-{name}"):
            ours = f"{result['ratio']:.2f} × its time"
            yield f"`{name}`, live view on", ours, "a plain eager PyTorch loop", f"{len(result['pairs'])} pairs"
    for name in ("softmax", "mlp", "fast", "standard"):
        if result := store.load(name):
            ours = f"{format_share(result['accuracy']['test'])}, {result['seconds']['mean']:.0f} s"
            yield f"`{name}`, MNIST's test set", ours, f"{result['parameters']:,} parameters", describe_seeds(result)
    for name in ("fast", "standard"):
        if result := store.load(f"speed-{name}"):
            yield make_speed_row(name, result)
    if result := store.load("shift"):
        for name, score in result["sets"].items():
            heading = f"other people's digits: {name}"
            accuracy = f"{100 * score['right'] / score['n']:.2f} %"
            yield heading, accuracy, "never learnt from; a development set", f"{score['n']:,} digits"
    if result := store.load("finetune"):
        yield from make_finetune_rows(result)
    yield from reading_rows.make_rows()
    yield from service_rows.make_rows()
    if result := store.load("demo"):
        yield "`make demo`, all of it, once installed", f"{result['seconds']:.0f} s", "", "1 run"
    if result := store.load("startup"):
        yield "`import inkdigits`", f"{1000 * result['import_seconds']:.0f} ms", "", "median of 15"
        yield "`inkdigits read --single`, whole process", f"{result['read_single_seconds']:.2f} s", "", "median of 15"


def make_finetune_rows(result: store.Json) -> Iterator[Row]:
    """Error of persons before and after fine-tuning, and the change on MNIST."""
    before, after = (f"{100 * result[which]['mean']:.2f} %" for which in ("before", "after"))
    conditions = f"{len(result['persons'])} simulated persons, {result['each']} samples a digit, 1,000 to measure, mean"
    seconds = f"{result['seconds']['mean']:.0f} s ({max(result['seconds']['values']):.1f} at most)"
    yield (
        "error on one person's digits, after `inkdigits finetune`",
        f"{after}, {seconds}",
        f"before: {before}",
        conditions,
    )
    halved = f"{result['halved']} of {result['above']}"
    worst = f"MNIST's test set: {100 * min(result['mnist']['values']):+.2f} points at the worst"
    yield "the error at least halved, where it was above 2 %", halved, worst, f"{result['mnist']['n']} persons"


def make_speed_row(name: str, result: store.Json) -> Row:
    """A recipe beside the peer it was run in turn with."""
    ours, theirs = (
        f"{format_share(result[f'{whose}accuracy'])}, {result[f'{whose}seconds']['mean']:.1f} s"
        for whose in ("", "peer_")
    )
    n, peer_seeds = result["seconds"]["n"], result["peer_seconds"]["n"]
    conditions = f"{n} seeds in {result['arithmetic']} and {peer_seeds} in float32, run in turn"
    return (
        f"`{name}` in {result['time_ratio']:.3g} × the time",
        ours,
        f"{PEER_LABELS[result['peer']]}: {theirs}",
        conditions,
    )


def format_share(spread: store.Json) -> str:
    return f"{100 * spread['mean']:.2f} ± {100 * spread['sd']:.2f} %"


def describe_seeds(result: store.Json) -> str:
    """How a mean came about."""
    n = result["seconds"]["n"]
    arithmetic = "" if result.get("arithmetic", "float32") == "float32" else f", {result['arithmetic']}"
    return (f"{n} seeds, mean ± sd" if n > 1 else "1 seed") + arithmetic
