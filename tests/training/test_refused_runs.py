"""Trainings that cannot begin, or cannot go on: one sentence, and nothing left behind that is no run."""

import math
from pathlib import Path

import pytest
import torch

from inkdigits.errors import RunError, UsageError
from inkdigits.training.loop import State
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import pick_device, resume, start
from tests.training.test_session import HANDS, MLP


@pytest.mark.parametrize(
    "recipe",
    [
        MLP.with_knobs(lr=100.0, optimizer="adamw", decay=10.0, schedule="constant"),
        MLP.with_knobs(lr=100.0, optimizer="adamw", decay=10.0, schedule="constant", split="choosing"),
        HANDS.with_knobs(lr=100.0, decay=10.0),
    ],
    ids=["mlp", "mlp, held", "hands"],
)
def test_a_training_that_diverges_ends_with_a_sentence_and_a_stopped_run(tmp_path: Path, recipe: Recipe) -> None:
    """Decay of a thousandfold a step: the weights overflow within a dozen steps."""
    run = Run(tmp_path / "run")
    for begin in (lambda: start(recipe, run.folder), lambda: resume(run.folder)):
        with pytest.raises(
            RunError, match=r"diverged: after step \d+ its loss is not finite; .* smaller --lr than 100\."
        ):
            begin()
        assert not run.is_finished and not run.weights_path.exists()
        records = run.read_metrics()
        assert records and all(math.isfinite(record["train_loss"]) for record in records)
        assert "NaN" not in (run.folder / "metrics.jsonl").read_text()
        assert "Infinity" not in (run.folder / "metrics.jsonl").read_text()


def test_the_last_step_may_be_the_one_too_far(tmp_path: Path) -> None:
    def break_weights(state: State) -> None:
        if state.is_done:
            state.network.logits.weight.data.fill_(math.nan)

    run = Run(tmp_path / "run")
    for begin in (lambda: start(MLP, run.folder, callbacks=[break_weights]), lambda: resume(run.folder)):
        with pytest.raises(RunError, match="diverged: after step 30"):
            begin()
        assert not run.is_finished and not run.weights_path.exists()


def test_what_is_not_there() -> None:
    with pytest.raises(UsageError, match="no device 'quantum' here; torch sees cpu"):
        pick_device("quantum")
    assert pick_device("cpu") == torch.device("cpu")


def test_more_samples_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--samples 70000 is more than the 60000 training digits"):
        start(get_recipe("mlp").with_knobs(samples=70_000), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_unknown_device_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        start(MLP, tmp_path / "run", device="quantum")
    assert not (tmp_path / "run").exists()
