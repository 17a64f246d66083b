"""Decoding a sheet: sums settle what is doubtful, wrong sums are told, rosters match and refuse ties."""

import time
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkdigits.errors import UsageError
from inkdigits.forms.fields import Candidate, FieldReading, weigh_texts
from inkdigits.forms.joint import SheetAnswer, decode_sheet
from inkdigits.forms.priors import list_choices
from inkdigits.forms.template import FormField, Template, parse_template
from inkdigits.marks import Box
from inkdigits.reading.decoding.form import Form
from inkdigits.values import ValueRules


def make_template(rules: list[str], folder: Path = Path(), required: bool = True, **known: Any) -> Template:
    names = ("id", "q1", "q2", "q3", "total")
    fields = [{"name": n, "box": [10, 40 * i, 90, 30], "required": required} for i, n in enumerate(names)]
    fields[0] |= known
    content = {"name": "a", "width": 300, "height": 300, "blank": "a.png", "fields": fields, "rules": rules}
    return parse_template(content, folder)


def make_readings(template: Template, **said: dict[str, float]) -> list[FieldReading]:
    """Readings by what each field may say; nothing is written in the others."""
    readings = []
    for field in template.fields:
        candidates = tuple(Candidate(*each) for each in said.get(field.name, {"": 1.0}).items())
        digits = np.full((len(candidates[0].text), 10), 1e-6)
        for candidate in candidates:
            for place, digit in enumerate(candidate.text[: len(digits)]):
                digits[place, int(digit)] += candidate.probability
        readings.append(FieldReading(field, candidates, digits, CROP))
    return readings


CROP = np.zeros((4, 4), np.uint8)
SUM = ["total = q1 + q2 + q3"]
PLAIN: dict[str, dict[str, float]] = {"id": {"7": 1.0}, "q1": {"1": 1.0}, "q2": {"2": 1.0}}


def test_a_sum_settles_what_is_doubtful() -> None:
    template = make_template(SUM)
    readings = make_readings(template, **PLAIN, q3={"1": 0.6, "7": 0.4}, total={"10": 0.99, "16": 0.01})
    sheet = decode_sheet(template, readings)
    assert [each.text for each in sheet.answers] == ["7", "1", "2", "7", "10"]
    assert sheet.accepted and not sheet.broken
    assert sheet.answers[3].alone == "1"
    alone = decode_sheet(template, readings, with_rules=False)
    assert alone.answers[3].text == "1" and not alone.answers[3].accepted


def test_a_wrong_sum_is_told_and_not_repaired() -> None:
    template = make_template(SUM)
    readings = make_readings(template, **PLAIN, q3={"7": 0.9999, "1": 1e-5}, total={"11": 0.9999, "10": 1e-5})
    sheet = decode_sheet(template, readings)
    total = sheet.answers[4]
    assert (total.text, total.reckoned) == ("11", "10")
    assert sheet.broken == tuple(SUM) and not sheet.accepted
    repaired = decode_sheet(template, readings, wrong=1e-9)
    assert repaired.answers[4].text == "10" and not repaired.broken


def test_a_sum_that_is_as_likely_misread_is_in_doubt_and_not_told_as_wrong() -> None:
    template = make_template(SUM)

    def decode_sum(misread: float) -> SheetAnswer:  # the writer came to 11 with a probability of .006
        q3, total = {"7": 1 - misread, "8": misread}, {"11": 1 - misread, "10": misread}
        return decode_sheet(template, make_readings(template, **PLAIN, q3=q3, total=total))

    plain, doubtful = decode_sum(2e-4), decode_sum(4e-3)
    assert plain.broken == tuple(SUM) and not plain.answers[4].doubts
    assert not doubtful.broken and not doubtful.accepted
    total = doubtful.answers[4]
    assert (total.text, total.reckoned, total.breaks) == ("11", None, ())
    assert total.doubts == ("unsure", "misread, or not total = q1 + q2 + q3")


def test_a_total_off_as_nobody_adds_is_sooner_misread() -> None:
    template = make_template(SUM)
    texts = []
    for total in ("11", "17"):  # 10 is right: one too many, and seven
        said = {total: 0.999, "10": 0.001}
        readings = make_readings(template, **PLAIN, q3={"7": 1.0}, total=said)
        texts.append(decode_sheet(template, readings).answers[4].text)
    assert texts == ["11", "10"]


def make_amounts(rule: str, **values: Any) -> tuple[Template, list[FieldReading]]:
    """A template of decimals with one rule, and readings of them, each sure or as given."""
    fields = [{"name": n, "box": [10, 40 * i, 90, 30], "as": "decimal"} for i, n in enumerate(values)]
    content = {"name": "a", "width": 300, "height": 900, "blank": "a.png", "fields": fields, "rules": [rule]}
    template = parse_template(content)
    said = {name: {text: 1.0} if isinstance(text, str) else text for name, text in values.items()}
    readings = [
        FieldReading(field, tuple(Candidate(*each) for each in said[field.name].items()), np.zeros((0, 10)), CROP)
        for field in template.fields
    ]
    return template, readings


def test_a_sum_that_one_sure_but_wrong_digit_explains_is_in_doubt_unless_writers_often_err_so() -> None:
    names = [f"q{number}" for number in range(1, 9)]
    fields = [{"name": n, "box": [10, 40 * i, 90, 30], "required": True} for i, n in enumerate([*names, "total"])]
    content = {"name": "a", "width": 300, "height": 600, "blank": "a.png", "fields": fields}
    template = parse_template(content | {"rules": ["total = q1 + … + q8"]}, Path())

    def decode_total(total: str) -> SheetAnswer:
        return decode_sheet(template, make_readings(template, **{n: {"7": 1.0} for n in names}, total={total: 1.0}))

    assert decode_total("56").accepted
    assert decode_total("57").broken == ("total = q1 + … + q8",)  # off by one, as many are
    off_by_three = decode_total("53")  # a 4 that looks like a 7
    assert not off_by_three.broken and off_by_three.answers[-1].doubts
    assert decode_total("91").broken  # by 35, as no single digit may be


def test_a_sum_that_cannot_be_checked_is_in_doubt() -> None:
    sheet = decode_sheet(*make_amounts("total = a + b", a="1.234", b="2.50", total="99.00"))
    a, b, total = sheet.answers
    assert a.doubts == ("no single number, so not checked: total = a + b",)
    assert not sheet.accepted and not sheet.broken and b.accepted and total.accepted
    assert decode_sheet(*make_amounts("total = a + b", a="", b="2.50", total="2.50")).accepted  # nothing counts as 0
    template, readings = make_amounts("total = a + b", a="1.234", b="2.50", total="99.00")
    assert decode_sheet(template, readings, with_rules=False).accepted


@pytest.mark.parametrize(("addend", "reckoned"), [("0.25", "12.5"), ("7.75", "20"), ("-12.30", "-0.05")])
def test_what_a_sum_should_be_is_written_as_a_decimal(addend: str, reckoned: str) -> None:
    sheet = decode_sheet(*make_amounts("total = a + b", a="12.25", b=addend, total="13.25"))
    assert (sheet.answers[2].text, sheet.answers[2].reckoned) == ("13.25", reckoned)


def test_a_difference_is_told_at_its_result() -> None:
    sheet = decode_sheet(*make_amounts("net = gross - tax", gross="50.00", tax="8.00", net="43.00"))
    assert [(each.reckoned, each.breaks) for each in sheet.answers[:2]] == [(None, ())] * 2
    assert (sheet.answers[2].reckoned, sheet.answers[2].breaks) == ("42", ("net = gross - tax",))


def test_many_fields_that_may_be_anything_take_seconds() -> None:
    rng = np.random.default_rng(0)
    said: dict[str, dict[str, float]] = {}
    for name, least in [*((f"q{number}", 500) for number in range(1, 13)), ("total", 6_000)]:
        texts = [f"{number // 100}.{number % 100:02d}" for number in 100 * least + rng.permutation(40_000)[:40]]
        said[name] = dict(zip(texts, (-np.sort(-rng.dirichlet(np.ones(40) / 4))).tolist(), strict=True))
    template, readings = make_amounts("total = q1 + … + q12", **said)
    began = time.process_time()  # whatever else the machine does
    sheet = decode_sheet(template, readings)
    assert time.process_time() - began < 10
    assert [each.text for each in sheet.answers] == [each.candidates[0].text for each in readings]


def test_probabilities_are_those_of_all_sheets_counted_one_by_one() -> None:
    template = make_template([*SUM, "q1 <= q2"])
    said = {
        "q1": {"1": 0.7, "2": 0.3},
        "q2": {"1": 0.5, "2": 0.4, "4": 0.1},
        "q3": {"3": 0.8, "8": 0.2},
        "total": {"6": 0.6, "5": 0.4},
    }
    readings = make_readings(template, id={"7": 1.0}, **said)
    wrong = 0.2
    choices = {each.field.name: list_choices(each) for each in readings}
    totals: dict[tuple[str, str], float] = {}
    whole = 0.0
    for each in product(*(choices[name] for name in said)):
        values = dict(zip(said, (int(candidate.text) for candidate in each), strict=True))
        weight = float(np.prod([candidate.probability for candidate in each]))
        for rule in template.comparisons:
            weight *= rule.weigh(Fraction(rule.add_up(values)), wrong)[0]
        whole += weight
        for name, candidate in zip(said, each, strict=True):
            totals[name, candidate.text] = totals.get((name, candidate.text), 0.0) + weight
    for answer in decode_sheet(template, readings, wrong=wrong).answers[1:]:
        assert answer.confidence == pytest.approx(totals[answer.name, answer.text] / whole)


def test_a_roster_corrects_and_refuses_ties(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("id\n1234\n1334\n9876\n")
    template = make_template(["id in roster.csv"], tmp_path, length=4)
    others = {name: {"1": 1.0} for name in ("q1", "q2", "q3", "total")}
    match = decode_sheet(template, make_readings(template, id={"9816": 0.6, "9876": 0.4}, **others)).answers[0]
    assert match.text == "9876" and match.accepted
    tie = decode_sheet(template, make_readings(template, id={"1234": 0.55, "1334": 0.45}, **others)).answers[0]
    assert tie.next_best is not None and {tie.text, tie.next_best.text} == {"1234", "1334"}
    assert "as likely 1334" in tie.doubts
    stranger = decode_sheet(template, make_readings(template, id={"5555": 1.0}, **others)).answers[0]
    assert stranger.text == "5555" and "not in the roster" in stranger.doubts


def test_an_empty_field_is_nothing_or_doubtful() -> None:
    readings_of = {"id": {"7": 1.0}, "q1": {"1": 1.0}, "q2": {"2": 1.0}, "total": {"3": 1.0}}
    free = make_template(SUM, required=False)
    sheet = decode_sheet(free, make_readings(free, **readings_of))
    assert sheet.accepted and sheet.answers[3].text == ""
    strict = make_template(SUM)
    assert decode_sheet(strict, make_readings(strict, **readings_of)).answers[3].doubts == ("empty",)


def test_what_is_no_probability_is_refused() -> None:
    template = make_template(SUM)
    with pytest.raises(UsageError, match="wrong is a probability"):
        decode_sheet(template, make_readings(template), wrong=2)


def test_a_struck_box_has_a_digit_as_far_as_the_network_thinks_so() -> None:
    field = FormField("votes", Box(0, 0, 142, 83), cells=3)
    readings = [("150", 0.7), ("50", 0.3)]
    for digitness, text in ((0.001, "50"), (0.6, "150")):
        best, *_ = weigh_texts(readings, field, {2: 1.0, 3: digitness})
        assert best.text == text and best.probability > 0.5


def test_a_field_in_a_range_is_weighed_by_its_value() -> None:
    field = FormField("mark", Box(0, 0, 100, 30), form=Form(range="0..100"), values=ValueRules("decimal"))
    first, second = weigh_texts([("1250", 0.5), ("12.50", 0.5)], field, None)
    assert first.text == "12.50" and first.probability > 0.9 > second.probability


@pytest.mark.parametrize("total", ["7", "15", "42"])
def test_a_field_that_could_not_be_read_is_not_nothing(total: str) -> None:
    template = make_template(SUM, required=False)
    readings = make_readings(template, **PLAIN, q3={"5": 1.0}, total={total: 0.97, "8": 0.03})
    unread = FieldReading(template.fields[1], (), np.zeros((0, 10)), CROP)
    sheet = decode_sheet(template, [readings[0], unread, *readings[2:]])
    assert sheet.answers[4].text == total and not sheet.broken
    assert (sheet.answers[1].text, sheet.answers[1].confidence) == ("", 0.0)
    assert sheet.answers[1].doubts == ("what is written is not read",) and sheet.confidence == 0
