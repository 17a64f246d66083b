"""Work that is watched: it comes to the same end as work that nobody watches, and stands still unless it is asked."""

from collections.abc import Generator
from dataclasses import replace

import pytest
import torch
from marimo._runtime.control_flow import MarimoStopError

from inkdigits.course.lessons import WATCHED
from inkdigits.course.watch import learn, watch, watch_training
from inkdigits.data.sets import mnist
from inkdigits.data.sets.splits import split
from inkdigits.training.loop import State, create_state, train
from inkdigits.training.recipes import get_recipe

STEPS = 30


@pytest.fixture(scope="module")
def untaught() -> State:
    lecture = split(mnist.load("train"), "lecture")
    few = replace(lecture, train=lecture.train.slice(0, 200), held_out=lecture.held_out.slice(0, 100))
    return create_state(get_recipe("lecture-softmax").with_knobs(steps=STEPS), few, torch.device("cpu"))


def again(state: State) -> State:
    """The state before the first step of the same training."""
    return create_state(state.recipe, state.split, torch.device("cpu"))


def count(to: int) -> Generator[None, None, int]:
    for _ in range(to):
        yield
    return to


def test_learning_in_pieces_ends_where_learning_at_once_does(untaught: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkdigits.course.watch.PIECE_SECONDS", 0.0)  # a piece is one step
    pieces = learn(again(untaught))
    for _ in range(STEPS):
        next(pieces)
    with pytest.raises(StopIteration) as end:
        next(pieces)
    at_once = train(again(untaught), [])
    weights = (dict(state.network.named_parameters())["logits.weight"] for state in (end.value.value, at_once))
    assert torch.equal(*weights)


def test_what_nobody_watches_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WATCHED, raising=False)
    shown = watch(count(5), lambda: "<svg/>")
    assert shown.result() == 5 and shown._mime_() == ("text/html", "<svg/>")


def test_what_is_watched_goes_on_when_it_is_asked_and_shows_every_frame(
    untaught: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WATCHED, "1")
    monkeypatch.setattr("inkdigits.course.watch.PIECE_SECONDS", 0.0)
    monkeypatch.setattr("inkdigits.course.watch.FRAME_SECONDS", 0.0)
    shown = watch_training(lambda: again(untaught), "A training").widget
    assert shown.frame == "" and not shown.done
    with pytest.raises(MarimoStopError):
        shown.result()
    monkeypatch.setattr("inkdigits.course.watch.FRAME_SECONDS", 0.02)
    while not shown.done:
        before = shown.pieces
        shown.go_on()
        assert shown.pieces == before + 1 and shown.frame.startswith("<svg")
    assert shown.result().step == STEPS and f"step {STEPS}" in shown.frame


def test_work_that_fails_says_so_and_asks_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATCHED, "1")

    def fail() -> Generator[None, None, None]:
        yield
        raise ValueError("no such digit")

    shown = watch(fail(), lambda: "<svg/>").widget
    shown.go_on()
    assert shown.frame == "<svg/>" and shown.pieces == 1  # what is to come, before anything has been done
    shown.go_on()
    assert shown.words == "This has failed with ValueError: no such digit" and shown.pieces == 1 and not shown.done
