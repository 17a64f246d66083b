"""What bench.forms makes of sheets that were read, and the rows that are made of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import forms
from bench.datasets.filled_sheets import FilledSheet, load_examples, sample_numbers
from bench.forms import RESULT_NAME, ReadSheet, score_sheets, simulate_sheets
from bench.render.summary import TABLES, format_table
from bench.shared import store
from inkdigits.forms.fields import FieldReading, weigh_texts
from inkdigits.forms.template import Template

SIMULATED = 12


def read_sheets(misread: str, templates: list[Template] | None = None) -> Iterator[ReadSheet]:
    """Sheets of both forms, all read as written for sure, but each digit of one station as 7."""
    templates = templates or load_examples()
    for number in range(24):
        template, rng = templates[number % 2], np.random.default_rng(number)
        truth, wrong = sample_numbers(template, number in (0, 11), rng)
        readings = []
        for field in template.fields:
            text = "7777" if truth[field.name] == misread else truth[field.name]
            digits = np.eye(10)[[int(digit) for digit in text]]
            readings.append(
                FieldReading(field, weigh_texts([(text, 1.0)], field, None), digits, np.zeros((1, 1), np.uint8))
            )
        yield ReadSheet(FilledSheet(np.zeros((1, 1), np.uint8), template, truth, wrong), readings, 0.5)


def test_a_misread_station_is_silent_where_nothing_checks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    station = next(each.sheet.truth["station"] for each in read_sheets("") if "station" in each.sheet.truth)
    right, misread = (score_sheets(list(read_sheets(each))) for each in ("", station))
    assert (right["sheets_right"], right["silently_wrong"]) == (24, 0)
    assert (right["wrong_additions"], right["reported"], right["falsely_reported"]) == (2, 2, 0)
    assert (misread["sheets_right"], misread["silently_wrong"]) == (23, 0)  # it is not in the roster
    assert simulate_sheets(list(read_sheets("")), SIMULATED) == {
        "simulated": SIMULATED,
        "simulated_accepted": SIMULATED - 2,  # the first sheet's sum is wrong, and the twelfth's
        "simulated_silently_wrong": 0,
    }
    unchecked = [replace(template, rules=()) for template in load_examples()]
    monkeypatch.setattr(forms, "load_examples", lambda: unchecked)
    read = list(read_sheets(station, unchecked))
    assert score_sheets(read)["silently_wrong"] == 3  # with the two wrong sums, which nothing tells now
    assert simulate_sheets(read, 60)["simulated_silently_wrong"] > 0


def test_the_table_has_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    assert format_table(TABLES["forms"]()) == "\nNot measured yet.\n\n"
    read = list(read_sheets(""))
    measured = score_sheets(read) | simulate_sheets(read, SIMULATED)
    store.save(RESULT_NAME, measured | {"drawn_with": "MNIST test", "command_seconds": 151.6, "load": 1.24})
    rows = {what: (here, beside) for what, here, beside, _ in TABLES["forms"]()}
    assert rows["filled sheets: found"] == ("100.0 %", "")
    assert rows["fields right, not in doubt / sheets wholly so"] == ("100.0 % / 100.0 %", "")
    assert rows["wrong additions reported"] == ("2 of 2", "falsely: 0 of 22 other sheets")
    assert rows["sheets accepted as a whole that are wrong"][1].endswith("0 of 10")
    assert rows["24 sheets, `form read --jobs 2`"] == ("152 s", "load 1.2 of other work and this")
