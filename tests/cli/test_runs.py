"""`data`, `evaluate`, `show`, `compare`, `export`, `demo`: on real runs of a few steps."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.data.sets import mnist
from inkdigits.lab.answers import predict_run
from inkdigits.training.runs import Run
from tests.helpers import extract_error_sentence, run_inkdigits
from tests.told import Told


def strict_json(said: str) -> dict[str, object]:
    """One line of JSON without NaN and infinity."""
    (line,) = said.splitlines()

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(line, parse_constant=refuse)  # type: ignore[no-any-return]


def test_data_for_people_and_a_sheet(told: Told, tmp_path: Path) -> None:
    done = told("data", "--sheet", tmp_path / "sheet.png")
    said = done.out
    assert "MNIST train: 60000 × 28 × 28 uint8, 0 to 255" in said
    assert "5,923" in said and "1,135" in said
    assert all(digest in said for digest in mnist.SHA256_BY_NAME.values())
    assert done.err == f"examples: {tmp_path / 'sheet.png'}\n"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 500


def test_data_of_ones_own_as_json(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{place % 5}," + ",".join([str(place)] * 784) for place in range(30)]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path / "mine.csv"))
    facts = strict_json(told("data", "--json").out)
    assert set(facts) == {"train", "test"}
    train = facts["train"]
    assert isinstance(train, dict)
    assert train["shape"] == [25, 28, 28] and sum(train["counts"]) == 25 and train["counts"][5:] == [0] * 5
    assert set(train) == {"name", "shape", "dtype", "range", "mean", "counts", "sha256"}


def test_evaluate_as_json(told: Told, runs: Mapping[str, Run]) -> None:
    run = runs["mlp"]
    said = strict_json(told("evaluate", run.folder, "--json").out)
    scores = {score["set"]: score for score in run.read_card()["scores"]}
    assert said["n"] == 10_000 and said["parameters"] == 15_910 and said["network"] == "mlp"
    assert said["accuracy"] == scores["test"]["accuracy"] and said["confusion"] == scores["test"]["confusion"]
    assert {"low", "high", "loss", "recall", "run", "name"} <= set(said)


def test_evaluate_for_people(told: Told, runs: Mapping[str, Run]) -> None:
    said = told("evaluate", runs["lecture-softmax"].folder).out
    assert "evaluated on MNIST train 5001–10000, 5,000 digits" in said
    assert re.search(r"accuracy \d\d\.\d\d %   95 % interval \d\d\.\d\d % to \d\d\.\d\d %", said)
    assert len(re.findall(r"^\d .* %$", said, re.MULTILINE)) == 10


def test_evaluate_where_digits_are_missing(told: Told, tmp_path: Path) -> None:
    """Recall of a digit that is not there is nothing, and is null in JSON."""
    rows = [f"{place % 3}," + ",".join([str(80 * (place % 3))] * 784) for place in range(60)]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    words = ("train", "softmax", "--data", tmp_path / "mine.csv", "--steps", "3", "--out", tmp_path / "run")
    told(*words)
    said = strict_json(told("evaluate", tmp_path / "run", "--json").out)
    assert isinstance(said["recall"], list) and said["recall"][3:] == [None] * 7
    assert "NaN" not in (tmp_path / "run" / "card.json").read_text()
    told("evaluate", tmp_path / "run")
    assert len(told("show", tmp_path / "run", "--output", tmp_path).out.splitlines()) == 5


@pytest.mark.parametrize(("name", "ending"), [("standard", "png"), ("fast", "png"), ("mlp", "svg")])
def test_show_prints_the_files_it_drew(
    told: Told, runs: Mapping[str, Run], tmp_path: Path, name: str, ending: str
) -> None:
    svg = ["--svg"] if ending == "svg" else []
    done = told("show", runs[name].folder, "--output", tmp_path, "--images", "7,8", *svg)
    drawn = [Path(line) for line in done.out.splitlines()]
    assert [path.name for path in drawn] == [
        f"{figure}.{ending}" for figure in ("curves", "predictions", "confusion", "mistakes", "weights")
    ]
    for path in drawn:
        assert path.read_bytes().startswith(b"<?xml" if ending == "svg" else b"\x89PNG")


def test_show_of_images_that_are_none(told: Told, runs: Mapping[str, Run], tmp_path: Path) -> None:
    for images, reason in (
        ("five", "takes numbers separated by commas"),
        ("60001", "no digit 60001"),
        ("0", "no digit 0"),
    ):
        done = told("show", runs["mlp"].folder, "--output", tmp_path, "--images", images, code=2)
        assert reason in extract_error_sentence(done.err)


def test_show_mistakes_of_one_run(told: Told, runs: Mapping[str, Run], tmp_path: Path) -> None:
    done = told("show", runs["mlp"].folder, "--mistakes", "--pages", "2", "--output", tmp_path)
    drawn = [Path(line) for line in done.out.splitlines()]
    assert [path.name for path in drawn] == ["mistakes-01.png", "mistakes-02.png"]
    for path in drawn:
        with Image.open(path) as page:
            assert page.width == 1200


def test_show_labels_that_all_runs_contradict(told: Told, runs: Mapping[str, Run], tmp_path: Path) -> None:
    told("train", "mlp", "--samples", "500", "--steps", "20", "--seed", "1", "--out", tmp_path / "other")
    folders = runs["mlp"].folder, tmp_path / "other"
    done = told("show", *folders, "--mistakes", "--pages", "1", "--svg", "--output", tmp_path / "drawn")
    names = [Path(line).name for line in done.out.splitlines()]
    assert names == ["contradicted.svg", "contradicted.txt", "mistakes-01.svg"]
    _, *rows = (tmp_path / "drawn" / "contradicted.txt").read_text().splitlines()
    labels, judged = mnist.load("test").labels, [predict_run(Run(folder)).logits for folder in folders]
    assert rows
    for row in rows:
        number, label, said = (int(word) for word in row.split()[:3])
        assert label == labels[number - 1] != said
        assert all(int(each[number - 1].argmax()) == said for each in judged)
    sure = [float(row.split()[3]) for row in rows]
    assert sure == sorted(sure, reverse=True)


def test_show_of_what_does_not_go_together(told: Told, runs: Mapping[str, Run], tmp_path: Path) -> None:
    run, other = runs["mlp"].folder, runs["softmax"].folder
    for words, reason in (
        ((run, other), "need --mistakes"),
        ((run, "--pages", "2"), "need --mistakes"),
        ((run, "--mistakes", "--images", "7"), "--images cannot be used with --mistakes"),
        ((run, other, "--mistakes"), "differ in more than their seeds"),
    ):
        done = told("show", *words, "--output", tmp_path / "drawn", code=2)
        assert reason in extract_error_sentence(done.err) and not done.out
    assert not (tmp_path / "drawn").exists()


def test_compare(told: Told, runs: Mapping[str, Run], tmp_path: Path) -> None:
    folders = [runs["softmax"].folder, runs["lecture-softmax"].folder]
    done = told("compare", *folders, "--output", tmp_path / "over.png")
    table = done.out.splitlines()
    assert [line.split()[0] for line in table] == ["run", "softmax", "lecture-softmax"]
    assert all("7,850" in line for line in table[1:])
    assert (tmp_path / "over.png").exists() and str(tmp_path / "over.png") in done.err
    rows = [json.loads(line) for line in told("compare", *folders, "--json").out.splitlines()]
    assert [row["name"] for row in rows] == ["softmax", "lecture-softmax"]
    assert rows[0]["held_accuracy"] is None and rows[1]["test_accuracy"] is None
    assert rows[0]["test_accuracy"] == runs["softmax"].read_card()["scores"][1]["accuracy"]


def test_export_and_read_with_it(told: Told, runs: Mapping[str, Run], tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    done = run_inkdigits("export", runs["lecture-softmax"].folder, "--output", path)
    assert done.out == f"{path}\n" and not done.err
    Image.fromarray(255 - np.kron(mnist.load("train").images[0], np.ones((4, 4), np.uint8))).save(tmp_path / "five.png")
    said = strict_json(told("read", "--single", "--json", "--model", path, tmp_path / "five.png").out)
    assert said["model"] == {
        "name": "lecture-softmax",
        "version": json.loads((tmp_path / "mine.json").read_text())["version"],
    }
    path.write_bytes(path.read_bytes()[:-1])
    done = told("read", "--model", path, tmp_path / "five.png", code=1)
    assert "not the file its card describes" in extract_error_sentence(done.err)


def test_the_demo_in_a_hurry(told: Told, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = told("demo", "--steps", "5", "--out", out)
    said = done.out
    for name in ("lecture-softmax", "lecture-mlp", "fast"):
        assert re.search(rf"^{name} ", said, re.MULTILINE)
        assert Run(out / name).is_finished
        assert (out / name / "figures" / "weights.png").exists()
    assert all(figure in said for figure in ("96.36 / 89.88 %", "99.84 / 90.72 %", "865 s", "896 s"))
    assert said.count("written ") == 5 and "What next:" in said
    assert (out / "page-1.png").exists() and (out / "fast.onnx").exists()


def test_a_demo_touches_nothing_that_is_no_demo(told: Told, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = told("demo", "--steps", "5", "--out", tmp_path, code=1)
    assert "contains something other than a demo" in extract_error_sentence(done.err)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
