"""What was measured of bulk runs, as a table of docs/scale.md: what, here, conditions."""

from __future__ import annotations

from collections.abc import Iterator

from bench.shared import store

Row = tuple[str, str, str]


def format_table() -> str:
    """The rows as docs/scale.md has them; nothing before anything was measured."""
    rows = ["| " + " | ".join(row) + " |" for row in make_rows()]
    return "\n".join(["| what | here | conditions |", "|---|---|---|", *rows]) + "\n" if rows else ""


def make_rows() -> Iterator[Row]:
    """A row for each part that was measured."""
    scale = store.load("scale") or {}
    for part, make in PARTS.items():
        if part in scale:
            yield from make(scale[part])
    if simulation := store.load("scale-simulation"):
        yield from make_simulation_row(simulation)


def make_speed_rows(result: store.Json) -> Iterator[Row]:
    """Beside `inkdigits read`, and with one worker."""
    conditions = f"{result['pages']:,} drawn pages, 2 cores, {format_load(result)}"
    ratio = f"{result['bulk'] / result['read']:.2f} × ({result['bulk_steady'] / result['read']:.2f} × without starting)"
    yield "pages/s of 2 workers beside `read --jobs 2`", ratio, f"{result['read']:.2f} pages/s; {conditions}"
    growth = result["bulk_steady"] / result["one_worker_steady"]
    yield "2 workers beside 1", f"{growth:.2f} ×", f"without starting; {conditions}"
    yield "pages that `read --json` reads the same", f"{result['equal']:,} of {result['pages']:,}", conditions


def make_kinds_rows(result: store.Json) -> Iterator[Row]:
    """What a page of each kind takes."""
    for kind, seconds in result["core_seconds"].items():
        yield (
            f"core-seconds of {kind}",
            f"{seconds:.3f}",
            f"mean of {result['pages']}, one worker; {format_load(result)}",
        )


def make_kills_row(result: store.Json) -> Iterator[Row]:
    """What is there after five kills."""
    again = 100 * result["read_again"] / result["pages"]
    here = f"{result['ids']:,} pages in {result['rows']:,} rows, {again:.1f} % read again"
    killed = ", ".join(result["killed"])
    yield f"{result['pages']:,} pages, killed {len(result['killed'])} times", here, f"{killed}; {format_load(result)}"


def make_poison_row(result: store.Json) -> Iterator[Row]:
    """What became of broken and deadly pages."""
    here = ", ".join(f"{count} × `{kind}`" for kind, count in result["errors"].items())
    what = f"{result['broken']} broken and {result['deadly']} deadly files"
    yield what, f"{here}; exit code {result['exit_code']}", f"{result['pages']:,} pages; {format_load(result)}"


def make_memory_row(result: store.Json) -> Iterator[Row]:
    """How the memory of those who read grows."""
    change = 100 * (result["late_mib"] / result["early_mib"] - 1)
    here = f"{result['early_mib']:.0f} → {result['late_mib']:.0f} MiB ({change:+.1f} %)"
    yield f"memory of 2 readers over {result['pages']:,} pages", here, "from a tenth of the run to its end"


def make_simulation_row(result: store.Json) -> Iterator[Row]:
    """A thousand workers."""
    here = f"{result['hours']:.2f} h, {result['worker_hours']:,.0f} worker-hours, {result['failures']} failures"
    what = f"{result['pages']:,} pages on {result['workers']:,} workers, simulated"
    conditions = f"{result['ideal_hours']:.2f} h if all were equal; {100 * result['read_again_share']:.2f} % read again"
    yield what, here, conditions


def format_load(result: store.Json) -> str:
    """How busy the machine was."""
    return f"load {result['load']:g} of other work and this"


PARTS = {
    "speed": make_speed_rows,
    "kinds": make_kinds_rows,
    "kills": make_kills_row,
    "poison": make_poison_row,
    "memory": make_memory_row,
}
