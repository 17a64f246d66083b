"""The tables of docs/benchmark.md: training, reading, time and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from bench.render import form_rows, reading_rows, sign_tables
from bench.render.reading_rows import DEVELOPMENT_SET, Row, add_date
from bench.shared import store
from inkdigits.cli.demo import LECTURE

PEER_LABELS = {"one_epoch": "the one-epoch recipe, channels last", "pytorch_example": "PyTorch's example, 14 epochs"}


def format_table(rows: Iterable[Row]) -> str:
    """Rows as a Markdown table, or that there are none yet."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if not lines:
        return "\nNot measured yet.\n\n"
    return "\n".join(["| what | here | beside | conditions |", "|---|---|---|---|", *lines]) + "\n"


def make_training_rows() -> Iterator[Row]:
    """What trained networks come to, beside others, and what fine-tuning does."""
    for name in ("lecture-softmax", "lecture-mlp"):
        if result := store.load(name):
            yield from add_date([make_lecture_row(name, result)], result)
        if result := store.load(f"beside-{name}"):
            ours, pairs = f"{result['ratio']:.2f} × its time", f"{len(result['pairs'])} pairs"
            yield from add_date([(f"`{name}`, live view on", ours, "a plain eager PyTorch loop", pairs)], result)
    for name in ("softmax", "mlp", "fast", "standard"):
        if result := store.load(name):
            ours = f"{format_share(result['accuracy']['test'])}, {result['seconds']['mean']:.0f} s"
            parameters = f"{result['parameters']:,} parameters"
            yield from add_date([(f"`{name}`, MNIST's test set", ours, parameters, describe_seeds(result))], result)
    for name in ("fast", "standard"):
        if result := store.load(f"speed-{name}"):
            yield from add_date([make_speed_row(name, result)], result)
    if result := store.load("finetune"):
        yield from add_date(make_finetune_rows(result), result)


def make_reading_rows() -> Iterator[Row]:
    """Single digits of other people, then whole pictures."""
    if result := store.load("shift"):
        yield from add_date(make_shift_rows(result), result)
    yield from reading_rows.make_rows()


def make_time_rows() -> Iterator[Row]:
    """How long a person waits, and how much memory reading takes."""
    row_makers: dict[str, Callable[[store.Json], Iterator[Row]]] = {
        "speed-reading": reading_rows.make_speed_rows,
        "page": reading_rows.make_web_page_rows,
        "demo": make_demo_rows,
        "startup": make_startup_rows,
    }
    for name, make_rows in row_makers.items():
        if result := store.load(name):
            yield from add_date(make_rows(result), result)


TABLES: Mapping[str, Callable[[], Iterator[Row]]] = {
    "training": make_training_rows,
    "reading": make_reading_rows,
    "values": sign_tables.make_rows,
    "forms": form_rows.make_rows,
    "time": make_time_rows,
}


def make_lecture_row(name: str, result: store.Json) -> Row:
    """A network of the lecture beside what the lecture says of it."""
    train, held_out = (format_share(result["accuracy"][which]) for which in ("train", "held"))
    ours = f"{train} / {held_out}, {result['seconds']['mean']:.1f} s"
    lecture = LECTURE[name]
    theirs = f"{100 * lecture.train:.2f} / {100 * lecture.test:.2f} %, {lecture.seconds:.0f} s"
    return f"`{name}`, train / lecture test", ours, f"the lecture: {theirs}", describe_seeds(result)


def make_shift_rows(result: store.Json) -> Iterator[Row]:
    """Each set of other people's digits."""
    for name, score in result["sets"].items():
        accuracy = f"{100 * score['right'] / score['n']:.2f} %"
        yield f"other people's digits: {name}", accuracy, DEVELOPMENT_SET, f"{score['n']:,} digits"


def make_demo_rows(result: store.Json) -> Iterator[Row]:
    yield "`make demo`, all of it, once installed", f"{result['seconds']:.0f} s", "", "1 run"


def make_startup_rows(result: store.Json) -> Iterator[Row]:
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
    worst = f"MNIST's test set: {100 * min(result['mnist']['values']):+.2f} points at worst"
    yield "persons whose error is at least halved, of those above 2 %", halved, worst, f"{result['mnist']['n']} persons"


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
    """A mean of shares in percent, with the standard deviation where there are several."""
    deviation = f" ± {100 * spread['sd']:.2f}" if spread["n"] > 1 else ""
    return f"{100 * spread['mean']:.2f}{deviation} %"


def describe_seeds(result: store.Json) -> str:
    """How a mean came about."""
    n = result["seconds"]["n"]
    arithmetic = "" if result.get("arithmetic", "float32") == "float32" else f", {result['arithmetic']}"
    return (f"{n} seeds, mean ± sd" if n > 1 else "1 seed") + arithmetic
