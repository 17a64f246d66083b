"""How long a learner waits for each lesson, as a table of docs/course.md."""

from __future__ import annotations

from bench.shared import store


def format_table() -> str:
    """A row for each lesson, and below it the conditions; nothing before it was measured."""
    if not (result := store.load("course")):
        return ""
    lines = ["| lesson | its story is there | its first slider or drawing has answered |", "|---|---|---|"]
    lines += [
        f"| {number} | after {waits['story']:.1f} s | after {waits['control']:.1f} s |"
        for number, waits in result["lessons"].items()
    ]
    conditions = f"Medians of {result['times']} openings, Chromium {result['chromium']}, load {result['load']:.1f}."
    return "\n".join([*lines, "", conditions]) + "\n"
