"""The most probable consistent digits, against a brute force over every subset and every string."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.marks import Box
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.lattice import Hypothesis, estimate_distinct_ink
from inkdigits.reading.decoding.search import SHARPNESS, DecodedString, decode_row, decode_row_with_form
from tests.helpers import measure_cpu_seconds

Choice = tuple[tuple[Hypothesis, int], ...]


def decode(
    hypotheses: Sequence[Hypothesis], form: Form | None = None, ink_components: Sequence[Box] = (), beam: int = 1000
) -> list[DecodedString] | None:
    """A row's numbers, with or without a form, as whole pages are read."""
    formless = decode_row(hypotheses)
    if form is None:
        return [formless] if formless is not None else []
    return decode_row_with_form(hypotheses, form, ink_components, formless, beam)


def make_hypothesis(x: int, width: int, digitness: float, *likely: tuple[int, float], height: int = 40) -> Hypothesis:
    """A hypothesis with these digits likely and all others equally unlikely."""
    known = dict(likely)
    rest = (1 - sum(known.values())) / (10 - len(known))
    return Hypothesis(Box(x, 0, width, height), tuple(known.get(digit, rest) for digit in range(10)), digitness)


def make_row(text: str, step: int = 30, x: int = 0) -> list[Hypothesis]:
    return [make_hypothesis(x + step * i, 24, 0.99, (int(digit), 0.97)) for i, digit in enumerate(text)]


HYPOTHESES = st.builds(
    lambda x, width, digitness, first, further, sure: make_hypothesis(
        x, width, digitness, (first, 0.9 * sure), ((first + further) % 10, 0.9 * (1 - sure))
    ),
    st.integers(0, 90),
    st.integers(1, 50),
    st.floats(0, 1),
    st.integers(0, 9),
    st.integers(1, 9),
    st.floats(0.5, 1),
)
ROWS = st.lists(HYPOTHESES, max_size=7)


def estimate_distinct(a: Hypothesis, b: Hypothesis) -> float:
    """The definition in other words: of equal widths, 0 until the middles are a sixth of it apart, 1 from 0.42."""
    narrow, wide = sorted((a.box.width, b.box.width))
    away = abs((a.box.x + a.box.width / 2) - (b.box.x + b.box.width / 2)) / wide + 0.2 * narrow / wide
    return min(max((away - 0.37) / 0.25, 0.0), 1.0)


def iterate_sets(hypotheses: Sequence[Hypothesis]) -> Iterator[tuple[tuple[Hypothesis, ...], float]]:
    """Every consistent set, from left to right, with its score but for which digits."""
    ordered = sorted(hypotheses, key=lambda p: (p.box.x + p.box.width / 2, p.box.x))
    for size in range(len(ordered) + 1):
        for places in combinations(range(len(ordered)), size):
            taken = tuple(ordered[place] for place in places)
            apart = [estimate_distinct(a, b) for a, b in pairwise(taken)]
            if not all(apart):
                continue
            score = sum(math.log(clip(p.digitness)) for p in taken) + sum(map(math.log, apart))
            for place in set(range(len(ordered))) - set(places):
                before = [ordered[other] for other in places if other < place][-1:]
                after = [ordered[other] for other in places if other > place][:1]
                unexplained = math.prod(estimate_distinct(ordered[place], p) for p in before + after)
                score += unexplained * math.log(1 - clip(ordered[place].digitness))
            yield taken, score


def clip(probability: float) -> float:
    return min(max(probability, 1e-6), 1 - 1e-6)


def iterate_strings(hypotheses: Sequence[Hypothesis], form: Form, longest: int) -> Iterator[tuple[Choice, float]]:
    """Every choice that fits, with its score."""
    for taken, score in iterate_sets(hypotheses):
        if 1 <= len(taken) <= longest:
            for digits in product(range(10), repeat=len(taken)):
                if form.fits("".join(map(str, digits))):
                    logs = (math.log(max(p.probabilities[d], 1e-6)) for p, d in zip(taken, digits, strict=True))
                    yield tuple(zip(taken, digits, strict=True)), score + sum(logs)


def compute_score(found: Sequence[DecodedString], hypotheses: Sequence[Hypothesis]) -> float:
    """The score of what was found, by the definition."""
    taken = [p for each in found for p, _ in each.assignments]
    logs = sum(math.log(max(p.probabilities[d], 1e-6)) for each in found for p, d in each.assignments)
    return logs + next(score for other, score in iterate_sets(hypotheses) if set(map(id, other)) == set(map(id, taken)))


@given(ROWS)
def test_without_a_form_it_is_the_best_of_all_subsets(hypotheses: list[Hypothesis]) -> None:
    found = decode(hypotheses)
    assert found is not None and len(found) <= 1
    scores = [
        score + SHARPNESS * sum(math.log(max(p.probabilities)) for p in taken)
        for taken, score in iterate_sets(hypotheses)
    ]
    unsure = (1 - SHARPNESS) * sum(math.log(max(p.probabilities)) for each in found for p, _ in each.assignments)
    assert compute_score(found, hypotheses) - unsure == pytest.approx(max(scores), abs=1e-5)
    assert all(p.probabilities[digit] == max(p.probabilities) for each in found for p, digit in each.assignments)
    if found:
        every = [s + sum(math.log(sum(map(clip, p.probabilities))) for p in t) for t, s in iterate_sets(hypotheses)]
        whole = sum(math.exp(score) for score in every)
        assert found[0].confidence == pytest.approx(math.exp(compute_score(found, hypotheses)) / whole, rel=1e-4)


FORMS = [
    Form(length=2),
    Form(length=3, check="luhn"),
    Form(range="7..120"),
    Form(pattern="[1-4]d?5|9"),
    Form(pattern="d{1,3}", check="verhoeff"),
    Form(length=3, check="mod97"),
]


@settings(deadline=None, max_examples=60)
@given(hypotheses=st.lists(HYPOTHESES, min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_with_a_form_it_is_the_best_of_all_strings_that_fit(hypotheses: list[Hypothesis], form: Form) -> None:
    close = [
        Hypothesis(Box(p.box.x, 0, p.box.width, 400), p.probabilities, p.digitness) for p in hypotheses
    ]  # no gap shows
    found, all_that_fit = decode(close, form), list(iterate_strings(close, form, 3))
    if not all_that_fit:
        assert found is None
        return
    assert found is not None and len(found) == 1 and form.fits(found[0].text)
    assert compute_score(found, close) == pytest.approx(max(score for _, score in all_that_fit), abs=1e-5)
    same = sum(math.exp(s) for choice, s in all_that_fit if "".join(str(d) for _, d in choice) == found[0].text)
    assert found[0].confidence == pytest.approx(same / sum(math.exp(s) for _, s in all_that_fit), rel=1e-6)


@settings(deadline=None, max_examples=60)
@given(hypotheses=st.lists(HYPOTHESES, min_size=1, max_size=5), length=st.integers(1, 3))
def test_a_check_of_ones_own_finds_what_the_known_check_finds(hypotheses: list[Hypothesis], length: int) -> None:
    known, own = Form(length=length, check="luhn"), Form(length=length, check=Form(check="luhn").fits)
    close = [Hypothesis(Box(p.box.x, 0, p.box.width, 400), p.probabilities, p.digitness) for p in hypotheses]
    free, expected = decode(close, Form(length=length)), decode(close, known)
    found = decode(close, own, beam=100_000)
    if expected is None or free is None:
        assert found is None
    elif compute_score(expected, close) > compute_score(free, close) - 5:  # what is far less probable may not be tried
        assert found is not None
        assert compute_score(found, close) == pytest.approx(compute_score(expected, close), abs=1e-5)
        fitting = [
            ("".join(str(d) for _, d in choice), math.exp(s)) for choice, s in iterate_strings(close, known, length)
        ]
        for one in (found[0], expected[0]):  # of equally probable strings they may take different ones
            probable = sum(p for text, p in fitting if text == one.text) / sum(p for _, p in fitting)
            assert one.confidence == pytest.approx(probable, abs=0.01)


def test_a_check_of_ones_own_is_asked_no_more_often_than_the_beam_is_wide() -> None:
    checked: list[str] = []
    hard = Form(length=6, check=lambda text: bool(checked.append(text)))
    assert decode(make_row("314159"), hard, beam=50) is None
    assert len(checked) == 50 and checked[0] == "314159"


@given(ROWS)
def test_the_estimate_of_distinct_ink_is_symmetric(hypotheses: list[Hypothesis]) -> None:
    found = estimate_distinct_ink(hypotheses) if hypotheses else np.zeros((0, 0))
    assert np.array_equal(found, found.T) and not np.diagonal(found).any()
    for a, b in combinations(range(len(hypotheses)), 2):
        assert found[a, b] == pytest.approx(estimate_distinct(hypotheses[a], hypotheses[b]), abs=1e-9)


def test_one_wide_digit_against_two_narrow_ones() -> None:
    narrow = [make_hypothesis(0, 12, 0.8, (1, 0.9)), make_hypothesis(14, 18, 0.8, (3, 0.9))]
    assert [f.text for f in decode([make_hypothesis(0, 32, 0.6, (8, 0.7)), *narrow]) or []] == ["13"]
    assert [f.text for f in decode([make_hypothesis(0, 32, 0.99, (8, 0.99)), *narrow]) or []] == ["8"]
    wide = decode([make_hypothesis(0, 32, 0.6, (8, 0.7)), *narrow], Form(length=1))
    assert wide is not None and [f.text for f in wide] == ["8"]


@pytest.mark.parametrize("step", [15, 20])
def test_slanted_neighbours_overlap_and_are_both_taken(step: int) -> None:
    (found,) = decode([make_hypothesis(step * i, 30, 0.95, (i, 0.9)) for i in range(10)]) or []
    assert found.text == "0123456789"


def test_what_may_be_the_same_ink_is_not_taken_twice_if_one_is_doubtful() -> None:
    assert [
        f.text for f in decode([make_hypothesis(0, 30, 0.95, (4, 0.9)), make_hypothesis(24, 8, 0.6, (1, 0.9))]) or []
    ] == ["4"]
    assert [
        f.text for f in decode([make_hypothesis(0, 30, 0.95, (4, 0.9)), make_hypothesis(24, 8, 0.95, (1, 0.9))]) or []
    ] == ["41"]


def test_a_digit_that_could_be_any_is_taken_all_the_same() -> None:
    (found,) = decode([make_hypothesis(0, 24, 0.8), make_hypothesis(30, 24, 0.9, (4, 0.9))]) or []
    assert len(found.assignments) == 2


def test_nothing_is_found_among_nothing_and_among_what_is_no_digit() -> None:
    assert decode([]) == [] and decode([], Form(length=1)) is None
    assert decode([make_hypothesis(0, 20, 0.1, (1, 0.9))]) == []


def test_a_form_that_does_not_fit_gives_none() -> None:
    assert decode(make_row("12"), Form(length=3)) is None
    assert decode(make_row("12"), Form(length=2, check=lambda text: False)) is None


def test_a_check_digit_sets_a_misread_digit_right() -> None:
    hypotheses = make_row("79927398713")
    hypotheses[4] = make_hypothesis(120, 24, 0.99, (1, 0.6), (7, 0.38))
    (free,) = decode(hypotheses) or []
    (found,) = decode(hypotheses, Form(check="luhn")) or []
    assert (free.text, found.text) == ("79921398713", "79927398713")
    assert found.confidence > 0.7


def test_two_strings_that_fit_share_the_confidence() -> None:
    (found,) = decode([make_hypothesis(0, 24, 0.99, (3, 0.5), (8, 0.3))], Form(pattern="[38]")) or []
    assert found.text == "3" and found.confidence == pytest.approx(0.5 / 0.8, rel=1e-3)


def test_two_ways_to_take_one_string_count_together() -> None:
    twice = [make_hypothesis(0, 24, 0.8, (3, 0.9)), make_hypothesis(1, 24, 0.8, (3, 0.9))]
    other = make_hypothesis(0, 26, 0.8, (5, 0.9))
    (found,) = decode([*twice, other], Form(pattern="3|5")) or []
    assert found.text == "3" and found.confidence == pytest.approx(2 / 3, abs=0.01)


def test_numbers_part_at_visible_gaps_and_each_fits() -> None:
    apart = make_row("4028") + make_row("17", x=150) + make_row("1984", x=240)
    assert decode_texts(apart, Form(length=4)) == ["4028", "1984"]
    assert decode_texts(apart, Form(pattern="d{2}|d{4}")) == ["4028", "17", "1984"]
    assert decode_texts(apart, Form(length=10)) == ["4028171984"]
    assert decode_texts(make_row("12345678"), Form(length=4)) != ["1234", "5678"], "there is no gap"


def test_a_separator_parts_numbers_unless_the_pattern_has_one() -> None:
    dated = make_row("1205") + make_row("26", x=130)
    minus = [Box(121, 18, 7, 3)]
    assert decode_texts(dated, Form(pattern="d{2}|d{4}|d{6}")) == ["120526"]
    assert decode_texts(dated, Form(pattern="d{2}|d{4}|d{6}"), minus) == ["1205", "26"]
    assert decode_texts(dated, Form(pattern="d{2}|d{4}|dddd-dd"), minus) == ["120526"]
    assert decode_texts(dated, Form(length=6), minus) == ["120526"], "it fits no other way"


def test_a_gap_parts_numbers_unless_the_pattern_has_one() -> None:
    grouped, columns = make_row("1205") + make_row("26", x=150), make_row("1205") + make_row("26", x=300)
    assert decode_texts(grouped, Form(pattern="d{2}|d{4}|d{6}")) == ["1205", "26"]
    assert decode_texts(grouped, Form(pattern="d{2}|d{4}|dddd dd")) == ["120526"]
    assert decode_texts(columns, Form(pattern="d{2}|d{4}|dddd dd")) == ["1205", "26"], "columns of a table"
    assert decode_texts(columns, Form(length=6)) == ["120526"], "it fits no other way"


def test_a_doubtful_digit_beyond_a_gap_is_no_great_doubt() -> None:
    near, beyond = ([*make_row("120"), make_hypothesis(x, 24, 0.5, (3, 0.97))] for x in (90, 150))
    (doubted,), (found,) = decode(near, Form(pattern="d{3,4}")) or [], decode(beyond, Form(pattern="d{3,4}")) or []
    assert doubted.confidence < 0.6 and found.text == "120" and found.confidence > 0.8


def decode_texts(hypotheses: list[Hypothesis], form: Form, ink_components: Sequence[Box] = ()) -> list[str]:
    found = decode(hypotheses, form, ink_components)
    assert found is not None and all(form.fits(each.text) and 0 < each.confidence <= 1 for each in found)
    return [each.text for each in found]


def test_order_does_not_matter_and_equals_end_soon() -> None:
    hypotheses = make_row("271828")
    assert decode(hypotheses) == decode(hypotheses[::-1])
    alike = [Hypothesis(Box(30 * i, 0, 24, 40), (0.1,) * 10, 0.9) for i in range(40)]
    (found,) = decode(alike) or []
    assert found.text == "0" * 40
    (fits,) = decode(alike, Form(length=40, check="luhn")) or []
    assert len(fits.text) == 40


def test_a_full_row_takes_milliseconds() -> None:
    """On a quick core 300 hypotheses take about 15 ms; twenty times that says that something has gone wrong."""
    random = np.random.default_rng(0)
    hypotheses = [
        Hypothesis(Box(int(x), 0, int(width), 40), tuple(random.dirichlet(np.full(10, 0.2))), float(digitness))
        for x, width, digitness in zip(
            random.uniform(0, 2000, 300), random.uniform(8, 40, 300), random.beta(0.5, 0.5, 300), strict=True
        )
    ]
    assert measure_cpu_seconds(lambda: decode(hypotheses)) < 0.3
    assert measure_cpu_seconds(lambda: decode(hypotheses[:60], Form(length=16, check="luhn"))) < 1
