"""What is packaged: trained where it is not yet, calibrated on what was never learnt from, exported."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from inkdigits.data.sets.mnist import load
from inkdigits.errors import RunError, UsageError
from inkdigits.glyph import to_float
from inkdigits.reading.networks.classifier import Classifier
from inkdigits.training.calibrate import MIN_DIGITNESS, compute_confidence_threshold
from inkdigits.training.loop import State
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run, load_trained_network
from inkdigits.training.session import start
from inkdigits.training.ship import SEEDS, fit_calibration, main, ship, ship_classifier, train_to_end

TINY = get_recipe("mlp").with_knobs(samples=500, steps=20)


@pytest.fixture(scope="module")
def shipped_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network that was shipped; its runs lie beside it."""
    folder = tmp_path_factory.mktemp("shipped")
    return ship_classifier(TINY, folder, folder / "tiny.onnx")


def test_a_twin_and_three_seeds_are_trained_and_the_first_is_packaged(shipped_path: Path) -> None:
    runs = {path.parent.name: Run(path.parent) for path in shipped_path.parent.glob("*/card.json")}
    assert set(runs) == {"mlp-twin", *(f"mlp-{seed}" for seed in SEEDS)}
    assert {run.read_recipe().seed for name, run in runs.items() if name != "mlp-twin"} == set(SEEDS)
    assert {score["set"] for score in runs["mlp-twin"].read_card()["scores"]} == {"train", "held"}, (
        "a twin sees no test set"
    )
    card = json.loads(shipped_path.with_suffix(".json").read_text())
    assert card["trained"] == runs["mlp-0"].read_card()


def test_the_card_promises_what_the_twin_did_on_validation(shipped_path: Path) -> None:
    card = json.loads(shipped_path.with_suffix(".json").read_text())
    held = load("train").slice(55_000, 60_000)
    twin = load_trained_network(Run(shipped_path.parent / "mlp-twin"))
    with torch.inference_mode():
        logits = twin(torch.from_numpy(to_float(held.images))) / card["temperature"]
    confidence, guess = (each.numpy() for each in logits.softmax(dim=1).max(dim=1))
    accepted = confidence >= compute_confidence_threshold()
    assert card["accept"] == {"confidence": compute_confidence_threshold(), "digitness": MIN_DIGITNESS}
    assert (card["guarantee"]["n"], card["guarantee"]["coverage"]) == (5000, accepted.mean())
    assert card["guarantee"]["wrong"] == (accepted & (guess != held.labels)).sum()
    assert abs(confidence.mean() - (guess == held.labels).mean()) < 0.03, "calibrated, it is as sure as it is right"


def test_the_reader_refuses_by_it(shipped_path: Path) -> None:
    network = Classifier(shipped_path)
    assert network.thresholds.min_confidence == compute_confidence_threshold()
    assert network.classify(np.zeros((1, 28, 28), np.uint8)).probabilities.shape == (1, 10)


def test_what_is_trained_is_not_trained_again(shipped_path: Path) -> None:
    before = {
        path: path.stat().st_mtime_ns for path in shipped_path.parent.rglob("*") if path.parent != shipped_path.parent
    }
    ship_classifier(TINY, shipped_path.parent, shipped_path.parent / "again.onnx")
    assert all(path.stat().st_mtime_ns == time for path, time in before.items() if path.name != ".lock")
    assert (shipped_path.parent / "again.onnx").read_bytes() == shipped_path.read_bytes()


def test_what_was_stopped_is_gone_on_with(shipped_path: Path, tmp_path: Path) -> None:
    def stop(state: State) -> None:
        state.stop = state.step == 7

    start(TINY, tmp_path / "mlp-0", callbacks=[stop])
    run = train_to_end(tmp_path / "mlp-0", TINY)
    assert run.weights_path.read_bytes() == Run(shipped_path.parent / "mlp-0").weights_path.read_bytes()


def test_a_run_of_other_settings_is_not_taken_for_it(shipped_path: Path) -> None:
    with pytest.raises(RunError, match="mlp-0 holds a run with other settings than the recipe has now"):
        train_to_end(shipped_path.parent / "mlp-0", TINY.with_knobs(lr=0.1))
    reworded = TINY.from_dict(TINY.as_dict() | {"about": "other words"})
    assert train_to_end(shipped_path.parent / "mlp-0", reworded).is_finished


def test_calibration_needs_no_more_than_the_twin(shipped_path: Path) -> None:
    card = json.loads(shipped_path.with_suffix(".json").read_text())
    assert fit_calibration(Run(shipped_path.parent / "mlp-twin")).items() <= card.items()


def test_only_what_is_packaged_can_be_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="'mlp' is not packaged; reader"):
        ship("mlp", tmp_path)
    monkeypatch.setattr("sys.argv", ["ship", str(tmp_path), "resnet"])
    assert main() == 2
    assert capsys.readouterr().err.startswith("ship: There is no recipe 'resnet'")
    assert not list(tmp_path.iterdir())
