"""`inkdigits finetune` as a person meets it: samples from a folder or a file, a report, a network, or a reason."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.augmentation import style_transfer
from inkdigits.data.sets.mnist import load
from inkdigits.reading.reader import Reader
from inkdigits.serving.store import Store
from inkdigits.training import finetune_data as lessons
from inkdigits.training.export import export
from inkdigits.training.runs import Run
from tests.helpers import extract_error_sentence
from tests.reading.drawing import encode_image
from tests.told import Told


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, runs: Mapping[str, Run]) -> Path:
    """A tiny network that was exported."""
    return export(runs["mlp"], tmp_path_factory.mktemp("base") / "mlp.onnx")


@pytest.fixture(scope="module")
def drawings() -> list[tuple[int, bytes]]:
    """Labels and PNG files of thirty mirrored digits."""
    digits = load("train").slice(59_000, 60_000)
    places = np.concatenate([np.flatnonzero(digits.labels == label)[:3] for label in range(10)])
    large = [255 - np.kron(digits.images[place, :, ::-1], np.ones((4, 4), np.uint8)) for place in places]
    return [(int(digits.labels[place]), encode_image(image, "PNG")) for place, image in zip(places, large, strict=True)]


@pytest.fixture
def folder(tmp_path: Path, drawings: list[tuple[int, bytes]]) -> Path:
    """The drawings as a labelled folder."""
    for number, (label, drawing) in enumerate(drawings):
        (tmp_path / "mine" / str(label)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / str(label) / f"{number:02}.png").write_bytes(drawing)
    return tmp_path / "mine"


@pytest.fixture
def file(tmp_path: Path, drawings: list[tuple[int, bytes]]) -> Path:
    """The drawings as the service keeps them."""
    store = Store(tmp_path / "mine.sqlite")
    for label, drawing in drawings:
        store.add(label, "drawn", b"", drawing)
    return store.path


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "LR", 5e-3)
    monkeypatch.setattr(lessons, "MAX_STYLED_POOL", 200)
    monkeypatch.setattr(style_transfer, "FITTING_DIGITS", 60)


def test_a_folder_and_a_file_teach_the_same(told: Told, base: Path, folder: Path, file: Path, tmp_path: Path) -> None:
    said = {}
    for samples in (folder, file):
        words = ("finetune", samples, "--model", base, "--steps", "60", "--json")
        out = told(*words, "--out", tmp_path / samples.stem).out
        said[samples] = json.loads(out)
        assert said[samples]["own"]["n"] == 30 and said[samples]["refused"] is None
        assert set(said[samples]) == {"own", "held", "test", "model", "refused", "seconds"}
    keys = ("before", "after", "mended", "broken")
    assert [said[folder]["own"][key] for key in keys] == [said[file]["own"][key] for key in keys]
    assert said[file]["model"] == str(tmp_path / "mine" / "mlp.onnx")


def test_the_report_and_what_reads_with_it(told: Told, base: Path, file: Path, tmp_path: Path) -> None:
    said = told("finetune", file, "--model", base, "--steps", "60", "--out", tmp_path / "hand")
    *_, path = said.out.splitlines()
    for words in ("mine.sqlite, held out in turn", "MNIST, held out", "MNIST's test set", "10,000"):
        assert words in said.out
    assert f"inkdigits read --model {path}" in said.err and "judges it" in said.err
    assert Reader(path, threads=1).model.name == "mlp-finetuned"
    seven = tmp_path / "seven.png"
    seven.write_bytes(Store(file).latest(1, label=7)[0].drawing)
    assert (
        json.loads(told("read", "--single", "--json", seven, "--model", path).out)["model"]["name"] == "mlp-finetuned"
    )


def test_what_got_worse_is_refused(
    told: Told, base: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "LR", 5.0)
    said = told("finetune", folder, "--model", base, "--steps", "60", "--out", tmp_path / "hand", code=3)
    *_, last = said.err.splitlines()
    assert last.startswith("inkdigits: No network was written: it ") and last.endswith(".")
    assert not (tmp_path / "hand").exists() and "MNIST's test set" not in said.out


def test_samples_that_cannot_be_used(told: Told, base: Path, folder: Path, file: Path, tmp_path: Path) -> None:
    def refused(path: Path, why: str) -> None:
        assert why in extract_error_sentence(
            told("finetune", path, "--model", base, "--out", tmp_path / "hand", code=1).err
        )
        assert not (tmp_path / "hand").exists()

    refused(tmp_path / "none", "There are no samples at")
    (tmp_path / "words" / "seven").mkdir(parents=True)
    refused(tmp_path / "words", "no pictures in subfolders 0 … 9")
    (tmp_path / "text.sqlite").write_text("hello\n" * 1000)
    refused(tmp_path / "text.sqlite", "is not a file of samples")
    Store(tmp_path / "empty.sqlite")
    refused(tmp_path / "empty.sqlite", "has no samples")
    few = Store(tmp_path / "few.sqlite")
    few.add(1, "drawn", b"", Store(file).latest(1)[0].drawing)
    refused(few.path, "has 1 samples; fine-tuning needs 10 to 10,000")
    (folder / "3" / "notes.txt").write_text("no picture")
    refused(folder, "notes.txt cannot be read as a picture")


@pytest.mark.parametrize(
    "drawing", [b"no picture", b"\x89PNG\r\n\x1a\n", encode_image(np.zeros((2000, 2000), np.uint8), "PNG")]
)
def test_drawings_from_anybody_are_opened_within_limits(
    told: Told, base: Path, file: Path, tmp_path: Path, drawing: bytes
) -> None:
    with closing(sqlite3.connect(file)) as to:
        to.execute("UPDATE samples SET drawing = ? WHERE id = 5", (drawing,))
        to.commit()
    said = told("finetune", file, "--model", base, "--out", tmp_path / "hand", code=1).err
    assert "the drawing of sample 5 cannot be read" in extract_error_sentence(said)


def test_no_network_to_start_from(told: Told, file: Path, tmp_path: Path) -> None:
    assert "none.onnx" in extract_error_sentence(told("finetune", file, "--model", tmp_path / "none.onnx", code=1).err)
    told("finetune", file, "--steps", "0", code=2)
