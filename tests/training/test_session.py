"""A run from start to finish, and from wherever it was broken off to the same end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from inkdigits.data.sets.mnist import load
from inkdigits.errors import DataError, RunError
from inkdigits.models.build import ARCHITECTURES
from inkdigits.training import session
from inkdigits.training.callbacks import stop_on_signals
from inkdigits.training.evaluate import load_test_digits
from inkdigits.training.loop import State
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run, load_trained_network
from inkdigits.training.session import resume, start

# Everything that a resumed run could get wrong: order, warps, normalisation, average, optimizer, schedule, arithmetic.
STANDARD = get_recipe("standard").with_knobs(samples=200, batch=32, steps=14, width=4, average=0.9, augment="light")
CNN = STANDARD.with_knobs(optimizer="adamw", decay=0.01, precision="float32")
FAST = get_recipe("fast").with_knobs(samples=200, batch=32, steps=14)
MLP = get_recipe("mlp").with_knobs(samples=200, batch=32, steps=30)
LECTURE = get_recipe("lecture-softmax").with_knobs(steps=6)
HANDS = STANDARD.with_knobs(optimizer="muon", augment="hands", precision="bfloat16")
TINY = get_recipe("tiny-600").with_knobs(samples=200, batch=32, steps=14, average=0.9, augment="bent")
INSTANT = get_recipe("instant").with_knobs(samples=200, batch=32, steps=6)
RECIPES = {"tiny": TINY, "cnn": CNN, "fast": FAST, "mlp": MLP, "lecture": LECTURE, "hands": HANDS, "instant": INSTANT}


pytestmark = pytest.mark.usefixtures("restore_threads")  # a resumed run takes those that it was started with


@pytest.fixture(scope="module", autouse=True)
def few_test_digits(runs: Mapping[str, Run]) -> Iterator[None]:
    """Have the runs of this file, other than `runs`, scored on fewer test digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "load_test_digits", lambda source: load_test_digits(source).slice(0, 1000))
        yield


@pytest.fixture(scope="module")
def unbroken_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """The runs as they end when nothing comes between."""
    folder = tmp_path_factory.mktemp("unbroken")
    for name, recipe in RECIPES.items():
        start(recipe, folder / name)
    return {name: Run(folder / name) for name in RECIPES}


def make_stopper(step: int) -> list[object]:
    def stop(state: State) -> None:
        state.stop = state.step == step

    return [stop]


def select_metrics(run: Run) -> list[dict[str, object]]:
    """The run's records without the times, and without the training figures, which are over one sitting's images."""
    return [
        {key: record[key] for key in ("step", "epoch", "lr", "held_loss", "held_accuracy")}
        for record in run.read_metrics()
    ]


def assert_same_end(run: Run, other: Run) -> None:
    """Both runs ended at the same weights, bit for bit, with the same figures on the way."""
    assert run.weights_path.read_bytes() == other.weights_path.read_bytes()
    assert select_metrics(run) == select_metrics(other)
    assert run.read_card()["scores"] == other.read_card()["scores"]
    assert not run.checkpoint_path.exists()


def test_a_finished_run_has_all_its_files(runs: Mapping[str, Run]) -> None:
    run = runs["standard"]
    names = {path.name for path in run.folder.iterdir()} - {".lock"}
    assert names == {"recipe.json", "metrics.jsonl", "weights.safetensors", "card.json"}
    settings, card = run.read_json("recipe.json"), run.read_card()
    assert run.is_finished and run.read_source() is None
    assert settings["recipe"] == run.read_recipe().as_dict() == card["recipe"]
    assert settings["data"]["n"] == 300 and len(settings["data"]["sha256"]) == 64
    assert card["data"] == settings["data"]
    assert card["steps"] == 6 and card["seconds"] > 0
    assert {"torch", "python", "cores", "date", "device", "threads"} <= set(card["conditions"])


def test_the_card_says_how_well_it_does_and_on_what(runs: Mapping[str, Run]) -> None:
    full = {score["set"]: score["n"] for score in runs["mlp"].read_card()["scores"]}
    lecture = {score["set"]: score["n"] for score in runs["lecture-softmax"].read_card()["scores"]}
    assert full == {"train": 500, "test": 10_000}
    assert lecture == {"train": 5000, "held": 5000}, "the lecture's run has no business with the test set"


def test_a_run_that_chooses_never_sees_the_test_set(tmp_path: Path) -> None:
    start(get_recipe("softmax").with_knobs(split="choosing", samples=1200, steps=3), tmp_path / "run")
    scores = Run(tmp_path / "run").read_card()["scores"]
    assert [(score["set"], score["n"]) for score in scores] == [("train", 1200), ("held", 5000)]


def test_every_json_of_a_run_is_strict_json(runs: Mapping[str, Run]) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    for run in runs.values():
        for path in (*run.folder.glob("*.json"), *run.folder.glob("*.jsonl")):
            for line in [path.read_text()] if path.suffix == ".json" else path.read_text().splitlines():
                json.loads(line, parse_constant=refuse)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("cnn", 1),
        ("cnn", 7),
        ("cnn", 13),
        ("fast", 5),
        ("mlp", 11),
        ("lecture", 3),
        ("hands", 6),
        ("tiny", 6),
        ("instant", 4),
    ],
)
def test_stopped_and_resumed_ends_at_the_same_weights(
    tmp_path: Path, unbroken_runs: dict[str, Run], name: str, step: int
) -> None:
    run = Run(tmp_path / "run")
    state = start(RECIPES[name], run.folder, callbacks=make_stopper(step))
    assert (state.step, state.is_done, run.is_finished) == (step, False, False)
    assert run.checkpoint_path.exists() and not run.weights_path.exists()
    assert resume(run.folder).is_done
    assert_same_end(run, unbroken_runs[name])


def test_stopped_twice_and_resumed_twice(tmp_path: Path, unbroken_runs: dict[str, Run]) -> None:
    run = Run(tmp_path / "run")
    start(CNN, run.folder, callbacks=make_stopper(4))
    assert resume(run.folder, make_stopper(9)).step == 9
    resume(run.folder)
    assert_same_end(run, unbroken_runs["cnn"])


def test_two_threads_stopped_and_resumed(tmp_path: Path) -> None:
    digits = load("train").slice(0, 240)
    rows = np.column_stack([digits.labels, digits.images.reshape(240, 784)])
    np.savetxt(tmp_path / "few.csv", rows, "%d", ",")
    torch.set_num_threads(2)
    start(CNN, tmp_path / "whole", tmp_path / "few.csv")
    start(CNN, tmp_path / "broken", tmp_path / "few.csv", callbacks=make_stopper(5))
    torch.set_num_threads(1)
    resume(tmp_path / "broken")
    assert Run(tmp_path / "broken").read_card()["conditions"]["threads"] == 2
    assert_same_end(Run(tmp_path / "broken"), Run(tmp_path / "whole"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_training_after_its_step(
    tmp_path: Path, unbroken_runs: dict[str, Run], number: signal.Signals
) -> None:
    def interrupt(state: State) -> None:
        if state.step == 6:
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    run = Run(tmp_path / "run")
    state = start(CNN, run.folder, callbacks=[interrupt])
    assert state.stop and not state.is_done and state.step in (6, 7)
    assert signal.getsignal(number) is before
    resume(run.folder)
    assert_same_end(run, unbroken_runs["cnn"])


def test_outside_the_main_thread_nobody_listens_for_signals(tmp_path: Path) -> None:
    ended: list[State] = []

    def work() -> None:
        with stop_on_signals():
            ended.append(start(MLP.with_knobs(steps=2), tmp_path / "run"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended[0].is_done


KILLED = """
import os, signal, sys
from pathlib import Path
from inkdigits.training.recipe import Recipe
from inkdigits.training.runs import Run, save_checkpoint
from inkdigits.training.session import start
import json, torch

torch.set_num_threads(1)
folder, settings, saved, killed = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])

def save(state):
    if state.step <= saved:
        Run(folder).write_metrics(state.history)
        save_checkpoint(Run(folder), state)

def die(state):
    if state.step == killed:
        os.kill(os.getpid(), signal.SIGKILL)

start(Recipe.from_dict(settings), folder, callbacks=[save, die])
"""


@pytest.mark.parametrize(("name", "saved", "killed"), [("cnn", 6, 9), ("mlp", 0, 5)])
def test_killed_and_resumed_ends_at_the_same_weights(
    tmp_path: Path, unbroken_runs: dict[str, Run], name: str, saved: int, killed: int
) -> None:
    """Killed without a word, some steps after its last checkpoint, or before there was one."""
    run = Run(tmp_path / "run")
    words = [str(run.folder), json.dumps(RECIPES[name].as_dict()), str(saved), str(killed)]
    done = subprocess.run([sys.executable, "-c", KILLED, *words], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert run.checkpoint_path.exists() == (saved > 0) and not run.is_finished
    resumed: list[int] = []
    resume(run.folder, [lambda state: resumed.append(state.step)])
    assert resumed[0] == saved + 1
    assert_same_end(run, unbroken_runs[name])


def test_two_trainings_into_one_folder(tmp_path: Path) -> None:
    messages: list[str] = []

    def intrude(state: State) -> None:
        for second in (lambda: start(MLP, tmp_path / "run"), lambda: resume(tmp_path / "run")):
            with pytest.raises(RunError) as caught:
                second()
            messages.append(str(caught.value))

    start(MLP.with_knobs(steps=1), tmp_path / "run", callbacks=[intrude])
    assert len(messages) == 2 and all("Another training is writing into" in message for message in messages)


def test_a_folder_that_has_a_run_already(tmp_path: Path, runs: Mapping[str, Run]) -> None:
    folder = shutil.copytree(runs["mlp"].folder, tmp_path / "run")
    before = Run(folder).weights_path.read_bytes()
    with pytest.raises(RunError, match="already holds a run; continue it with --resume"):
        start(MLP, folder)
    with pytest.raises(RunError, match="is finished; there is nothing to resume"):
        resume(folder)
    assert Run(folder).weights_path.read_bytes() == before


def test_places_where_no_run_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunError, match="cannot be created"):
            start(MLP, folder)
    assert (tmp_path / "file").read_text() == "in the way"


def test_resuming_needs_the_same_data(tmp_path: Path) -> None:
    source = tmp_path / "digits.csv"
    rows = [f"{place % 10}," + ",".join(["0"] * 783 + [str(place)]) for place in range(60)]
    source.write_text("\n".join(rows))
    recipe = get_recipe("mlp").with_knobs(steps=5, batch=8)
    start(recipe, tmp_path / "run", source, callbacks=make_stopper(2))
    assert Run(tmp_path / "run").read_source() == source
    source.write_text("\n".join(reversed(rows)))
    with pytest.raises(RunError, match="have changed since it began"):
        resume(tmp_path / "run")
    source.unlink()
    with pytest.raises(DataError, match="There is no data at"):
        resume(tmp_path / "run")
    source.write_text("\n".join(rows))
    assert resume(tmp_path / "run").is_done


@pytest.mark.parametrize(
    ("name", "model"), [("softmax", "softmax"), ("mlp", "mlp"), ("standard", "cnn"), ("fast", "fast")]
)
def test_a_run_gives_its_network_back(runs: Mapping[str, Run], name: str, model: str) -> None:
    network = load_trained_network(runs[name])
    assert not network.training and type(network) is ARCHITECTURES[model].make
    recipe_of: Recipe = runs[name].read_recipe()
    assert recipe_of.model == model
