"""Real runs of a few steps, asked."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from inkdigits.errors import RunError, UsageError
from inkdigits.lab.answers import average_runs, predict_run
from inkdigits.training.evaluate import accuracy
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import start


def with_settings(run: Run, folder: Path, **recipe: object) -> Run:
    """A copy of the run that says it had other settings."""
    folder.mkdir()
    for path in run.folder.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    settings = run.read_json("recipe.json")
    (folder / "recipe.json").write_text(json.dumps(settings | {"recipe": settings["recipe"] | recipe}))
    return Run(folder)


def test_answers_are_what_the_card_was_made_from(runs: Mapping[str, Run]) -> None:
    given = predict_run(runs["mlp"])
    scores = {score["set"]: score for score in runs["mlp"].read_card()["scores"]}
    assert given.logits.shape == (10_000, 10) and given.first == 1
    assert accuracy(given.logits, torch.from_numpy(given.digits.labels)) == pytest.approx(scores["test"]["accuracy"])


def test_held_digits_have_the_numbers_of_their_source(runs: Mapping[str, Run], tmp_path: Path) -> None:
    assert predict_run(runs["lecture-softmax"]).first == 5001
    start(get_recipe("softmax").with_knobs(split="choosing", samples=300, steps=2), tmp_path / "few")
    given = predict_run(Run(tmp_path / "few"))
    assert (len(given.digits), given.first) == (5000, 55_001)


def test_runs_that_differ_in_their_seeds_go_together(runs: Mapping[str, Run], tmp_path: Path) -> None:
    run = runs["mlp"]
    first, second = average_runs([run, with_settings(run, tmp_path / "b", seed=1, about="other words")])
    assert first.digits.sha256 == second.digits.sha256


def test_other_recipes_and_equal_seeds_are_refused(runs: Mapping[str, Run], tmp_path: Path) -> None:
    run = runs["mlp"]
    with pytest.raises(UsageError, match="differ in more than their seeds"):
        average_runs([run, with_settings(run, tmp_path / "a", seed=1, lr=0.5)])
    with pytest.raises(UsageError, match="have the same seed, 0"):
        average_runs([run, run])
    with pytest.raises(UsageError, match="at least one run"):
        average_runs([])


def test_a_run_that_is_not_finished_is_refused(runs: Mapping[str, Run], tmp_path: Path) -> None:
    unfinished = with_settings(runs["mlp"], tmp_path / "a", seed=1)
    (unfinished.folder / "card.json").unlink()
    with pytest.raises(RunError, match="not finished"):
        average_runs([runs["mlp"], unfinished])
