"""One training from recipe to finished folder, or from a stopped folder onwards."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inkdigits._version import __version__
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.splits import Split, split
from inkdigits.errors import RunError, UsageError
from inkdigits.models.build import count_parameters
from inkdigits.training import runs
from inkdigits.training.callbacks import MetricsRecorder, check_finite, make_checkpointer, stop_on_signals
from inkdigits.training.evaluate import load_digits, load_test_digits
from inkdigits.training.loop import Callback, State, create_state, train
from inkdigits.training.recipe import Recipe
from inkdigits.training.runs import Json, Run
from inkdigits.training.tasks import get_task


def pick_device(name: str) -> torch.device:
    """The device of that name. Raises UsageError, with the devices there are, when torch does not see it."""
    available = ["cpu"]
    if torch.cuda.is_available():
        available += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        available.append("mps")
    if name not in available:
        raise UsageError(f"There is no device '{name}' here; torch sees {', '.join(available)}.")
    return torch.device(name)


def start(
    recipe: Recipe, folder: Path, source: Path | None = None, device: str = "cpu", callbacks: Iterable[Callback] = ()
) -> State:
    """Train a recipe into a new folder. `state.stop` of what comes back says whether it was stopped on the way.

    Raises UsageError for a device that is not there, DataError for the data, RunError when the folder has a run
    already or another training holds it, or when the training diverges; WriteError when it cannot be written.

    What a diverging training leaves is a stopped run with all figures up to there; resumed, it diverges again.
    """
    run, torch_device = Run(folder), pick_device(device)
    state = create_state(recipe, load_split(recipe, source), torch_device)
    with run.lock():
        run.begin(build_settings(state, source))
        return _train(run, state, source, callbacks)


def resume(folder: Path, callbacks: Iterable[Callback] = ()) -> State:
    """Go on with a stopped run, on the device and with the threads it was started with, to the same weights.

    Raises RunError when the folder holds no run, a finished one, or one whose data have changed.
    """
    run = Run(folder)
    state = recreate_state(run)
    with run.lock():
        runs.load_checkpoint(run, state)
        return _train(run, state, run.read_source(), callbacks)


def recreate_state(run: Run) -> State:
    """A run's training before its first step, with the data, the device and the threads it was started with.

    Raises RunError as `resume` does.
    """
    recipe, source = run.read_recipe(), run.read_source()
    data, device, threads = (
        run.read_setting("data", dict),
        run.read_setting("device", str),
        run.read_setting("threads", int),
    )
    if run.is_finished:
        raise RunError(f"The run in {run.folder} is finished; there is nothing to resume.")
    state = create_state(recipe, load_split(recipe, source), pick_device(device))
    if state.split.train.sha256 != data.get("sha256"):
        raise RunError(f"The data of the run in {run.folder} have changed since it began; start a new run.")
    torch.set_num_threads(max(1, threads))
    return state


def complete(
    recipe: Recipe, folder: Path, source: Path | None = None, device: str = "cpu", callbacks: Iterable[Callback] = ()
) -> State | None:
    """Train what a recipe's run lacks: all of it, the rest of a stopped one, or of a finished one nothing (None).

    Raises what `start` and `resume` raise, and RunError when the folder has a run of other settings.
    """
    run = Run(folder)
    if run.has_begun and list_weight_settings(run.read_recipe()) != list_weight_settings(recipe):
        raise RunError(f"{folder} holds a run with other settings than the recipe has now; move it away.")
    if run.is_finished:
        return None
    return resume(folder, callbacks) if run.has_begun else start(recipe, folder, source, device, callbacks)


def list_weight_settings(recipe: Recipe) -> Json:
    """All that the weights depend on: the settings without the words about them."""
    return {knob: value for knob, value in recipe.as_dict().items() if knob != "about"}


def load_split(recipe: Recipe, source: Path | None) -> Split:
    """A source's training digits, split as the recipe wants, of which it learns from as many as it wants."""
    parts = split(load_digits("train", source), recipe.split)
    if recipe.samples is None:
        return parts
    if recipe.samples > len(parts.train):
        raise UsageError(f"--samples {recipe.samples} is more than the {len(parts.train)} training digits.")
    return replace(parts, train=parts.train.slice(0, recipe.samples))


def build_settings(state: State, source: Path | None) -> Json:
    """What recipe.json says: the recipe, the data, and what else the weights depend on."""
    return {
        "recipe": state.recipe.as_dict(),
        "source": None if source is None else str(source.resolve()),
        "data": {"name": state.split.train.name, "n": len(state.split.train), "sha256": state.split.train.sha256},
        "held": state.split.held_out_name,
        "device": str(state.batches.device),
        "threads": torch.get_num_threads(),
        "arithmetic": str(state.compute_dtype).removeprefix("torch."),
        "inkdigits": __version__,
        "torch": torch.__version__,
    }


def _train(run: Run, state: State, source: Path | None, callbacks: Iterable[Callback]) -> State:
    with stop_on_signals() as stop:
        try:
            train(
                state, [stop, MetricsRecorder(state), *callbacks, make_checkpointer(run)]
            )  # saved last: any of them may stop the run
        except RunError:  # it diverged
            run.write_metrics(state.history)
            raise
        if state.is_done:
            _finish(run, state, source)
            stop(state)  # whoever goes on with another training is to know that Ctrl-C came meanwhile
    return state


def _finish(run: Run, state: State, source: Path | None) -> None:
    """Weights, then the card (which is what says that a run is finished), then the checkpoint goes."""
    scores = score_sets(state.eval_network, state.recipe, state.split, source)
    check_finite(state, *(score["loss"] for score in scores))  # the last step may be the one too far
    runs.save_weights(run, state.eval_network)
    run.write_json("card.json", build_card(run, count_parameters(state.network), state.step, state.seconds, scores))
    run.checkpoint_path.unlink(missing_ok=True)


def build_card(run: Run, parameter_count: int, steps: int, seconds: float, scores: list[Json]) -> Json:
    """What was trained, from which data, how, and how well it does."""
    settings, recipe = run.read_settings(), run.read_recipe()
    return {
        "name": recipe.name,
        "about": recipe.about,
        "recipe": recipe.as_dict(),
        "parameters": parameter_count,
        "steps": steps,
        "seconds": round(seconds, 3),
        "data": settings["data"],
        "held": settings["held"],
        "scores": scores,
        "conditions": describe_conditions() | {key: settings[key] for key in ("device", "threads", "arithmetic")},
    }


def score_sets(network: nn.Sequential, recipe: Recipe, parts: Split, source: Path | None) -> list[Json]:
    """A trained network's score on every set that it may be scored on, with the set's part: `set`.

    The test set is opened here, after the last step, and only for runs that learn from all training digits: a run
    that chooses must not see it, and the lecture's "test" is its own.
    """
    digit_sets: dict[str, Digits] = {"train": parts.train}
    if parts.held_out is not None:
        digit_sets["held"] = parts.held_out
    if recipe.split == "full":
        digit_sets["test"] = load_test_digits(source)
    task = get_task(recipe)
    return [{"set": name} | task.evaluate(network, digits, recipe).as_dict() for name, digits in digit_sets.items()]


def describe_conditions() -> dict[str, Any]:
    """What a figure depends on beside the recipe: versions, cores, the day."""
    return {
        "inkdigits": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "date": datetime.now(UTC).date().isoformat(),
    }
