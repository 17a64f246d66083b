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

from inkdigits.data.sets.digits import NOT_A_DIGIT, NUM_CLASSES
from inkdigits.errors import RunError
from inkdigits.glyph import to_float
from inkdigits.training.evaluate import accuracy, predict_logits
from inkdigits.training.loop import Callback, State
from inkdigits.training.runs import Run, save_checkpoint

RECORDS_PER_RUN = 50  # records of metrics in a run, about
RECENT_IMAGES = 5_000  # training metrics are over the last so many images
MAX_EVAL_TIME_SHARE = 0.1  # of the time that may go into evaluating held-out digits
TRAIN_TO_EVAL_COST_RATIO = 3  # a training image costs about three times an evaluated one
CHECKPOINT_INTERVAL_SECONDS = 10.0


def throttle(seconds: float, callback: Callback) -> Callback:
    """`callback`, called after the first step, then at most once in `seconds`, and after the last step."""
    due_time = 0.0

    def call_if_due(state: State) -> None:
        nonlocal due_time
        now = time.monotonic()
        if now >= due_time or state.is_done or state.stop:
            callback(state)
            due_time = time.monotonic() + seconds

    return call_if_due


class MetricsRecorder:
    """Add metrics to `state.history` about fifty times a run, after the same steps in every run of a recipe;
    less often where evaluating the held-out digits would take more than about a tenth of the time.

    A record has step, epoch, seconds, lr; train_loss and train_accuracy of the last 5,000 images learnt from in this
    sitting, as they were seen (varied, and before the step that learnt from them); held_loss and held_accuracy of what
    the split holds back, null where it holds nothing. Raises RunError for a loss that is no number any more.
    """

    def __init__(self, state: State) -> None:
        held = state.task.validation_digits(state.split.held_out)
        held_count = 0 if held is None else len(held)
        affordable_interval = math.ceil(
            held_count / (MAX_EVAL_TIME_SHARE * TRAIN_TO_EVAL_COST_RATIO * state.batches.batch_size)
        )
        self.interval_steps = max(1, state.total_steps // RECORDS_PER_RUN, affordable_interval)
        recent_count = max(1, RECENT_IMAGES // state.batches.batch_size)
        self.recent_batches: deque[tuple[Tensor, Tensor]] = deque(maxlen=recent_count)
        device = state.batches.device
        self.held_images = None if held is None else torch.from_numpy(to_float(held.images)).to(device)
        self.held_labels = None if held is None else torch.from_numpy(held.labels).to(device)

    def __call__(self, state: State) -> None:
        self.recent_batches.append((state.logits.detach(), state.labels))
        is_early = state.step & (state.step - 1) == 0  # steps 1, 2, 4, 8, …, when most happens
        if is_early or state.step % self.interval_steps == 0 or state.is_done:
            record = self.compute_metrics(state)
            check_finite(state, record["train_loss"], record["held_loss"])
            state.history.append(record)

    def compute_metrics(self, state: State) -> dict[str, float | int | None]:
        """The metrics of the current step."""
        logits = torch.cat([logits[:, :NUM_CLASSES] for logits, _ in self.recent_batches])
        labels = torch.cat([labels for _, labels in self.recent_batches])
        logits, labels = logits[labels != NOT_A_DIGIT], labels[labels != NOT_A_DIGIT]
        record: dict[str, float | int | None] = {
            "step": state.step,
            "epoch": round(state.epoch, 4),
            "seconds": round(state.seconds, 3),
            "lr": state.lr,
            "train_loss": F.cross_entropy(logits, labels).item() if len(labels) else None,
            "train_accuracy": accuracy(logits, labels) if len(labels) else None,
            "held_loss": None,
            "held_accuracy": None,
        }
        if self.held_images is not None and self.held_labels is not None:
            held_logits = predict_logits(state.eval_network, self.held_images)
            record["held_loss"] = F.cross_entropy(held_logits, self.held_labels).item()
            record["held_accuracy"] = accuracy(held_logits, self.held_labels)
        return record


def check_finite(state: State, *losses: float | None) -> None:
    """Raise RunError, which ends the training, once a loss is infinite or no number at all: no step leads back."""
    if not all(each is None or math.isfinite(each) for each in losses):
        raise RunError(
            f"The training has diverged: after step {state.step} its loss is not finite; "
            f"train again with a smaller --lr than {state.recipe.lr:g}."
        )


def make_checkpointer(run: Run) -> Callback:
    """Keep metrics and checkpoint on disk: every ten seconds, and when the training stops or ends."""
    due_time = time.monotonic() + CHECKPOINT_INTERVAL_SECONDS

    def save(state: State) -> None:
        nonlocal due_time
        if time.monotonic() >= due_time or state.is_done or state.stop:
            run.write_metrics(state.history)
            save_checkpoint(run, state)
            due_time = time.monotonic() + CHECKPOINT_INTERVAL_SECONDS

    return save


@contextlib.contextmanager
def stop_on_signals() -> Iterator[Callback]:
    """A callback that stops the training after the step in which Ctrl-C or a request to end (SIGTERM) came.

    Outside the main thread, where Python lets nobody listen for signals, it does nothing.
    """
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)

    def stop(state: State) -> None:
        state.stop = state.stop or bool(received)

    signals = (signal.SIGINT, signal.SIGTERM)
    try:
        previous_handlers = [signal.signal(number, remember) for number in signals]
    except ValueError:  # not the main thread
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in zip(signals, previous_handlers, strict=True):
            signal.signal(number, handler)
