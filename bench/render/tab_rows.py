"""What was measured of the reader in a tab, as a table of docs/site.md."""

from __future__ import annotations

from bench.shared import store


def format_table() -> str:
    """The rows as docs/site.md has them; nothing before anything was measured."""
    result = store.load("tab")
    if result is None:
        return ""
    pictures = f"of {result['pictures']:,}"
    rows = {
        "pictures whose glyph differs from Python's in any bit": f"{result['different_glyphs']} {pictures}",
        "pictures with a probability that differs by 1e-4": f"{result['different_probabilities']} {pictures}",
        "greatest difference of a probability where glyphs agree": f"{result['max_difference']:.1e}",
        "loaded when the page is opened first": f"{result['loaded_bytes'] / 1e6:.2f} MB",
        "from opening until it can read": f"{result['ready_seconds']:.1f} s",
        "from opening until the first picture is read": f"{result['answer_seconds']:.1f} s",
        "a picture from then on, median": f"{result['median_milliseconds']:,.0f} ms",
        "processes that wanted a core at the end": f"{result['load']:.1f}",
    }
    return "| what | here |\n|---|---|\n" + "".join(f"| {what} | {here} |\n" for what, here in rows.items())
