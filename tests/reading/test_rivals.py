"""Certainty after conflicts, against a brute force over every subset."""

import math

import pytest
from hypothesis import given

from inkdigits.reading.lattice import conflicts
from inkdigits.reading.rivals import against_rivals
from inkdigits.reading.search import chosen
from tests.reading.test_search import ROWS, bounded, piece, sets


@given(ROWS)
def test_it_is_the_sum_over_all_consistent_sets(pieces) -> None:  # type: ignore[no-untyped-def]
    scored = [
        (set(map(id, s)), math.exp(score) * math.prod(sum(map(bounded, p.probabilities)) for p in s))
        for s, score in sets(pieces)
    ]
    whole = sum(score for _, score in scored)
    probable = [sum(score for ids, score in scored if id(p) in ids) / whole for p in pieces]
    together = conflicts(pieces) if pieces else []
    for place, found in enumerate(against_rivals(pieces, pieces)):
        weights = [p * bool(both) for p, both in zip(probable, together[place], strict=True)]
        assert found.box == pieces[place].box
        assert found.digitness == pytest.approx(min(1, sum(weights)), rel=1e-6)
        mixed = [sum(w * p.probabilities[d] for w, p in zip(weights, pieces, strict=True)) for d in range(10)]
        assert found.probabilities == pytest.approx([m / sum(weights) for m in mixed], rel=1e-6)


def test_what_conflicts_with_nothing_stays_as_it_is() -> None:
    alone = [piece(0, 20, 0.8, (3, 0.9)), piece(30, 20, 0.4, (5, 0.7))]
    for before, after in zip(alone, against_rivals(alone, alone), strict=True):
        assert after.digitness == pytest.approx(before.digitness)
        assert after.probabilities == pytest.approx(before.probabilities)


def test_two_readings_of_the_same_ink_leave_a_digit_but_doubt_which() -> None:
    rivals = [piece(0, 20, 0.9, (0, 0.98)), piece(1, 20, 0.9, (6, 0.98))]
    (found,) = chosen(rivals) or []
    (place,) = against_rivals(rivals, [p for p, _ in found.taken])
    assert place.digitness > 0.98
    assert place.probabilities[0] == pytest.approx(place.probabilities[6], abs=0.01) == pytest.approx(0.49, abs=0.01)


def test_proposals_that_agree_raise_no_doubt() -> None:
    (place,) = against_rivals(pair := [piece(0, 20, 0.9, (6, 0.98)), piece(1, 20, 0.9, (6, 0.98))], pair[:1])
    assert place.probabilities[6] == pytest.approx(0.98) and place.digitness > 0.98


def test_nothing_is_weighed_to_nothing() -> None:
    assert against_rivals([], []) == []
