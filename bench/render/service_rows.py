"""What was measured of the service under load, as rows of a table: what, here, beside, conditions."""

from __future__ import annotations

from collections.abc import Iterator

from bench.render.reading_rows import Row
from bench.shared import store


def make_rows() -> Iterator[Row]:
    """All rows; none before it was measured."""
    if result := store.load("service"):
        yield from make_load_rows(result)
        if "mixed" in result:  # not in what was measured before there were jobs
            yield from make_mixed_rows(result["mixed"])
            yield make_kill_row(result["kills"])
        yield make_attack_row(result["hostile"])
        yield make_schemathesis_row(result["schemathesis"])


def format_table() -> str:
    """The rows as docs/service.md has them."""
    lines = ["| what | here | beside | conditions |", "|---|---|---|---|"]
    rows = ["| " + " | ".join(row) + " |" for row in make_rows()]
    return "\n".join([*lines, *rows]) + "\n" if rows else "\n"


def make_load_rows(result: store.Json) -> Iterator[Row]:
    """The easy load, the one it can just take, and the one that is too much."""
    steady, sustained, overloaded, recovered = (
        result[name] for name in ("steady", "sustained", "overload", "recovered")
    )
    cores = "the service on one core, the load on " + ("the same" if is_on_one_core(result) else "another")
    here = f"{steady['p50_ms']:.1f} ms / {steady['p99_ms']:.1f} ms"
    conditions = f"{steady['seconds']:.0f} s at a constant rate; {cores}"
    yield (
        f"one digit over HTTP at {steady['rate']:.0f} requests/s, p50 / p99",
        here,
        format_statuses(steady["statuses"]),
        conditions,
    )
    wrong = sustained["not_200"] + sustained["broken"]
    conditions = f"wrk, {sustained['connections']} connections, {sustained['seconds']:.0f} s"
    core_rate = f" ({sustained['per_core_second']:,.0f} a second of its core)" if "per_core_second" in sustained else ""
    here = f"{sustained['per_second']:,.0f} requests/s{core_rate}, {wrong} errors"
    yield "as many digits as it can take", here, f"memory {format_memory(sustained['memory'])}", conditions
    yield make_overload_row(overloaded, recovered)


def make_overload_row(overloaded: store.Json, recovered: store.Json) -> Row:
    """Too much, and right after it."""
    here = f"p99 of those read {overloaded['p99_ms']:.0f} ms, right afterwards {recovered['p99_ms']:.1f} ms"
    what = "four times that: read or refused at once"
    rate = f"{overloaded['rate']:,.0f} requests/s for {overloaded['seconds']:.0f} s"
    conditions = f"{rate} at a constant rate, then {recovered['rate']:.0f}"
    return what, here, format_statuses(overloaded["statuses"]), conditions


def make_mixed_rows(result: store.Json) -> Iterator[Row]:
    """The easy load and the one that is too much, with batches and jobs among them."""
    for load in (result["steady"], result["overload"]):
        what = f"{load['rate']:,.0f} digits/s, with batches and jobs among them"
        here = f"p50 {load['p50_ms']:.1f} ms, p99 {load['p99_ms']:.0f} ms; memory {format_memory(load['memory'])}"
        told = f"batches {format_statuses(load['batches'])}; jobs {format_statuses(load['jobs'])}"
        yield what, here, f"{format_statuses(load['statuses'])}; {told}", f"{load['seconds']:.0f} s, four pages in each"


def make_kill_row(result: store.Json) -> Row:
    """Jobs whose readers are killed."""
    conditions = f"{result['rounds']} rounds, a worker or the whole service killed in each, then asked until the end"
    return f"{result['jobs']} jobs under SIGKILL", format_statuses(result["outcomes"]), "", conditions


def make_attack_row(result: store.Json) -> Row:
    """Hostile requests."""
    outcome = "well afterwards" if result["well_after"] else "not well afterwards"
    here = f"{result['faults']} faults, {outcome}, memory {format_memory(result['memory'])}"
    conditions = f"{len(result['kinds'])} kinds, seed {result['seed']}, as bench/load/attacks.py has them"
    return f"{result['attacks']:,} hostile requests", here, format_statuses(result["statuses"]), conditions


def make_schemathesis_row(result: store.Json) -> Row:
    """Property tests of the description."""
    here = f"{result['failures']} failures" if result["content"] or result["failures"] else "it did not run"
    conditions = f"{result['version']}, all checks, at most {result['examples']} examples a path"
    return "schemathesis over the OpenAPI", here, f"{result['cases']:,} requests", conditions


def format_statuses(counts: dict[str, int]) -> str:
    """How often each status came."""
    return ", ".join(f"{status}: {count:,}" for status, count in counts.items())


def format_memory(bytes_: dict[str, int]) -> str:
    """From when it was warm to the end, and how far that is off."""
    before, after = bytes_["before"], bytes_["after"]
    return f"{before / 1e6:.0f} → {after / 1e6:.0f} MB ({100 * (after / before - 1):+.1f} %)"


def is_on_one_core(result: store.Json) -> bool:
    """Whether there was but one."""
    return bool(result["cores"]["server"] == result["cores"]["load"])
