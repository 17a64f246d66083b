"""What is learnt beside one person's digits: how it is mixed, what is held out, and where it starts."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkdigits.data.sets.mnist import load
from inkdigits.errors import RunError
from inkdigits.models.build import build_network
from inkdigits.training import finetune_data as lessons
from inkdigits.training.finetune_data import (
    FOLD_COUNT,
    build_replay_mix,
    draw_balanced,
    make_finetune_recipe,
    mix_digits,
    sampling_weights,
    split_folds,
)
from inkdigits.training.recipes import RECIPES, get_recipe
from inkdigits.training.runs import Run, load_trained_network
from tests.helpers import make_digits


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 500))
def test_every_label_and_every_sample_of_it_is_seen_as_often(labels: list[int], count: int) -> None:
    given_ = np.array(labels)
    places = draw_balanced(given_, count, np.random.default_rng(0))
    assert len(places) == count
    of_label = np.bincount(given_[places], minlength=10)[np.unique(given_)]
    assert np.ptp(of_label) <= 1
    for label in np.unique(given_):
        each = np.bincount(places, minlength=len(labels))[given_ == label]
        assert np.ptp(each) <= 1


@given(st.lists(st.integers(0, 9), min_size=10, max_size=80))
def test_every_sample_is_held_out_once_and_labels_are_spread(labels: list[int]) -> None:
    own = make_digits(len(labels))
    own = type(own)(own.images, np.array(labels), "own")
    held = []
    for train_indices, held_out_indices in split_folds(own):
        assert not set(train_indices) & set(held_out_indices) and len(train_indices) + len(held_out_indices) == len(own)
        held += held_out_indices.tolist()
        for label in set(labels):
            share = (own.labels[held_out_indices] == label).sum() - labels.count(label) / FOLD_COUNT
            assert abs(share) < 1
    assert sorted(held) == list(range(len(own)))


def test_the_mixture_has_the_shares_it_says_and_rehearses_as_many_as_there_are_steps() -> None:
    own, replay, network = make_digits(30, seed=1), load("train").slice(0, 900), build_network("mlp")
    steps = make_finetune_recipe(get_recipe("mlp")).with_knobs(steps=10)
    mixed = mix_digits(own, replay, steps, network)
    assert len(mixed) == 10 * lessons.BATCH
    mine, known = ({image.tobytes() for image in each.images} for each in (own, replay))
    assert sum(image.tobytes() in mine for image in mixed.images) == round(lessons.OWN_SHARE * len(mixed))
    assert sum(image.tobytes() in known for image in mixed.images) == pytest.approx(
        (1 - lessons.OWN_SHARE - lessons.STYLED_SHARE) * len(mixed), abs=1
    )
    assert mixed.sha256 == mix_digits(own, replay, steps, network).sha256


def test_a_network_that_has_learnt_from_other_hands_rehearses_them() -> None:
    own, replay, network = make_digits(30, seed=1), load("train").slice(0, 900), build_network("reader")
    mixed = mix_digits(own, replay, make_finetune_recipe(get_recipe("reader")).with_knobs(steps=8), network)
    mine = round(lessons.OWN_SHARE * len(mixed)), round(lessons.STYLED_SHARE * len(mixed))
    assert {image.tobytes() for image in mixed.images[: mine[0]]} <= {image.tobytes() for image in own.images}
    known = {image.tobytes() for image in replay.images}
    rehearsed = mixed.images[sum(mine) :]
    assert not any(image.tobytes() in known for image in rehearsed), "at the least they are bent"
    assert ((rehearsed == 0).mean(axis=(1, 2)) > 0.4).mean() > 0.5, "and half of them are no more than bent"


@given(arrays(np.float64, st.integers(1, 50), elements=st.floats(0, 100)))
def test_hard_digits_are_drawn_oftener_and_easy_ones_too(nll_values: NDArray[np.float64]) -> None:
    weights = sampling_weights(nll_values)
    assert weights.sum() == pytest.approx(1) and weights.min() > 0
    assert (np.diff(weights[nll_values.argsort()]) >= 0).all()
    assert weights.max() <= 20 * weights.min()


@pytest.mark.parametrize("name", sorted(set(RECIPES) - {"detector"}))
def test_every_network_goes_on_by_its_own_recipe(name: str) -> None:
    original = get_recipe(name)
    tuned = make_finetune_recipe(original)
    kept = ("model", "hidden", "width", "nondigits", "precision", "smoothing")
    assert all(getattr(tuned, knob) == getattr(original, knob) for knob in kept)
    assert tuned.augment == ("bent" if original.augment == "hands" else original.augment)
    assert tuned.name == f"{name}-finetuned" == make_finetune_recipe(tuned).name


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "BATCH", 20)
    monkeypatch.setattr(lessons, "NONDIGIT_COUNT", 20)


@pytest.mark.usefixtures("small_batches")
def test_it_starts_from_the_weights_it_is_given(runs: Mapping[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "LR", 1e-8)
    network = load_trained_network(runs["mlp"])
    replay_mix = build_replay_mix(runs["mlp"].read_recipe(), network.state_dict(), load("train").slice(0, 500), steps=3)
    tuned = replay_mix.train_network(make_digits(30), 0)
    assert not tuned.training
    for name, weights in tuned.state_dict().items():
        assert torch.allclose(weights, network.state_dict()[name], atol=1e-6)
    fresh = build_network("mlp").state_dict()
    assert any(not torch.allclose(weights, fresh[name], atol=1e-3) for name, weights in tuned.state_dict().items())


@pytest.mark.usefixtures("small_batches")
def test_a_reader_learns_and_no_font_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the weights that it started from are left alone."""
    monkeypatch.setattr("inkdigits.data.synthesis.nondigits.draw_font_glyphs", None)
    weights = build_network("reader").state_dict()
    before = {name: each.clone() for name, each in weights.items()}
    replay_mix = build_replay_mix(get_recipe("reader"), weights, load("train").slice(0, 500), steps=3)
    tuned = replay_mix.train_network(make_digits(30), 0).state_dict()
    assert all(torch.equal(weights[name], before[name]) for name in weights)
    assert not torch.equal(tuned["logits.weight"], before["logits.weight"])
    again = replay_mix.train_network(make_digits(30), 0).state_dict()
    assert all(torch.equal(tuned[name], again[name]) for name in tuned), "the same again from the same"


@pytest.mark.usefixtures("small_batches")
def test_what_diverges_is_an_error(runs: Mapping[str, Run]) -> None:
    weights = {
        name: torch.full_like(each, torch.nan) for name, each in load_trained_network(runs["mlp"]).state_dict().items()
    }
    with pytest.raises(RunError, match="loss is not finite"):
        build_replay_mix(runs["mlp"].read_recipe(), weights, load("train").slice(0, 500), steps=3).train_network(
            make_digits(30), 0
        )
