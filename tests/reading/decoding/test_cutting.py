"""A row is cut into the numbers whose scores have the greatest sum."""

import pytest

from inkdigits.reading.decoding.cutting import cut_row, score_misfit


def test_of_all_cuts_the_best_one_counts() -> None:
    scores = {"a": -1.0, "ab": -1.5, "b": -1.0, "bc": -3.0, "c": -0.5}

    def list_numbers(start: int, before: float) -> list[tuple[int, str, float]]:
        texts = ["abc"[start:end] for end in range(start + 1, 4)]
        return [(start + len(text), text, before + scores[text]) for text in texts if text in scores]

    assert cut_row(3, list_numbers) == ["ab", "c"]
    scores["ab"] = -2.5
    assert cut_row(3, list_numbers) == ["a", "b", "c"]
    del scores["c"], scores["bc"]
    assert cut_row(3, list_numbers) is None


def test_a_misfit_counts_for_each_number_that_it_joins() -> None:
    assert score_misfit([0.9, 0.1, 0.5]) == pytest.approx(3 * score_misfit([0.4]))
    assert score_misfit([]) == score_misfit([0.4]) < 0
