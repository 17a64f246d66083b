"""One person's digits learnt by a small network: what is reported, what is written, and when nothing is."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inkdigits.data.augmentation import style_transfer
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.errors import DataError, ModelError
from inkdigits.reading.networks.classifier import PACKAGED_PATH, Classifier
from inkdigits.reading.reader import Reader
from inkdigits.training import finetune as module
from inkdigits.training import finetune_data
from inkdigits.training.calibrate import fit_temperature, refit_temperature
from inkdigits.training.evaluate import compare_paired, is_significant_rise, predict_digit_logits
from inkdigits.training.export import export
from inkdigits.training.finetune import (
    BISECTION_STEPS,
    MAX_BLEND,
    MAX_NLL_RISE,
    BaseNetwork,
    FinetuneResult,
    blend_weights,
    explain_refusal,
    finetune,
    largest_safe_blend,
    load_base,
    split_replay_and_held,
)
from inkdigits.training.finetune_data import nll
from inkdigits.training.runs import Run


@pytest.fixture(scope="module", autouse=True)
def few_styled_digits() -> Iterator[None]:
    """Have few digits written in a person's style: that takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetune_data, "MAX_STYLED_POOL", 300)
        patch.setattr(style_transfer, "FITTING_DIGITS", 60)
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, runs: Mapping[str, Run]) -> BaseNetwork:
    """A tiny network that was exported."""
    return load_base(export(runs["mlp"], tmp_path_factory.mktemp("base") / "mlp.onnx"))


def make_mirrored_digits(count: int = 60) -> Digits:
    """Somebody who writes every digit the wrong way round, as many of each."""
    digits = load("train").slice(58_000, 60_000)
    places = np.concatenate([np.flatnonzero(digits.labels == label)[: count // 10] for label in range(10)])
    return Digits(np.ascontiguousarray(digits.images[places, :, ::-1]), digits.labels[places], "mirrored")


@pytest.fixture(scope="module")
def mirrored_result(base: BaseNetwork, tmp_path_factory: pytest.TempPathFactory) -> tuple[FinetuneResult, list[str]]:
    """What came of it, and what was told on the way."""
    reports: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetune_data, "LR", 5e-3)
        return finetune(
            make_mirrored_digits(), tmp_path_factory.mktemp("hand") / "mlp.onnx", base, reports.append, steps=120
        ), reports


def test_the_hand_is_learnt_and_mnist_is_not_forgotten(mirrored_result: tuple[FinetuneResult, list[str]]) -> None:
    outcome, reports = mirrored_result
    assert outcome.refusal_reason is None and outcome.test is not None
    assert (outcome.own.n, outcome.held.n, outcome.test.n) == (60, 15_000, 10_000)
    assert outcome.own.after < 0.7 * outcome.own.before and outcome.own.low > 0
    assert outcome.own.after > 0, "each was judged by a network that had not learnt from it"
    assert outcome.held.after <= outcome.held.before
    assert len(reports) == finetune_data.FOLD_COUNT


def test_what_is_written_reads(mirrored_result: tuple[FinetuneResult, list[str]], base: BaseNetwork) -> None:
    path = mirrored_result[0].path
    assert path is not None
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["name"] == "mlp-finetuned" and card["trained"]["from"]["sha256"] == base.card["sha256"]
    assert (
        card["trained"]["data"]["n"] == 60 and card["trained"]["finetuned"]["own"] == mirrored_result[0].own.as_dict()
    )
    assert card["guarantee"]["n"] == 60 and 0.05 < card["temperature"] < 20
    reader = Reader(path, threads=1)
    right = (
        reader.classify(make_mirrored_digits().images, normalised=True).probabilities.argmax(axis=1)
        == make_mirrored_digits().labels
    )
    before = (
        Classifier(base.path).classify(make_mirrored_digits().images).probabilities.argmax(axis=1)
        == make_mirrored_digits().labels
    )
    assert right.mean() > before.mean()
    test = load("test")
    wrong = reader.classify(test.images, normalised=True).probabilities.argmax(axis=1) != test.labels
    assert mirrored_result[0].test is not None and wrong.sum() == mirrored_result[0].test.after, (
        "the report is of the file"
    )
    assert load_base(path).recipe.name == "mlp-finetuned", "it can be gone on from"


def test_what_got_worse_is_not_written_and_the_old_one_stays(
    base: BaseNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune_data, "LR", 0.5)
    monkeypatch.setattr(module, "load_test_digits", lambda: pytest.fail("the test set is nobody's business here"))
    target = tmp_path / "mlp.onnx"
    target.write_bytes(b"the old one")
    digits = load("train").slice(58_000, 59_000)
    right = Classifier(base.path).classify(digits.images).probabilities.argmax(axis=1) == digits.labels
    outcome = finetune(Digits(digits.images[right][:60], digits.labels[right][:60], "easy"), target, base, steps=60)
    assert outcome.refusal_reason is not None and outcome.path is None and outcome.test is None
    assert outcome.own.before == 0 < outcome.own.after
    assert [path.name for path in tmp_path.iterdir()] == ["mlp.onnx"] and target.read_bytes() == b"the old one"


def make_biased_network(base: BaseNetwork, bias: float) -> nn.Sequential:
    """A network that says 0 more than it did."""
    network = base.build_network()
    with torch.no_grad():
        network.logits.bias[0] += bias  # type: ignore[union-attr, operator, index]
    return network


def test_as_much_is_taken_over_as_mnist_bears(base: BaseNetwork) -> None:
    _, held = split_replay_and_held(load("train"))
    logits_before = predict_digit_logits(base.build_network(), held)

    def measure_nll_rise(share: float) -> float:
        logits = predict_digit_logits(blend_weights(base, make_biased_network(base, 1), share), held)
        return (nll(logits, held) - nll(logits_before, held)).mean().item()

    assert largest_safe_blend(base, base.build_network(), held, logits_before) == MAX_BLEND
    assert (
        largest_safe_blend(base, make_biased_network(base, 200), held, logits_before)
        == MAX_BLEND * 0.5**BISECTION_STEPS
    )
    share = largest_safe_blend(base, make_biased_network(base, 1), held, logits_before)
    assert 0 < share < MAX_BLEND, "so that the next lines say something"
    assert measure_nll_rise(share) < 1.3 * MAX_NLL_RISE, "the hard ones tell of all"
    assert measure_nll_rise(share + 2 * MAX_BLEND * 0.5**BISECTION_STEPS) > 0.7 * MAX_NLL_RISE, (
        "and no less is taken than is borne"
    )


def test_blended_weights_are_between(base: BaseNetwork) -> None:
    network = blend_weights(base, make_biased_network(base, 200), 0.25)
    assert network.logits.bias[0].item() == pytest.approx(base.weights["logits.bias"][0].item() + 50, abs=1e-4)  # type: ignore[union-attr, index]


def test_when_it_is_worse() -> None:
    def make_comparison(n: int, mended: int, broken: int) -> module.PairedComparison:
        before, after = np.ones(n, bool), np.ones(n, bool)
        before[:mended] = False
        after[mended : mended + broken] = False
        return compare_paired("some", before, after)

    assert explain_refusal(make_comparison(50, 3, 0), make_comparison(5000, 0, 5), True) is None
    assert explain_refusal(make_comparison(50, 0, 0), make_comparison(5000, 0, 0), True) is None
    assert explain_refusal(make_comparison(50, 1, 2), make_comparison(5000, 0, 0), False) is None
    assert explain_refusal(make_comparison(325, 0, 1), make_comparison(5000, 0, 0), True) is None, (
        "one mistake more of many"
    )
    many = explain_refusal(make_comparison(325, 0, 4), make_comparison(5000, 0, 0), True) or ""
    assert "took 4 of the 325" in many and "labels" in many and "more samples" not in many
    assert "took 2 of the 50" in (explain_refusal(make_comparison(50, 1, 2), make_comparison(5000, 9, 0), True) or "")
    assert "forgot: of MNIST's 5,000 held-out digits 6" in (
        explain_refusal(make_comparison(50, 9, 0), make_comparison(5000, 0, 6), False) or ""
    )


def test_what_rises_by_chance_does_not_surely_rise() -> None:
    before = torch.full((50,), 0.1)
    one, all_of_them = before.clone(), before + 0.01 * torch.arange(50) / 50
    one[7] = 4.0
    assert (
        not is_significant_rise(before, one)
        and not is_significant_rise(before, before)
        and not is_significant_rise(all_of_them, before)
    )
    assert is_significant_rise(before, all_of_them), "little, but nearly all of them"
    one[20:24] = 4.0
    assert is_significant_rise(before, one)


def test_samples_that_are_too_few(base: BaseNetwork, tmp_path: Path) -> None:
    for count, why in ((9, "9 samples; fine-tuning needs 10"), (10_001, "10,001 samples")):
        digits = load("train").slice(0, count)
        with pytest.raises(DataError, match=why):
            finetune(digits, tmp_path / "mlp.onnx", base)
    ones = Digits(np.zeros((20, 28, 28), np.uint8), np.ones(20, np.int64), "ones")
    with pytest.raises(DataError, match="ones does not have two samples each of two digits"):
        finetune(ones, tmp_path / "mlp.onnx", base)


def test_digits_may_be_missing(base: BaseNetwork, tmp_path: Path) -> None:
    digits = make_mirrored_digits()
    few = digits.labels < 3
    outcome = finetune(Digits(digits.images[few], digits.labels[few], "three"), tmp_path / "mlp.onnx", base, steps=30)
    assert outcome.own.n == 18


def test_a_network_that_cannot_be_gone_on_from(base: BaseNetwork, tmp_path: Path) -> None:
    for suffix in (".onnx", ".json"):
        shutil.copy(base.path.with_suffix(suffix), tmp_path / f"mlp{suffix}")
    with pytest.raises(ModelError, match=r"mlp\.safetensors: the network's weights cannot be read"):
        load_base(tmp_path / "mlp.onnx")
    (tmp_path / "mlp.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="cannot be read"):
        load_base(tmp_path / "mlp.onnx")
    shutil.copy(PACKAGED_PATH.with_suffix(".safetensors"), tmp_path / "mlp.safetensors")
    with pytest.raises(ModelError, match="do not match this inkdigits"):
        load_base(tmp_path / "mlp.onnx")
    with pytest.raises(ModelError):
        load_base(tmp_path / "none.onnx")


def test_the_packaged_network_can_be_gone_on_from() -> None:
    base = load_base()
    digits = load("train").slice(0, 20)
    with torch.inference_mode():
        ours = base.build_network()(torch.from_numpy(digits.images[:, None] / np.float32(255)))[:, :10]
    assert (
        ours.argmax(dim=1).numpy() == Classifier(PACKAGED_PATH).classify(digits.images).probabilities.argmax(axis=1)
    ).all()


def test_the_temperature_is_of_both_and_of_what_was_not_known() -> None:
    """Where nothing changed, and the person's digits are like MNIST's, it is the card's."""
    held = load("train").slice(55_000, 60_000)
    generator = torch.Generator().manual_seed(0)
    labels = torch.from_numpy(held.labels)
    logits = 3 * torch.nn.functional.one_hot(labels, 10) + torch.randn(5000, 10, generator=generator)
    temperature = fit_temperature(logits, labels)

    def refit(old: float) -> float:
        return refit_temperature(old, (logits, logits), held.labels, (logits, held.labels))

    assert refit(temperature) == pytest.approx(temperature, rel=1e-3)
    assert temperature < refit(2 * temperature) < 2 * temperature
