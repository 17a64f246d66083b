"""Corrections: what a field cannot say is refused, and what breaks a rule is told until a person has confirmed it."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inkdigits.errors import UsageError
from inkdigits.forms.examples import STUDENTS, draw_mark_sheet, format_roster
from inkdigits.forms.joint import FieldAnswer, SheetAnswer
from inkdigits.forms.review import (
    check_corrections,
    describe_template,
    list_checked,
    load_corrections,
    render_review,
    restore_template,
)
from inkdigits.forms.store import ResultStore, StoredField
from inkdigits.forms.template import Template, parse_template
from tests.told import Told

READ = {"id": STUDENTS[0], **{f"q{number}": "2" for number in range(1, 9)}, "total": "16", "price": "12.50"}
SUM = "total = q1 + … + q8"
Correct = Callable[..., dict[str, StoredField]]


@pytest.fixture
def template(tmp_path: Path) -> Template:
    (tmp_path / "roster.csv").write_text(format_roster())
    _, content = draw_mark_sheet()
    price = {"name": "price", "box": [470, 1480, 260, 64], "as": "decimal", "range": "0..99"}
    return parse_template(content | {"fields": [*content["fields"], price]}, tmp_path)


@pytest.fixture
def store(template: Template, tmp_path: Path) -> Iterator[ResultStore]:
    with ResultStore(tmp_path / "marks.sqlite", "a run") as store:
        store.keep_templates({template.name: describe_template(template)})
        yield store


@pytest.fixture
def correct(store: ResultStore, template: Template) -> Correct:
    """`correct(q1="3")` gives the fields after that correction of the one sheet."""

    def put(total_read: FieldAnswer | None = None, /, **texts: str) -> dict[str, StoredField]:
        if not list(store.list_sheets()):
            answers = [FieldAnswer(each.name, READ[each.name], 1.0, READ[each.name]) for each in template.fields]
            if total_read is not None:
                answers = [total_read if each.name == "total" else each for each in answers]
            store.add_sheet("1.png", 1, template.name, SheetAnswer(tuple(answers), 1.0, ()), [b""] * len(answers))
        corrections = [(1, name, text) for name, text in texts.items()]
        check_corrections(corrections, store)
        store.correct(corrections)
        (sheet,) = list_checked(store)
        return {each.name: each for each in sheet.fields}

    return put


def list_doubtful(fields: dict[str, StoredField]) -> dict[str, tuple[str, ...]]:
    return {name: each.breaks for name, each in fields.items() if each.is_doubtful}


def test_a_template_is_restored_as_it_was(template: Template) -> None:
    restored = restore_template(describe_template(template))
    assert restored.fields == template.fields and restored.rules == template.rules


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *(("q1", text) for text in ("abc", "=1+1", "@1", "+1", "-1", "1.5", "1 2", "١")),
        ("total", "1234"),  # of three cells
        *(("price", text) for text in ("=5", "+5", "-1+2", "x", "1.2.3")),
    ],
)
def test_what_a_field_cannot_say_is_refused(field: str, text: str, correct: Correct, store: ResultStore) -> None:
    correct()
    with pytest.raises(UsageError, match=rf"the field '{field}' of 1\.png"):
        correct(q2="3", **{field: text})
    assert all(each.corrected is None for sheet in store.list_sheets() for each in sheet.fields)


def test_nothing_is_refused_that_was_read_or_may_be_written(correct: Correct) -> None:
    fields = correct(q1="", price="7,25", total="016", id="20260101")
    assert [fields[name].text for name in ("q1", "price", "total")] == ["", "7,25", "016"]
    assert correct(price="12.50")["price"].text == "12.50"


def test_what_is_changed_so_that_a_sum_does_not_hold_is_told_until_it_is_confirmed(correct: Correct) -> None:
    assert not list_doubtful(correct())
    fields = correct(q1="5")
    assert list_doubtful(fields) == {"total": (SUM,)} and fields["total"].reckoned == "19"
    assert list_doubtful(correct(total="18")) == {"total": (SUM,)}  # no better
    assert list_doubtful(correct(q1="5", q2="2")) == {"total": (SUM,)}  # which says nothing of the total
    fields = correct(total="18")
    assert not list_doubtful(fields) and fields["total"].breaks == (SUM,)
    assert list_doubtful(correct(q2="3", total="18")) == {"total": (SUM,)}  # it was confirmed before q2 was known
    assert not list_doubtful(correct(total="20"))


def test_a_correction_settles_what_was_told_of_the_sum(correct: Correct) -> None:
    correct(FieldAnswer("total", "19", 0.9, "19", None, "16", (f"misread, or not {SUM}",), (SUM,)))
    fields = correct(q1="5")
    assert not list_doubtful(fields) and fields["total"].reckoned is None and not fields["total"].doubts


def test_a_sum_that_the_writer_got_wrong_is_confirmed_once(correct: Correct) -> None:
    fields = correct(FieldAnswer("total", "19", 0.9, "19", None, "16", (), (SUM,)), q1="2")
    assert list_doubtful(fields) == {"total": (SUM,)}
    fields = correct(total="19")
    assert not list_doubtful(fields) and fields["total"].breaks == (SUM,)


def test_what_does_not_fit_its_field_or_roster_is_told_until_it_is_confirmed(correct: Correct) -> None:
    fields = correct(q1="13", total="27", id="99999999", price="100.5")
    assert set(list_doubtful(fields)) == {"q1", "id", "price"}
    assert "range" in fields["q1"].breaks[0] and "id in roster.csv" in fields["id"].breaks
    assert not list_doubtful(correct(q1="13", id="99999999", price="100.5"))


def test_all_of_it_is_seen_in_table_page_and_summary(
    correct: Correct, store: ResultStore, told: Told, tmp_path: Path
) -> None:
    correct()
    corrections = {"corrections": [{"sheet": 1, "field": "q1", "text": "5"}]}
    (tmp_path / "c.json").write_text(json.dumps(corrections))
    assert f"total is doubtful as 16: {SUM}" in told("form", "correct", store.path, tmp_path / "c.json").err
    said = told("form", "export", store.path, "--output", tmp_path / "marks.csv").err
    assert "1 sheet, 0 failed, 1 to look at (1 field, 1 sum that does not add up)" in said
    (row,) = csv.DictReader((tmp_path / "marks.csv").read_text().splitlines())
    assert (row["q1"], row["doubtful"]) == ("5", "total")
    page, count = render_review(list_checked(store))
    assert count == 1 and "written 16, should be 19" in page
    store.correct([(1, "total", "18")])
    page, count = render_review(list_checked(store))
    assert count == 1 and 'value="18"' in page and "written 18, should be 19" in page
    corrections = {"corrections": [{"sheet": 1, "field": "q1", "text": "=1+1"}]}
    (tmp_path / "c.json").write_text(json.dumps(corrections))
    assert "'=1+1' cannot stand" in told("form", "correct", store.path, tmp_path / "c.json", code=2).err


def test_results_without_templates_take_plain_numbers_only(store: ResultStore, template: Template) -> None:
    store._base.execute("DROP TABLE template")
    store.add_sheet("1.png", 1, template.name, SheetAnswer((FieldAnswer("q1", "2", 1.0, "2"),), 1.0, ()), [b""])
    check_corrections([(1, "q1", "12.5")], store)
    with pytest.raises(UsageError, match="cannot stand in the field"):
        check_corrections([(1, "q1", "=1")], store)
    assert list_checked(store) == list(store.list_sheets())


def test_a_sum_that_cannot_be_checked_any_more_stays_doubtful(tmp_path: Path) -> None:
    fields = [{"name": n, "box": [10, 40 * i, 90, 30], "as": "decimal"} for i, n in enumerate(("q1", "q2", "total"))]
    content = {"name": "a", "width": 300, "height": 300, "blank": "a.png", "fields": fields}
    template = parse_template(content | {"rules": ["total = q1 + q2"]})
    texts = {"q1": "2", "q2": "8", "total": "12"}
    with ResultStore(tmp_path / "a.sqlite", "a run") as store:
        store.keep_templates({"a": describe_template(template)})
        answers = [FieldAnswer(name, text, 1.0, text) for name, text in texts.items()]
        store.add_sheet("1.png", 1, "a", SheetAnswer(tuple(answers), 1.0, ()), [b""] * 3)
        store.correct([(1, "q1", "1.234")])  # a thousand, or a little more than one
        (sheet,) = list_checked(store)
    assert list_doubtful({each.name: each for each in sheet.fields}) == {
        "q1": ("no single number, so not checked: total = q1 + q2",)
    }


def test_a_required_field_that_is_emptied_is_doubtful(correct: Correct) -> None:
    assert list_doubtful(correct(id="")) == {"id": ("empty",)}


@pytest.mark.parametrize("sheet", [True, 0, -1, 10**30, "1", 1.0, None])
def test_what_is_no_sheet_is_no_correction(sheet: object, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"corrections": [{"sheet": sheet, "field": "q1", "text": "1"}]}))
    with pytest.raises(UsageError, match="holds no corrections"):
        load_corrections(tmp_path / "c.json")
