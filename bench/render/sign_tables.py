"""Signs and values: tables in Markdown, from JSON as bench.signs keeps it."""

from __future__ import annotations

from collections.abc import Iterator

from bench.render.number_tables import format_part, format_share, make_header, make_row
from bench.render.reading_rows import DEVELOPMENT_SET, Row, add_date
from bench.shared import store
from bench.signs import RESULT_NAME

NAMED_MISTAKES = 3  # of each sign
NOTHING = "nothing"


def format_signs() -> str:
    """Every sign: how often it stands on the drawn pages, recall, precision, and what it is taken for most."""
    if not (kept := store.load(RESULT_NAME)):
        return "\n"
    lines = make_header(["sign", "on the pages", "recall", "precision", "read instead"])
    for sign, counts in kept["pages"]["signs"].items():
        shares = [format_share(counts["right"], counts[key]) for key in ("true", "read")]
        lines.append(make_row([f"`{sign}`", f"{counts['true']:,}", *shares, list_mistakes(kept["pages"], sign)]))
    return "\n".join(lines) + f"\n\nMeasured on {kept['conditions']['date']}.\n"


def list_mistakes(pages: store.Json, sign: str) -> str:
    """What a sign was read as most often."""
    mistakes = [(read or NOTHING, count) for true, read, count in pages["mistaken"] if true == sign]
    return ", ".join(f"{read if read == NOTHING else f'`{read}`'} {count}" for read, count in mistakes[:NAMED_MISTAKES])


def make_rows() -> Iterator[Row]:
    """Sums, values, and points where none is."""
    if result := store.load(RESULT_NAME):
        yield from add_date(make_value_rows(result), result)


def make_value_rows(result: store.Json) -> Iterator[Row]:
    """All that is not about single signs on drawn pages."""
    strips, sums, points = result["strips"], result["sums"], result["points"]
    yield (
        "decimals on drawn strips, told which mark: value right",
        format_part(strips["right"], strips["strips"]),
        f"nothing told, as written: {format_part(strips['as_written'], strips['strips'])}",
        f"{describe_others(strips)}; {result['drawn_with']}",
    )
    parts = (format_part(counts["lines_right"], counts["lines"]) for counts in sums["by_source"])
    yield (
        "sums as written: pictures / lines right",
        f"{format_part(sums['whole'], sums['pictures'])} / {format_part(sums['lines_right'], sums['lines'])}",
        f"lines by source: {', '.join(parts)}",
        DEVELOPMENT_SET,
    )
    digits = sums["digits"]
    exact, error_rate = (
        format_part(digits["exact"], digits["pictures"]),
        format_share(digits["edits"], digits["digits"]),
    )
    yield "the same, digits only: pictures right / CER", f"{exact} / {error_rate}", "", DEVELOPMENT_SET
    for what, name in (("dates and amounts", "values"), ("cheques as amounts", "cheques")):
        score = result[name]
        here = f"{format_part(score['whole'], score['pictures'])} / {format_part(score['right'], score['values'])}"
        yield f"{what}: pictures with all values right / values right", here, describe_others(score), DEVELOPMENT_SET
    yield (
        "cheques: points or commas read where none is",
        f"{format_share(points['false'], points['places'])} of {points['places']:,} places",
        f"in {format_part(points['pictures_with'], points['pictures'])} pictures",
        f"{points['left_out']} more left out, whose signs the eye cannot tell; {DEVELOPMENT_SET}",
    )


def describe_others(score: store.Json) -> str:
    """The values that are not right, so far as they were read."""
    return f"wrong without a `?`: {score['wrong']}; right but not sure: {score['withheld']}"
