"""Trainings of one recipe with different seeds: each as if alone, from wherever they were broken off, and together."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from inkdigits.data.mnist import load
from inkdigits.errors import RunError, UsageError
from inkdigits.training import ensembles, session
from inkdigits.training.export import export
from inkdigits.training.loop import Callback, State
from inkdigits.training.recipes import Recipe, recipe
from inkdigits.training.runs import Ensemble, Run, opened, trained_network

MLP = recipe("mlp").with_knobs(samples=500, batch=32, steps=20, seed=4)
# What a resumed run could get wrong: order, warps, normalisation, average, optimizer.
CNN = recipe("standard").with_knobs(batch=32, steps=6, width=4, average=0.9, seed=4)
TINY = MLP.with_knobs(samples=50, steps=2)
SEEDS = (4, 5, 6)


pytestmark = pytest.mark.usefixtures("same_threads")  # a resumed ensemble takes those that it was started with


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of so few digits that judging by them takes no time."""
    path, digits = tmp_path_factory.mktemp("data") / "few.csv", load("train").part(0, 240)
    np.savetxt(path, np.column_stack([digits.labels, digits.images.reshape(240, 784)]), "%d", ",")
    return path


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory, few: Path) -> Ensemble:
    """Three small CNNs, trained without a stop."""
    folder = tmp_path_factory.mktemp("ensemble") / "cnn"
    assert ensembles.start(CNN, 3, folder, few) is None
    return Ensemble(folder)


def copy_of(ensemble: Ensemble, folder: Path) -> Ensemble:
    return Ensemble(shutil.copytree(ensemble.folder, folder / "copy"))


def stop_at(seed: int, step: int) -> list[Callback]:
    def stop(state: State) -> None:
        if (state.recipe.seed, state.step) == (seed, step):
            state.stop = True

    return [stop]


def files_of(run: Run) -> dict[str, int]:
    """The run's files and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in run.folder.iterdir()}


def same_end(ensemble: Ensemble, other: Ensemble) -> None:
    """Both ended at the same weights, bit for bit, and so at the same scores."""
    for run, another in zip(ensemble.members(), other.members(), strict=True):
        assert run.weights.read_bytes() == another.weights.read_bytes()
    assert ensemble.card()["scores"] == other.card()["scores"]
    assert ensemble.card()["members"][0].keys() == {"seed", "seconds", "accuracy"}


def test_every_member_is_the_run_that_its_seed_alone_would_be(unbroken: Ensemble, few: Path, tmp_path: Path) -> None:
    assert tuple(unbroken.seeds) == SEEDS
    assert [run.folder.name for run in unbroken.members()] == ["seed-4", "seed-5", "seed-6"]
    for seed in SEEDS:
        session.start(CNN.with_knobs(seed=seed), tmp_path / str(seed), few)
    alone = [Run(tmp_path / str(seed)).weights.read_bytes() for seed in SEEDS]
    assert [run.weights.read_bytes() for run in unbroken.members()] == alone
    assert len(set(alone)) == 3
    assert {path.name for path in unbroken.folder.iterdir()} - {".lock"} == {
        "ensemble.json",
        "card.json",
        *(run.folder.name for run in unbroken.members()),
    }


@pytest.mark.parametrize(("seed", "step"), [(4, 2), (5, 1), (5, 5), (6, 3)])
def test_stopped_and_resumed_ends_at_the_same_weights(
    unbroken: Ensemble, few: Path, tmp_path: Path, seed: int, step: int
) -> None:
    folder = tmp_path / "run"
    state = ensembles.start(CNN, 3, folder, few, callbacks=stop_at(seed, step))
    assert state is not None and (state.recipe.seed, state.step) == (seed, step)
    ensemble = Ensemble(folder)
    done = [run for run in ensemble.members() if run.finished]
    assert [run.begun for run in ensemble.members()] == [each <= seed for each in SEEDS]
    assert len(done) == seed - 4 and not ensemble.finished
    before = [files_of(run) for run in done]
    resumed: list[tuple[int, int]] = []
    assert ensembles.resume(folder, [lambda state: resumed.append((state.recipe.seed, state.step))]) is None
    assert resumed[0] == (seed, step + 1)
    assert [files_of(run) for run in done] == before, "what is finished is not touched"
    same_end(ensemble, unbroken)


def test_stopped_twice_and_resumed_twice(unbroken: Ensemble, few: Path, tmp_path: Path) -> None:
    ensembles.start(CNN, 3, tmp_path / "run", few, callbacks=stop_at(4, 3))
    state = ensembles.resume(tmp_path / "run", stop_at(5, 2))
    assert state is not None and (state.recipe.seed, state.step) == (5, 2)
    ensembles.resume(tmp_path / "run")
    same_end(Ensemble(tmp_path / "run"), unbroken)


def test_stopped_before_its_card_it_lacks_only_that(unbroken: Ensemble, tmp_path: Path) -> None:
    ensemble = copy_of(unbroken, tmp_path)
    (ensemble.folder / "card.json").unlink()
    before = [files_of(run) for run in ensemble.members()]
    assert ensembles.resume(ensemble.folder) is None
    assert ensemble.card()["scores"] == unbroken.card()["scores"]
    assert [files_of(run) for run in ensemble.members()] == before


def interrupt_at(step: int) -> Callback:
    def interrupt(state: State) -> None:
        if (state.recipe.seed, state.step) == (4, step):
            os.kill(os.getpid(), signal.SIGINT)

    return interrupt


@pytest.mark.parametrize("step", [3, 6], ids=["while a member learns", "while it is judged"])
def test_a_signal_ends_all_of_it(unbroken: Ensemble, few: Path, tmp_path: Path, step: int) -> None:
    before = signal.getsignal(signal.SIGINT)
    state = ensembles.start(CNN, 3, tmp_path / "run", few, callbacks=[interrupt_at(step)])
    ensemble = Ensemble(tmp_path / "run")
    assert state is not None and state.stop and state.recipe.seed == 4
    assert [run.begun for run in ensemble.members()] == [True, False, False]
    assert ensemble.members()[0].finished == (step == 6) and not ensemble.finished
    assert signal.getsignal(signal.SIGINT) is before
    ensembles.resume(ensemble.folder)
    same_end(ensemble, unbroken)


def test_a_signal_between_two_members_ends_the_second_after_its_first_step(
    unbroken: Ensemble, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def complete(it: Recipe, *rest: object) -> State | None:
        if it.seed == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return session.complete(it, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ensembles, "complete", complete)
    state = ensembles.start(CNN, 3, tmp_path / "run", few)
    assert state is not None and (state.recipe.seed, state.step, state.done) == (5, 1, False)
    monkeypatch.undo()
    ensembles.resume(tmp_path / "run")
    same_end(Ensemble(tmp_path / "run"), unbroken)


def test_members_begun_later_have_the_threads_of_the_first(few: Path, tmp_path: Path) -> None:
    torch.set_num_threads(2)
    ensembles.start(TINY, 2, tmp_path / "run", few, callbacks=stop_at(4, 1))
    torch.set_num_threads(1)
    ensembles.resume(tmp_path / "run")
    assert [run.fact("threads", int) for run in Ensemble(tmp_path / "run").members()] == [2, 2]
    assert Ensemble(tmp_path / "run").card()["conditions"]["threads"] == 2


@pytest.mark.parametrize("name", ["reader", "detector"])
def test_networks_that_tell_more_or_else_are_refused_before_anything_is_done(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tell the ten digits and nothing else; train another recipe"):
        ensembles.start(recipe(name), 2, tmp_path / "run")
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


def test_a_folder_that_is_taken(mlps: Ensemble, tmp_path: Path) -> None:
    run = Run(shutil.copytree(mlps.members()[0].folder, tmp_path / "run"))
    for begin in (
        lambda: ensembles.start(MLP, 2, mlps.folder),
        lambda: session.start(MLP, mlps.folder),
        lambda: ensembles.start(MLP, 2, run.folder),
    ):
        with pytest.raises(RunError, match="already holds a run; go on with --resume"):
            begin()
    with pytest.raises(RunError, match="is finished; there is nothing to resume"):
        ensembles.resume(mlps.folder)
    assert not (mlps.folder / "recipe.json").exists() and not (run.folder / "ensemble.json").exists()


def test_two_trainings_into_one_folder(few: Path, tmp_path: Path) -> None:
    said: list[str] = []

    def intrude(state: State) -> None:
        for second in (
            lambda: ensembles.start(MLP, 2, tmp_path / "run"),
            lambda: ensembles.resume(tmp_path / "run"),
        ):
            with pytest.raises(RunError) as caught:
                second()
            said.append(str(caught.value))

    ensembles.start(TINY.with_knobs(steps=1), 2, tmp_path / "run", few, callbacks=[intrude])
    whole = f"Another training is writing into {tmp_path / 'run'};"
    assert len(said) == 4 and all(message.startswith(whole) for message in said), "the ensemble's, not a member's"


def test_a_member_of_other_settings_or_other_data_is_not_taken_for_one(mlps: Ensemble, tmp_path: Path) -> None:
    ensemble = copy_of(mlps, tmp_path)
    (ensemble.folder / "card.json").unlink()
    second = ensemble.members()[1]
    good = second.settings()
    second.write_json("recipe.json", good | {"data": good["data"] | {"sha256": "0" * 64}})
    with pytest.raises(RunError, match=r"seed-5 holds a run that learns from other data; move it away"):
        ensembles.resume(ensemble.folder)
    second.write_json("recipe.json", good | {"recipe": good["recipe"] | {"lr": 0.1}})
    with pytest.raises(RunError, match=r"seed-5 holds a run of other settings"):
        ensembles.resume(ensemble.folder)
    assert not ensemble.finished


def test_resuming_needs_the_same_data(tmp_path: Path) -> None:
    source = tmp_path / "digits.csv"
    rows = [f"{place % 10}," + ",".join(["0"] * 783 + [str(place)]) for place in range(60)]
    source.write_text("\n".join(rows))
    it = recipe("mlp").with_knobs(steps=5, batch=8)
    ensembles.start(it, 2, tmp_path / "run", source, callbacks=stop_at(0, 5))
    source.write_text("\n".join(reversed(rows)))
    with pytest.raises(RunError, match="have changed since it began"):
        ensembles.resume(tmp_path / "run")
    source.write_text("\n".join(rows))
    assert ensembles.resume(tmp_path / "run") is None
    assert [run.source() for run in Ensemble(tmp_path / "run").members()] == [source, source]


def test_one_that_is_not_finished_says_how_to_go_on(few: Path, tmp_path: Path) -> None:
    ensembles.start(TINY, 2, tmp_path / "run", few, callbacks=stop_at(4, 1))
    for ask in (lambda: export(Ensemble(tmp_path / "run"), tmp_path / "it.onnx"), Ensemble(tmp_path / "run").card):
        with pytest.raises(RunError, match=f"not finished: go on with --resume {tmp_path / 'run'}"):
            ask()


@pytest.mark.parametrize("seeds", [None, [], [4], ["4", "5"], {"4": 5}])
def test_broken_seeds(mlps: Ensemble, tmp_path: Path, seeds: object) -> None:
    ensemble = copy_of(mlps, tmp_path)
    ensemble.write_json("ensemble.json", ensemble.settings() | {"seeds": seeds})
    with pytest.raises(RunError, match=r"ensemble\.json is broken \(it says no seeds\)"):
        trained_network(ensemble)


def test_a_folder_is_opened_as_what_it_is(mlps: Ensemble, tmp_path: Path) -> None:
    assert opened(mlps.folder) == mlps
    member = opened(mlps.folder / "seed-4")
    assert type(member) is Run and member.members() == [member] and member.network_name == "mlp"
    assert mlps.network_name == "2 × mlp" and mlps.recipe() == MLP and mlps.source() is None
    assert type(opened(tmp_path / "none")) is Run
