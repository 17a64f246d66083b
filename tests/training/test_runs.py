"""A run's folder with a missing or broken file: one sentence that names the file, and nothing else."""

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from inkdigits.errors import RunError, WriteError
from inkdigits.files import write_atomically
from inkdigits.models.build import build_network
from inkdigits.training.loop import State
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run, load_tensors, load_trained_network, save_tensors
from inkdigits.training.session import resume, start

MLP = get_recipe("mlp").with_knobs(samples=200, batch=32, steps=10)
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"recipe": {"name"',
    "bytes": bytes(range(256)),
    "a list": b"[1, 2]",
    "a number": b"7",
    "an empty object": b"{}",
    "text for settings": b'{"recipe": "mlp", "source": null}',
    "other settings": b'{"recipe": {"name": "mlp"}, "source": null}',
    "a value that makes no sense": json.dumps({"recipe": MLP.as_dict() | {"batch": None}, "source": None}).encode(),
    "a source that is no path": json.dumps({"recipe": MLP.as_dict(), "source": 7}).encode(),
}


@pytest.fixture
def run(tmp_path: Path, runs: Mapping[str, Run]) -> Run:
    """A finished run, to be damaged."""
    return Run(shutil.copytree(runs["mlp"].folder, tmp_path / "run"))


@pytest.fixture
def stopped_run(tmp_path: Path) -> Run:
    """A run that was stopped after half of its steps."""

    def stop(state: State) -> None:
        state.stop = state.step == 5

    start(MLP, tmp_path / "stopped", callbacks=[stop])
    return Run(tmp_path / "stopped")


def expect_run_error(act: Callable[[], object], *words: str) -> None:
    """It raises RunError with a message of one line and these words."""
    with pytest.raises(RunError) as caught:
        act()
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".?"
    for word in words:
        assert word in message


def test_no_run_at_all(tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path / "nothing" / "deeper"):
        expect_run_error(Run(folder).read_recipe, "There is no run at")
        expect_run_error(lambda folder=folder: resume(folder), "There is no run at")
    expect_run_error(Run(tmp_path).read_recipe, "has no recipe.json", "is it the folder of a run?")


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_recipe(stopped_run: Run, content: bytes) -> None:
    (stopped_run.folder / "recipe.json").write_bytes(content)
    expect_run_error(lambda: resume(stopped_run.folder), "recipe.json is broken")


@pytest.mark.parametrize("fact", ["device", "threads", "data"])
@pytest.mark.parametrize("value", [None, [1]])
def test_a_recipe_that_lacks_what_resuming_needs(stopped_run: Run, fact: str, value: object) -> None:
    settings = stopped_run.read_json("recipe.json")
    stopped_run.write_json("recipe.json", settings | {fact: value})
    expect_run_error(lambda: resume(stopped_run.folder), "recipe.json is broken", fact)


def test_a_recipe_that_is_a_folder(run: Run) -> None:
    (run.folder / "recipe.json").unlink()
    (run.folder / "recipe.json").mkdir()
    expect_run_error(run.read_recipe, "recipe.json is broken")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_broken_card(run: Run, content: bytes) -> None:
    (run.folder / "card.json").write_bytes(content)
    expect_run_error(run.read_card, "card.json is broken")


def test_a_run_that_is_not_finished_says_how_to_go_on(stopped_run: Run) -> None:
    expect_run_error(stopped_run.read_card, "has no card.json", "not finished", f"--resume {stopped_run.folder}")


def test_weights_that_are_missing(run: Run) -> None:
    run.weights_path.unlink()
    expect_run_error(lambda: load_trained_network(run), "weights.safetensors is missing")


@pytest.mark.parametrize(
    "damage", [lambda raw: b"", lambda raw: raw[:100], lambda raw: raw[:-1], lambda raw: b"x" * 500]
)
def test_weights_that_are_damaged(run: Run, damage: Callable[[bytes], bytes]) -> None:
    run.weights_path.write_bytes(damage(run.weights_path.read_bytes()))
    expect_run_error(lambda: load_trained_network(run), "weights.safetensors is broken")


def test_weights_of_another_network(run: Run) -> None:
    save_file(build_network("softmax").state_dict(), run.weights_path)
    expect_run_error(lambda: load_trained_network(run), "does not match its recipe's network")
    save_file(build_network("mlp", hidden=7).state_dict(), run.weights_path)
    expect_run_error(lambda: load_trained_network(run), "does not match its recipe's network")


@pytest.mark.parametrize("content", [b"{", b"[1]\n", b"7\n", b'{"step": 1}\n', b"\xff\n"])
def test_broken_metrics(run: Run, stopped_run: Run, content: bytes) -> None:
    for each in (run, stopped_run):
        (each.folder / "metrics.jsonl").write_bytes(content)
        expect_run_error(each.read_metrics, "metrics.jsonl is broken")
    expect_run_error(lambda: resume(stopped_run.folder), "metrics.jsonl is broken")


def test_missing_metrics_are_no_metrics(run: Run, stopped_run: Run) -> None:
    for each in (run, stopped_run):
        (each.folder / "metrics.jsonl").unlink()
        assert each.read_metrics() == []
    assert resume(stopped_run.folder).is_done


@pytest.mark.parametrize("damage", [lambda raw: b"", lambda raw: raw[:200], lambda raw: b"x" * 500])
def test_a_damaged_checkpoint(stopped_run: Run, damage: Callable[[bytes], bytes]) -> None:
    stopped_run.checkpoint_path.write_bytes(damage(stopped_run.checkpoint_path.read_bytes()))
    expect_run_error(lambda: resume(stopped_run.folder), "checkpoint.safetensors is broken")


def test_a_checkpoint_of_something_else(stopped_run: Run) -> None:
    tensors, about = load_tensors(stopped_run.checkpoint_path)
    save_tensors(stopped_run.checkpoint_path, {"network.logits.weight": torch.zeros(3)}, about)
    expect_run_error(lambda: resume(stopped_run.folder), "does not match its recipe's network")
    save_tensors(stopped_run.checkpoint_path, tensors, {})
    expect_run_error(lambda: resume(stopped_run.folder), "checkpoint.safetensors is broken")
    save_tensors(stopped_run.checkpoint_path, tensors, about | {"step": "five"})
    expect_run_error(lambda: resume(stopped_run.folder), "checkpoint.safetensors is broken")
    save_tensors(stopped_run.checkpoint_path, tensors | {"optimizer0.99.step": torch.zeros(())}, about)
    expect_run_error(lambda: resume(stopped_run.folder), "checkpoint.safetensors is broken")
    stopped_run.checkpoint_path.unlink()
    assert resume(stopped_run.folder).is_done  # from its first step


def test_a_write_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_atomically(path, "ä" * 1000)
    write_atomically(path, b"short")
    assert path.read_bytes() == b"short"
    assert [each.name for each in path.parent.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o644 or path.stat().st_mode & 0o600


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "below", tmp_path / "folder"):
        with pytest.raises(WriteError, match="could not be written"):
            write_atomically(path, b"x")
    assert {each.name for each in tmp_path.iterdir()} == {"file", "folder"}


FULL_DISK = """
import sys
from pathlib import Path
from inkdigits.errors import WriteError
from inkdigits.files import write_atomically
try:
    write_atomically(Path(sys.argv[1]), b"n" * 100_000)
except WriteError as error:
    print(error)
"""


def limit_file_size(size: int) -> Callable[[], None]:
    """For a child: no file may grow beyond that many bytes, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=limit_file_size(50_000),
    )
    assert "could not be written (File too large); any earlier file is unchanged" in done.stdout
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


RESUMED = """
import sys
from pathlib import Path
from inkdigits.errors import WriteError
from inkdigits.training.session import resume
try:
    resume(Path(sys.argv[1]))
except WriteError as error:
    print(error)
"""


def test_a_disk_that_fills_up_while_training_leaves_the_last_checkpoint(stopped_run: Run) -> None:
    """The weights do not fit any more; once there is room again, the run goes on from its checkpoint."""
    before = stopped_run.checkpoint_path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", RESUMED, stopped_run.folder],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=limit_file_size(20_000),
    )
    assert "could not be written" in done.stdout, done.stderr
    assert stopped_run.checkpoint_path.read_bytes() == before
    assert not stopped_run.is_finished and not [p for p in stopped_run.folder.iterdir() if p.name.startswith(".check")]
    assert resume(stopped_run.folder).is_done


def test_a_killed_trainings_lock_is_free_again(stopped_run: Run) -> None:
    assert (stopped_run.folder / ".lock").exists()
    with stopped_run.lock():
        expect_run_error(stopped_run.lock, "Another training is writing into")
    stopped_run.lock().release()
