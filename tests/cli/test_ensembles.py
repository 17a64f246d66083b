"""`train --seeds`, and what the other commands make of the folder that comes of it."""

import json
import re
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.data.sets import mnist
from inkdigits.training.runs import EnsembleRun, Run
from tests.cli.test_train import on_a_terminal
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, extract_error_sentence
from tests.told import Told

MLP = ("train", "mlp", "--samples", "500", "--steps", "20")


@pytest.fixture
def folder(mlps: EnsembleRun) -> Path:
    """The folder of an ensemble of two. To be looked at only."""
    return mlps.folder


def test_members_are_trained_in_turn_and_judged_alone_and_together(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "two"
    said = told(*MLP, "--seeds", "2", "--seed", "7", "--every", "0", "--out", path)
    assert [line for line in said.err.splitlines() if line.startswith("mlp")] == [
        f"mlp: mlp, 15,910 parameters; 500 digits, 128 a step, 20 steps, seed {seed}" for seed in (7, 8)
    ]
    assert said.err.count("step") == 2 * (20 + 2)
    card, members = EnsembleRun(path).read_card(), [Run(path / f"seed-{seed}") for seed in (7, 8)]
    assert said.out.startswith("mlp-ensemble: 31,820 parameters, 40 steps in ")
    together = next(score for score in card["scores"] if score["set"] == "test")
    assert re.search(rf"^  test +{100 * together['accuracy']:.2f} %   loss \d\.\d{{4}}   n 10,000$", said.out, re.M)
    for run in members:
        alone = run.read_card()["scores"][-1]["accuracy"]
        assert re.search(rf"^  test, seed {run.read_recipe().seed} +{100 * alone:.2f} %$", said.out, re.M)
        assert (run.folder / "curves.png").exists()
    assert said.out.endswith(f"run: {path}\n")


def test_a_folder_of_its_own(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("train", "softmax", "--samples", "100", "--steps", "2", "--split", "choosing", "--seeds", "2")
    said = [told(*words).out for _ in range(2)]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["softmax", "softmax-2"]
    assert "run: runs/softmax-2\n" in said[1]
    assert re.search(r"^  validation, seed 1 +\d+\.\d\d %$", said[0], re.M)


def test_broken_off_and_taken_up_again(tmp_path: Path, told: Told) -> None:
    """With Ctrl-C while the second of three learns."""
    path, digits = tmp_path / "three", mnist.load("train").slice(0, 240)
    np.savetxt(tmp_path / "few.csv", np.column_stack([digits.labels, digits.images.reshape(240, 784)]), "%d", ",")
    words = ["train", "softmax", "--steps", "400", "--every", "0", "--seeds", "3", "--data", str(tmp_path / "few.csv")]
    process = subprocess.Popen(
        [INKDIGITS_COMMAND, *words, "--out", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=BASE_ENVIRONMENT,
    )
    assert process.stderr is not None
    while b"seed 1" not in (line := process.stderr.readline()):
        assert line, "the training ended before it was broken off"
    process.stderr.readline()  # one step
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130 and not out
    assert f"Continue with: inkdigits train --resume {path}" in err.decode() and b"Traceback" not in err
    assert [run.is_finished for run in EnsembleRun(path).list_members()] == [True, False, False]
    stopped_at = int(re.search(rb"Stopped after step (\d+)", err)[1])  # type: ignore[index]
    resumed = told("train", "--resume", path, "--every", "0")
    assert int(re.search(r"step +(\d+)/400", resumed.err)[1]) == stopped_at + 1  # type: ignore[index]
    assert "seed 0" not in resumed.err and "test, seed 0" in resumed.out
    assert [run.is_finished for run in EnsembleRun(path).list_members()] == [True, True, True]
    again = told("train", "--resume", path, code=1)
    assert "is finished; there is nothing to resume" in extract_error_sentence(again.err)


def test_on_a_terminal_one_table_after_another(tmp_path: Path) -> None:
    words = ("train", "softmax", "--samples", "100", "--steps", "3", "--every", "0", "--seeds", "2")
    seen = on_a_terminal(*words, "--out", str(tmp_path / "run"))
    places = [seen.index("seed 0"), seen.index("step 3/3"), seen.index("seed 1"), seen.rindex("step 3/3")]
    assert places == sorted(set(places))
    assert seen.count("seed 0") == seen.count("seed 1") == 1, "a headline each, once"


def test_what_makes_no_sense(told: Told, folder: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "run")
    for words, reason in (
        ((*MLP, "--seeds", "1", *out), "An ensemble has 2 members or more, not 1"),
        (("train", "reader", "--seeds", "2", *out), "classify the ten digits can form an ensemble"),
        (("train", "--resume", folder, "--seeds", "3"), "--resume continues a run with its own settings"),
    ):
        assert reason in extract_error_sentence(told(*words, code=2).err)
    assert not (tmp_path / "run").exists()


def test_evaluate(told: Told, folder: Path) -> None:
    said = json.loads(told("evaluate", folder, "--json").out)
    scores = {score["set"]: score for score in EnsembleRun(folder).read_card()["scores"]}
    assert said["confusion"] == scores["test"]["confusion"] and said["accuracy"] == scores["test"]["accuracy"]
    assert (said["network"], said["parameters"], said["n"]) == ("2 × mlp", 31_820, 10_000)
    assert told("evaluate", folder).out.startswith("mlp: 2 × mlp, 31,820 parameters\nevaluated on MNIST test")
    assert json.loads(told("evaluate", folder / "seed-5", "--json").out)["network"] == "mlp"


def test_export_and_read_with_it(told: Told, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "two.onnx"
    assert told("export", folder, "--output", path).out == f"{path}\n"
    digits = mnist.load("train").slice(0, 10)
    pictures = [tmp_path / f"{place}.png" for place in range(10)]
    for picture, glyph in zip(pictures, digits.images, strict=True):
        Image.fromarray(255 - np.kron(glyph, np.ones((4, 4), np.uint8))).save(picture)
    lines = told("read", "--single", "--json", "--model", path, *pictures).out.splitlines()
    pages = [json.loads(line) for line in lines]
    assert {page["model"]["name"] for page in pages} == {"mlp-ensemble"}
    said = [page["lines"][0]["numbers"][0]["digits"][0]["digit"] for page in pages]
    right = int((np.array(said) == digits.labels).sum())
    assert right >= 6, "after twenty steps it knows more than half"


def test_show_takes_the_members(told: Told, folder: Path, tmp_path: Path) -> None:
    members = [folder / "seed-4", folder / "seed-5"]
    for name, folders in (("one", [folder]), ("other", members)):
        words = ("--mistakes", "--pages", "1", "--output", tmp_path / name)
        drawn = [Path(line).name for line in told("show", *folders, *words).out.splitlines()]
        assert drawn == ["contradicted.png", "contradicted.txt", "mistakes-01.png"]
    listed = [(tmp_path / name / "contradicted.txt").read_text() for name in ("one", "other")]
    assert listed[0] == listed[1] and listed[0].count("\n") > 1
    said = extract_error_sentence(told("show", folder, "--output", tmp_path / "none", code=2).err)
    assert f"{folder} is an ensemble" in said and all(str(member) in said for member in members)
    assert not (tmp_path / "none").exists()


def test_show_of_one_that_is_not_finished(told: Told, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ensemble.json").write_bytes((folder / "ensemble.json").read_bytes())
    said = extract_error_sentence(told("show", tmp_path, "--mistakes", code=1).err)
    assert f"not finished: continue with --resume {tmp_path}" in said


def test_compare_gives_it_a_row_and_its_members_the_curves(told: Told, folder: Path, tmp_path: Path) -> None:
    words = ("compare", folder, folder / "seed-5")
    rows = [json.loads(line) for line in told(*words, "--json", "--output", tmp_path / "over.svg").out.splitlines()]
    assert [(row["name"], row["network"], row["parameters"]) for row in rows] == [
        ("two", "2 × mlp", 31_820),
        ("seed-5", "mlp", 15_910),
    ]
    assert rows[0]["test_accuracy"] == EnsembleRun(folder).read_card()["scores"][-1]["accuracy"]
    drawn = (tmp_path / "over.svg").read_text()
    assert "seed-4" in drawn and "seed-5" in drawn
