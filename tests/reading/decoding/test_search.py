"""The most probable consistent digits, and those of a form, against brute force over all subsets and all strings."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.marks import Box
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.lattice import Hypothesis, build_lattice, estimate_distinct_ink
from inkdigits.reading.decoding.paths import (
    LatticePath,
    find_best_path,
    iterate_paths,
    join_digits,
    score_backwards,
    score_strings,
)
from inkdigits.reading.decoding.search import decode_row
from tests.helpers import measure_cpu_seconds

Choice = tuple[tuple[Hypothesis, int], ...]


def read_digits(taken: Sequence[Hypothesis]) -> str:
    """Each as its most probable digit."""
    return "".join(str(int(np.argmax(each.probabilities))) for each in taken)


def find_best(hypotheses: Sequence[Hypothesis], form: Form) -> LatticePath | None:
    """The most probable path whose digits fit the form."""
    lattice = build_lattice(hypotheses)
    backward_scores = score_backwards(lattice, form.automaton)
    return find_best_path(lattice, form.automaton, backward_scores) if backward_scores.total > -np.inf else None


def find_best_text(hypotheses: Sequence[Hypothesis], form: Form) -> str | None:
    path = find_best(hypotheses, form)
    return None if path is None else join_digits(path.number)


def list_paths(hypotheses: Sequence[Hypothesis], form: Form) -> list[LatticePath]:
    """One path after another, best first."""
    lattice = build_lattice(hypotheses)
    backward_scores = score_backwards(lattice, form.automaton)
    return list(iterate_paths(lattice, form.automaton, backward_scores))


def get_choice(path: LatticePath, hypotheses: Sequence[Hypothesis]) -> Choice:
    ordered = build_lattice(hypotheses).hypotheses
    return tuple((ordered[index - 1], digit) for index, digit in path.number)


def identify(choice: Choice) -> tuple[tuple[int, int], ...]:
    """What tells a choice from others, of hypotheses that are alike too."""
    return tuple((id(hypothesis), digit) for hypothesis, digit in choice)


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
    away = abs(a.box.centre_x - b.box.centre_x) / wide + 0.2 * narrow / wide
    return min(max((away - 0.37) / 0.25, 0.0), 1.0)


def iterate_sets(hypotheses: Sequence[Hypothesis]) -> Iterator[tuple[tuple[Hypothesis, ...], float]]:
    """Every consistent set, from left to right, with its score but for which digits."""
    ordered = sorted(hypotheses, key=lambda p: (p.box.centre_x, p.box.x))
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


def sum_by_text(choices: Sequence[tuple[Choice, float]]) -> dict[str, float]:
    """The log probability of each string, over all choices."""
    totals: dict[str, float] = {}
    for choice, score in choices:
        text = "".join(str(digit) for _, digit in choice)
        totals[text] = float(np.logaddexp(totals.get(text, -math.inf), score))
    return totals


@given(ROWS)
def test_without_a_form_it_is_the_best_of_all_subsets(hypotheses: list[Hypothesis]) -> None:
    """Half as much counts which digit it is as whether it is one."""
    taken = decode_row(hypotheses)
    scores = {
        tuple(map(id, other)): score + 0.5 * sum(math.log(max(p.probabilities)) for p in other)
        for other, score in iterate_sets(hypotheses)
    }
    assert scores[tuple(map(id, taken))] == pytest.approx(max(scores.values()), abs=1e-5)


FORMS = [
    Form(length=2),
    Form(length=3, check="luhn"),
    Form(range="7..120"),
    Form(pattern="[1-4]d?5|9"),
    Form(pattern="d{1,3}", check="verhoeff"),
    Form(length=3, check="mod97"),
]


FEW = st.lists(HYPOTHESES, min_size=1, max_size=5)


@settings(deadline=None, max_examples=60)
@given(hypotheses=FEW, form=st.sampled_from(FORMS))
def test_with_a_form_it_is_the_best_of_all_strings_that_fit(hypotheses: list[Hypothesis], form: Form) -> None:
    found, all_that_fit = find_best(hypotheses, form), list(iterate_strings(hypotheses, form, 3))
    if not all_that_fit:
        assert found is None
        return
    assert found is not None and form.fits(join_digits(found.number))
    assert found.score == pytest.approx(max(score for _, score in all_that_fit), abs=1e-5)
    scores = {identify(choice): score for choice, score in all_that_fit}
    assert scores[identify(get_choice(found, hypotheses))] == pytest.approx(found.score, abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(hypotheses=FEW, form=st.sampled_from(FORMS))
def test_the_score_of_a_string_is_the_sum_over_all_choices(hypotheses: list[Hypothesis], form: Form) -> None:
    totals = sum_by_text(list(iterate_strings(hypotheses, form, 3)))
    empty = next(score for taken, score in iterate_sets(hypotheses) if not taken)
    found = score_strings(build_lattice(hypotheses), ["", *totals, "0" * (len(hypotheses) + 1)])
    assert found == pytest.approx([empty, *totals.values(), -math.inf], abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(hypotheses=st.lists(HYPOTHESES, min_size=1, max_size=4), length=st.integers(1, 2))
def test_one_path_comes_after_another_and_none_is_left_out(hypotheses: list[Hypothesis], length: int) -> None:
    """All that are at most e^16 less probable than the best one."""
    form = Form(length=length)
    found = list_paths(hypotheses, form)
    scores = {identify(choice): score for choice, score in iterate_strings(hypotheses, form, length)}
    best = max(scores.values(), default=0.0)
    probable = sorted((score for score in scores.values() if score > best - 15.9), reverse=True)
    assert [path.score for path in found[: len(probable)]] == pytest.approx(probable, abs=1e-5)
    choices = [identify(get_choice(path, hypotheses)) for path in found]
    assert len(set(choices)) == len(choices)
    assert [scores[choice] for choice in choices] == pytest.approx([path.score for path in found], abs=1e-5)


def test_a_search_for_paths_ends_however_many_there_are() -> None:
    found = list_paths(make_row("314159"), Form(length=6))
    assert join_digits(found[0].number) == "314159"
    assert 1 < len(found) <= 1001


@given(ROWS)
def test_the_estimate_of_distinct_ink_is_symmetric(hypotheses: list[Hypothesis]) -> None:
    found = estimate_distinct_ink(hypotheses) if hypotheses else np.zeros((0, 0))
    assert np.array_equal(found, found.T) and not np.diagonal(found).any()
    for a, b in combinations(range(len(hypotheses)), 2):
        assert found[a, b] == pytest.approx(estimate_distinct(hypotheses[a], hypotheses[b]), abs=1e-9)


def test_one_wide_digit_against_two_narrow_ones() -> None:
    narrow = [make_hypothesis(0, 12, 0.8, (1, 0.9)), make_hypothesis(14, 18, 0.8, (3, 0.9))]
    assert read_digits(decode_row([make_hypothesis(0, 32, 0.6, (8, 0.7)), *narrow])) == "13"
    assert read_digits(decode_row([make_hypothesis(0, 32, 0.99, (8, 0.99)), *narrow])) == "8"
    assert find_best_text([make_hypothesis(0, 32, 0.6, (8, 0.7)), *narrow], Form(length=1)) == "8"


@pytest.mark.parametrize("step", [15, 20])
def test_slanted_neighbours_overlap_and_are_both_taken(step: int) -> None:
    assert read_digits(decode_row([make_hypothesis(step * i, 30, 0.95, (i, 0.9)) for i in range(10)])) == "0123456789"


def test_what_may_be_the_same_ink_is_not_taken_twice_if_one_is_doubtful() -> None:
    four = make_hypothesis(0, 30, 0.95, (4, 0.9))
    assert read_digits(decode_row([four, make_hypothesis(24, 8, 0.6, (1, 0.9))])) == "4"
    assert read_digits(decode_row([four, make_hypothesis(24, 8, 0.95, (1, 0.9))])) == "41"


def test_a_digit_that_could_be_any_is_taken_all_the_same() -> None:
    assert len(decode_row([make_hypothesis(0, 24, 0.8), make_hypothesis(30, 24, 0.9, (4, 0.9))])) == 2


def test_nothing_is_found_among_nothing_and_among_what_is_no_digit() -> None:
    assert decode_row([]) == () and find_best([], Form(length=1)) is None
    assert decode_row([make_hypothesis(0, 20, 0.1, (1, 0.9))]) == ()


def test_a_form_that_does_not_fit_gives_none() -> None:
    assert find_best(make_row("12"), Form(length=3)) is None


def test_a_check_digit_sets_a_misread_digit_right() -> None:
    hypotheses = make_row("79927398713")
    hypotheses[4] = make_hypothesis(120, 24, 0.99, (1, 0.6), (7, 0.38))
    assert read_digits(decode_row(hypotheses)) == "79921398713"
    assert find_best_text(hypotheses, Form(check="luhn")) == "79927398713"


def test_two_strings_share_the_probability() -> None:
    scores = score_strings(build_lattice([make_hypothesis(0, 24, 0.99, (3, 0.5), (8, 0.3))]), ["3", "8"])
    assert np.exp(scores[0] - scores[1]) == pytest.approx(0.5 / 0.3, rel=1e-3)


def test_two_ways_to_take_one_string_count_together() -> None:
    twice = [make_hypothesis(0, 24, 0.8, (3, 0.9)), make_hypothesis(1, 24, 0.8, (3, 0.9))]
    other = make_hypothesis(0, 26, 0.8, (5, 0.9))
    three, five = np.exp(score_strings(build_lattice([*twice, other]), ["3", "5"]))
    assert three / (three + five) == pytest.approx(2 / 3, abs=0.01)


def test_order_does_not_matter_and_equals_end_soon() -> None:
    hypotheses = make_row("271828")
    assert decode_row(hypotheses) == decode_row(hypotheses[::-1]) == tuple(hypotheses)
    alike = [Hypothesis(Box(30 * i, 0, 24, 40), (0.1,) * 10, 0.9) for i in range(40)]
    assert decode_row(alike) == tuple(alike)
    assert len(find_best_text(alike, Form(length=40, check="luhn")) or "") == 40


def test_a_full_row_takes_milliseconds() -> None:
    """On a quick core 300 hypotheses take about 15 ms; twenty times that says that something has gone wrong."""
    random = np.random.default_rng(0)
    hypotheses = [
        Hypothesis(Box(int(x), 0, int(width), 40), tuple(random.dirichlet(np.full(10, 0.2))), float(digitness))
        for x, width, digitness in zip(
            random.uniform(0, 2000, 300), random.uniform(8, 40, 300), random.beta(0.5, 0.5, 300), strict=True
        )
    ]
    assert measure_cpu_seconds(lambda: decode_row(hypotheses)) < 0.3
    assert measure_cpu_seconds(lambda: find_best(hypotheses[:60], Form(length=16, check="luhn"))) < 1
