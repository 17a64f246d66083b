"""What numbers mean as they are written, against plain examples, and for whatever text there is."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import UsageError
from inkdigits.values import DateOrder, DecimalMark, Value, ValueKind, ValueRules

TEXTS = st.text("0123456789" * 3 + ".,'-+/=×÷:%()#? ^−٣½\n", max_size=14)


def list_rules() -> list[ValueRules]:
    """All rules that make sense."""
    rules = []
    for kind in (None, *get_args(ValueKind)):
        for decimal in get_args(DecimalMark):
            for order in get_args(DateOrder):
                for decimals in (None, 0, 2):
                    with suppress(UsageError):
                        rules.append(ValueRules(kind, decimal, order, decimals))
    return rules


RULES = list_rules()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("375", 375),
        ("007", 7),
        ("-4", -4),
        ("+4", 4),
        ("3.75", Decimal("3.75")),
        ("12,50", Decimal("12.50")),
        ("-4.5", Decimal("-4.5")),
        ("0.123", Decimal("0.123")),
        (".5", Decimal("0.5")),
        ("-,25", Decimal("-0.25")),
        ("1.234,50", Decimal("1234.50")),
        ("1,234.50", Decimal("1234.50")),
        ("1'234.50", Decimal("1234.50")),
        ("1.234.567", 1234567),
        ("1 234", 1234),
        ("25.5.2021", date(2021, 5, 25)),
    ],
)
def test_a_number_that_can_mean_one_thing_only_has_a_value_without_being_told(text: str, value: object) -> None:
    found = ValueRules().parse(text)
    assert found is not None and found.value == value and type(found.value) is type(value)


@pytest.mark.parametrize("text", ["1,234", "-1.234", "1.2.2021", "05.06.07"])
def test_what_can_mean_two_things_has_no_value_unless_it_is_told_which(text: str) -> None:
    assert ValueRules().parse(text) is None and ValueRules().weigh(text) > 0


@pytest.mark.parametrize(
    "text", ["", "-", "?", "1?", "12.,3", "1..2", "3+4", "+-4", "+", "3/4", "12:30", "25/05/2021", "٣", "½"]
)
def test_what_is_no_number_means_nothing(text: str) -> None:
    """Dates with strokes, times and fractions are sums as well, unless it is said what they are."""
    assert ValueRules().parse(text) is None and ValueRules().weigh(text) == 0


@pytest.mark.parametrize(("decimal", "value"), [("auto", None), ("point", Decimal("1.234")), ("comma", 1234)])
def test_the_mark_before_decimals_tells_a_decimal_from_thousands(decimal: DecimalMark, value: object) -> None:
    found = ValueRules("decimal", decimal).parse("1.234")
    assert (found and found.value) == value


@pytest.mark.parametrize(
    "text", ["12", "12.-", "12,-", "12.--", "12/-", "12-", "12=", "12==", "12#", "#12#", "--12", "=12="]
)
def test_what_fills_an_amount_up_does_not_count(text: str) -> None:
    for rules in (ValueRules("amount"), ValueRules()):
        assert rules.parse(text) == Value("integer", 12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50", Decimal("1234.50")),
        ("1,234.50", Decimal("1234.50")),
        ("29500/-", 29500),
        ("1.234", 1234),
        ("12,345", 12345),
        ("12.5", Decimal("12.5")),
        ("-3,50", Decimal("-3.50")),
        ("1234.567", None),
        ("1.2345", None),
        ("12,34.50", None),
    ],
)
def test_an_amount_has_two_decimals_at_most_so_that_three_digits_are_thousands(text: str, value: object) -> None:
    found = ValueRules("amount").parse(text)
    assert (found and found.value) == value


def test_amounts_mostly_have_two_decimals_and_seldom_one() -> None:
    none, one, two = (ValueRules("amount").weigh(text) for text in ("125", "12.5", "1.25"))
    assert two > none > one > 0


def test_what_is_called_a_decimal_mostly_has_decimals_however_many() -> None:
    none, one, two, three = (ValueRules("decimal").weigh(text) for text in ("125", "12.5", "1.25", "0.125"))
    assert three == two == one > none > 0


def test_all_numbers_have_as_many_decimals_as_is_said() -> None:
    assert ValueRules("amount", decimals=2).parse("12.34") == Value("decimal", Decimal("12.34"))
    assert ValueRules("decimal", decimals=3).parse("1,234") == Value("decimal", Decimal("1.234"))
    assert ValueRules(decimals=0).parse("1.234") == Value("integer", 1234)
    for text in ("12.3", "12", "12.345"):
        assert ValueRules("decimal", decimals=2).weigh(text) == 0


def test_whole_numbers_may_be_grouped_but_have_no_decimals() -> None:
    assert ValueRules("integer").parse("12.345") == Value("integer", 12345)
    assert all(ValueRules("integer").weigh(text) == 0 for text in ("3.0", "1,23", "1234.567"))


@pytest.mark.parametrize(
    ("order", "text", "iso"),
    [
        ("auto", "25/05/2021", "2021-05-25"),
        ("auto", "05/25/2021", "2021-05-25"),
        ("auto", "5-25-21", "2021-05-25"),
        ("auto", "2021-05-06", "2021-05-06"),
        ("auto", "25 5 2021", "2021-05-25"),
        ("auto", "25. 5. 99", "1999-05-25"),
        ("auto", "05/05/2021", "2021-05-05"),
        ("auto", "25052021", "2021-05-25"),
        ("auto", "06/05/2021", None),
        ("dmy", "06/05/2021", "2021-05-06"),
        ("mdy", "06/05/2021", "2021-06-05"),
        ("mdy", "25/05/2021", None),
        ("ymd", "21/05/06", "2021-05-06"),
        ("ymd", "210506", "2021-05-06"),
    ],
)
def test_dates_are_read_in_the_order_that_is_said_or_in_any_that_is_possible(
    order: DateOrder, text: str, iso: str | None
) -> None:
    found = ValueRules("date", date_order=order).parse(text)
    assert (found and found.as_dict()["value"]) == iso


@pytest.mark.parametrize(
    "text", ["30/02/2021", "31.4.21", "29/02/2021", "13/13/31", "0/1/2021", "1/1/1899", "1/1/2100", "12/05", "1/1/021"]
)
def test_a_date_that_cannot_be_is_none(text: str) -> None:
    assert all(ValueRules("date", date_order=order).weigh(text) == 0 for order in ("auto", "dmy", "mdy"))


def test_the_parts_of_dates_and_times_have_one_kind_of_mark_between_them() -> None:
    """What has a space in one place and a stroke in the other is two numbers."""
    assert ValueRules("date").parse("25/05-2021") == Value("date", date(2021, 5, 25))
    assert ValueRules("date").weigh("25/05 2021") == 0 == ValueRules("date").weigh("02/20 21")
    assert ValueRules("time").weigh("00 12:30") == 0 == ValueRules("time").weigh("12:30.15")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from("-/. "))
def test_every_day_of_two_centuries_is_a_date_and_none_is_preferred(day: date, mark: str) -> None:
    for order, form in (("dmy", "%d*%m*%Y"), ("mdy", "%m*%d*%Y"), ("ymd", "%Y*%m*%d")):
        rules = ValueRules("date", date_order=order)  # type: ignore[arg-type]
        text = day.strftime(form).replace("*", mark)
        assert rules.parse(text) == Value("date", day) and rules.weigh(text) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9:05", time(9, 5)),
        ("23:59:59", time(23, 59, 59)),
        ("12.30", time(12, 30)),
        ("24:00", None),
        ("12:60", None),
        ("9:5", None),
        ("1230", None),
    ],
)
def test_times_are_those_of_a_clock(text: str, value: object) -> None:
    found = ValueRules("time").parse(text)
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "value"), [("3/4", Fraction(3, 4)), ("-6/8", Fraction(-3, 4)), ("3/0", None), ("3", None)]
)
def test_fractions_are_exact(text: str, value: object) -> None:
    found = ValueRules("fraction").parse(text)
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"kind": "money"}, "kind is one of integer, decimal, amount, date, time, fraction, expression, not 'money'"),
        ({"decimal": ";"}, "decimal is one of auto, point, comma, not ';'"),
        ({"date_order": "ydm"}, "date_order is one of auto, dmy, mdy, ymd, not 'ydm'"),
        ({"decimals": -1}, "0 to 20 decimals, not -1"),
        ({"decimals": 21}, "0 to 20 decimals, not 21"),
        ({"kind": "time", "date_order": "dmy"}, "A date order tells nothing of numbers of kind time"),
        ({"kind": "integer", "decimals": 2}, "A number of kind integer has no decimals"),
        ({"kind": "date", "decimal": "comma"}, "A number of kind date has no decimals"),
    ],
)
def test_rules_that_make_no_sense_are_refused_in_one_sentence(rules: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+\.$") as raised:
        ValueRules(**rules)
    assert said in str(raised.value)


@given(st.sampled_from(RULES), TEXTS)
def test_any_text_has_one_value_or_none_and_none_where_it_cannot_have_one(rules: ValueRules, text: str) -> None:
    found = rules.parse(text)
    assert 0 <= rules.weigh(text) <= 1
    if found is not None:
        assert rules.weigh(text) > 0
        back = Value.from_dict(json.loads(json.dumps(found.as_dict())))
        assert back == found and type(back.value) is type(found.value)


@given(st.sampled_from(["decimal", "amount"]), st.text("0123456789.,' -", max_size=9))
def test_without_a_mark_a_number_means_what_it_can_mean_with_either(kind: ValueKind, text: str) -> None:
    either = [ValueRules(kind, mark) for mark in get_args(DecimalMark)]
    values = {value for rules in either[1:] if (value := rules.parse(text)) is not None}
    assert either[0].parse(text) == (values.pop() if len(values) == 1 else None)
    assert (either[0].weigh(text) > 0) == any(rules.weigh(text) > 0 for rules in either[1:])


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["", ".", ",", "'", " "]), st.sampled_from(".,"))
def test_whatever_is_written_with_two_decimals_is_read_as_what_it_is(amount: Decimal, group: str, mark: str) -> None:
    text = f"{amount:,.2f}".replace(".", "m").replace(",", group).replace("m", mark)
    for kind in (None, "decimal", "amount"):
        found = ValueRules(kind).parse(text)
        assert found == (Value("decimal", amount) if group != mark or abs(amount) < 1000 else None)


def test_long_texts_are_not_even_looked_at() -> None:
    assert ValueRules().weigh("9" * 200) == 1 and ValueRules().weigh("9" * 201) == 0
