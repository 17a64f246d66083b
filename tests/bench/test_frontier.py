"""The frontier's bench: real trainings, very short; what is kept, what is run again, and what the table says of it."""

from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from bench import frontier
from bench.frontier import TrainingOutcome, keep_outcomes, load_kept_seeds, measure_row
from bench.peers import classifiers
from bench.render import frontier_report
from bench.shared import store
from bench.shared.reference import time_reference
from inkdigits.data.sets import mnist
from inkdigits.glyph import to_float
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import get_recipe as named


def shorten_recipe(name: str) -> Recipe:
    """The recipe of that name, of three steps."""
    return named(name).with_knobs(steps=3, samples=300)


@pytest.fixture(autouse=True)
def redirect_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results and runs go to a folder of the test's own, and the reference takes 10, 20, 30 … seconds."""
    references = count(10.0, 10.0)
    monkeypatch.setattr(frontier, "time_reference", lambda: next(references))
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    monkeypatch.setattr(frontier, "RUNS_FOLDER", tmp_path / "runs")
    monkeypatch.setattr(frontier, "get_recipe", shorten_recipe)


def test_seeds_are_run_once_and_again_when_the_recipe_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    measure_row("softmax", 1)
    first = load_kept_seeds("softmax")["0"]
    assert first["parameters"] == 7_850 and 0 < first["accuracy"] < 1 and first["seconds"] > 0
    assert first["reference_seconds"] == 15.0  # of 10 before it and 20 after it
    monkeypatch.setattr(frontier, "complete", lambda *_: pytest.fail("trained again"))
    measure_row("softmax", 1)
    assert load_kept_seeds("softmax") == {"0": first}
    monkeypatch.setattr(frontier, "get_recipe", lambda name: shorten_recipe(name).with_knobs(lr=0.5))
    assert load_kept_seeds("softmax") == {}


def test_an_ensemble_keeps_its_members_and_their_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier, "ENSEMBLE_RECIPE", "softmax")
    measure_row("softmax", 2)
    members = load_kept_seeds("softmax")
    assert sorted(members) == ["0", "1"] and members["0"]["accuracy"] != members["1"]["accuracy"]
    row = (store.load("frontier") or {})["rows"]["softmax-ensemble"]
    together = row["seeds"]["0"]
    assert together["parameters"] == 2 * 7_850
    assert [members[seed]["reference_seconds"] for seed in ("0", "1")] == [15.0, 25.0]
    assert together["seconds"] / together["reference_seconds"] == pytest.approx(
        members["0"]["seconds"] / 15 + members["1"]["seconds"] / 25, abs=1e-3
    )
    hour = (store.load("frontier") or {})["rows"]["one-hour"]  # enough for both
    assert hour["members"] == 2 and hour["seeds"]["0"]["accuracy"] == row["seeds"]["0"]["accuracy"]
    wrong = [sum(each["said"][index] != each["label"] for each in row["mistakes"]) for index in (0, 1)]
    assert wrong == [round(10_000 * (1 - members[seed]["accuracy"])) for seed in ("0", "1")]
    labels = mnist.load("test").labels
    for each in row["mistakes"]:
        assert labels[each["number"] - 1] == each["label"]
        assert each["all"] == (each["said"][0] == each["said"][1])


def test_a_kept_ensemble_is_not_trained_again_where_its_folder_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier, "ENSEMBLE_RECIPE", "softmax")
    keep_outcomes("softmax", {seed: TrainingOutcome(2.0, 0.92, 7_850) for seed in (0, 1)})
    trained: list[int] = []
    monkeypatch.setattr(frontier, "train_ensemble", trained.append)
    measure_row("softmax", 2)
    assert trained == [2]  # the members are kept, and not yet the ensemble
    keep_outcomes("softmax-ensemble", {0: TrainingOutcome(4.0, 0.93, 15_700)})
    measure_row("softmax", 2)
    assert trained == [2]
    measure_row("softmax", 3)
    assert trained == [2, 3]


@pytest.mark.parametrize("name", ["softmax", "lecture-cnn"])
def test_a_row_is_tried_quickly_with_no_more_digits_than_there_are(name: str) -> None:
    assert 0 < frontier.train_quickly(name).accuracy < 1


def test_a_budget_is_kept() -> None:
    bought = frontier.train_for_seconds("softmax", 0.5, 0)
    assert 0.1 < bought.seconds < 2.5 and bought.parameters == 7_850


def test_a_budget_is_as_much_longer_as_the_reference_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = TrainingOutcome(1.0, 0.9, 7_850, reference_seconds=20.0)
    keep_outcomes("softmax", {0: outcome, 1: outcome})
    given: list[tuple[str, float, int]] = []
    monkeypatch.setattr(frontier, "train_for_seconds", lambda *budget: given.append(budget) or outcome)
    measure_row("one-second", 2)
    assert given == [("instant", 0.5, 10), ("instant", 1.0, 11)]  # the reference took 10 and 20 seconds before them


def test_seconds_are_by_the_reference_where_it_was_timed() -> None:
    """Two trainings on a machine that was four times as slow for the second of them."""
    keep_outcomes(
        "softmax", {0: TrainingOutcome(2.0, 0.92, 7_850, 1, 10.0), 1: TrainingOutcome(8.0, 0.93, 7_850, 1, 40.0)}
    )
    keep_outcomes("mlp", {0: TrainingOutcome(2.0, 0.96, 15_910, 2, 5.0), 1: TrainingOutcome(4.0, 0.96, 15_910, 2)})
    one_core, lacking = frontier_report.make_rows()
    assert one_core[3] == "5" and lacking[3] == "3 †"  # 0.2 × the median of 10 and 40
    assert "seed 1 93.00 % in 8.0 s beside 40.0 s" in frontier_report.format_details()


def test_the_reference_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = mnist.load("train")
    monkeypatch.setattr(mnist, "load", lambda _: digits.slice(0, 256))
    one_batch = time_reference()
    monkeypatch.setattr(mnist, "load", lambda _: digits.slice(0, 128 * 40))
    assert time_reference() > 4 * one_batch > 0


@pytest.mark.parametrize(
    ("train", "parameters", "epochs"),
    [
        (classifiers.train_keras_convnet, 34_826, 3),
        (classifiers.train_lenet, 44_426, 10),
        (classifiers.train_pytorch_example, 1_199_882, 1),
    ],
)
def test_peers_have_their_published_size_and_learn(train: object, parameters: int, epochs: int) -> None:
    digits = mnist.load("train").slice(0, 640)
    images, labels = torch.from_numpy(to_float(digits.images)), torch.from_numpy(digits.labels)
    assert callable(train)
    network = train(images, labels, 0, epochs=epochs)
    assert isinstance(network, nn.Module)
    assert sum(each.numel() for each in network.parameters()) == parameters
    with torch.inference_mode():
        assert (network(images).argmax(dim=1) == labels).float().mean() > 0.4


def test_scikit_learn_stores_what_it_stores() -> None:
    digits = mnist.load("train").slice(0, 300)
    pixels = to_float(digits.images).reshape(300, -1)
    network = classifiers.fit_mlp(pixels, digits.labels, 0)
    assert classifiers.count_stored_numbers(network) == 784 * 100 + 100 + 100 * 100 + 100 + 100 * 10 + 10
    assert classifiers.count_stored_numbers(classifiers.fit_knn(pixels, digits.labels, 0)) == 300 * 784
    machine = classifiers.fit_svm(pixels, digits.labels, 0)
    vectors = len(machine.support_)
    assert classifiers.count_stored_numbers(machine) == vectors * (784 + 9) + 45
    assert np.mean(machine.predict(pixels) == digits.labels) > 0.9


def test_the_table_says_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(frontier_report.make_rows()) == []
    keep_outcomes("softmax", {0: TrainingOutcome(2.0, 0.92, 7_850), 1: TrainingOutcome(4.0, 0.93, 7_850)})
    keep_outcomes("sklearn-knn", {0: TrainingOutcome(0.01, 0.9688, 47_040_000)})
    ours, theirs = frontier_report.make_rows()
    assert ours[:4] == ("`softmax`", "92.50 ± 0.71 %", "7,850", "3 †")
    assert ours[4].startswith("MNIST's test set; 2 seeds; ")
    assert theirs[:3] == ("scikit-learn kNN", "96.88 %", "47,040,000")
    assert "seed 1 93.00 % in 4.0 s" in frontier_report.format_details()
    for figure in frontier_report.draw_pictures().values():
        assert {text.get_text() for text in figure.axes[0].texts} == {"softmax", "scikit-learn kNN"}
    monkeypatch.setattr(frontier, "get_recipe", lambda name: shorten_recipe(name).with_knobs(lr=0.5))
    assert [row[0] for row in frontier_report.make_rows()] == ["scikit-learn kNN"]  # ours would be another now
