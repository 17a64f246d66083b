"""Work that is watched in a lesson, such as a training: it is seen to go on, and no slider has to wait for it.

While a cell runs, marimo does nothing else. So long work is done in pieces: the page asks for the next one whenever it
has shown the last, and only once the place where it is shown has come into view. In between, marimo does what sliders
and drawings ask for. Where nobody watches, in a script or an export, all is done at once.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anywidget
import marimo as mo
import traitlets

from inkdigits.course.lessons import WATCHED
from inkdigits.lab.frames import draw_frame, get_first_weights

if TYPE_CHECKING:
    from inkdigits.training.loop import Callback, State

PIECE_SECONDS = 0.1  # of training, before others have their turn
FRAME_SECONDS = 0.25  # from one frame to the next

Result = TypeVar("Result")
Work = Generator[None, None, Result]


def watch(work: Work[Any], draw: Callable[[], str]) -> Any:
    """What shows `draw()`, an SVG, again and again while `work` goes on; put it into the last line of a cell.

    `work` yields every tenth of a second or so. The cell that needs what it returns calls `result()` of what this
    gives, and runs when the work is done.
    """
    return mo.ui.anywidget(_Watched(work, draw)) if WATCHED in os.environ else _Finished(work, draw)


def watch_training(make_state: Callable[[], State], title: str) -> Any:
    """Train from the state that `make_state` gives, and show how the losses fall and how the first weights change.

    `result()` of what this gives is the state after the last step.
    """
    from inkdigits.training.callbacks import MetricsRecorder  # here, as lessons without a training need no PyTorch

    states: list[State] = []

    def work() -> Work[State]:
        states.append(make_state())
        return (yield from learn(states[0], [MetricsRecorder(states[0])]))

    def draw() -> str:
        if not states:
            return draw_frame({}, title)
        lines = {
            name: [(record["step"], record[key]) for record in states[0].history if record[key]]
            for name, key in (("training", "train_loss"), ("new images", "held_loss"))
        }
        return draw_frame(lines, f"{title}: loss", pictures=get_first_weights(states[0].network))

    return watch(work(), draw)


def learn(state: State, callbacks: Iterable[Callback] = ()) -> Work[State]:
    """Train to the last step, in pieces of a tenth of a second; returns the state."""
    from inkdigits.training.loop import train

    callbacks = list(callbacks)
    while not state.is_done:
        due = time.perf_counter() + PIECE_SECONDS

        def stop_when_due(now: State, due: float = due) -> None:
            now.stop = time.perf_counter() >= due

        state.stop = False
        train(state, [*callbacks, stop_when_due])
        yield
    return state


@cache
def load_optimizers() -> threading.Thread:
    """The thread that loads, in a lesson with PyTorch, what its first optimizer needs: that takes a second or two, in
    which sliders are answered meanwhile."""

    def build_one() -> None:
        if "torch" in sys.modules:
            import torch

            torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    thread = threading.Thread(target=build_one, daemon=True)
    thread.start()
    return thread


class _Finished(Generic[Result]):
    """Work that was done at once, and its last frame."""

    def __init__(self, work: Work[Result], draw: Callable[[], str]) -> None:
        self._result = _run(work)
        self._frame = draw()

    def result(self) -> Result:
        """What the work has returned."""
        return self._result

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self._frame


def _run(work: Work[Result]) -> Result:
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


class _Watched(anywidget.AnyWidget):
    """Work that the page asks for, piece by piece."""

    _esm = Path(__file__).with_name("watch.js")
    frame = traitlets.Unicode().tag(sync=True)  # the last one
    words = traitlets.Unicode().tag(sync=True)
    done = traitlets.Bool(False).tag(sync=True)
    pieces = traitlets.Int(0).tag(sync=True)  # changes last; the page then asks for more
    seen = traitlets.Bool(False).tag(sync=True)  # that it is done

    def __init__(self, work: Work[Any], draw: Callable[[], str]) -> None:
        super().__init__()
        self._work, self._draw, self._result = work, draw, None
        self.on_msg(lambda *_: self.go_on())

    def go_on(self) -> None:
        """Do the next piece, and show how things are. Before the first, which may take seconds, its title is shown."""
        due = time.perf_counter() + FRAME_SECONDS
        loading = load_optimizers()
        loading.join(FRAME_SECONDS)
        try:
            while self.pieces and not (loading.is_alive() or self.done) and time.perf_counter() < due:
                next(self._work)
            self.frame = self._draw()
        except StopIteration as end:
            self._result, self.frame, self.done = end.value, self._draw(), True
        except Exception as error:  # the learner may have changed the lesson's code
            self.words = f"This has failed with {type(error).__name__}: {error}"
            return
        self.pieces += 1

    def result(self) -> Any:
        """What the work has returned. As long as it goes on, the cell that asks stops."""
        mo.stop(not self.done, mo.md("*This waits for what is learning further up.*"))
        return self._result
