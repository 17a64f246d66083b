"""What was measured of reading, as rows of a table: what, here, beside, conditions. Each function takes kept JSON."""

from __future__ import annotations

from collections.abc import Iterator

from bench import store

Row = tuple[str, str, str, str]
PEERS = {"rapidocr": "RapidOCR", "tesseract": "Tesseract"}
SINGLE, AS_SINGLE = "single", "single --single"
SET = "never learnt from; a development set"


def rows() -> Iterator[Row]:
    """All rows of what is kept; what was not measured is left out."""
    if ours := store.load("reading-ours"):
        peers = {name: kept for name in PEERS if (kept := store.load(f"reading-{name}"))}
        yield from pictures(ours, peers)
    if result := store.load("pages"):
        yield from pages(result)
    if result := store.load("nothing"):
        yield from nothing(result)
    if result := store.load("speed-reading"):
        yield from speed(result)
    if result := store.load("page"):
        yield from page(result)


def pictures(ours: store.Json, peers: dict[str, store.Json]) -> Iterator[Row]:
    """People's own pictures, a row a kind, beside other programs, then all strings together."""
    for kind, score in ours["kinds"].items():
        asked = kind.partition(" ")[0]  # the others are never told that a picture is one digit
        beside = "; ".join(
            f"{PEERS[name]} {peer['version']}: {figure(peer['kinds'][asked])}"
            for name, peer in peers.items()
            if asked in peer["kinds"]
        )
        yield heading(kind, score), figure(score), beside, f"{score['pictures']:,} pictures, {SET}"
    total = ours["together"]
    if total["taken"]:
        wrong, accepted = total["wrong"] / total["taken"], total["accepted"] / total["digits"]
        here = f"{100 * wrong:.2f} % / {100 * accepted:.1f} %"
        conditions = f"{total['digits']:,} digits in {total['pictures']:,} pictures, default threshold"
        yield "pictures of several digits: wrong among accepted / accepted", here, "", conditions


def heading(kind: str, score: store.Json) -> str:
    """What the figure of a kind is."""
    if not score["digits"]:
        return f"pictures: {kind}, accepted digits"
    if kind in (SINGLE, AS_SINGLE):
        return "pictures of one digit, right" + (", with `--single`" if kind == AS_SINGLE else "")
    return f"pictures: {kind}, all right; character error rate"


def figure(score: store.Json) -> str:
    """The figure of a kind: the digits accepted where there is none; pictures that are all right, character error
    rate where there are several to a picture; the time of a picture."""
    if not score["digits"]:
        return f"{score['taken']}, {score['seconds']:.2g} s"
    right = f"{score['exact']} of {score['pictures']}"
    rate = f"; {100 * score['edits'] / score['digits']:.1f} %" if score["digits"] != score["pictures"] else ""
    return f"{right}{rate}, {score['seconds']:.2g} s"


def pages(result: store.Json) -> Iterator[Row]:
    """Drawn pages: what was found, and what was made of it."""
    low, high = result["heights"]
    drawn = f"{result['digits']:,} digits ({result['drawn_with']}) of {low:.0f}–{high:.0f} pixels on {result['pages']} "
    found = f"{100 * result['recall']:.2f} % / {100 * result['precision']:.2f} %"
    touching = f"touching ones: {100 * result['recall_touching']:.2f} % found"
    yield "drawn pages: digits found / of what is found, digits", found, touching, f"{drawn}pages, {result['fonts']}"
    right = f"{100 * result['right_of_found']:.2f} % / {100 * result['wrong_of_accepted']:.2f} %"
    accepted = f"{result['accepted']:,} accepted, default threshold"
    yield "drawn pages: right, of those found / wrong, of those accepted", right, "", accepted


def nothing(result: store.Json) -> Iterator[Row]:
    """Pictures without a digit."""
    total = result["together"]
    here = f"{100 * total['accepted'] / total['pictures']:.1f} % of {total['pictures']:,}"
    kinds = ", ".join(f"{kind} {score['accepted']} of {score['pictures']}" for kind, score in result["kinds"].items())
    yield "pictures without a digit: one accepted in", here, "", f"{kinds}; {result['fonts']}"


def speed(result: store.Json) -> Iterator[Row]:
    """Time and memory."""
    cores = f"median of {result['times']}, {result['conditions']['cores']} cores"
    yield "a photo of 12 megapixels", f"{result['photo']:.2f} s", "", cores
    megabytes = f"{result['photo_bytes'] / 1e6:.0f} MB"
    yield "the same, memory of the whole process", megabytes, "", "peak resident, 1 run"
    yield "a strip of 1,000×300 pixels", f"{result['strip']:.3f} s", "", cores
    both = f"{result['process']:.2f} s; {result['single']:.2f} s"
    yield "`inkdigits read` of a small picture, whole process; with `--single`", both, "", cores


def page(result: store.Json) -> Iterator[Row]:
    """How long a person waits for the page of the service."""
    conditions = f"median of {result['times']}, Chromium {result['chromium']}, {result['conditions']['cores']} cores"
    yield "the page: first paint", f"{result['paint']:.0f} ms", f"at worst {result['paint_worst']:.0f} ms", conditions
    others = {"at worst": "first_worst", "with the page just opened": "first_at_once", "while drawing": "while_drawing"}
    worst = "; ".join(f"{when} {result[name]:.0f} ms" for when, name in others.items())
    yield "the page: from the pen's touch to the first answer shown", f"{result['first']:.0f} ms", worst, conditions
