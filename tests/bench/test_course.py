"""The table of how long a learner waits: a row for each lesson, with the conditions below."""

import pytest

from bench.render import course_rows
from bench.shared import store


def test_each_lesson_has_a_row_and_the_conditions_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = {"story": 3.21, "control": 5.04, "controls": [5.04]}
    result = {"lessons": {"1": waits, "11": waits}, "times": 3, "chromium": "150", "load": 0.25}
    monkeypatch.setattr(store, "load", {"course": result}.get)
    assert course_rows.format_table().splitlines()[2:] == [
        "| 1 | after 3.2 s | after 5.0 s |",
        "| 11 | after 3.2 s | after 5.0 s |",
        "",
        "Medians of 3 openings, Chromium 150, load 0.2.",
    ]


def test_before_it_is_measured_there_is_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "load", {}.get)
    assert course_rows.format_table() == ""
