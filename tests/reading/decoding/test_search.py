"""The most probable consistent digits, against a brute force over every subset and every string."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.lattice import Piece, apart
from inkdigits.reading.decoding.search import SHARPNESS, Found, chosen, fitting
from inkdigits.types import Box
from tests.helpers import seconds_of

Choice = tuple[tuple[Piece, int], ...]


def decoded(
    pieces: Sequence[Piece], form: Form | None = None, signs: Sequence[Box] = (), beam: int = 1000
) -> list[Found] | None:
    """A row's numbers, with or without a form, as whole pages are read."""
    likely = chosen(pieces)
    if form is None:
        return [likely] if likely is not None else []
    return fitting(pieces, form, signs, likely, beam)


def piece(x: int, width: int, digitness: float, *likely: tuple[int, float], height: int = 40) -> Piece:
    """A piece with these digits likely and all others equally unlikely."""
    known = dict(likely)
    rest = (1 - sum(known.values())) / (10 - len(known))
    return Piece(Box(x, 0, width, height), tuple(known.get(digit, rest) for digit in range(10)), digitness)


def row(text: str, step: int = 30, x: int = 0) -> list[Piece]:
    return [piece(x + step * i, 24, 0.99, (int(digit), 0.97)) for i, digit in enumerate(text)]


PIECES = st.builds(
    lambda x, width, digitness, first, further, sure: piece(
        x, width, digitness, (first, 0.9 * sure), ((first + further) % 10, 0.9 * (1 - sure))
    ),
    st.integers(0, 90),
    st.integers(1, 50),
    st.floats(0, 1),
    st.integers(0, 9),
    st.integers(1, 9),
    st.floats(0.5, 1),
)
ROWS = st.lists(PIECES, max_size=7)


def different(a: Piece, b: Piece) -> float:
    """The definition in other words: of equal widths, 0 until the middles are a sixth of it apart, 1 from 0.42."""
    narrow, wide = sorted((a.box.width, b.box.width))
    away = abs((a.box.x + a.box.width / 2) - (b.box.x + b.box.width / 2)) / wide + 0.2 * narrow / wide
    return min(max((away - 0.37) / 0.25, 0.0), 1.0)


def sets(pieces: Sequence[Piece]) -> Iterator[tuple[tuple[Piece, ...], float]]:
    """Every consistent set, from left to right, with its score but for which digits."""
    ordered = sorted(pieces, key=lambda p: (p.box.x + p.box.width / 2, p.box.x))
    for size in range(len(ordered) + 1):
        for places in combinations(range(len(ordered)), size):
            taken = tuple(ordered[place] for place in places)
            apart = [different(a, b) for a, b in pairwise(taken)]
            if not all(apart):
                continue
            score = sum(math.log(bounded(p.digitness)) for p in taken) + sum(map(math.log, apart))
            for place in set(range(len(ordered))) - set(places):
                before = [ordered[other] for other in places if other < place][-1:]
                after = [ordered[other] for other in places if other > place][:1]
                unexplained = math.prod(different(ordered[place], p) for p in before + after)
                score += unexplained * math.log(1 - bounded(ordered[place].digitness))
            yield taken, score


def bounded(probability: float) -> float:
    return min(max(probability, 1e-6), 1 - 1e-6)


def strings(pieces: Sequence[Piece], form: Form, longest: int) -> Iterator[tuple[Choice, float]]:
    """Every choice that fits, with its score."""
    for taken, score in sets(pieces):
        if 1 <= len(taken) <= longest:
            for digits in product(range(10), repeat=len(taken)):
                if form.fits("".join(map(str, digits))):
                    logs = (math.log(max(p.probabilities[d], 1e-6)) for p, d in zip(taken, digits, strict=True))
                    yield tuple(zip(taken, digits, strict=True)), score + sum(logs)


def score_of(found: Sequence[Found], pieces: Sequence[Piece]) -> float:
    """The score of what was found, by the definition."""
    taken = [p for each in found for p, _ in each.taken]
    logs = sum(math.log(max(p.probabilities[d], 1e-6)) for each in found for p, d in each.taken)
    return logs + next(score for other, score in sets(pieces) if set(map(id, other)) == set(map(id, taken)))


@given(ROWS)
def test_without_a_form_it_is_the_best_of_all_subsets(pieces: list[Piece]) -> None:
    found = decoded(pieces)
    assert found is not None and len(found) <= 1
    scores = [score + SHARPNESS * sum(math.log(max(p.probabilities)) for p in taken) for taken, score in sets(pieces)]
    unsure = (1 - SHARPNESS) * sum(math.log(max(p.probabilities)) for each in found for p, _ in each.taken)
    assert score_of(found, pieces) - unsure == pytest.approx(max(scores), abs=1e-5)
    assert all(p.probabilities[digit] == max(p.probabilities) for each in found for p, digit in each.taken)
    if found:
        every = [s + sum(math.log(sum(map(bounded, p.probabilities))) for p in t) for t, s in sets(pieces)]
        whole = sum(math.exp(score) for score in every)
        assert found[0].confidence == pytest.approx(math.exp(score_of(found, pieces)) / whole, rel=1e-4)


FORMS = [
    Form(length=2),
    Form(length=3, check="luhn"),
    Form(range="7..120"),
    Form(pattern="[1-4]d?5|9"),
    Form(pattern="d{1,3}", check="verhoeff"),
    Form(length=3, check="mod97"),
]


@settings(deadline=None, max_examples=60)
@given(pieces=st.lists(PIECES, min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_with_a_form_it_is_the_best_of_all_strings_that_fit(pieces: list[Piece], form: Form) -> None:
    close = [Piece(Box(p.box.x, 0, p.box.width, 400), p.probabilities, p.digitness) for p in pieces]  # no gap shows
    found, all_that_fit = decoded(close, form), list(strings(close, form, 3))
    if not all_that_fit:
        assert found is None
        return
    assert found is not None and len(found) == 1 and form.fits(found[0].text)
    assert score_of(found, close) == pytest.approx(max(score for _, score in all_that_fit), abs=1e-5)
    same = sum(math.exp(s) for choice, s in all_that_fit if "".join(str(d) for _, d in choice) == found[0].text)
    assert found[0].confidence == pytest.approx(same / sum(math.exp(s) for _, s in all_that_fit), rel=1e-6)


@settings(deadline=None, max_examples=60)
@given(pieces=st.lists(PIECES, min_size=1, max_size=5), length=st.integers(1, 3))
def test_a_check_of_ones_own_finds_what_the_known_check_finds(pieces: list[Piece], length: int) -> None:
    known, own = Form(length=length, check="luhn"), Form(length=length, check=Form(check="luhn").fits)
    close = [Piece(Box(p.box.x, 0, p.box.width, 400), p.probabilities, p.digitness) for p in pieces]
    free, expected = decoded(close, Form(length=length)), decoded(close, known)
    found = decoded(close, own, beam=100_000)
    if expected is None or free is None:
        assert found is None
    elif score_of(expected, close) > score_of(free, close) - 5:  # what is far less probable may not be tried
        assert found is not None
        assert score_of(found, close) == pytest.approx(score_of(expected, close), abs=1e-5)
        fitting = [("".join(str(d) for _, d in choice), math.exp(s)) for choice, s in strings(close, known, length)]
        for one in (found[0], expected[0]):  # of equally probable strings they may take different ones
            probable = sum(p for text, p in fitting if text == one.text) / sum(p for _, p in fitting)
            assert one.confidence == pytest.approx(probable, abs=0.01)


def test_a_check_of_ones_own_is_asked_no_more_often_than_the_beam_is_wide() -> None:
    asked: list[str] = []
    hard = Form(length=6, check=lambda text: bool(asked.append(text)))
    assert decoded(row("314159"), hard, beam=50) is None
    assert len(asked) == 50 and asked[0] == "314159"


@given(ROWS)
def test_how_far_pieces_are_apart_is_symmetric(pieces: list[Piece]) -> None:
    found = apart(pieces) if pieces else np.zeros((0, 0))
    assert np.array_equal(found, found.T) and not np.diagonal(found).any()
    for a, b in combinations(range(len(pieces)), 2):
        assert found[a, b] == pytest.approx(different(pieces[a], pieces[b]), abs=1e-9)


def test_one_wide_digit_against_two_narrow_ones() -> None:
    narrow = [piece(0, 12, 0.8, (1, 0.9)), piece(14, 18, 0.8, (3, 0.9))]
    assert [f.text for f in decoded([piece(0, 32, 0.6, (8, 0.7)), *narrow]) or []] == ["13"]
    assert [f.text for f in decoded([piece(0, 32, 0.99, (8, 0.99)), *narrow]) or []] == ["8"]
    wide = decoded([piece(0, 32, 0.6, (8, 0.7)), *narrow], Form(length=1))
    assert wide is not None and [f.text for f in wide] == ["8"]


@pytest.mark.parametrize("step", [15, 20])
def test_slanted_neighbours_overlap_and_are_both_taken(step: int) -> None:
    (found,) = decoded([piece(step * i, 30, 0.95, (i, 0.9)) for i in range(10)]) or []
    assert found.text == "0123456789"


def test_what_may_be_the_same_ink_is_not_taken_twice_if_one_is_doubtful() -> None:
    assert [f.text for f in decoded([piece(0, 30, 0.95, (4, 0.9)), piece(24, 8, 0.6, (1, 0.9))]) or []] == ["4"]
    assert [f.text for f in decoded([piece(0, 30, 0.95, (4, 0.9)), piece(24, 8, 0.95, (1, 0.9))]) or []] == ["41"]


def test_a_digit_that_could_be_any_is_taken_all_the_same() -> None:
    (found,) = decoded([piece(0, 24, 0.8), piece(30, 24, 0.9, (4, 0.9))]) or []
    assert len(found.taken) == 2


def test_nothing_is_found_among_nothing_and_among_what_is_no_digit() -> None:
    assert decoded([]) == [] and decoded([], Form(length=1)) is None
    assert decoded([piece(0, 20, 0.1, (1, 0.9))]) == []


def test_a_form_that_does_not_fit_gives_none() -> None:
    assert decoded(row("12"), Form(length=3)) is None
    assert decoded(row("12"), Form(length=2, check=lambda text: False)) is None


def test_a_check_digit_sets_a_misread_digit_right() -> None:
    pieces = row("79927398713")
    pieces[4] = piece(120, 24, 0.99, (1, 0.6), (7, 0.38))
    (free,) = decoded(pieces) or []
    (found,) = decoded(pieces, Form(check="luhn")) or []
    assert (free.text, found.text) == ("79921398713", "79927398713")
    assert found.confidence > 0.7


def test_two_strings_that_fit_share_the_confidence() -> None:
    (found,) = decoded([piece(0, 24, 0.99, (3, 0.5), (8, 0.3))], Form(pattern="[38]")) or []
    assert found.text == "3" and found.confidence == pytest.approx(0.5 / 0.8, rel=1e-3)


def test_two_ways_to_take_one_string_count_together() -> None:
    twice = [piece(0, 24, 0.8, (3, 0.9)), piece(1, 24, 0.8, (3, 0.9))]
    other = piece(0, 26, 0.8, (5, 0.9))
    (found,) = decoded([*twice, other], Form(pattern="3|5")) or []
    assert found.text == "3" and found.confidence == pytest.approx(2 / 3, abs=0.01)


def test_numbers_part_at_visible_gaps_and_each_fits() -> None:
    apart = row("4028") + row("17", x=150) + row("1984", x=240)
    assert texts(apart, Form(length=4)) == ["4028", "1984"]
    assert texts(apart, Form(pattern="d{2}|d{4}")) == ["4028", "17", "1984"]
    assert texts(apart, Form(length=10)) == ["4028171984"]
    assert texts(row("12345678"), Form(length=4)) != ["1234", "5678"], "there is no gap"


def test_a_sign_parts_numbers_unless_the_pattern_has_one() -> None:
    dated = row("1205") + row("26", x=130)
    minus = [Box(121, 18, 7, 3)]
    assert texts(dated, Form(pattern="d{2}|d{4}|d{6}")) == ["120526"]
    assert texts(dated, Form(pattern="d{2}|d{4}|d{6}"), minus) == ["1205", "26"]
    assert texts(dated, Form(pattern="d{2}|d{4}|dddd-dd"), minus) == ["120526"]
    assert texts(dated, Form(length=6), minus) == ["120526"], "it fits no other way"


def test_a_gap_parts_numbers_unless_the_pattern_has_one() -> None:
    grouped, columns = row("1205") + row("26", x=150), row("1205") + row("26", x=300)
    assert texts(grouped, Form(pattern="d{2}|d{4}|d{6}")) == ["1205", "26"]
    assert texts(grouped, Form(pattern="d{2}|d{4}|dddd dd")) == ["120526"]
    assert texts(columns, Form(pattern="d{2}|d{4}|dddd dd")) == ["1205", "26"], "columns of a table"
    assert texts(columns, Form(length=6)) == ["120526"], "it fits no other way"


def test_a_doubtful_digit_beyond_a_gap_is_no_great_doubt() -> None:
    near, beyond = ([*row("120"), piece(x, 24, 0.5, (3, 0.97))] for x in (90, 150))
    (doubted,), (found,) = decoded(near, Form(pattern="d{3,4}")) or [], decoded(beyond, Form(pattern="d{3,4}")) or []
    assert doubted.confidence < 0.6 and found.text == "120" and found.confidence > 0.8


def texts(pieces: list[Piece], form: Form, signs: Sequence[Box] = ()) -> list[str]:
    found = decoded(pieces, form, signs)
    assert found is not None and all(form.fits(each.text) and 0 < each.confidence <= 1 for each in found)
    return [each.text for each in found]


def test_order_does_not_matter_and_equals_end_soon() -> None:
    pieces = row("271828")
    assert decoded(pieces) == decoded(pieces[::-1])
    alike = [Piece(Box(30 * i, 0, 24, 40), (0.1,) * 10, 0.9) for i in range(40)]
    (found,) = decoded(alike) or []
    assert found.text == "0" * 40
    (fits,) = decoded(alike, Form(length=40, check="luhn")) or []
    assert len(fits.text) == 40


def test_a_full_row_takes_milliseconds() -> None:
    """On a quick core 300 pieces take about 15 ms; twenty times that says that something has gone wrong."""
    random = np.random.default_rng(0)
    pieces = [
        Piece(Box(int(x), 0, int(width), 40), tuple(random.dirichlet(np.full(10, 0.2))), float(digitness))
        for x, width, digitness in zip(
            random.uniform(0, 2000, 300), random.uniform(8, 40, 300), random.beta(0.5, 0.5, 300), strict=True
        )
    ]
    assert seconds_of(lambda: decoded(pieces)) < 0.3
    assert seconds_of(lambda: decoded(pieces[:60], Form(length=16, check="luhn"))) < 1
