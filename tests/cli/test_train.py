"""`inkdigits train` as a person or a script meets it: on a terminal, in a pipe, broken off and taken up again."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from inkdigits.training.recipes import RECIPES
from inkdigits.training.runs import Run
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, extract_error_sentence, run_inkdigits
from tests.told import Told

LINE = re.compile(r"step +\d+/20  loss \d\.\d{4}  accuracy \d+\.\d\d %  \d+\.\d s, \d+ s left")


def test_a_tiny_training_writes_its_folder_and_plain_lines(tmp_path: Path) -> None:
    said = run_inkdigits("train", "mlp", "--samples", "500", "--steps", "20", "--every", "0", "--out", tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()} - {".lock"}
    assert names == {"recipe.json", "metrics.jsonl", "weights.safetensors", "card.json", "curves.png"}
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")
    headline, *lines = said.err.splitlines()
    assert headline == "mlp: mlp, 15,910 parameters; 500 digits, 128 a step, 20 steps, seed 0"
    assert len(lines) == 20 and all(LINE.fullmatch(line) for line in lines)
    out = said.out
    assert re.search(r"^mlp: 15,910 parameters, 20 steps in \d+\.\d s$", out, re.MULTILINE)
    assert re.search(r"^  test +\d+\.\d\d %   loss \d+\.\d{4}   n 10,000$", out, re.MULTILINE)
    assert out.endswith(f"run: {tmp_path / 'run'}\n")
    assert "\x1b" not in out + said.err


def test_folders_of_its_own_that_never_overwrite(tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("train", "softmax", "--samples", "100", "--steps", "2")
    for _ in range(2):
        told(*words)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["softmax", "softmax-2"]
    said = told(*words, "--out", "runs/softmax", code=1)
    assert "already holds a run; continue it with --resume runs/softmax" in extract_error_sentence(said.err)


def test_without_a_recipe_it_lists_them(told: Told) -> None:
    said = told("train").out
    for name, each in RECIPES.items():
        assert re.search(rf"^{name} +{each.model} +[\d,]+ +", said, re.MULTILINE)
    assert "7,850" in said and "15,910" in said


def test_every_knob_is_an_option(told: Told) -> None:
    said = told("train", "--help").out
    for knob in ("samples", "hidden", "steps", "lr", "batch", "seed", "width", "epochs", "augment", "average"):
        assert f"--{knob}" in said


def on_a_terminal(*words: str, **env: str) -> str:
    """Run a command whose stderr is a real terminal of 100×30, and give back all that appeared there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [INKDIGITS_COMMAND, *words],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=BASE_ENVIRONMENT | env,
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 65536):
            seen += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=300) == 0, seen.decode()
    return seen.decode()


def test_on_a_terminal_a_live_table_with_a_curve(tmp_path: Path) -> None:
    words = ("train", "lecture-softmax", "--steps", "12", "--every", "0")
    seen = on_a_terminal(*words, "--out", str(tmp_path / "run"))
    assert "\x1b[" in seen  # it draws over itself
    for word in ("step 12/12", "train", "lecture test", "loss", "accuracy", "s left"):
        assert word in seen
    assert re.search("[▁▂▃▄▅▆▇█]{3,}", seen)
    assert seen.count("step ") > 3


def test_a_terminal_without_colours(tmp_path: Path) -> None:
    words = ("train", "softmax", "--samples", "100", "--steps", "3", "--every", "0")
    seen = on_a_terminal(*words, "--out", str(tmp_path / "run"), NO_COLOR="1")
    assert "step 3/3" in seen
    assert not re.search(r"\x1b\[(3|4|9|10)\d(;\d+)*m", seen)


def test_broken_off_and_taken_up_again(tmp_path: Path, told: Told) -> None:
    folder = tmp_path / "run"
    words = ["train", "softmax", "--samples", "500", "--steps", "1500", "--every", "0", "--out", str(folder)]
    process = subprocess.Popen(
        [INKDIGITS_COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=BASE_ENVIRONMENT
    )
    assert process.stderr is not None
    while b"step" not in (line := process.stderr.readline()) or b"/1500" not in line:
        assert line, "the training ended before it was broken off"
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=300)
    assert process.returncode == 130 and not out
    assert f"Continue with: inkdigits train --resume {folder}" in said.decode() and b"Traceback" not in said
    stopped_at = int(re.search(rb"Stopped after step (\d+)", said)[1])  # type: ignore[index]
    assert 0 < stopped_at < 1500 and not Run(folder).is_finished
    resumed = told("train", "--resume", folder, "--every", "0").err
    first = int(re.search(r"step +(\d+)/1500", resumed)[1])  # type: ignore[index]
    assert first == stopped_at + 1
    assert Run(folder).read_card()["steps"] == 1500
    again = told("train", "--resume", folder, code=1)
    assert "is finished; there is nothing to resume" in extract_error_sentence(again.err)
