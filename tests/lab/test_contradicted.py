import numpy as np
import pytest

from inkdigits.errors import UsageError
from inkdigits.lab.contradicted import Contradiction, draw_contradictions, find_contradictions, text
from tests.lab.examples import answers, digits

SOME = digits([1, 2, 3, 4, 5])
SAID = [  # both: 1 is a 1 · a 2, a 7 · a 3, but not the same other digit · a 4, a 9, and surer · one says 5
    answers([{1: 0.9}, {7: 0.6}, {8: 0.9}, {9: 0.95}, {6: 0.9}]),
    answers([{1: 0.8}, {7: 0.8}, {5: 0.9}, {9: 0.85}, {5: 0.9}]),
]
FOUND = [Contradiction(54, 4, 9, pytest.approx(0.9)), Contradiction(52, 2, 7, pytest.approx(0.7))]


def test_only_what_all_say_alike_counts_and_the_surest_comes_first() -> None:
    assert find_contradictions(SOME, SAID, first=51) == FOUND


def test_one_that_agrees_with_the_label_is_enough_to_clear_it() -> None:
    assert find_contradictions(SOME, [*SAID, answers([{label: 0.9} for label in (1, 2, 3, 4, 5)])]) == []


def test_as_lines_of_text() -> None:
    found = find_contradictions(SOME, SAID, first=51)
    headings, *rows = (line.split() for line in text(found).splitlines())
    assert headings == ["number", "label", "all", "say", "confidence"]
    assert rows == [["54", "4", "9", "0.9000"], ["52", "2", "7", "0.7000"]]
    assert len({len(line) for line in text(found).splitlines()}) == 1  # columns stand below each other


def test_as_a_figure() -> None:
    page = draw_contradictions(SOME, find_contradictions(SOME, SAID, first=51), runs=2, first=51)
    axes = page.axes[0]
    assert page.get_suptitle() == "some digits: labels that all 2 runs contradict, 2 of 5"
    assert [each.get_text() for each in axes.texts[:3]] == ["label 4, all say 9", "90.0 % sure", "no. 54"]
    drawn = [np.asarray(image.get_array()) for image in axes.images]
    assert np.array_equal(drawn, SOME.images[[3, 1]])


def test_only_the_most_confident_are_drawn() -> None:
    page = draw_contradictions(SOME, find_contradictions(SOME, SAID), runs=2, most=1)
    assert len(page.axes[0].images) == 1 and page.get_supxlabel().startswith("The 1 most confident.")


def test_where_nothing_is_contradicted_the_figure_says_so() -> None:
    page = draw_contradictions(SOME, [], runs=3)
    assert page.get_suptitle() == "some digits: no label is contradicted by all 3 runs" and page.axes == []


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match="at least two runs"):
        find_contradictions(SOME, SAID[:1])
    with pytest.raises(UsageError, match="each of the 5 digits"):
        find_contradictions(SOME, [SAID[0], SAID[1][:4]])
    with pytest.raises(UsageError, match="1 to 60"):
        draw_contradictions(SOME, FOUND, runs=2, most=61)
