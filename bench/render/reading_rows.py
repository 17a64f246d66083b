"""What was measured of reading, as rows of a table: what, here, beside, conditions. Each function takes kept JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.shared import store

Row = tuple[str, str, str, str]
DEVELOPMENT_SET = "never learnt from; a development set"


def make_rows() -> Iterator[Row]:
    """All rows of what is kept; what was not measured is left out."""
    if result := store.load("pages"):
        yield from add_date(make_page_rows(result), result)
    if result := store.load("nothing"):
        yield from add_date(make_negative_rows(result), result)


def add_date(rows: Iterable[Row], result: store.Json) -> Iterator[Row]:
    """The rows, with the day they were measured among the conditions: other days may mean other machines."""
    for what, here, beside, conditions in rows:
        yield what, here, beside, f"{conditions}; {result['conditions']['date']}"


def count(n: int, noun: str) -> str:
    """So many of a thing."""
    return f"{n:,} {noun}" + ("s" if n != 1 else "")


def make_page_rows(result: store.Json) -> Iterator[Row]:
    """Drawn pages: what was found, and what was made of it."""
    low, high = result["heights"]
    conditions = (
        f"{result['digits']:,} digits ({result['drawn_with']}) of {low:.0f}–{high:.0f} pixels on "
        f"{count(result['pages'], 'page')}, {result['fonts']}"
    )
    recall_and_precision = f"{100 * result['recall']:.2f} % / {100 * result['precision']:.2f} %"
    touching = f"touching ones: {100 * result['recall_touching']:.2f} % found"
    yield (
        "drawn pages: recall / precision of digits",
        recall_and_precision,
        touching,
        conditions,
    )
    shares = f"{100 * result['right_of_found']:.2f} % / {100 * result['wrong_of_accepted']:.2f} %"
    accepted = f"{result['accepted']:,} accepted, default threshold"
    yield "drawn pages: right among found / wrong among accepted", shares, "", accepted


def make_negative_rows(result: store.Json) -> Iterator[Row]:
    """Pictures without a digit."""
    total = result["together"]
    here = f"{100 * total['accepted'] / total['pictures']:.1f} % of {total['pictures']:,}"
    kinds = ", ".join(f"{kind} {score['accepted']} of {score['pictures']}" for kind, score in result["kinds"].items())
    yield "pictures without a digit in which one is accepted", here, "", f"{kinds}; {result['fonts']}"


def make_speed_rows(result: store.Json) -> Iterator[Row]:
    """Time and memory."""
    conditions = f"median of {result['times']}, {result['conditions']['cores']} cores"
    yield "a photo of 12 megapixels", f"{result['photo']:.2f} s", "", conditions
    megabytes = f"{result['photo_bytes'] / 1e6:.0f} MB"
    yield "the same, memory of the whole process", megabytes, "", "peak resident, 1 run"
    yield "a strip of 1,000×300 pixels", f"{result['strip']:.3f} s", "", conditions
    seconds = f"{result['process']:.2f} s; {result['single']:.2f} s"
    yield "`inkdigits read` of a small picture, whole process; with `--single`", seconds, "", conditions


def make_web_page_rows(result: store.Json) -> Iterator[Row]:
    """How long a person waits for the page of the service."""
    conditions = f"median of {result['times']}, Chromium {result['chromium']}, {result['conditions']['cores']} cores"
    yield "the page: first paint", f"{result['paint']:.0f} ms", f"at worst {result['paint_worst']:.0f} ms", conditions
    other_times = {
        "at worst": "first_worst",
        "with the page just opened": "first_at_once",
        "while drawing": "while_drawing",
    }
    other_figures = "; ".join(f"{when} {result[name]:.0f} ms" for when, name in other_times.items())
    yield (
        "the page: from the pen's touch to the first answer shown",
        f"{result['first']:.0f} ms",
        other_figures,
        conditions,
    )
