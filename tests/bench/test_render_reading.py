"""Rows of what was measured of reading, from JSON as the measurements keep it."""

from pathlib import Path

import numpy as np
import pytest

from bench import nothing
from bench.datasets import negatives
from bench.datasets.drawn_pages import draw_sheet
from bench.pages import measure_page, sum_pages
from bench.render.reading_rows import make_negative_rows, make_page_rows, make_rows, make_speed_rows
from bench.shared import store
from inkdigits.data.sets.mnist import load
from inkdigits.reading.reader import Reader


def test_pages_say_what_was_found() -> None:
    counts = {"digits": 200, "touching": 100, "shown": 195, "found": 190, "found_touching": 92, "right": 188}
    total = sum_pages([counts | {"accepted": 150, "wrong": 3}])
    kept = total | {"heights": [24.0, 90.0], "drawn_with": "test", "fonts": "8 of 8 unseen font families"}
    first, second = make_page_rows(kept)
    assert first[1:] == (
        "95.00 % / 97.44 %",
        "touching ones: 92.00 % found",
        "200 digits (test) of 24–90 pixels on 1 page, 8 of 8 unseen font families",
    )
    assert second[1:] == ("98.95 % / 2.00 %", "", "150 accepted, default threshold")


def test_pictures_without_a_digit_and_times() -> None:
    part = {"pictures": 250, "shown": 9, "digits": 3, "seconds": 2.0}
    parts = {"a": part | {"accepted": 1}, "b": part | {"accepted": 2}}
    (row,) = make_negative_rows({"kinds": parts, "together": nothing.sum_kinds(parts), "fonts": "no fonts"})
    assert row[1:] == ("0.6 % of 500", "", "a 1 of 250, b 2 of 250; no fonts")
    result = {"photo": 0.5, "strip": 0.05, "process": 0.3, "single": 0.25, "photo_bytes": 300_000_000, "times": 7}
    shown = [row[1] for row in make_speed_rows(result | {"conditions": {"cores": 2}})]
    assert shown == ["0.50 s", "300 MB", "0.050 s", "0.30 s; 0.25 s"]


def test_what_the_measurements_keep_gives_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    assert list(make_rows()) == []
    reader, digits = Reader(), load("train").slice(55_000, 55_400)
    page = sum_pages([measure_page(reader, draw_sheet(digits, [], 0))])
    store.save("pages", page | {"heights": [24, 90], "drawn_with": digits.name, "fonts": "none"})
    material = negatives.Material(np.zeros((0, 28, 28), np.uint8), [])
    scores = {kind: nothing.score_kind(reader, kind, material, 2) for kind in nothing.list_drawable_kinds(material)}
    store.save("nothing", {"kinds": scores, "together": nothing.sum_kinds(scores), "fonts": "none"})
    rows = list(make_rows())
    assert [row[0].partition(":")[0] for row in rows] == [
        "drawn pages",
        "drawn pages",
        "pictures without a digit in which one is accepted",
    ]
    today = store.load("pages")["conditions"]["date"]  # type: ignore[index]
    assert all(row[3].endswith(f"; {today}") for row in rows)
