"""What the members of an ensemble say together, worked out by numpy; how well, on its card; the same as one file."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from inkdigits.data.sets.mnist import load
from inkdigits.errors import ModelError
from inkdigits.glyph import to_float
from inkdigits.training import ensembles, evaluate, session
from inkdigits.training.evaluate import predict_digit_logits
from inkdigits.training.export import export
from inkdigits.training.finetune import load_base
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import EnsembleRun, load_trained_network

MLP = get_recipe("mlp").with_knobs(samples=500, batch=32, steps=20, seed=4)


def softmax(logits: torch.Tensor) -> NDArray[np.float64]:
    """Probabilities of logits N×10, in double precision."""
    powers = np.exp(logits.double().numpy() - logits.double().numpy().max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def test_it_says_the_mean_of_its_members_probabilities(mlps: EnsembleRun) -> None:
    digits = evaluate.load_test_digits()
    member_logits = [predict_digit_logits(load_trained_network(run), digits) for run in mlps.list_members()]
    mean = np.mean([softmax(logits) for logits in member_logits], axis=0)
    ensemble_logits = predict_digit_logits(load_trained_network(mlps), digits)
    assert np.allclose(softmax(ensemble_logits), mean, atol=1e-5)
    scores = {score["set"]: score for score in mlps.read_card()["scores"]}
    assert list(scores) == ["train", "test"]
    assert scores["test"]["accuracy"] == (mean.argmax(axis=1) == digits.labels).mean()
    assert scores["test"]["loss"] == pytest.approx(-np.log(mean[np.arange(10_000), digits.labels]).mean(), rel=1e-4)
    assert scores["test"]["accuracy"] not in [
        (logits.argmax(dim=1).numpy() == digits.labels).mean() for logits in member_logits
    ]


def test_its_card_is_a_runs_card_with_a_line_a_member(mlps: EnsembleRun) -> None:
    card, cards = mlps.read_card(), [run.read_card() for run in mlps.list_members()]
    assert card.keys() == cards[0].keys() | {"members"}
    assert card["name"] == "mlp-ensemble" and card["recipe"] == MLP.as_dict() == cards[0]["recipe"]
    assert (card["parameters"], card["steps"]) == (2 * 15_910, 2 * 20)
    assert card["seconds"] == pytest.approx(cards[0]["seconds"] + cards[1]["seconds"], abs=0.002)
    assert card["data"] == cards[1]["data"] and card["conditions"].keys() == cards[1]["conditions"].keys()
    for member, its, seed in zip(card["members"], cards, (4, 5), strict=True):
        assert (member["seed"], member["seconds"]) == (seed, its["seconds"])
        assert member["accuracy"] == {score["set"]: score["accuracy"] for score in its["scores"]}


def test_an_ensemble_that_chooses_never_sees_the_test_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "load_test_digits", lambda source: pytest.fail("the test set was opened"))
    ensembles.start(MLP.with_knobs(split="choosing", steps=2), 2, tmp_path / "run")
    scores = EnsembleRun(tmp_path / "run").read_card()["scores"]
    assert [(score["set"], score["n"]) for score in scores] == [("train", 500), ("held", 5000)]


def test_the_test_set_is_opened_for_all_of_them_after_the_last_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[object] = []

    def opened_at(source: Path | None) -> object:
        happened.append("test")
        return evaluate.load_test_digits(source)

    monkeypatch.setattr(session, "load_test_digits", opened_at)
    ensembles.start(MLP.with_knobs(steps=1), 2, tmp_path / "run", callbacks=[lambda s: happened.append(s.recipe.seed)])
    assert happened == [4, "test", 5, "test", "test"], "once for each member's card, then for the ensemble's"


def test_exported_it_is_one_file_that_says_the_mean_of_its_members_files(mlps: EnsembleRun, tmp_path: Path) -> None:
    path = export(mlps, tmp_path / "together.onnx")
    alone = [export(run, tmp_path / f"{run.folder.name}.onnx") for run in mlps.list_members()]
    images = to_float(load("test").images[:300])

    def run_onnx(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        runtime = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        assert {"logits", "embedding"} <= {output.name for output in runtime.get_outputs()}
        logits, embedding = runtime.run(["logits", "embedding"], {"images": images})
        return logits, embedding

    logits, embedding = run_onnx(path)
    parts = [run_onnx(each) for each in alone]
    mean = np.mean([softmax(torch.from_numpy(member_logits)) for member_logits, _ in parts], axis=0)
    assert np.allclose(np.exp(logits), mean, atol=1e-5)
    assert np.allclose(embedding, np.concatenate([features for _, features in parts], axis=1), atol=1e-5)
    assert json.loads(path.with_suffix(".json").read_text())["trained"] == mlps.read_card()
    twin = load_file(path.with_suffix(".safetensors"))
    state = load_trained_network(mlps).state_dict()
    assert twin.keys() == state.keys() and all(torch.equal(twin[name], value) for name, value in state.items())
    with pytest.raises(ModelError, match=r"together\.onnx: an ensemble cannot be fine-tuned"):
        load_base(path)
    assert load_base(alone[0]).recipe.seed == 4
    small = export(mlps, tmp_path / "small.onnx", int8=True)
    assert small.stat().st_size < path.stat().st_size
