"""Filled sheets of forms: rows of a table, from JSON as bench.forms keeps it."""

from __future__ import annotations

from collections.abc import Iterator

from bench.forms import RESULT_NAME
from bench.render.number_tables import format_share
from bench.render.reading_rows import Row, add_date
from bench.shared import store


def make_rows() -> Iterator[Row]:
    """All that is kept."""
    if result := store.load(RESULT_NAME):
        yield from add_date(make_form_rows(result), result)


def make_form_rows(result: store.Json) -> Iterator[Row]:
    """Filled sheets on simulated photos: found, read, and what rules bring."""
    sheets, fields = result["sheets"], result["fields"]
    drawn = f"{sheets:,} sheets of two forms ({result['drawn_with']}), drawn and photographed by simulation"
    yield "filled sheets: found", format_share(result["found"], sheets), "", drawn
    shares = f"{format_share(result['fields_right'], fields)} / {format_share(result['sheets_right'], sheets)}"
    yield "fields right, not in doubt / sheets wholly so", shares, "", f"{fields:,} fields; {drawn}"
    accepted, simulated = result["accepted"], result["simulated_accepted"]
    yield (
        "sheets accepted as a whole that are wrong",
        f"{result['silently_wrong']} of {accepted:,}",
        f"simulated from what digits were read as: {result['simulated_silently_wrong']} of {simulated:,}",
        f"{sheets:,} sheets; {result['simulated']:,} simulated",
    )
    yield (
        "fields misread, with rules and rosters",
        str(result["misread_with_rules"]),
        f"without: {result['misread_without_rules']}",
        f"{fields:,} fields",
    )
    additions = result["wrong_additions"]
    yield (
        "wrong additions reported",
        f"{result['reported']} of {additions}",
        f"falsely: {result['falsely_reported']} of {sheets - additions:,} other sheets",
        drawn,
    )
    yield "one sheet, 8 megapixels, 10 fields", f"{result['seconds_a_sheet']:.2f} s", "", "median; one core"
    yield (
        f"{sheets:,} sheets, `form read --jobs 2`",
        f"{result['command_seconds']:.0f} s",
        f"load {result['load']:.1f} of other work and this",
        "the whole command, JPEG files, two cores",
    )
