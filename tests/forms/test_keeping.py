"""`inkdigits form` keeps what people made: corrections, templates, rosters, pictures."""

import csv
import shutil
from pathlib import Path

import pytest
from PIL import Image

from inkdigits.cli.form_examples import write_examples
from tests.told import Told


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms")
    write_examples(folder, sheets=2)
    return folder


def test_no_output_takes_the_place_of_what_is_read(desk: Path, told: Told, tmp_path: Path) -> None:
    for name in ("mark-sheet.json", "mark-sheet.png", "roster.csv"):
        shutil.copy(desk / name, tmp_path)
    template, picture = tmp_path / "mark-sheet.json", tmp_path / "photo.png"
    picture.write_bytes(b"no picture")
    (tmp_path / "linked.csv").symlink_to(picture)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for output in ("mark-sheet.json", "roster.csv", "linked.csv"):
        said = told("form", "read", template, picture, "--output", tmp_path / output, code=2)
        assert "would be overwritten" in said.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    results = tmp_path / "r.sqlite"
    told("form", "read", template, picture, "--output", tmp_path / "r.csv", code=1)
    kept = results.read_bytes()
    assert "would be overwritten" in told("form", "review", results, "--output", results, code=2).err
    shutil.copy(results, tmp_path / "odd.csv")
    assert (
        "would be overwritten"
        in told("form", "export", tmp_path / "odd.csv", "--output", tmp_path / "odd.csv", code=2).err
    )
    assert results.read_bytes() == kept == (tmp_path / "odd.csv").read_bytes()


def test_a_folder_that_had_no_pictures_is_read_on_resume(desk: Path, told: Told, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    words = ["form", "read", desk / "mark-sheet.json", tmp_path / "photos", "--output", tmp_path / "m.csv"]
    assert "no pictures" in told(*words, code=1).err
    shutil.copy(desk / "filled" / "mark-sheet-1.png", tmp_path / "photos")
    assert "1 sheet, 0 failed" in told(*words, "--resume").err


def test_a_thin_picture_fails_alone(desk: Path, told: Told, tmp_path: Path) -> None:
    Image.new("L", (2, 5000), 255).save(tmp_path / "thin.png")
    shutil.copy(desk / "filled" / "mark-sheet-1.png", tmp_path / "well.png")
    said = told("form", "read", desk / "mark-sheet.json", tmp_path, "--output", tmp_path / "m.csv", code=1).err
    assert "thin.png: this is no sheet of 'Mark sheet'" in said and "1 sheet, 1 failed" in said
    assert len((tmp_path / "m.csv").read_text().splitlines()) == 3


def test_a_form_is_given_once(desk: Path, told: Told, tmp_path: Path) -> None:
    template = desk / "mark-sheet.json"
    said = told("form", "read", template, "0.png", "--or", template, "--output", tmp_path / "out.csv", code=2)
    assert "give it once" in said.err and not (tmp_path / "out.sqlite").exists()


def test_corrections_outlive_a_second_run_and_the_advice_can_be_followed(
    desk: Path, told: Told, tmp_path: Path
) -> None:
    shutil.copy(desk / "filled" / "mark-sheet-1.png", tmp_path / "0.png")
    words = ["form", "read", desk / "mark-sheet.json", tmp_path / "0.png", "--output"]
    assert (
        "1 sheet, 0 failed, 0 to look at (0 fields, 0 sums that do not add up)" in told(*words, tmp_path / "m.json").err
    )
    (tmp_path / "c.json").write_text('{"corrections": [{"sheet": 1, "field": "q1", "text": "12"}]}')
    corrected = told("form", "correct", tmp_path / "m.sqlite", tmp_path / "c.json").out
    assert "1 correction;" in corrected and not (tmp_path / "m.csv").exists()
    refused = told(*words, tmp_path / "m.csv", code=2).err
    for said in (corrected, refused):
        advice = said[said.index("form export") :].replace("`", " ").split()[:5]
        told(*advice)
        (row,) = csv.DictReader((tmp_path / "m.csv").read_text().splitlines())
        assert row["q1"] == "12"
        (tmp_path / "m.csv").unlink()
    told(*words, tmp_path / "m.csv", "--resume")
    assert "12" in (tmp_path / "m.csv").read_text()
