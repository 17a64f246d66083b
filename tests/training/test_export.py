"""An exported network says what the trained one says, or there is no export."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch import nn

from inkdigits.data.sets.mnist import load
from inkdigits.errors import ExportError, RunError, UsageError
from inkdigits.glyph import to_float
from inkdigits.models.build import build_network, compute_activations
from inkdigits.reading.networks.classifier import Classifier
from inkdigits.reading.networks.detector import Detector
from inkdigits.training import detection
from inkdigits.training.export import check_guesses_agree, check_outputs_agree, convert_to_onnx, export
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run, load_trained_network
from inkdigits.training.session import start

OUTPUTS = {
    "softmax": ["logits", "embedding"],
    "mlp": ["logits", "embedding", "pixels", "hidden"],
    "standard": ["logits", "embedding", *(f"conv{place}" for place in range(1, 6))],
    "fast": ["logits", "embedding", "conv1", "conv2", "conv3"],
    "instant": ["logits", "embedding", "conv1"],
}


@pytest.fixture(scope="module")
def exported_paths(tmp_path_factory: pytest.TempPathFactory, runs: Mapping[str, Run]) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("exported")
    return {name: export(runs[name], folder / f"{name}.onnx") for name in OUTPUTS}


@pytest.fixture(scope="module")
def detector() -> tuple[nn.Sequential, bytes]:
    """An untrained detector, and its ONNX file: to make that takes seconds."""
    network = build_network("detector", seed=2).eval()
    return network, convert_to_onnx(network)


@pytest.mark.parametrize("name", OUTPUTS)
def test_all_layers_agree_in_both_runtimes(runs: Mapping[str, Run], exported_paths: dict[str, Path], name: str) -> None:
    session = onnxruntime.InferenceSession(exported_paths[name].read_bytes(), providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == OUTPUTS[name]
    network = load_trained_network(runs[name])
    for count in (1, 3, 64):  # the batch is dynamic
        images = to_float(load("train").images[:count])
        theirs = dict(zip(OUTPUTS[name], session.run(OUTPUTS[name], {"images": images}), strict=True))
        with torch.inference_mode():
            ours = compute_activations(network, torch.from_numpy(images))
        for layer, signal in ours.items():
            assert theirs[layer].shape == signal.shape
            assert np.allclose(theirs[layer], signal.numpy(), atol=1e-3), layer


@pytest.mark.parametrize("name", OUTPUTS)
def test_twin_and_card_lie_beside(runs: Mapping[str, Run], exported_paths: dict[str, Path], name: str) -> None:
    path = exported_paths[name]
    twin, original = load_file(path.with_suffix(".safetensors")), load_file(runs[name].weights_path)
    assert twin.keys() == original.keys() and all(torch.equal(twin[key], original[key]) for key in twin)
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card["trained"] == runs[name].read_card()
    assert card["temperature"] == 1.0


def test_the_reader_takes_it(runs: Mapping[str, Run], exported_paths: dict[str, Path]) -> None:
    glyphs = load("train").images[:20]
    answers = Classifier(exported_paths["mlp"]).classify(glyphs)
    with torch.inference_mode():
        ours = load_trained_network(runs["mlp"])(torch.from_numpy(to_float(glyphs))).softmax(dim=1).numpy()
    assert np.allclose(answers.probabilities, ours, atol=1e-4)


def test_a_calibration_is_carried_over(runs: Mapping[str, Run], tmp_path: Path) -> None:
    calibration = {"temperature": 1.7, "accept": {"confidence": 0.9, "digitness": 0.4}}
    path = export(runs["softmax"], tmp_path / "softmax.onnx", calibration)
    assert Classifier(path).thresholds.min_confidence == 0.9
    assert json.loads(path.with_suffix(".json").read_text())["temperature"] == 1.7


def test_a_digitness_logit_becomes_an_output_of_its_own() -> None:
    network = build_network("mlp", hidden=6)
    network.logits = nn.Linear(6, 11)
    content = convert_to_onnx(network.eval())
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    shapes = {output.name: output.shape for output in session.get_outputs()}
    assert list(shapes)[:3] == ["logits", "digitness", "embedding"]
    logits, digitness = session.run(["logits", "digitness"], {"images": np.zeros((4, 1, 28, 28), np.float32)})
    assert logits.shape == (4, 10) and digitness.shape == (4,)
    check_outputs_agree(network, content)


def test_a_detector_takes_pages_of_any_size_and_gives_answers_only(detector: tuple[nn.Sequential, bytes]) -> None:
    network, content = detector
    check_outputs_agree(network, content)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["answers"]
    for shape in ((1, 1, 16, 16), (1, 1, 160, 48), (3, 1, 32, 64)):
        ink = np.random.default_rng(0).random(shape).astype(np.float32)
        (theirs,) = session.run(["answers"], {"images": ink})
        with torch.inference_mode():
            ours = network(torch.from_numpy(ink)).numpy()
        assert theirs.shape == ours.shape == (shape[0], 15, shape[2] // 4, shape[3] // 4)
        assert np.allclose(theirs, ours, atol=1e-3)
    with pytest.raises(ExportError, match="differ by"):
        check_outputs_agree(build_network("detector", seed=3).eval(), content)


@pytest.mark.usefixtures("bundled_fonts")
def test_a_trained_detector_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the reader's side takes the file: what ship.py does, at a tiny size."""
    monkeypatch.setattr(detection, "EVAL_BATCHES", 4)  # of fewer scenes none may have a digit
    monkeypatch.setattr(detection, "MAX_EVAL_DIGITS", 50)
    start(get_recipe("detector").with_knobs(samples=50, batch=4, steps=2), tmp_path / "run")
    path = export(Run(tmp_path / "run"), tmp_path / "detector.onnx")
    assert not (Detector(path).detect(np.zeros((50, 70), np.float32)).digitness > 0.5).any(), "it expects few digits"
    with pytest.raises(UsageError, match="this network cannot; leave --int8 out"):
        export(Run(tmp_path / "run"), tmp_path / "small.onnx", int8=True)
    assert path.with_suffix(".safetensors").exists()


def change_one_bias(content: bytes) -> bytes:
    """The same file with one bias changed by a hundredth."""
    model = onnx.load_model_from_string(content)
    for each in model.graph.initializer:
        values = numpy_helper.to_array(each)
        if values.shape == (10,):
            changed = values.copy()
            changed[3] += 0.01
            each.CopyFrom(numpy_helper.from_array(changed, each.name))
            return model.SerializeToString()
    raise AssertionError("no bias of ten numbers to tamper with")


def test_a_changed_weight_is_noticed(runs: Mapping[str, Run], exported_paths: dict[str, Path]) -> None:
    network, content = load_trained_network(runs["mlp"]), exported_paths["mlp"].read_bytes()
    check_outputs_agree(network, content)
    with pytest.raises(ExportError, match=r"differ by 0\.0(0999|100)\d* in a logit"):
        check_outputs_agree(network, change_one_bias(content))


def test_another_network_is_noticed(runs: Mapping[str, Run], exported_paths: dict[str, Path]) -> None:
    with pytest.raises(ExportError, match="differ by"):
        check_outputs_agree(load_trained_network(runs["softmax"]), exported_paths["mlp"].read_bytes())


def test_a_network_of_nothing_but_nan_is_noticed() -> None:
    network = build_network("softmax").eval()
    with torch.no_grad():
        network.logits.weight.fill_(torch.nan)
    with pytest.raises(ExportError, match="differ by nan"):
        check_outputs_agree(network, convert_to_onnx(network))


@pytest.mark.parametrize("content", [b"", b"no network", bytes(1000)])
def test_what_is_no_network_is_noticed(runs: Mapping[str, Run], content: bytes) -> None:
    with pytest.raises(ExportError, match="onnxruntime cannot"):
        check_outputs_agree(load_trained_network(runs["softmax"]), content)


def test_where_it_cannot_go(runs: Mapping[str, Run], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must end in \.onnx, not network\.pt"):
        export(runs["softmax"], tmp_path / "network.pt")
    with pytest.raises(RunError, match="There is no run"):
        export(Run(tmp_path / "nothing"), tmp_path / "network.onnx")
    assert not list(tmp_path.iterdir())


def test_the_file_tells_nothing_of_the_machine(
    exported_paths: dict[str, Path], detector: tuple[nn.Sequential, bytes]
) -> None:
    for content in (exported_paths["fast"].read_bytes(), detector[1]):
        assert b"stack_trace" not in content and b"export.py" not in content


def test_rounded_to_8_bits_it_is_small_and_guesses_alike(
    runs: Mapping[str, Run], exported_paths: dict[str, Path], tmp_path: Path
) -> None:
    small = export(runs["standard"], tmp_path / "small.onnx", int8=True)
    assert small.stat().st_size < exported_paths["standard"].stat().st_size  # it is tiny, and most of it are names
    assert json.loads(small.with_suffix(".json").read_text())["int8"] is True
    session = onnxruntime.InferenceSession(small.read_bytes(), providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == OUTPUTS["standard"]
    digits = load("train").slice(3000, 4000)
    whole, rounded = (
        Classifier(path).classify(digits.images).probabilities.argmax(axis=1)
        for path in (exported_paths["standard"], small)
    )
    assert (whole != rounded).mean() <= 0.02


def test_what_guesses_otherwise_when_rounded_is_refused(exported_paths: dict[str, Path]) -> None:
    other = build_network("softmax", seed=5).eval()
    with pytest.raises(ExportError, match=r"Rounded to 8 bits, the network takes \d+ of 1000 digits for others"):
        check_guesses_agree(other, exported_paths["softmax"].read_bytes())
