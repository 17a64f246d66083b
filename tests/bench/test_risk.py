"""Risk against coverage: how well confidence tells right answers from wrong ones."""

from itertools import pairwise, permutations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.shared.digit_strings import Transcription, extract_digits
from bench.shared.risk import COVERAGES, compute_area, compute_risks, score_risk

answers = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), min_size=1, max_size=6)


def test_risks_by_hand() -> None:
    assert compute_risks([(0.2, False), (0.9, True), (0.5, True), (0.7, False)]) == pytest.approx(
        [0, 1 / 2, 1 / 3, 1 / 2]
    )
    assert compute_area([(0.9, True), (0.8, False)]) == pytest.approx(1 / 4)
    assert compute_area([(0.8, True), (0.9, False)]) == pytest.approx(3 / 4)
    assert compute_area([(0.5, True), (0.5, False)]) == pytest.approx(1 / 2)


@given(answers)
def test_equal_confidence_is_the_mean_over_all_orders(pairs: list[tuple[float, bool]]) -> None:
    areas = [
        fmean(sum(not right for _, right in order[:n]) / n for n in range(1, len(order) + 1))
        for order in permutations(pairs)
        if all(before[0] >= after[0] for before, after in pairwise(order))
    ]
    assert compute_area(pairs) == pytest.approx(fmean(areas))


@given(answers)
def test_only_the_order_of_confidences_counts_and_the_last_risk_is_all_mistakes(
    pairs: list[tuple[float, bool]],
) -> None:
    assert compute_risks([(confidence**2 / 3, right) for confidence, right in pairs]) == compute_risks(pairs)
    assert compute_risks(pairs)[-1] == pytest.approx(fmean(not right for _, right in pairs))
    assert compute_area((float(right), right) for _, right in pairs) <= compute_area(pairs) + 1e-12


def answer(text: str, confidence: float | None, by_digits: float | None = None) -> Transcription:
    return Transcription(text, extract_digits(text), 0.1, confidence, by_digits)


def test_pictures_of_one_number_are_scored_and_nothing_read_comes_last() -> None:
    pairs = [
        (answer("12", 0.9, 0.5), "12"),
        (answer("1 3", 0.6, 0.4), "13"),  # split, but its digits are right
        (answer("14", 0.3, 0.8), "15"),
        (answer("", 1.0, 1.0), "16"),  # the product over no numbers
        (answer("1 2", 0.99, 0.99), "1 3"),  # several numbers: not scored
        (answer("8", 0.99, 0.99), ""),
    ]
    score = score_risk(pairs)
    assert (score["pictures"], score["exact"]) == (4, 2)
    assert score["area"] == score["least"] == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert score["area_by_digits"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert len(score["risks"]) == len(COVERAGES)
    assert (score["risks"][0], score["risks"][-1]) == (0, pytest.approx(1 / 2))


def test_who_tells_no_confidence_is_not_scored() -> None:
    assert score_risk([(answer("12", None), "12")]) == {}
    score = score_risk([(answer("12", 0.9), "12")])
    assert "area_by_digits" not in score and "area_without_signs" not in score


def test_confidence_without_signs_is_scored_where_it_is_told() -> None:
    pairs = [
        (Transcription("1.2", "12", 0.1, confidence=0.4, bare_confidence=0.9), "12"),
        (Transcription("13", "13", 0.1, confidence=0.6, bare_confidence=0.6), "15"),
    ]
    score = score_risk(pairs)
    assert score["area"] == pytest.approx((1 + 1 / 2) / 2)
    assert score["area_without_signs"] == pytest.approx((0 + 1 / 2) / 2)
