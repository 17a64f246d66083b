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
from inkdigits.models.build import build
from inkdigits.training.loop import State
from inkdigits.training.recipes import recipe
from inkdigits.training.runs import Run, load_tensors, save_tensors, trained_network
from inkdigits.training.session import resume, start

MLP = recipe("mlp").with_knobs(samples=200, batch=32, steps=10)
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
def stopped(tmp_path: Path) -> Run:
    """A run that was stopped after half of its steps."""

    def stop(state: State) -> None:
        state.stop = state.step == 5

    start(MLP, tmp_path / "stopped", callbacks=[stop])
    return Run(tmp_path / "stopped")


def refused(act: Callable[[], object], *words: str) -> None:
    """It raises RunError with a message of one line and these words."""
    with pytest.raises(RunError) as caught:
        act()
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".?"
    for word in words:
        assert word in message


def test_no_run_at_all(tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path / "nothing" / "deeper"):
        refused(Run(folder).recipe, "There is no run at")
        refused(lambda folder=folder: resume(folder), "There is no run at")
    refused(Run(tmp_path).recipe, "has no recipe.json", "is it the folder of a run?")


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_recipe(stopped: Run, content: bytes) -> None:
    (stopped.folder / "recipe.json").write_bytes(content)
    refused(lambda: resume(stopped.folder), "recipe.json is broken")


@pytest.mark.parametrize("fact", ["device", "threads", "data"])
@pytest.mark.parametrize("value", [None, [1]])
def test_a_recipe_that_lacks_what_resuming_needs(stopped: Run, fact: str, value: object) -> None:
    settings = stopped.read_json("recipe.json")
    stopped.write_json("recipe.json", settings | {fact: value})
    refused(lambda: resume(stopped.folder), "recipe.json is broken", fact)


def test_a_recipe_that_is_a_folder(run: Run) -> None:
    (run.folder / "recipe.json").unlink()
    (run.folder / "recipe.json").mkdir()
    refused(run.recipe, "recipe.json is broken")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_broken_card(run: Run, content: bytes) -> None:
    (run.folder / "card.json").write_bytes(content)
    refused(run.card, "card.json is broken")


def test_a_run_that_is_not_finished_says_how_to_go_on(stopped: Run) -> None:
    refused(stopped.card, "has no card.json", "not finished", f"--resume {stopped.folder}")


def test_weights_that_are_missing(run: Run) -> None:
    run.weights.unlink()
    refused(lambda: trained_network(run), "weights.safetensors is missing")


@pytest.mark.parametrize(
    "damage", [lambda raw: b"", lambda raw: raw[:100], lambda raw: raw[:-1], lambda raw: b"x" * 500]
)
def test_weights_that_are_damaged(run: Run, damage: Callable[[bytes], bytes]) -> None:
    run.weights.write_bytes(damage(run.weights.read_bytes()))
    refused(lambda: trained_network(run), "weights.safetensors is broken")


def test_weights_of_another_network(run: Run) -> None:
    save_file(build("softmax").state_dict(), run.weights)
    refused(lambda: trained_network(run), "does not fit its recipe's network")
    save_file(build("mlp", hidden=7).state_dict(), run.weights)
    refused(lambda: trained_network(run), "does not fit its recipe's network")


@pytest.mark.parametrize("content", [b"{", b"[1]\n", b"7\n", b'{"step": 1}\n', b"\xff\n"])
def test_broken_metrics(run: Run, stopped: Run, content: bytes) -> None:
    for each in (run, stopped):
        (each.folder / "metrics.jsonl").write_bytes(content)
        refused(each.metrics, "metrics.jsonl is broken")
    refused(lambda: resume(stopped.folder), "metrics.jsonl is broken")


def test_missing_metrics_are_no_metrics(run: Run, stopped: Run) -> None:
    for each in (run, stopped):
        (each.folder / "metrics.jsonl").unlink()
        assert each.metrics() == []
    assert resume(stopped.folder).done


@pytest.mark.parametrize("damage", [lambda raw: b"", lambda raw: raw[:200], lambda raw: b"x" * 500])
def test_a_damaged_checkpoint(stopped: Run, damage: Callable[[bytes], bytes]) -> None:
    stopped.checkpoint.write_bytes(damage(stopped.checkpoint.read_bytes()))
    refused(lambda: resume(stopped.folder), "checkpoint.safetensors is broken")


def test_a_checkpoint_of_something_else(stopped: Run) -> None:
    tensors, about = load_tensors(stopped.checkpoint)
    save_tensors(stopped.checkpoint, {"network.logits.weight": torch.zeros(3)}, about)
    refused(lambda: resume(stopped.folder), "does not fit its recipe's network")
    save_tensors(stopped.checkpoint, tensors, {})
    refused(lambda: resume(stopped.folder), "checkpoint.safetensors is broken")
    save_tensors(stopped.checkpoint, tensors, about | {"step": "five"})
    refused(lambda: resume(stopped.folder), "checkpoint.safetensors is broken")
    save_tensors(stopped.checkpoint, tensors | {"optimizer0.99.step": torch.zeros(())}, about)
    refused(lambda: resume(stopped.folder), "checkpoint.safetensors is broken")
    stopped.checkpoint.unlink()
    assert resume(stopped.folder).done  # from its first step


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


def limited(size: int) -> Callable[[], None]:
    """For a child: no file may grow beyond that many bytes, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=True, preexec_fn=limited(50_000)
    )
    assert "could not be written (File too large); what stood there is untouched" in done.stdout
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


def test_a_disk_that_fills_up_while_training_leaves_the_last_checkpoint(stopped: Run) -> None:
    """The weights do not fit any more; once there is room again, the run goes on from its checkpoint."""
    before = stopped.checkpoint.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", RESUMED, stopped.folder],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=limited(20_000),
    )
    assert "could not be written" in done.stdout, done.stderr
    assert stopped.checkpoint.read_bytes() == before
    assert not stopped.finished and not [p for p in stopped.folder.iterdir() if p.name.startswith(".check")]
    assert resume(stopped.folder).done


def test_a_killed_trainings_lock_is_free_again(stopped: Run) -> None:
    assert (stopped.folder / ".lock").exists()
    with stopped.lock():
        refused(stopped.lock, "Another training is writing into")
    stopped.lock().release()
