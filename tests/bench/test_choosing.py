"""Trials by which networks are chosen: real trainings, very short; kept, looked up again, and told in a table."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import choosing
from bench.choosing import (
    QUESTIONS,
    Trial,
    begin_training,
    load_kept_seeds,
    run_missing_trials,
    run_trial,
)
from bench.render.frontier_report import format_trials
from bench.shared import store
from inkdigits.data.augmentation.warp import Warp
from inkdigits.data.sets import mnist
from inkdigits.models.fold import count_folded_parameters


def shorten_trial(trial: Trial) -> Trial:
    """The trial, of three steps."""
    return replace(trial, recipe=trial.recipe.with_knobs(steps=3), train_count=300)


@pytest.fixture(autouse=True)
def redirect_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results go to a folder of the test's own, and trials are short."""
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    short_ones = {
        question: {name: shorten_trial(trial) for name, trial in all_.items()} for question, all_ in QUESTIONS.items()
    }
    monkeypatch.setattr(choosing, "QUESTIONS", short_ones)


def test_what_is_kept_is_not_made_again_until_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert format_trials("views") == ""
    digits = mnist.load("train").slice(0, 500)
    run_missing_trials("views", digits)
    assert all(list(load_kept_seeds("views", name)) == [0] for name in QUESTIONS["views"])
    eight = load_kept_seeds("views", "nine looks, upright, 20 epochs")[0]
    assert eight["judged"] == 200 and eight["learnt"] == 300 and eight["loss"] > 0 and eight["parameters"] == 609
    assert "| nine looks, upright, 20 epochs | 609 | 1 | " in format_trials("views") and "By seed" not in format_trials(
        "views"
    )
    with monkeypatch.context() as patched:
        patched.setattr(choosing, "run_trial", lambda *_: pytest.fail("made again"))
        run_missing_trials("views", digits)
    changed = replace(choosing.QUESTIONS["views"]["one look, upright, 20 epochs"], train_count=200)
    monkeypatch.setitem(choosing.QUESTIONS["views"], "one look, upright, 20 epochs", changed)
    assert not load_kept_seeds("views", "one look, upright, 20 epochs") and list(
        load_kept_seeds("views", "nine looks, upright, 20 epochs")
    ) == [0]


def test_trials_of_several_seeds_are_compared_seed_by_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    inked = replace(choosing.QUESTIONS["images"]["changed as in `best`, 8 epochs"], seed_count=2)
    trials = {"once": inked, "longer": replace(inked, recipe=inked.recipe.with_knobs(steps=4))}
    monkeypatch.setattr(choosing, "QUESTIONS", {"images": trials})
    run_missing_trials("images", mnist.load("train").slice(0, 500))
    once, longer = load_kept_seeds("images", "once"), load_kept_seeds("images", "longer")
    assert list(once) == list(longer) == [0, 1] and once[0]["loss"] != once[1]["loss"]
    differences = [longer[seed]["loss"] - once[seed]["loss"] for seed in (0, 1)]
    error = abs(differences[0] - differences[1]) / 2  # of the mean of two
    assert f"{sum(differences) / 2:+.4f} ± {error:.4f} nats (means of 2 differences" in format_trials("images")
    assert format_trials("images").count("By seed, *longer* against *once*") == 1


def test_a_trial_differs_in_what_it_says() -> None:
    digits = mnist.load("train").slice(0, 500)
    inked, plain = choosing.QUESTIONS["images"]["changed as in `best`, 8 epochs"], Warp(0, 0, 0, 0, 0, 0)
    first, again, other = (run_trial(trial, 0, digits).loss for trial in (inked, inked, replace(inked, warp=plain)))
    assert first == again != other


def test_images_are_as_they_are_where_nothing_is_to_change_them() -> None:
    trial = choosing.QUESTIONS["views"]["nine looks, upright, 20 epochs"]
    state = begin_training(trial, 0, mnist.load("train").slice(0, 300))
    images, _ = state.batches(0)
    own = {image.tobytes() for image in mnist.load("train").slice(0, 300).images}
    assert {(255 * image[0]).round().byte().numpy().tobytes() for image in images} <= own
    assert count_folded_parameters(state.network) == 609
