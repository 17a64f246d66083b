"""The loop: schedules, a real fall of the loss, and equal seeds that give equal weights."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from inkdigits.data.sets.mnist import load
from inkdigits.data.sets.splits import split
from inkdigits.models.build import build_network
from inkdigits.training.batches import Batches
from inkdigits.training.callbacks import MetricsRecorder, throttle
from inkdigits.training.loop import State, create_state, train
from inkdigits.training.muon import Muon
from inkdigits.training.optimizers import build_ema, build_optimizers, compute_learning_rate
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import start
from tests.helpers import make_digits

CPU = torch.device("cpu")
TINY = {"samples": 200, "steps": 8, "batch": 32}


def create_fresh_state(name: str, **knobs: float | str) -> State:
    """A training of random digits before its first step."""
    recipe = get_recipe(name).with_knobs(split="full", **knobs)
    return create_state(recipe, split(make_digits(recipe.samples or 200), "full"), CPU)


def test_a_constant_rate_is_constant() -> None:
    assert {compute_learning_rate(get_recipe("lecture-mlp"), step, 1000) for step in range(1000)} == {1e-3}


def test_one_cycle_goes_up_for_a_fifth_and_down_to_nothing() -> None:
    recipe = get_recipe("standard").with_knobs(lr=0.5)
    rates = [compute_learning_rate(recipe, step, 400) for step in range(400)]
    assert rates[:79] == pytest.approx([0.5 * (step + 1) / 80 for step in range(79)])
    assert max(rates) == rates[79] == pytest.approx(0.5)
    assert all(after < before for before, after in pairwise(rates[79:]))
    assert rates[239] == pytest.approx(0.25)  # half way down
    assert rates[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_very_few_steps_is_finite(steps: int) -> None:
    rates = [compute_learning_rate(get_recipe("standard"), step, steps) for step in range(steps)]
    assert all(0 <= rate <= get_recipe("standard").lr for rate in rates)


def test_the_lectures_loss_falls_from_a_guess() -> None:
    recipe = get_recipe("lecture-softmax").with_knobs(steps=40)
    state = create_state(recipe, split(load("train"), "lecture"), CPU)
    train(state, [MetricsRecorder(state)])
    first, last = state.history[0], state.history[-1]
    assert first["train_loss"] == pytest.approx(math.log(10), abs=0.3)
    assert first["train_accuracy"] < 0.25
    assert last["train_loss"] < 1.3 and last["held_loss"] < 1.35
    assert last["held_accuracy"] > 0.7


@pytest.mark.parametrize(("name", "train_share", "held_share"), [("lecture-softmax", 0.9636, 0.8988)])
def test_the_lecture_comes_out_as_it_did_in_the_lecture(
    tmp_path: Path, name: str, train_share: float, held_share: float
) -> None:
    """The whole recipe; too good is as wrong as too bad."""
    start(get_recipe(name), tmp_path / "run")
    scores = {score["set"]: score["accuracy"] for score in Run(tmp_path / "run").read_card()["scores"]}
    assert set(scores) == {"train", "held"}
    assert scores["train"] == pytest.approx(train_share, abs=0.005)
    assert scores["held"] == pytest.approx(held_share, abs=0.006)


@pytest.mark.parametrize("name", ["lecture-softmax", "mlp", "fast", "standard"])
def test_equal_seeds_give_equal_weights_bit_for_bit(name: str) -> None:
    one, two = (train(create_fresh_state(name, **TINY), []).network.state_dict() for _ in range(2))
    other = train(create_fresh_state(name, **TINY, seed=1), []).network.state_dict()
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)


def test_watching_changes_nothing() -> None:
    def noisy(state: State) -> None:
        torch.rand(5)

    alone = train(create_fresh_state("standard", **TINY), []).network.state_dict()
    state = create_fresh_state("standard", **TINY)
    watched = train(state, [MetricsRecorder(state), noisy]).network.state_dict()
    assert all(torch.equal(alone[key], watched[key]) for key in alone)


def test_a_step_is_adams_step() -> None:
    """The first step of Adam moves every weight that has a gradient by the learning rate."""
    state = create_fresh_state("lecture-softmax", samples=100, steps=1, lr=1e-3)
    before = state.network.logits.weight.detach().clone()
    train(state, [])
    moved = (state.network.logits.weight - before).abs().detach()
    assert moved.max() <= 1.01e-3
    assert moved.median() == pytest.approx(1e-3, rel=0.02)


def test_a_callback_can_stop_a_training() -> None:
    def enough(state: State) -> None:
        state.stop = state.step == 3

    state = train(create_fresh_state("mlp", **TINY), [enough])
    assert (state.step, state.stop, state.is_done) == (3, True, False)


def test_callbacks_are_called_in_order_after_every_step() -> None:
    calls: list[tuple[str, int]] = []
    first, second = (lambda state, name=name: calls.append((name, state.step)) for name in ("a", "b"))
    train(create_fresh_state("softmax", samples=100, steps=2), [first, second])
    assert calls == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_a_throttled_callback_is_called_first_and_last_and_seldom_between() -> None:
    seen: list[int] = []
    train(create_fresh_state("softmax", samples=100, steps=50), [throttle(3600, lambda state: seen.append(state.step))])
    assert seen == [1, 50]
    every: list[int] = []
    train(create_fresh_state("softmax", samples=100, steps=50), [throttle(0, lambda state: every.append(state.step))])
    assert every == list(range(1, 51))


def test_records_have_all_figures_and_come_about_fifty_times() -> None:
    state = create_fresh_state("softmax", samples=100, steps=200)
    train(state, [MetricsRecorder(state)])
    steps = [record["step"] for record in state.history]
    assert steps[0] == 1 and steps[-1] == 200 and 50 <= len(steps) <= 52
    for record in state.history:
        assert set(record) == {
            *("step", "epoch", "seconds", "lr"),
            *("train_loss", "train_accuracy", "held_loss", "held_accuracy"),
        }
        assert record["held_loss"] is None and 0 <= record["train_accuracy"] <= 1


def test_every_digit_is_seen_once_an_epoch() -> None:
    digits = make_digits(100)
    recipe = get_recipe("softmax").with_knobs(batch=25)
    batches = Batches(digits, recipe, CPU)
    epochs = [torch.cat([batches(step)[0] for step in range(start, start + 4)]) for start in (0, 4)]
    expected = sorted(image.tobytes() for image in digits.images)
    for epoch in epochs:
        assert sorted((image * 255).round().byte().numpy().tobytes() for image in epoch) == expected
    assert not torch.equal(*epochs)
    again = Batches(digits, recipe, CPU)
    assert torch.equal(again(6)[0], batches(6)[0])  # whatever was asked for before


def test_the_last_digits_that_fill_no_batch_get_their_turn_in_another_epoch() -> None:
    batches = Batches(make_digits(10), get_recipe("softmax").with_knobs(batch=4), CPU)
    assert batches.batches_per_epoch == 2
    assert all(len(batches(step)[1]) == 4 for step in range(20))


def test_varied_images_depend_on_seed_and_step_only() -> None:
    digits, recipe = make_digits(64), get_recipe("standard").with_knobs(batch=32)
    one, two = Batches(digits, recipe, CPU), Batches(digits, recipe, CPU)
    two(0)
    torch.rand(9)
    assert torch.equal(one(1)[0], two(1)[0])
    assert not torch.equal(one(0)[0], one(2)[0])  # the same digits may come, never the same images
    assert one(3)[0].min() >= 0 and one(3)[0].max() <= 1


@pytest.mark.parametrize(("optimizer", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)])
def test_the_optimizer_is_the_recipes(optimizer: str, kind: type) -> None:
    recipe: Recipe = get_recipe("mlp").with_knobs(optimizer=optimizer, decay=0.1)
    [made] = build_optimizers(recipe, create_fresh_state("mlp").network)
    assert type(made) is kind
    assert made.defaults["weight_decay"] == recipe.decay and made.defaults["betas"] == (0.9, 0.999)


@pytest.mark.parametrize("name", ["fast", "standard"])
def test_muon_moves_the_kernels_between_channels_and_adam_all_else(name: str) -> None:
    network = build_network(get_recipe(name).model)
    muon, adam = build_optimizers(get_recipe(name).with_knobs(optimizer="muon"), network)
    assert (type(muon), type(adam)) == (Muon, torch.optim.AdamW)
    kernels = [
        network.get_parameter(f"{layer}.0.weight") for layer, _ in network.named_children() if layer[:4] == "conv"
    ]
    moved = [group["params"] for each in (muon, adam) for group in each.param_groups]
    assert all(a is b for a, b in zip(moved[0], kernels[1:], strict=True))
    assert len(moved[0]) + len(moved[1]) == len(list(network.parameters()))


def test_an_average_is_kept_and_judged_if_the_recipe_wants_one() -> None:
    assert build_ema(get_recipe("mlp"), create_fresh_state("mlp").network) is None
    state = train(create_fresh_state("mlp", **TINY, average=0.9), [])
    assert state.ema is not None and state.eval_network is state.ema.module
    assert not torch.equal(state.eval_network.logits.weight, state.network.logits.weight)


def test_a_learning_rate_out_of_all_bounds_stays_a_training() -> None:
    """Whatever its loss is, as long as it is a number."""
    state = create_fresh_state("mlp", samples=100, steps=30, lr=100.0, schedule="constant")
    train(state, [MetricsRecorder(state)])
    assert state.is_done and state.history[-1]["train_loss"] > 2
