"""From photos of filled sheets to fields: real sheets of the examples, real networks."""

import csv
import json
import signal
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.datasets.filled_sheets import photograph
from inkdigits.cli.form_examples import sample_numbers
from inkdigits.cli.talk import Progress
from inkdigits.data.sets import mnist
from inkdigits.data.synthesis.sheets import Entry, WritingHands, fill_sheet, lay_on_blank
from inkdigits.errors import FormError
from inkdigits.forms.examples import EXAMPLES, format_roster
from inkdigits.forms.fields import Candidate, FieldReader, FieldReading, _average
from inkdigits.forms.joint import decode_sheet
from inkdigits.forms.reader import FormReader, read_sheet
from inkdigits.forms.registration import Registration, SheetFinder
from inkdigits.forms.store import ResultStore
from inkdigits.forms.template import Template, embed_blank, load_template, save_template
from inkdigits.marks import Box
from inkdigits.reading.imaging.pixels import encode_png
from inkdigits.types import Failure
from tests.helpers import run_inkdigits
from tests.told import Told

PHOTO_SIZE = (1640, 1240)  # rows, columns: small, for the sake of time
Image8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Desk:
    """A folder with the examples' templates, filled sheets as scanned, and what stands on them."""

    folder: Path
    templates: dict[str, Template]
    sheets: dict[str, Image8]
    truths: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("forms")
    (folder / "roster.csv").write_text(format_roster())
    hands = WritingHands.from_digits(mnist.load("train").slice(0, 300))
    templates, sheets, truths = {}, {}, {}
    for name, draw in EXAMPLES.items():
        blank, content = draw()
        (folder / f"{name}.png").write_bytes(encode_png(blank))
        save_template(content, folder / f"{name}.json")
        templates[name] = load_template(folder / f"{name}.json")
        rng = np.random.default_rng([7, len(sheets)])
        truths[name] = sample_numbers(templates[name], is_wrong=name == "count-form", rng=rng)
        entries = [Entry(each.box, truths[name][each.name], each.cells) for each in templates[name].fields]
        sheets[name] = lay_on_blank(blank, fill_sheet(blank.shape, entries, hands, rng))
    yield Desk(folder, templates, sheets, truths)


@pytest.fixture(scope="module")
def finder(desk: Desk) -> SheetFinder:
    return SheetFinder(list(desk.templates.values()))


def take_photo(sheet: Image8, seed: int) -> Image8:
    colour = photograph(sheet, np.random.default_rng(seed), PHOTO_SIZE)
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8)


@pytest.mark.parametrize(("name", "turned"), [("mark-sheet", 0), ("count-form", 2)])
def test_a_sheet_is_found_to_a_pixel_whichever_way_up(name: str, turned: int, desk: Desk, finder: SheetFinder) -> None:
    height, width = desk.sheets[name].shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[90, 140], [1010, 60], [1090, 1500], [40, 1420]], np.float32)
    photo = cv2.warpPerspective(desk.sheets[name], cv2.getPerspectiveTransform(corners, seen), (1150, 1560))
    found = finder.find(np.ascontiguousarray(np.rot90(photo, turned)))
    where = cv2.perspectiveTransform(corners[None], found.matrix)[0]
    truth = seen if turned == 0 else np.array([1149, 1559]) - seen
    assert found.template.name == desk.templates[name].name
    assert np.abs(where - truth).max() < 2.5


def test_what_is_no_whole_sheet_is_refused_with_a_reason(desk: Desk, finder: SheetFinder) -> None:
    sheet = desk.sheets["mark-sheet"]
    two = np.hstack([sheet, sheet])
    half = sheet[: sheet.shape[0] // 2]
    only_counts = SheetFinder([desk.templates["count-form"]])
    noise = np.random.default_rng(0).integers(0, 255, (600, 500), dtype=np.uint8)
    for where, picture, reason in (
        (finder, two, "two sheets"),
        (finder, half, "part"),
        (only_counts, sheet, "no sheet of 'Count form'"),
        (finder, noise, "no sheet of"),
        (finder, np.full((300, 200), 255, np.uint8), "no sheet of"),
        (finder, np.full((5000, 2), 255, np.uint8), "no sheet of"),
        (finder, np.full((1, 3000), 255, np.uint8), "no sheet of"),
        (finder, np.full((1, 1), 255, np.uint8), "no sheet of"),
    ):
        with pytest.raises(FormError, match=reason):
            where.find(picture)


def test_photos_are_read_and_a_wrong_sum_is_told(desk: Desk) -> None:
    reader = FormReader(list(desk.templates.values()), threads=1)
    for number, (name, sheet) in enumerate(desk.sheets.items()):
        (read,) = reader.attempt(take_photo(sheet, number), name=name)
        assert not isinstance(read, Failure)
        right = sum(each.text == desk.truths[name][each.name] for each in read.answer.answers)
        assert read.form == desk.templates[name].name and right >= len(desk.truths[name]) - 1
        assert len(read.crops) == len(desk.truths[name])
    assert [each.name for each in read.answer.answers if each.breaks] == ["cast"]
    cast = next(each for each in read.answer.answers if each.name == "cast")
    assert cast.reckoned == str(int(desk.truths["count-form"]["cast"]) - 10)


def test_a_broken_digit_in_a_box_of_its_own_is_no_mistake_of_the_writers(desk: Desk, finder: SheetFinder) -> None:
    template, rng = desk.templates["count-form"], np.random.default_rng(3)
    truth = sample_numbers(template, is_wrong=False, rng=rng)
    added = 13 - int(truth["votes6"])
    truth |= {"votes6": "13"} | {name: str(int(truth[name]) + added) for name in ("valid", "cast")}
    written = truth | {"votes6": "3"}
    hands = WritingHands.from_digits(mnist.load("train").slice(0, 300))
    blank, _ = EXAMPLES["count-form"]()
    entries = [Entry(each.box, written[each.name], each.cells) for each in template.fields]
    sheet = lay_on_blank(blank, fill_sheet(blank.shape, entries, hands, rng))
    box, cells = template.get_field("votes6").box, template.get_field("votes6").cells
    x, half = round(box.x + (cells - 1.5) * box.width / cells), box.height // 2
    for top, bottom, shift in ((0.2, 0.4, 0), (0.65, 0.8, 6)):  # a 1 in two pieces, in the box before the 3
        first, last = round(box.y + top * box.height), round(box.y + bottom * box.height)
        cv2.line(sheet, (x + shift, first), (x + half // 4 - shift, last), 20, half // 4)
    registration = finder.find(sheet)
    readings = FieldReader(threads=1).read_fields(registration, sheet)
    votes = next(each for each in readings if each.field.name == "votes6")
    assert "13" in [each.text for each in votes.candidates]
    answer = decode_sheet(template, readings)
    assert not answer.broken
    assert {each.name: each.text for each in answer.answers} == truth


class HastyReader(FieldReader):
    """Misreads a field at its first look, and is sure of it."""

    def read_fields(self, registration: Registration, grey: Image8) -> list[FieldReading]:
        return [
            replace(each, candidates=(Candidate("5", 0.9999),)) if each.field.name == "q1" else each
            for each in super().read_fields(registration, grey)
        ]


def test_nobody_is_blamed_for_a_sum_before_a_second_look(desk: Desk, finder: SheetFinder) -> None:
    truth, sheet = desk.truths["mark-sheet"], desk.sheets["mark-sheet"]
    assert truth["q1"] != "5"
    registration, reader = finder.find(sheet), HastyReader(threads=1)
    hasty = reader.read_fields(registration, sheet)
    assert decode_sheet(registration.template, hasty).broken
    readings, answer = read_sheet(reader, registration, sheet)
    assert not answer.broken and {each.name: each.text for each in answer.answers} == truth
    for first, mean in zip(hasty, readings, strict=True):
        assert sum(each.probability for each in mean.candidates) == pytest.approx(1, abs=1e-3)
        assert first.field == mean.field and len(mean.digits) == len(truth[mean.field.name])


def test_looks_that_count_other_digits_have_a_mean_too(desk: Desk) -> None:
    field, crop = desk.templates["mark-sheet"].get_field("q1"), np.zeros((1, 1), np.uint8)
    looks = [
        FieldReading(field, (Candidate("11", 0.9), Candidate("1", 0.1)), np.full((2, 10), 0.1), crop),
        FieldReading(field, (Candidate("1", 0.8), Candidate("11", 0.2)), np.full((1, 10), 0.1), crop),
        FieldReading(field, (Candidate("11", 1.0),), np.full((1, 10), 0.1), crop),  # its boxes say another count
        FieldReading(field, (), np.zeros((0, 10)), crop),
    ]
    mean = _average(looks)
    assert [(each.text, round(each.probability, 6)) for each in mean.candidates] == [("11", 0.7), ("1", 0.3)]
    assert np.allclose(mean.digits, np.full((2, 10), 0.1))
    assert _average([looks[3], looks[3]]).candidates == ()


def test_a_run_on_the_command_line(desk: Desk, told: Told, tmp_path: Path) -> None:
    for name, sheet in desk.sheets.items():
        Image.fromarray(sheet).save(tmp_path / f"{name}.png")
    (tmp_path / "bad.png").write_bytes(b"nothing")
    words = [str(desk.folder / "mark-sheet.json"), str(tmp_path), "--or", str(desk.folder / "count-form.json")]
    said = run_inkdigits("form", "read", *words, "--output", str(tmp_path / "out.xlsx"), exit_code=1)
    assert "bad.png" in said.err and "2 sheets, 1 failed, 1 to look at" in said.err
    results = tmp_path / "out.sqlite"
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["Sheets", "Review"] and book["Sheets"].max_row == 4
    rows = list(book["Review"].iter_rows(values_only=True))
    assert [row[2] for row in rows[1:]] == ["cast"] and len(book["Review"]._images) == 1

    with sqlite3.connect(results) as base:  # a stop in the middle: the last file is not there
        base.execute("DELETE FROM done WHERE file LIKE '%mark-sheet.png'")
        number = base.execute("SELECT id FROM sheet WHERE file LIKE '%mark-sheet.png'").fetchone()[0]
        base.execute("DELETE FROM answer WHERE sheet = ?", (number,))
        base.execute("DELETE FROM sheet WHERE id = ?", (number,))
    base.close()
    told("form", "read", *words, "--output", tmp_path / "out.csv", "--resume", code=1)
    table = {Path(row["file"]).stem: row for row in csv.DictReader((tmp_path / "out.csv").read_text().splitlines())}
    for name, truth in desk.truths.items():
        assert {each: table[name][each] for each in truth} == truth
    assert table["count-form"]["doubtful"] == "cast" and table["bad"]["failure"]

    told("form", "review", results)
    page = (tmp_path / "out.html").read_text()
    assert page.count('class="field"') == 1 and 'data-field="cast"' in page
    with sqlite3.connect(results) as base:
        sheet = base.execute("SELECT sheet FROM answer WHERE field = 'cast'").fetchone()[0]
    base.close()
    correction = {"corrections": [{"sheet": sheet, "field": "cast", "text": "17"}]}
    (tmp_path / "corrections.json").write_text(json.dumps(correction))
    told("form", "correct", results, tmp_path / "corrections.json")
    told("form", "export", results, "--output", tmp_path / "out.json")
    sheets = {Path(each["file"]).stem: each for each in json.loads((tmp_path / "out.json").read_text())}
    cast = sheets["count-form"]["fields"]["cast"]
    assert (cast["text"], cast["read"], cast["corrected"]) == ("17", desk.truths["count-form"]["cast"], True)
    other = [str(desk.folder / "count-form.json"), str(tmp_path), "--output", str(tmp_path / "out.csv"), "--resume"]
    assert "another template" in told("form", "read", *other, code=2).err


def test_the_wrong_page_of_a_pdf_is_told_and_the_right_one_read(desk: Desk, tmp_path: Path) -> None:
    letter = np.full_like(desk.sheets["mark-sheet"], 255)
    letter[200:1500:60, 150:1000] = 60
    first, second = (Image.fromarray(page) for page in (letter, desk.sheets["mark-sheet"]))
    first.save(tmp_path / "two.pdf", save_all=True, append_images=[second], resolution=150)
    wrong, right = FormReader([desk.templates["mark-sheet"]], threads=1).attempt(tmp_path / "two.pdf")
    assert isinstance(wrong, Failure) and wrong.page == 1 and "two.pdf, page 1: this is no sheet of" in wrong.message
    assert not isinstance(right, Failure) and right.page == 2
    assert {each.name: each.text for each in right.answer.answers} == desk.truths["mark-sheet"]


def test_a_decimal_comes_from_a_photo_into_the_table(desk: Desk, told: Told, tmp_path: Path) -> None:
    blank, content = EXAMPLES["mark-sheet"]()
    price = {"name": "price", "box": [470, 1480, 260, 64], "as": "decimal", "range": "0..99"}
    save_template(embed_blank(content, blank) | {"fields": [price], "rules": []}, tmp_path / "form.json")
    halves = [Entry(Box(470, 1480, 120, 64), "12"), Entry(Box(610, 1480, 120, 64), "50")]
    hands = WritingHands.from_digits(mnist.load("train").slice(0, 300))
    ink = fill_sheet(blank.shape, halves, hands, np.random.default_rng(5))
    cv2.circle(ink, (600, 1531), 4, 1.0, -1)
    Image.fromarray(take_photo(lay_on_blank(blank, ink), 3)).save(tmp_path / "photo.png")
    told("form", "read", tmp_path / "form.json", tmp_path / "photo.png", "--output", tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert row["price"] == "12.50"


def test_ctrl_c_keeps_what_is_read_and_resume_reads_the_rest(
    desk: Desk, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"no picture")
    words = ["form", "read", desk.folder / "mark-sheet.json", *sorted(tmp_path.glob("*.png"))]
    words += ["--output", tmp_path / "out.csv"]
    advance = Progress.advance

    def stop(progress: Progress) -> None:
        advance(progress)
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as stopping:
        stopping.setattr(Progress, "advance", stop)
        assert "continue with --resume" in told(*words, code=130).err
    assert not (tmp_path / "out.csv").exists()
    with ResultStore(tmp_path / "out.sqlite") as store:
        assert [Path(sheet.file).name for sheet in store.list_sheets()] == ["0.png"]
    Image.fromarray(desk.sheets["mark-sheet"]).save(tmp_path / "0.png")  # taken again: failures are tried again
    assert "0.png" not in told(*words, "--resume", code=1).err
    rows = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert [(Path(row["file"]).name, bool(row["failure"])) for row in rows] == [
        ("0.png", False), ("1.png", True), ("2.png", True)
    ]  # fmt: skip


@pytest.mark.parametrize(("ending", "package"), [(".xlsx", "xlsxwriter"), (".parquet", "pyarrow")])
def test_a_missing_package_is_told_before_sheets_are_read(
    ending: str, package: str, desk: Desk, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "0.png").write_bytes(b"no picture")
    output = tmp_path / f"out{ending}"
    said = told("form", "read", desk.folder / "mark-sheet.json", tmp_path / "0.png", "--output", output, code=2)
    assert "pip install" in said.err and not (tmp_path / "out.sqlite").exists()
