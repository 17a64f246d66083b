"""What is expected of a page's numbers."""

import pytest

from inkdigits.errors import UsageError
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.form import Form
from inkdigits.values import ValueRules


def test_without_signs_nothing_can_be_said_of_values() -> None:
    with pytest.raises(UsageError, match="Without signs nobody can tell what numbers mean"):
        Expected(values=ValueRules("date"), signs="drop")
    assert Expected(Form(length=3), signs="drop").signs == "drop"


def test_signs_are_kept_or_dropped() -> None:
    with pytest.raises(UsageError, match="give keep or drop, not 'some'"):
        Expected(signs="some")  # type: ignore[arg-type]


def test_forms_and_kinds_tell_numbers_from_each_other_and_marks_do_not() -> None:
    assert Expected(Form(length=3)).tells_numbers and Expected(values=ValueRules("date")).tells_numbers
    for values in (None, ValueRules(), ValueRules(decimal="comma"), ValueRules("expression")):
        assert not Expected(values=values).tells_numbers


def test_what_is_known_is_weighed_together() -> None:
    assert Expected().weigh("12.5") == 1
    assert Expected(Form(length=3)).weigh("12.5") == 1 and Expected(Form(length=2)).weigh("12.5") == 0
    both = Expected(Form(length=4), ValueRules("amount"))
    assert both.weigh("12.50") > both.weigh("1250") > 0 == both.weigh("12.5") == both.weigh("1.2.50")
