"""What was measured of the service under load, as rows of a table: what, here, beside, conditions."""

from __future__ import annotations

from collections.abc import Iterator

from bench import store
from bench.render_reading import Row


def rows() -> Iterator[Row]:
    """All rows; none before it was measured."""
    if result := store.load("service"):
        yield from loads(result)
        yield attacks(result["hostile"])
        yield properties(result["schemathesis"])


def table() -> str:
    """The rows as docs/service.md has them."""
    lines = ["| what | here | | conditions |", "|---|---|---|---|"]
    found = ["| " + " | ".join(row) + " |" for row in rows()]
    return "\n".join([*lines, *found]) + "\n" if found else "\n"


def loads(result: store.Json) -> Iterator[Row]:
    """The easy load, the one it can just take, and the one that is too much."""
    steady, most, much, after = (result[name] for name in ("steady", "sustained", "overload", "recovered"))
    cores = "the service on one core, the load on " + ("the same" if one_core(result) else "another")
    here = f"{steady['p50_ms']:.1f} ms / {steady['p99_ms']:.1f} ms"
    took = f"{steady['seconds']:.0f} s at a constant rate; {cores}"
    yield f"one digit over HTTP at {steady['rate']:.0f} requests/s, p50 / p99", here, statuses(steady["statuses"]), took
    wrong = most["not_200"] + most["broken"]
    took = f"wrk, {most['connections']} connections, {most['seconds']:.0f} s"
    here = f"{most['per_second']:,.0f} requests/s, {wrong} errors"
    yield "as many digits as it can take", here, f"memory {memory(most['memory'])}", took
    yield overload(much, after)


def overload(much: store.Json, after: store.Json) -> Row:
    """Too much, and right after it."""
    here = f"p99 of those read {much['p99_ms']:.0f} ms, right afterwards {after['p99_ms']:.1f} ms"
    what = "four times that: read or refused at once"
    took = f"{much['rate']:,.0f} requests/s for {much['seconds']:.0f} s at a constant rate, then {after['rate']:.0f}"
    return what, here, statuses(much["statuses"]), took


def attacks(result: store.Json) -> Row:
    """Hostile requests."""
    well = "well afterwards" if result["well_after"] else "not well afterwards"
    here = f"{result['faults']} faults, {well}, memory {memory(result['memory'])}"
    took = f"{len(result['kinds'])} kinds, seed {result['seed']}, as bench/attacks.py has them"
    return f"{result['attacks']:,} hostile requests", here, statuses(result["statuses"]), took


def properties(result: store.Json) -> Row:
    """Property tests of the description."""
    here = f"{result['failures']} failures" if result["content"] or result["failures"] else "it did not run"
    took = f"{result['version']}, all checks, at most {result['examples']} examples a path"
    return "schemathesis over the OpenAPI", here, f"{result['cases']:,} requests", took


def statuses(counts: dict[str, int]) -> str:
    """How often each status came."""
    return ", ".join(f"{status}: {count:,}" for status, count in counts.items())


def memory(bytes_: dict[str, int]) -> str:
    """From when it was warm to the end, and how far that is off."""
    before, after = bytes_["before"], bytes_["after"]
    return f"{before / 1e6:.0f} → {after / 1e6:.0f} MB ({100 * (after / before - 1):+.1f} %)"


def one_core(result: store.Json) -> bool:
    """Whether there was but one."""
    return bool(result["cores"]["server"] == result["cores"]["load"])
