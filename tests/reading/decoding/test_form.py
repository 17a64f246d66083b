"""What is known of the answer: checks, ranges and patterns against independent answers, and forms that cannot be."""

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import UsageError
from inkdigits.reading.decoding.form import Form
from inkdigits.values import ValueRules

TEXTS = st.text("0123456789", min_size=1, max_size=20)
_PRODUCT = (  # the dihedral group D5 and the permutation, as printed in the literature
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_PERMUTED = (
    *("0123456789", "1576283094", "5803796142", "8916043527"),
    *("9453126870", "4286573901", "2793806415", "7046913258"),
)


def luhn(text: str) -> bool:
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(text))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def verhoeff(text: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(text)):
        total = int(_PRODUCT[total][int(_PERMUTED[place % 8][int(char)])])
    return total == 0


def mod97(text: str) -> bool:
    return int(text) % 97 == 1


@pytest.mark.parametrize("check", [luhn, verhoeff, mod97])
@given(text=TEXTS)
def test_checks_say_what_their_definitions_say(check, text: str) -> None:  # type: ignore[no-untyped-def]
    form = Form(check=check.__name__)
    for last in "0123456789":  # one of them is right, so that acceptance is tested as often as refusal
        assert form.fits(text + last) == check(text + last)


def test_known_numbers_pass_their_checks() -> None:
    assert Form(check="luhn").fits("79927398713") and Form(check="luhn", length=16).fits("4539148803436467")
    assert Form(check="verhoeff").fits("2363") and not Form(check="verhoeff").fits("2633")
    assert Form(check="mod97").fits("3214282912345698765432161182")  # GB82 WEST 1234 5698 7654 32, letters as numbers


def test_a_check_of_ones_own() -> None:
    even = Form(length=3, check=lambda text: int(text) % 2 == 0)
    assert even.fits("124") and not even.fits("123") and not even.fits("1234")


@given(low=st.integers(0, 10**6), more=st.integers(0, 10**6), text=st.text("0123456789", min_size=1, max_size=7))
def test_ranges_include_both_ends_and_take_leading_zeros(low: int, more: int, text: str) -> None:
    high = low + more
    form = Form(range=(low, high))
    longest = len(str(high))
    for value in (text, str(low), str(high), str(high + 1), str(max(low - 1, 0)).zfill(longest), str(high).zfill(9)):
        assert form.fits(value) == (low <= int(value) <= high and len(value) <= longest)
        assert Form(range=f"{low}..{high}", pattern="d{1,}").fits(value) == (low <= int(value) <= high)


def test_zero_is_a_number_and_no_digits_are_none() -> None:
    assert Form(range="0..0").fits("0") and not Form(range="0..0").fits("1")
    assert not Form(range="0..9").fits("") and not Form().fits("") and not Form().fits("1 2") and not Form().fits("٣")


DIGIT = st.sampled_from(["d", "#", "0", "7", "[0-5]", "[179]", "[^0]", "-", " ", "/"])
REPEAT = st.sampled_from(["", "", "", "?", "{2}", "{1,3}", "{0,2}", "{1,}", "{0,}"])
PATTERNS = st.recursive(
    st.builds("".join, st.lists(st.builds(str.__add__, DIGIT, REPEAT), min_size=1, max_size=4)),
    lambda inner: st.one_of(st.builds("({}){}".format, inner, REPEAT), st.builds("{}|{}".format, inner, inner)),
    max_leaves=4,
)


@given(pattern=PATTERNS, text=st.text("01579", min_size=1, max_size=6))
def test_patterns_fit_what_regular_expressions_match(pattern: str, text: str) -> None:
    alike = re.sub("[-/ ](?![0-9]?\\])", "(?:)", pattern).replace("d", "[0-9]").replace("#", "[0-9]")
    try:
        form = Form(pattern=pattern)
    except UsageError as error:
        has_no_digit = not re.search("[d#0-9\\]](?![^{]*\\})", pattern)
        assert has_no_digit or "too many ways" in str(error)
        return
    assert form.fits(text) == (re.fullmatch(alike, text) is not None)


def test_signs_between_digits_are_known_and_not_read() -> None:
    form = Form(pattern="[0-3]d/[01]d/(19|20)dd")
    assert form.fits("31121999") and not form.fits("31/12/1999") and not form.fits("41121999")
    assert form.signs == {"/"} and Form(pattern="[0-5]{2,3}").signs == set() == Form(length=3).signs


NO_PATTERNS = (
    *("", "x", "d{", "d{3", "{3}", "d{4,2}", "d{0}", "d{2}{2}", "d**", "?", "D", "٣", "d\n"),
    *("[", "[]", "[a]", "[5-0]", "[^0-9]", "[0-5", "[1-2-3]", "[-]", "(", ")", "(d", "d)", "()", "d|", "|d"),
    *("-", "-/ ", "-{3}|.", "d" * 201, "(" * 200, "d{9999}"),
    *("(((d{999}){999}){999}){999}", "((-{999}){999}){999}d"),
)


@pytest.mark.parametrize("pattern", NO_PATTERNS)
def test_a_pattern_that_is_none_is_refused_in_one_sentence(pattern: str) -> None:
    start = time.thread_time()
    with pytest.raises(UsageError) as raised:
        Form(pattern=pattern)
    assert str(raised.value).endswith(".") and "\n" not in str(raised.value)
    assert time.thread_time() - start < 5


@given(st.text(max_size=12))
def test_any_text_is_a_pattern_or_refused(pattern: str) -> None:
    with suppress(UsageError):
        Form(pattern=pattern)


@pytest.mark.parametrize(
    "given_form",
    [
        {"length": 4, "pattern": "ddd"},
        {"length": 2, "range": "100..200"},
        {"pattern": "[5-9]d", "range": (0, 49)},
        {"range": "10..11", "check": "mod97"},
        {"range": "1..3", "check": "verhoeff"},
        {"length": 0},
        {"length": 101},
        {"check": "crc32"},
        {"range": "9..3"},
        {"range": "9"},
        {"range": "-3..9"},
        {"range": "1...3"},
        {"range": (-1, 5)},
        {"range": "1..9999999999999999999"},
    ],
)
def test_what_can_never_fit_is_refused(given_form) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=r"^[^\n]+\.$"):
        Form(**given_form)


def test_a_form_says_what_contradicts() -> None:
    with pytest.raises(UsageError, match=r"No number can have length 4 and pattern 'ddd'; change or drop"):
        Form(length=4, pattern="ddd")


def test_long_checked_numbers_are_small_automata() -> None:
    assert len(Form(length=16, check="luhn").automaton.transitions) < 170
    assert len(Form(length=12, check="verhoeff").automaton.transitions) < 130
    assert Form(length=100, check="mod97").fits("1".zfill(100))


def test_forms_that_are_alike_are_equal_and_of_many_states_are_refused() -> None:
    assert Form(length=4) == Form(length=4) != Form(length=5)
    with pytest.raises(UsageError, match=r"too large|too many ways"):
        Form(pattern="(d{0,}1d{20}){1,}")


@pytest.mark.parametrize(
    ("pattern", "text", "weight"),
    [
        ("dd.dd.dddd", "17.04.2019", 1),
        ("dd.dd.dddd", "17042019", 0.2),
        ("dd.dd.dddd", "17 04 2019", 0.2),
        ("dd.dd.dddd", "17/04/2019", 0),
        ("dd.?dd", "1704", 1),
        ("dd.?dd", "17.04", 1),
        ("dd(.|,)dd", "17,04", 1),
        ("dddd dddd", "12345678", 1),
        ("dddd dddd", "1234 5678", 1),
        ("d\\#d", "1#2", 1),
        ("d\\#d", "123", 0),
        ("-?ddd/-", "123", 1),
        ("ddd", "1.23", 0),
    ],
)
def test_a_sign_in_a_pattern_is_that_sign(pattern: str, text: str, weight: float) -> None:
    assert Form(pattern=pattern).weigh(text, ValueRules()) == weight


@pytest.mark.parametrize(
    ("value_range", "rules", "text", "fits"),
    [
        ("0..100", ValueRules(), "12.50", True),
        ("0..100", ValueRules(), "1250", False),
        ("0..100", ValueRules(), "1.234", True),
        ("0..100", ValueRules(decimal="comma"), "1.234", False),
        ("1000..2000", ValueRules(), "1,234.50", True),
        ("0..100", ValueRules(), "100.50", False),
        ("0..100", ValueRules("date"), "17/04/2019", False),
    ],
)
def test_ranges_compare_values(value_range: str, rules: ValueRules, text: str, fits: bool) -> None:
    assert bool(Form(range=value_range).weigh(text, rules)) == fits


def test_check_digits_and_length_count_digits_only() -> None:
    for text, fits in (("79927398.713", True), ("7992.7397", False)):
        assert bool(Form(check="luhn").weigh(text, ValueRules())) == fits
    assert Form(length=4).weigh("12.50", ValueRules()) == 1


@pytest.mark.parametrize("pattern", ["(d?){100}0d{11}", "(d?){600}0d{8}"])
def test_a_pattern_that_may_be_met_in_very_many_ways_is_refused_at_once(pattern: str) -> None:
    start = time.thread_time()
    with pytest.raises(UsageError, match="use smaller counts"):
        Form(pattern=pattern)
    assert time.thread_time() - start < 5
