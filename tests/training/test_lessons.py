"""What is learnt beside one person's digits: how it is mixed, what is held out, and where it starts."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkdigits.data.mnist import load
from inkdigits.errors import RunError
from inkdigits.models.build import build
from inkdigits.training import lessons
from inkdigits.training.lessons import FOLDS, chances, evenly, folds, knobs, lessons_of, mixture
from inkdigits.training.recipes import RECIPES, recipe
from inkdigits.training.runs import Run, trained_network
from tests.helpers import some_digits


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 500))
def test_every_label_and_every_sample_of_it_is_seen_as_often(labels: list[int], count: int) -> None:
    given_ = np.array(labels)
    places = evenly(given_, count, np.random.default_rng(0))
    assert len(places) == count
    of_label = np.bincount(given_[places], minlength=10)[np.unique(given_)]
    assert np.ptp(of_label) <= 1
    for label in np.unique(given_):
        each = np.bincount(places, minlength=len(labels))[given_ == label]
        assert np.ptp(each) <= 1


@given(st.lists(st.integers(0, 9), min_size=10, max_size=80))
def test_every_sample_is_held_out_once_and_labels_are_spread(labels: list[int]) -> None:
    own = some_digits(len(labels))
    own = type(own)(own.images, np.array(labels), "own")
    held = []
    for learnt, out in folds(own):
        assert not set(learnt) & set(out) and len(learnt) + len(out) == len(own)
        held += out.tolist()
        for label in set(labels):
            share = (own.labels[out] == label).sum() - labels.count(label) / FOLDS
            assert abs(share) < 1
    assert sorted(held) == list(range(len(own)))


def test_the_mixture_has_the_shares_it_says_and_rehearses_as_many_as_there_are_steps() -> None:
    own, replay, network = some_digits(30, seed=1), load("train").part(0, 900), build("mlp")
    steps = knobs(recipe("mlp")).with_knobs(steps=10)
    mixed = mixture(own, replay, steps, network)
    assert len(mixed) == 10 * lessons.BATCH
    mine, known = ({image.tobytes() for image in each.images} for each in (own, replay))
    assert sum(image.tobytes() in mine for image in mixed.images) == round(lessons.SHARE * len(mixed))
    assert sum(image.tobytes() in known for image in mixed.images) == pytest.approx(
        (1 - lessons.SHARE - lessons.STYLED) * len(mixed), abs=1
    )
    assert mixed.sha256 == mixture(own, replay, steps, network).sha256


def test_a_network_that_has_learnt_from_other_hands_rehearses_them() -> None:
    own, replay, network = some_digits(30, seed=1), load("train").part(0, 900), build("reader")
    mixed = mixture(own, replay, knobs(recipe("reader")).with_knobs(steps=8), network)
    mine = round(lessons.SHARE * len(mixed)), round(lessons.STYLED * len(mixed))
    assert {image.tobytes() for image in mixed.images[: mine[0]]} <= {image.tobytes() for image in own.images}
    known = {image.tobytes() for image in replay.images}
    rehearsed = mixed.images[sum(mine) :]
    assert not any(image.tobytes() in known for image in rehearsed), "at the least they are bent"
    assert ((rehearsed == 0).mean(axis=(1, 2)) > 0.4).mean() > 0.5, "and half of them are no more than bent"


@given(arrays(np.float64, st.integers(1, 50), elements=st.floats(0, 100)))
def test_hard_digits_are_drawn_oftener_and_easy_ones_too(costs: NDArray[np.float64]) -> None:
    found = chances(costs)
    assert found.sum() == pytest.approx(1) and found.min() > 0
    assert (np.diff(found[costs.argsort()]) >= 0).all()
    assert found.max() <= 20 * found.min()


@pytest.mark.parametrize("name", sorted(set(RECIPES) - {"detector"}))
def test_every_network_goes_on_by_its_own_recipe(name: str) -> None:
    before = recipe(name)
    after = knobs(before)
    kept = ("model", "hidden", "width", "nondigits", "precision", "smoothing")
    assert all(getattr(after, knob) == getattr(before, knob) for knob in kept)
    assert after.augment == ("bent" if before.augment == "hands" else before.augment)
    assert after.name == f"{name}-finetuned" == knobs(after).name


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "BATCH", 20)
    monkeypatch.setattr(lessons, "NONDIGITS", 20)


@pytest.mark.usefixtures("short")
def test_it_starts_from_the_weights_it_is_given(runs: Mapping[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "LR", 1e-8)
    network = trained_network(runs["mlp"])
    lesson = lessons_of(runs["mlp"].recipe(), network.state_dict(), load("train").part(0, 500), steps=3)
    learnt = lesson.learn(some_digits(30), 0)
    assert not learnt.training
    for name, weights in learnt.state_dict().items():
        assert torch.allclose(weights, network.state_dict()[name], atol=1e-6)
    fresh = build("mlp").state_dict()
    assert any(not torch.allclose(weights, fresh[name], atol=1e-3) for name, weights in learnt.state_dict().items())


@pytest.mark.usefixtures("short")
def test_a_reader_learns_and_no_font_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the weights that it started from are left alone."""
    monkeypatch.setattr("inkdigits.data.nondigits.font_glyphs", None)
    weights = build("reader").state_dict()
    before = {name: each.clone() for name, each in weights.items()}
    lesson = lessons_of(recipe("reader"), weights, load("train").part(0, 500), steps=3)
    learnt = lesson.learn(some_digits(30), 0).state_dict()
    assert all(torch.equal(weights[name], before[name]) for name in weights)
    assert not torch.equal(learnt["logits.weight"], before["logits.weight"])
    again = lesson.learn(some_digits(30), 0).state_dict()
    assert all(torch.equal(learnt[name], again[name]) for name in learnt), "the same again from the same"


@pytest.mark.usefixtures("short")
def test_what_diverges_is_an_error(runs: Mapping[str, Run]) -> None:
    weights = {
        name: torch.full_like(each, torch.nan) for name, each in trained_network(runs["mlp"]).state_dict().items()
    }
    with pytest.raises(RunError, match="no number any more"):
        lessons_of(runs["mlp"].recipe(), weights, load("train").part(0, 500), steps=3).learn(some_digits(30), 0)
