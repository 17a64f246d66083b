"""Tables of signs and values, from JSON as the measurement keeps it."""

from collections import Counter
from pathlib import Path

import pytest

from bench.render.sign_tables import format_signs, make_rows
from bench.shared import store
from bench.shared.sign_strings import score_lines, score_signs


def make_result() -> store.Json:
    pairs = Counter({("/", "/"): 6, ("/", "1"): 3, ("/", ""): 1, ("", "."): 1})
    values = {"pictures": 12, "whole": 9, "values": 24, "right": 17, "wrong": 3, "withheld": 2}
    sums = score_lines([("1+1|2", "1+1|2", "a"), ("3-1", "3+1", "b")])
    digits = {"pictures": 2, "exact": 2, "edits": 1, "digits": 20}
    return {
        "pages": {"pages": 1} | score_signs(pairs, "/."),
        "strips": {"strips": 1000, "right": 950, "wrong": 10, "withheld": 20, "as_written": 930},
        "sums": sums | {"digits": digits},
        "values": values,
        "cheques": values,
        "points": {"pictures": 99, "left_out": 18, "false": 5, "places": 500, "pictures_with": 4},
        "drawn_with": "MNIST test",
    }


def test_tables_say_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    assert format_signs() == "\n" and list(make_rows()) == []
    store.save("signs", make_result())
    lines = format_signs().splitlines()
    assert lines[2:4] == ["| `/` | 10 | 60.0 % | 100.0 % | `1` 3, nothing 1 |", "| `.` | 0 | – | 0.0 % |  |"]
    rows = {what: (here, beside) for what, here, beside, _ in make_rows()}
    assert [*rows.values()] == [
        ("950 of 1,000", "nothing told, as written: 930 of 1,000"),
        ("1 of 2 / 2 of 3", "lines by source: 2 of 2, 0 of 1"),
        ("2 of 2 / 5.0 %", ""),
        ("9 of 12 / 17 of 24", "wrong without a `?`: 3; right but not sure: 2"),
        ("9 of 12 / 17 of 24", "wrong without a `?`: 3; right but not sure: 2"),
        ("1.0 % of 500 places", "in 4 of 99 pictures"),
    ]
