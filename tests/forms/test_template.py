"""Templates: what is accepted, and one clear sentence for each fault."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

import inkdigits.forms
from inkdigits.errors import UsageError
from inkdigits.forms.examples import EXAMPLES, STATIONS, STUDENTS, format_roster
from inkdigits.forms.registration import SheetFinder
from inkdigits.forms.template import embed_blank, load_template, parse_template, save_template
from tests.helpers import measure_cpu_seconds

COLUMNS = ("file", "page", "form", "confidence", "doubtful", "failure")
SCHEMA = json.loads((Path(inkdigits.forms.__file__).parent / "template.schema.json").read_text(encoding="utf-8"))


def form(rules: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    fields = [{"name": f"q{n}", "box": [10, 40 * n, 60, 30], "range": "0..9"} for n in (1, 2, 3)]
    fields.append({"name": "total", "box": [10, 200, 60, 30], "length": 2})
    base = {"name": "a form", "width": 300, "height": 300, "blank": "a.png", "fields": fields, "rules": rules or []}
    return {**base, **changes}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_valid_and_come_back_as_they_were_saved(name: str, tmp_path: Path) -> None:
    blank, content = EXAMPLES[name]()
    (tmp_path / "roster.csv").write_text(format_roster())
    jsonschema.validate(content, SCHEMA)
    save_template(embed_blank(content, blank), tmp_path / "form.json")
    template = load_template(tmp_path / "form.json")
    assert [each.name for each in template.fields] == [each["name"] for each in content["fields"]]
    assert (template.blank_grey == blank).all()
    assert (len(template.comparisons), len(template.memberships)) == ((1, 1) if name == "mark-sheet" else (2, 1))


def test_dots_count_fields_up() -> None:
    (rule,) = parse_template(form(["total = q1 + … + q3"])).comparisons
    assert rule.factors == {"total": 1, "q1": -1, "q2": -1, "q3": -1}
    assert rule.reckoned == "total"
    assert rule.holds({"total": 6, "q1": 1, "q2": 2, "q3": 3})
    assert rule.reckon({"total": 9, "q1": 1, "q2": 2, "q3": 3}) == 6


@pytest.mark.parametrize(
    ("rule", "reckoned"),
    [
        ("total = q1 - q2", "total"),
        ("q1 - q2 = total", "total"),
        ("q1 = q2", "q1"),
        ("-q1 = q2", "q2"),
        ("2 * total = q1 + q2", None),
        ("total = q1 + q2 + 5", None),
        ("q1 + q2 - total = 0", None),
        ("total <= q1 + q2", None),
    ],
)
def test_what_stands_alone_on_its_side_is_reckoned(rule: str, reckoned: str | None) -> None:
    (own,) = parse_template(form([rule])).comparisons
    assert own.reckoned == reckoned


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "no JSON object"),
        (form(colour="red"), "'colour', which no template has"),
        (form(width=10), "width as a whole number"),
        (form(name=" "), "needs name"),
        (form(markers="7x7"), "no markers '7x7'"),
        (form(fields=[]), "list"),
        (form(fields=[{"name": "q 1", "box": [0, 0, 20, 20]}]), "cannot name a field"),
        *((form(fields=[{"name": name, "box": [0, 0, 20, 20]}]), f"{name!r} cannot name a field") for name in COLUMNS),
        (form(fields=[{"name": "q", "box": [0, 0, 20]}]), "box of four"),
        (form(fields=[{"name": "q", "box": [290, 0, 20, 20]}]), "beyond the page"),
        (form(fields=[{"name": "q", "box": [0, 0, 2, 20]}]), "2×20 pixels"),
        (form(fields=[{"name": "q", "box": [0, 0, 20, 20], "lenght": 2}]), "did you mean 'length'"),
        (form(fields=[{"name": "q", "box": [0, 0, 20, 20], "length": 2, "range": "500..900"}]), "No number can have"),
        (form(fields=[{"name": "q", "box": [0, 0, 20, 20], "length": 9, "cells": 8}]), "8 cells, too few"),
        (form(fields=[{"name": "q", "box": [0, 0, 20, 20], "as": "colour"}]), "cannot be read as"),
        (form(fields=[{"name": n, "box": [0, 0, 20, 20]} for n in "ab"]), "'a' and 'b' overlap"),
        (form(fields=[{"name": "q", "box": [x, 0, 20, 20]} for x in (0, 50)]), "Two fields are named 'q'"),
        (form(["total"]), "is not a rule; write"),
        (form(["total = q1 + q9"]), "'q9', which is no field"),
        (form(["total = q1 +"]), "cannot be understood"),
        (form(["total = q1 + … + total"]), "not counted up"),
        (form(["total = 99 + q1 + q2"]), None),
        (form(["q1 = 5", "q1 = 6"]), "contradict each other"),
        (form(["total = q1 + q2", "q2 + q1 = total"]), "say the same; drop one"),
        (form(["total = q1 - … + q3"]), "no field + … + field"),
        (form(["total = q1 + 5 * … + q3"]), "no field + … + field"),
        (form(["… + q3 = total"]), "no field + … + field"),
        (form(["total = q1" + " + q2" * 1000]), "more than 4,000 characters"),
        (form(["q1 in \0.csv"]), "cannot be read"),
        (form(["q1 + q2 >= 19"]), "can never hold"),
        (form(["total = q1 + q2 + q3", "total > 27"]), "can never hold"),
        (form(["q1 in nowhere.csv"]), "cannot be read"),
    ],
)
def test_every_fault_has_its_sentence(content: Any, words: str | None) -> None:
    if words is None:
        parse_template(content)
        return
    with pytest.raises(UsageError) as raised:
        parse_template(content)
    assert words in str(raised.value)
    assert "cannot name a field" not in words or not jsonschema.Draft202012Validator(SCHEMA).is_valid(content)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        ("id\n1001\n1002\n1001\n", "1001 twice"),
        ("name,number\na,1\n", "no column 'q1'"),
        ("q1\nx1\n", "digits only"),
        ("q1\n", "0 entries"),
        ("q1\n\x00\xff", "no CSV file"),
        ("\n" * 5_000_000, "no column 'q1'"),
        ("q1\n" + "\n".join(map(str, range(100_001))), "100,001 entries"),
    ],
)
def test_faults_of_rosters(roster: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_bytes(roster.encode("latin-1"))
    with pytest.raises(UsageError, match=words):
        parse_template(form(["q1 in roster.csv"]), tmp_path)


@pytest.mark.parametrize("numbers", [STUDENTS, STATIONS])
def test_one_digit_misread_makes_no_other_number_of_the_roster(numbers: tuple[str, ...]) -> None:
    for index, first in enumerate(numbers):
        for second in numbers[:index]:
            assert sum(a != b for a, b in zip(first, second, strict=True)) >= 2


def test_what_is_no_template_is_told(tmp_path: Path) -> None:
    (tmp_path / "form.json").write_text("{")
    for path in (tmp_path / "form.json", tmp_path / "missing.json"):
        with pytest.raises(UsageError, match=path.name):
            load_template(path)


@pytest.mark.parametrize(
    ("blank", "words"),
    [
        ("nowhere.png", "The blank of 'a form' cannot be used: .*nowhere.png"),
        ("data:image/png;base64,AAAA", "The blank of 'a form' cannot be used"),
        ("wide.png", "has 10×20 pixels"),
    ],
)
def test_a_blank_that_cannot_be_used_is_a_fault_of_the_template(blank: str, words: str, tmp_path: Path) -> None:
    Image.new("L", (10, 20)).save(tmp_path / "wide.png")
    template = parse_template(form(name="a form", blank=blank), tmp_path)
    with pytest.raises(UsageError, match=words):
        _ = template.blank_grey


def test_markers_that_the_blank_does_not_show_are_told() -> None:
    content = embed_blank(form(markers="4x4_50"), np.full((300, 300), 255, np.uint8))
    with pytest.raises(UsageError, match="shows too few markers 4x4_50"):
        SheetFinder([parse_template(content)])


def test_two_rosters_of_one_field_are_refused(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("q1\n1\n2\n")
    with pytest.raises(UsageError, match="'q1' has two rosters"):
        parse_template(form(["q1 in roster.csv", "q1 in  roster.csv"]), tmp_path)


def test_a_field_of_twenty_digits_may_be_large() -> None:
    fields = [{"name": "a", "box": [10, 10, 260, 30], "cells": 20}]
    parse_template(form(["a >= 5000000000000000000"], fields=fields))


def test_a_sum_of_very_many_fields_is_checked_in_no_time() -> None:
    names = [f"q{number}" for number in range(1, 500)]
    fields = [{"name": n, "box": [10, 12 * i, 60, 10], "range": "0..9"} for i, n in enumerate([*names, "total"])]
    content = form(["total = q1 + … + q499"], fields=fields, height=6100)
    content["fields"][-1]["range"] = "0..9999"
    assert measure_cpu_seconds(lambda: parse_template(content)) < 2


def test_spaces_without_end_are_read_in_no_time() -> None:
    def parse() -> None:
        with pytest.raises(UsageError, match="cannot be understood"):
            parse_template(form(["total = " + " " * 3_900 + "@"] * 20))

    assert measure_cpu_seconds(parse) < 1
