"""What validation_digits a training: functions that are called with its state after every step.

The program itself uses nothing else: `recorded` takes the figures, `saved` keeps the run's folder up to date,
`stopped_by_signals` makes Ctrl-C end a training after its step. Add your own to the list given to `train`;
`throttled` calls one at most every so many seconds, as the lecture does with its loss.
"""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections import deque
from collections.abc import Iterator
from types import FrameType

import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits.data.digits import CLASSES, NOT_A_DIGIT
from inkdigits.errors import RunError
from inkdigits.glyph import to_float
from inkdigits.training.evaluate import accuracy, logits
from inkdigits.training.loop import Callback, State
from inkdigits.training.runs import Run, save_checkpoint

REPORTS = 50  # how many times a run records its figures
RECENT = 5_000  # training figures are over the last so many images learnt from
LOOKING = 0.1  # share of the time that may go into looking at held digits
STEP_COST = 3  # learning from an image costs about three times what looking at it does
CHECKPOINT_SECONDS = 10.0


def throttled(seconds: float, callback: Callback) -> Callback:
    """`callback`, called after the first step, then at most once in `seconds`, and after the last step."""
    due = 0.0

    def at_most(state: State) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due or state.done or state.stop:
            callback(state)
            due = time.monotonic() + seconds

    return at_most


class recorded:  # noqa: N801 — a callback, used like the functions beside it
    """Add the figures to `state.history` about fifty times a run, after the same steps in every run of a recipe;
    more seldom where looking at the held digits would take more than about a tenth of the time.

    A record has step, epoch, seconds, lr; train_loss and train_accuracy of the last 5,000 images learnt from in this
    sitting, as they were seen (varied, and before the step that learnt from them); held_loss and held_accuracy of what
    the split holds back, null where it holds nothing. Raises RunError for a loss that is no number any more.
    """

    def __init__(self, state: State) -> None:
        held = state.task.validation_digits(state.split.held)
        looked_at = 0 if held is None else len(held)
        affordable = math.ceil(looked_at / (LOOKING * STEP_COST * state.batches.size))
        self.every = max(1, state.total_steps // REPORTS, affordable)
        self.recent: deque[tuple[Tensor, Tensor]] = deque(maxlen=max(1, RECENT // state.batches.size))
        device = state.batches.device
        self.images = None if held is None else torch.from_numpy(to_float(held.images)).to(device)
        self.labels = None if held is None else torch.from_numpy(held.labels).to(device)

    def __call__(self, state: State) -> None:
        self.recent.append((state.logits.detach(), state.labels))
        early = state.step & (state.step - 1) == 0  # steps 1, 2, 4, 8, …, when most happens
        if early or state.step % self.every == 0 or state.done:
            record = self.figures(state)
            check_finite(state, record["train_loss"], record["held_loss"])
            state.history.append(record)

    def figures(self, state: State) -> dict[str, float | int | None]:
        """The figures at this moment."""
        seen = torch.cat([said[:, :CLASSES] for said, _ in self.recent])
        labels = torch.cat([labels for _, labels in self.recent])
        seen, labels = seen[labels != NOT_A_DIGIT], labels[labels != NOT_A_DIGIT]
        record: dict[str, float | int | None] = {
            "step": state.step,
            "epoch": round(state.epoch, 4),
            "seconds": round(state.seconds, 3),
            "lr": state.lr,
            "train_loss": F.cross_entropy(seen, labels).item(),
            "train_accuracy": accuracy(seen, labels),
            "held_loss": None,
            "held_accuracy": None,
        }
        if self.images is not None and self.labels is not None:
            said = logits(state.judged, self.images)
            record["held_loss"] = F.cross_entropy(said, self.labels).item()
            record["held_accuracy"] = accuracy(said, self.labels)
        return record


def check_finite(state: State, *losses: float | None) -> None:
    """Raise RunError, which ends the training, once a loss is infinite or no number at all: no step leads back."""
    if not all(each is None or math.isfinite(each) for each in losses):
        raise RunError(
            f"The training has diverged: after step {state.step} its loss is no number any more; "
            f"start a new one with a smaller --lr than {state.recipe.lr:g}."
        )


def saved(run: Run) -> Callback:
    """Keep metrics and checkpoint on disk: every ten seconds, and when the training stops or ends."""
    due = time.monotonic() + CHECKPOINT_SECONDS

    def save(state: State) -> None:
        nonlocal due
        if time.monotonic() >= due or state.done or state.stop:
            run.write_metrics(state.history)
            save_checkpoint(run, state)
            due = time.monotonic() + CHECKPOINT_SECONDS

    return save


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Callback]:
    """A callback that stops the training after the step in which Ctrl-C or a request to end (SIGTERM) came.

    Outside the main thread, where Python lets nobody listen for signals, it does nothing.
    """
    came: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        came.append(number)

    def stop(state: State) -> None:
        state.stop = state.stop or bool(came)

    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        before = [signal.signal(number, remember) for number in numbers]
    except ValueError:  # not the main thread
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
