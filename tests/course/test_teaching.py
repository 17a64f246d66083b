"""What lessons are made of: questions, exercises that judge an answer, tables."""

import re
from types import SimpleNamespace

import marimo as mo
import numpy as np
import pytest
import torch

from inkdigits.course.lessons import WATCHED
from inkdigits.course.teaching import check, question, same, table
from inkdigits.lab.pictures import pictures


def doubled(number: float) -> float:
    return 2 * number


def test_a_question_folds_its_answer_away() -> None:
    said = question("How *many*?", "Ten, `10`.", pictures([np.eye(4)], ["one"], "a picture")).text
    asked, _, answer = said.partition("<details")
    assert "How <em>many</em>?" in asked and "Ten" not in asked
    assert (
        "<code>10</code>" in answer
        and "data:image/svg+xml;base64," in answer
        and "open" not in answer.partition(">")[0]
    )


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda number: number + number, "Right."),
        (lambda number: ..., "Your turn."),
        (lambda number: None, "Your turn."),
        (lambda number: 3 * number, "It gives <code>3</code>, and should give <code>2</code>"),
        (lambda number: number / 0, "raised <code>ZeroDivisionError"),
        (lambda number: "<script>alert(1)</script>", "It gives <code>&lt;script"),
    ],
)
def test_an_exercise_says_how_it_stands_and_has_a_solution(answer: object, verdict: str) -> None:
    said = check(answer, doubled, [1], [2.5]).text  # type: ignore[arg-type]
    assert verdict in re.sub(r"&amp;", "&", said), said
    assert "A solution" in said and "doubled" in said and "<script>" not in said


def test_all_cases_count() -> None:
    assert "Right." in check(lambda number: 2, doubled, [1]).text
    assert "Not yet." in check(lambda number: 2, doubled, [1], [2]).text


def test_numbers_arrays_and_tensors_are_compared_by_value_and_shape() -> None:
    assert same(0.1 + 0.2, 0.3) and same(torch.ones(3), np.ones(3)) and same([1, 2], (1, 2)) and same("a", "a")
    assert not same(1, np.ones(3)) and not same(0.3, 0.31) and not same("a", "b") and not same("a", 1.0)
    assert not same(torch.ones(2, requires_grad=True), np.zeros(2))


def test_tables_are_markdown() -> None:
    said = table(["digit", "images"], [1, "6,742"]).text
    assert "<table>" in said and "6,742" in said


def test_only_where_a_lesson_can_be_changed_does_an_exercise_speak_of_its_dots(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsolved() -> str:
        return check(lambda number: ..., doubled, [1]).text

    monkeypatch.setenv(WATCHED, "1")
    assert "dots" not in unsolved() and "inkdigits learn" in unsolved()  # it is read, or runs as a script
    monkeypatch.setattr(mo, "app_meta", lambda: SimpleNamespace(mode="edit"))
    assert "Put your code in place of the dots above." in unsolved()
    monkeypatch.delenv(WATCHED)
    assert "dots" not in unsolved()  # it is exported
