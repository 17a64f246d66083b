"""How long a learner waits for a lesson, as a table of docs/course.md."""

from __future__ import annotations

from bench.shared import store
from inkdigits.course.lessons import list_lessons


def format_table() -> str:
    """A row for each lesson; nothing before anything was measured."""
    result = store.load("course")
    if result is None:
        return ""
    read, own = result["read"], result["own copy"]
    lines = [
        "| lesson | title, to read | first slider or drawing used | title, in your own copy | used |",
        "|---|---|---|---|---|",
    ]
    for lesson in list_lessons():
        number = str(lesson.number)
        seconds = [way[number][what] for way in (read, own) for what in ("story", "control")]
        lines.append(f"| {number} {lesson.title} | " + " | ".join(f"{each:.1f} s" for each in seconds) + " |")
    lines.append("")
    lines.append(
        f"Seconds from opening the page, each the median of {result['times']}, in Chromium {result['chromium']} on two "
        f"cores; {result['load']:.1f} processes wanted a core at the end."
    )
    return "\n".join(lines) + "\n"
