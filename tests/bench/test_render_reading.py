"""Rows of what was measured of reading, from JSON as the measurements keep it."""

from pathlib import Path

import numpy as np
import pytest

from bench import negatives, nothing, store
from bench.pages import measured, together
from bench.render_reading import nothing as nothing_rows
from bench.render_reading import pages, pictures, rows, speed
from bench.sheets import sheet
from bench.strings import Answer, score, summed
from inkdigits.data.mnist import load
from inkdigits.reading.reader import Reader


def kinds(seconds: float) -> store.Json:
    """As bench.reading keeps them: a string of four digits, the last one wrong, one single digit, one negative."""
    lines = score([(Answer("1235", (True, True, True, True), seconds), "1234")])
    single = score([(Answer("7", (True,), seconds), "7")])
    negative = score([(Answer("1", (True,), seconds), "")])
    scores = {"lines": lines, "single": single, "negative": negative}
    return {"version": "3.1", "kinds": scores, "together": summed([lines])}


def test_pictures_stand_beside_the_others() -> None:
    ours = kinds(0.1)
    ours["kinds"]["single --single"] = ours["kinds"]["single"]
    found = list(pictures(ours, {"tesseract": kinds(0.25)}))
    assert [row[:3] for row in found] == [
        (
            "pictures: lines, all right; character error rate",
            "0 of 1; 25.0 %, 0.1 s",
            "Tesseract 3.1: 0 of 1; 25.0 %, 0.25 s",
        ),
        ("pictures of one digit, right", "1 of 1, 0.1 s", "Tesseract 3.1: 1 of 1, 0.25 s"),
        ("pictures: negative, accepted digits", "1, 0.1 s", "Tesseract 3.1: 1, 0.25 s"),
        ("pictures of one digit, right, with `--single`", "1 of 1, 0.1 s", "Tesseract 3.1: 1 of 1, 0.25 s"),
        ("pictures of several digits: wrong among accepted / accepted", "25.00 % / 100.0 %", ""),
    ]
    assert found[0][3] == "1 pictures, never learnt from; a development set"
    assert found[-1][3] == "4 digits in 1 pictures, default threshold"


def test_pages_say_what_was_found() -> None:
    counts = {"digits": 200, "touching": 100, "shown": 195, "found": 190, "found_touching": 92, "right": 188}
    total = together([counts | {"accepted": 150, "wrong": 3}])
    kept = total | {"heights": [24.0, 90.0], "drawn_with": "test", "fonts": "8 of 8 unseen font families"}
    first, second = pages(kept)
    assert first[1:] == (
        "95.00 % / 97.44 %",
        "touching ones: 92.00 % found",
        "200 digits (test) of 24–90 pixels on 1 pages, 8 of 8 unseen font families",
    )
    assert second[1:] == ("98.95 % / 2.00 %", "", "150 accepted, default threshold")


def test_pictures_without_a_digit_and_times() -> None:
    part = {"pictures": 250, "shown": 9, "digits": 3, "seconds": 2.0}
    parts = {"a": part | {"accepted": 1}, "b": part | {"accepted": 2}}
    (row,) = nothing_rows({"kinds": parts, "together": nothing.together(parts), "fonts": "no fonts"})
    assert row[1:] == ("0.6 % of 500", "", "a 1 of 250, b 2 of 250; no fonts")
    result = {"photo": 0.5, "strip": 0.05, "process": 0.3, "single": 0.25, "photo_bytes": 300_000_000, "times": 7}
    shown = [row[1] for row in speed(result | {"conditions": {"cores": 2}})]
    assert shown == ["0.50 s", "300 MB", "0.050 s", "0.30 s; 0.25 s"]


def test_what_the_measurements_keep_gives_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    assert list(rows()) == []
    reader, digits = Reader(), load("train").part(55_000, 55_400)
    page = together([measured(reader, sheet(digits, [], 0))])
    store.save("pages", page | {"heights": [24, 90], "drawn_with": digits.name, "fonts": "none"})
    material = negatives.Material(np.zeros((0, 28, 28), np.uint8), [])
    scores = {kind: nothing.score(reader, kind, material, 2) for kind in nothing.there(material)}
    store.save("nothing", {"kinds": scores, "together": nothing.together(scores), "fonts": "none"})
    assert [row[0].partition(":")[0] for row in rows()] == ["drawn pages", "drawn pages", "pictures without a digit"]
