"""Trainings of one recipe with different seeds: each as if alone, from wherever they were broken off, and together."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from inkdigits.data.sets.mnist import load
from inkdigits.errors import RunError, UsageError
from inkdigits.training import ensembles, session
from inkdigits.training.export import export
from inkdigits.training.loop import Callback, State
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import EnsembleRun, Run, load_trained_network, open_run

MLP = get_recipe("mlp").with_knobs(samples=500, batch=32, steps=20, seed=4)
# What a resumed run could get wrong: order, warps, normalisation, average, optimizer.
CNN = get_recipe("standard").with_knobs(batch=32, steps=6, width=4, average=0.9, seed=4)
TINY = MLP.with_knobs(samples=50, steps=2)
SEEDS = (4, 5, 6)


pytestmark = pytest.mark.usefixtures("restore_threads")  # a resumed ensemble takes those that it was started with


@pytest.fixture(scope="module")
def few_digits_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of so few digits that judging by them takes no time."""
    path, digits = tmp_path_factory.mktemp("data") / "few.csv", load("train").slice(0, 240)
    np.savetxt(path, np.column_stack([digits.labels, digits.images.reshape(240, 784)]), "%d", ",")
    return path


@pytest.fixture(scope="module")
def unbroken_ensemble(tmp_path_factory: pytest.TempPathFactory, few_digits_path: Path) -> EnsembleRun:
    """Three small CNNs, trained without a stop."""
    folder = tmp_path_factory.mktemp("ensemble") / "cnn"
    assert ensembles.start(CNN, 3, folder, few_digits_path) is None
    return EnsembleRun(folder)


def copy_ensemble(ensemble: EnsembleRun, folder: Path) -> EnsembleRun:
    return EnsembleRun(shutil.copytree(ensemble.folder, folder / "copy"))


def make_stopper(seed: int, step: int) -> list[Callback]:
    def stop(state: State) -> None:
        if (state.recipe.seed, state.step) == (seed, step):
            state.stop = True

    return [stop]


def list_file_times(run: Run) -> dict[str, int]:
    """The run's files and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in run.folder.iterdir()}


def assert_same_end(ensemble: EnsembleRun, other: EnsembleRun) -> None:
    """Both ended at the same weights, bit for bit, and so at the same scores."""
    for run, another in zip(ensemble.list_members(), other.list_members(), strict=True):
        assert run.weights_path.read_bytes() == another.weights_path.read_bytes()
    assert ensemble.read_card()["scores"] == other.read_card()["scores"]
    assert ensemble.read_card()["members"][0].keys() == {"seed", "seconds", "accuracy"}


def test_every_member_is_the_run_that_its_seed_alone_would_be(
    unbroken_ensemble: EnsembleRun, few_digits_path: Path, tmp_path: Path
) -> None:
    assert tuple(unbroken_ensemble.seeds) == SEEDS
    assert [run.folder.name for run in unbroken_ensemble.list_members()] == ["seed-4", "seed-5", "seed-6"]
    for seed in SEEDS:
        session.start(CNN.with_knobs(seed=seed), tmp_path / str(seed), few_digits_path)
    alone = [Run(tmp_path / str(seed)).weights_path.read_bytes() for seed in SEEDS]
    assert [run.weights_path.read_bytes() for run in unbroken_ensemble.list_members()] == alone
    assert len(set(alone)) == 3
    assert {path.name for path in unbroken_ensemble.folder.iterdir()} - {".lock"} == {
        "ensemble.json",
        "card.json",
        *(run.folder.name for run in unbroken_ensemble.list_members()),
    }


@pytest.mark.parametrize(("seed", "step"), [(4, 2), (5, 1), (5, 5), (6, 3)])
def test_stopped_and_resumed_ends_at_the_same_weights(
    unbroken_ensemble: EnsembleRun, few_digits_path: Path, tmp_path: Path, seed: int, step: int
) -> None:
    folder = tmp_path / "run"
    state = ensembles.start(CNN, 3, folder, few_digits_path, callbacks=make_stopper(seed, step))
    assert state is not None and (state.recipe.seed, state.step) == (seed, step)
    ensemble = EnsembleRun(folder)
    done = [run for run in ensemble.list_members() if run.is_finished]
    assert [run.has_begun for run in ensemble.list_members()] == [each <= seed for each in SEEDS]
    assert len(done) == seed - 4 and not ensemble.is_finished
    before = [list_file_times(run) for run in done]
    resumed: list[tuple[int, int]] = []
    assert ensembles.resume(folder, [lambda state: resumed.append((state.recipe.seed, state.step))]) is None
    assert resumed[0] == (seed, step + 1)
    assert [list_file_times(run) for run in done] == before, "what is finished is not touched"
    assert_same_end(ensemble, unbroken_ensemble)


def test_stopped_twice_and_resumed_twice(unbroken_ensemble: EnsembleRun, few_digits_path: Path, tmp_path: Path) -> None:
    ensembles.start(CNN, 3, tmp_path / "run", few_digits_path, callbacks=make_stopper(4, 3))
    state = ensembles.resume(tmp_path / "run", make_stopper(5, 2))
    assert state is not None and (state.recipe.seed, state.step) == (5, 2)
    ensembles.resume(tmp_path / "run")
    assert_same_end(EnsembleRun(tmp_path / "run"), unbroken_ensemble)


def test_stopped_before_its_card_it_lacks_only_that(unbroken_ensemble: EnsembleRun, tmp_path: Path) -> None:
    ensemble = copy_ensemble(unbroken_ensemble, tmp_path)
    (ensemble.folder / "card.json").unlink()
    before = [list_file_times(run) for run in ensemble.list_members()]
    assert ensembles.resume(ensemble.folder) is None
    assert ensemble.read_card()["scores"] == unbroken_ensemble.read_card()["scores"]
    assert [list_file_times(run) for run in ensemble.list_members()] == before


def make_interrupter(step: int) -> Callback:
    def interrupt(state: State) -> None:
        if (state.recipe.seed, state.step) == (4, step):
            os.kill(os.getpid(), signal.SIGINT)

    return interrupt


@pytest.mark.parametrize("step", [3, 6], ids=["while a member learns", "while it is scored"])
def test_a_signal_ends_all_of_it(
    unbroken_ensemble: EnsembleRun, few_digits_path: Path, tmp_path: Path, step: int
) -> None:
    before = signal.getsignal(signal.SIGINT)
    state = ensembles.start(CNN, 3, tmp_path / "run", few_digits_path, callbacks=[make_interrupter(step)])
    ensemble = EnsembleRun(tmp_path / "run")
    assert state is not None and state.stop and state.recipe.seed == 4
    assert [run.has_begun for run in ensemble.list_members()] == [True, False, False]
    assert ensemble.list_members()[0].is_finished == (step == 6) and not ensemble.is_finished
    assert signal.getsignal(signal.SIGINT) is before
    ensembles.resume(ensemble.folder)
    assert_same_end(ensemble, unbroken_ensemble)


def test_a_signal_between_two_members_ends_the_second_after_its_first_step(
    unbroken_ensemble: EnsembleRun, few_digits_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def complete(recipe: Recipe, *rest: object) -> State | None:
        if recipe.seed == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return session.complete(recipe, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ensembles, "complete", complete)
    state = ensembles.start(CNN, 3, tmp_path / "run", few_digits_path)
    assert state is not None and (state.recipe.seed, state.step, state.is_done) == (5, 1, False)
    monkeypatch.undo()
    ensembles.resume(tmp_path / "run")
    assert_same_end(EnsembleRun(tmp_path / "run"), unbroken_ensemble)


def test_members_begun_later_have_the_threads_of_the_first(few_digits_path: Path, tmp_path: Path) -> None:
    torch.set_num_threads(2)
    ensembles.start(TINY, 2, tmp_path / "run", few_digits_path, callbacks=make_stopper(4, 1))
    torch.set_num_threads(1)
    ensembles.resume(tmp_path / "run")
    assert [run.read_setting("threads", int) for run in EnsembleRun(tmp_path / "run").list_members()] == [2, 2]
    assert EnsembleRun(tmp_path / "run").read_card()["conditions"]["threads"] == 2


@pytest.mark.parametrize("name", ["reader", "detector"])
def test_networks_that_tell_more_or_else_are_refused_before_anything_is_done(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="classify the ten digits can form an ensemble; train another recipe"):
        ensembles.start(get_recipe(name), 2, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("begin", "reason"),
    [
        (lambda folder: ensembles.start(MLP, 1, folder), "2 members or more, not 1"),
        (lambda folder: ensembles.start(MLP.with_knobs(seed=2**31 - 1), 2, folder), "--seed must be"),
        (lambda folder: ensembles.start(MLP, 2, folder, device="quantum"), "no device 'quantum'"),
        (lambda folder: ensembles.start(MLP.with_knobs(samples=70_000), 2, folder), "--samples 70000"),
    ],
)
def test_what_makes_no_sense_leaves_no_folder(begin: Callable[[Path], object], reason: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=reason):
        begin(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_taken(mlps: EnsembleRun, tmp_path: Path) -> None:
    run = Run(shutil.copytree(mlps.list_members()[0].folder, tmp_path / "run"))
    for begin in (
        lambda: ensembles.start(MLP, 2, mlps.folder),
        lambda: session.start(MLP, mlps.folder),
        lambda: ensembles.start(MLP, 2, run.folder),
    ):
        with pytest.raises(RunError, match="already holds a run; continue it with --resume"):
            begin()
    with pytest.raises(RunError, match="is finished; there is nothing to resume"):
        ensembles.resume(mlps.folder)
    assert not (mlps.folder / "recipe.json").exists() and not (run.folder / "ensemble.json").exists()


def test_two_trainings_into_one_folder(few_digits_path: Path, tmp_path: Path) -> None:
    messages: list[str] = []

    def intrude(state: State) -> None:
        for second in (
            lambda: ensembles.start(MLP, 2, tmp_path / "run"),
            lambda: ensembles.resume(tmp_path / "run"),
        ):
            with pytest.raises(RunError) as caught:
                second()
            messages.append(str(caught.value))

    ensembles.start(TINY.with_knobs(steps=1), 2, tmp_path / "run", few_digits_path, callbacks=[intrude])
    whole = f"Another training is writing into {tmp_path / 'run'};"
    assert len(messages) == 4 and all(message.startswith(whole) for message in messages), (
        "the ensemble's, not a member's"
    )


def test_a_member_of_other_settings_or_other_data_is_not_taken_for_one(mlps: EnsembleRun, tmp_path: Path) -> None:
    ensemble = copy_ensemble(mlps, tmp_path)
    (ensemble.folder / "card.json").unlink()
    second = ensemble.list_members()[1]
    good = second.read_settings()
    second.write_json("recipe.json", good | {"data": good["data"] | {"sha256": "0" * 64}})
    with pytest.raises(RunError, match=r"seed-5 holds a run that learns from other data; move it away"):
        ensembles.resume(ensemble.folder)
    second.write_json("recipe.json", good | {"recipe": good["recipe"] | {"lr": 0.1}})
    with pytest.raises(RunError, match=r"seed-5 holds a run with other settings"):
        ensembles.resume(ensemble.folder)
    assert not ensemble.is_finished


def test_resuming_needs_the_same_data(tmp_path: Path) -> None:
    source = tmp_path / "digits.csv"
    rows = [f"{place % 10}," + ",".join(["0"] * 783 + [str(place)]) for place in range(60)]
    source.write_text("\n".join(rows))
    recipe = get_recipe("mlp").with_knobs(steps=5, batch=8)
    ensembles.start(recipe, 2, tmp_path / "run", source, callbacks=make_stopper(0, 5))
    source.write_text("\n".join(reversed(rows)))
    with pytest.raises(RunError, match="have changed since it began"):
        ensembles.resume(tmp_path / "run")
    source.write_text("\n".join(rows))
    assert ensembles.resume(tmp_path / "run") is None
    assert [run.read_source() for run in EnsembleRun(tmp_path / "run").list_members()] == [source, source]


def test_one_that_is_not_finished_says_how_to_go_on(few_digits_path: Path, tmp_path: Path) -> None:
    ensembles.start(TINY, 2, tmp_path / "run", few_digits_path, callbacks=make_stopper(4, 1))
    for ask in (
        lambda: export(EnsembleRun(tmp_path / "run"), tmp_path / "it.onnx"),
        EnsembleRun(tmp_path / "run").read_card,
    ):
        with pytest.raises(RunError, match=f"not finished: continue with --resume {tmp_path / 'run'}"):
            ask()


@pytest.mark.parametrize("seeds", [None, [], [4], ["4", "5"], {"4": 5}])
def test_broken_seeds(mlps: EnsembleRun, tmp_path: Path, seeds: object) -> None:
    ensemble = copy_ensemble(mlps, tmp_path)
    ensemble.write_json("ensemble.json", ensemble.read_settings() | {"seeds": seeds})
    with pytest.raises(RunError, match=r"ensemble\.json is broken \(it has no seeds\)"):
        load_trained_network(ensemble)


def test_a_folder_is_opened_as_what_it_is(mlps: EnsembleRun, tmp_path: Path) -> None:
    assert open_run(mlps.folder) == mlps
    member = open_run(mlps.folder / "seed-4")
    assert type(member) is Run and member.list_members() == [member] and member.network_name == "mlp"
    assert mlps.network_name == "2 × mlp" and mlps.read_recipe() == MLP and mlps.read_source() is None
    assert type(open_run(tmp_path / "none")) is Run
