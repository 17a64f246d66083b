"""Scores, against what others compute."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.data.sets.digits import Digits
from inkdigits.models.build import build_network
from inkdigits.training import evaluate
from inkdigits.training.runs import Run, load_trained_network
from tests.helpers import make_digits


@given(st.integers(1, 60_000), st.data())
def test_wilsons_interval_is_scipys(n: int, data: st.DataObject) -> None:
    from scipy.stats import binomtest

    right = data.draw(st.integers(0, n))
    theirs = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert evaluate.wilson_interval(right, n) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_a_score_is_what_scikit_learn_says() -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, recall_score

    rng = np.random.default_rng(0)
    digits = Digits(np.zeros((500, 28, 28), np.uint8), rng.integers(0, 10, 500), "drawn")
    logits = rng.normal(size=(500, 10)).astype(np.float32) + 2 * np.eye(10, dtype=np.float32)[digits.labels]
    score = evaluate.score_logits(torch.from_numpy(logits), digits)
    guesses = logits.argmax(axis=1)
    probabilities = np.exp(logits.astype(np.float64))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert np.array_equal(score.confusion, confusion_matrix(digits.labels, guesses))
    assert score.accuracy == pytest.approx(accuracy_score(digits.labels, guesses))
    assert score.recall == pytest.approx(recall_score(digits.labels, guesses, average=None))
    assert score.loss == pytest.approx(log_loss(digits.labels, probabilities), rel=1e-5)
    assert (score.name, score.n) == ("drawn", 500)
    assert score.low < score.accuracy < score.high


def test_a_digit_that_the_set_lacks_has_no_recall() -> None:
    digits = Digits(np.zeros((4, 28, 28), np.uint8), np.array([1, 1, 2, 2]), "ones and twos")
    score = evaluate.score_logits(torch.eye(10)[[1, 2, 2, 2]], digits)
    assert score.recall == (None, 0.5, 1.0, *[None] * 7)


def test_the_most_confident_mistakes_come_first() -> None:
    logits = torch.tensor([[9.0, 0], [5, 0], [0, 7], [8, 0]])
    assert evaluate.find_mistakes(logits, np.array([0, 1, 0, 1])).tolist() == [3, 2, 1]


def test_a_digitness_logit_does_not_count_as_a_digit() -> None:
    logits = torch.tensor([[0.0] * 9 + [1, 5], [2.0, *[0.0] * 9, 9]])
    assert evaluate.accuracy(logits, torch.tensor([9, 0])) == 1.0


def test_asking_changes_nothing_about_a_network() -> None:
    network = build_network("cnn", width=4).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    logits = evaluate.predict_digit_logits(network, make_digits(30))
    assert logits.shape == (30, 10) and not logits.requires_grad
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_many_digits_at_once_and_in_parts_are_the_same(runs: Mapping[str, Run]) -> None:
    network, digits = load_trained_network(runs["standard"]), make_digits(2500)
    together = evaluate.predict_digit_logits(network, digits)
    alone = torch.cat([evaluate.predict_digit_logits(network, digits.slice(i, i + 500)) for i in range(0, 2500, 500)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_nothing_learnt_yet_is_a_guess() -> None:
    """Before training: about one in ten is right, and the loss is about ln 10."""
    score = evaluate.score_network(build_network("mlp"), evaluate.load_digits("train", None).slice(0, 5000))
    assert 0.02 < score.accuracy < 0.2
    assert score.loss == pytest.approx(math.log(10), abs=0.4)


def test_the_door_gives_the_test_digits() -> None:
    assert evaluate.load_test_digits().name == "MNIST test"


def test_two_networks_on_the_same_digits() -> None:
    before, after = np.array([1, 1, 0, 0, 0, 1], bool), np.array([1, 0, 1, 1, 0, 1], bool)
    found = evaluate.compare_paired("some", before, after)
    assert (found.n, found.before, found.after, found.mended, found.broken) == (6, 3, 2, 2, 1)
    assert found.gain == pytest.approx(1 / 6) and found.low < 0 < found.gain < found.high
    same = evaluate.compare_paired("same", before, before)
    assert same.gain == 0 and same.low == -same.high < 0, "no difference among six says little"


def test_the_paired_interval_holds_the_truth_as_often_as_it_says() -> None:
    """With 10 % mended and 4 % broken, the interval of about 95 of 100 samples holds 6 points."""
    chances = np.random.default_rng(0).random((400, 60))
    held = 0
    for drawn in chances:
        before, after = ~(drawn < 0.1), ~((drawn >= 0.1) & (drawn < 0.14))
        found = evaluate.compare_paired("drawn", before, after)
        held += found.low <= 0.06 <= found.high
    assert 0.92 <= held / 400 <= 0.995
