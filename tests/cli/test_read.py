"""`inkdigits read`: what is printed, where, and what it ends with."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inkdigits
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.reading.hints import NO_INK
from tests.helpers import READING_KEYS, extract_error_sentence, run_inkdigits
from tests.reading.drawing import draw_lines
from tests.told import Told

WRITTEN = ("1984 2026", "31415926")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """page.png, seven.png, blank.png, broken.png, and a folder of two digits."""
    folder = tmp_path_factory.mktemp("pictures")
    digits = load("train")
    Image.fromarray(draw_page(digits.slice(0, 5000), WRITTEN, seed=3).image).save(folder / "page.png")
    seven = 255 - np.kron(digits.images[int(np.flatnonzero(digits.labels == 7)[1])], np.ones((5, 5), np.uint8))
    (folder / "digits" / "deeper").mkdir(parents=True)
    for path in (folder / "seven.png", folder / "digits" / "a.PNG", folder / "digits" / "deeper" / "b.jpg"):
        Image.fromarray(seven).save(path)
    (folder / "digits" / "notes.txt").write_text("not to be read")
    Image.new("L", (200, 100), 255).save(folder / "blank.png")
    (folder / "broken.png").write_bytes((folder / "seven.png").read_bytes()[:200])
    return folder


def test_text(pictures: Path) -> None:
    said = run_inkdigits("read", pictures / "page.png")
    assert not said.err
    lines = said.out.splitlines()
    assert [len(line) for line in lines] == [9, 8] and lines[0][4] == " "
    pairs = [pair for line, truth in zip(lines, WRITTEN, strict=True) for pair in zip(line, truth, strict=True)]
    assert sum(a == b for a, b in pairs) >= 10  # of 17; the pen is ours, the digits are real
    assert sum(a not in (b, "?") for a, b in pairs) <= 1


def test_json_has_the_fixed_form(pictures: Path, told: Told) -> None:
    (line,) = told("read", "--json", pictures / "page.png").out.splitlines()
    read = json.loads(line)
    assert list(read) == READING_KEYS
    assert read["file"] == str(pictures / "page.png") and read["page"] == 1
    assert list(read["lines"][0]) == ["text", "box", "numbers", "signs", "checked"]
    number = read["lines"][0]["numbers"][0]
    assert (
        " ".join(number)
        == "text confidence accepted fits rejected box row column gaps signs digits kind value corrected original"
    )
    digit = number["digits"][0]
    assert list(digit) == ["text", "digit", "confidence", "digitness", "accepted", "box", "candidates"]
    assert len(digit["box"]) == 4 and digit["candidates"][0][0] == digit["digit"]
    assert set(read["model"]) == {"name", "version"}


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        (["--length", "4"], [True, True]),
        (["--pattern", "d{4}|d{8}"], [True, True]),
        (["--range", "1900..2030"], [True, True]),
        (["--check", "mod97", "--length", "4"], [False, False]),
    ],
)
def test_what_every_number_must_be(pictures: Path, told: Told, options: list[str], fits: list[bool]) -> None:
    """What cannot be so is read as it stands, and said."""
    plain, read = (
        json.loads(told("read", "--json", *words, pictures / "page.png").out)["lines"][0]["numbers"]
        for words in ([], options)
    )
    assert [number["fits"] for number in read] == fits and [number["fits"] for number in plain] == [None, None]
    assert [number["text"] for number in read] == [number["text"] for number in plain]


def test_numbers_that_do_not_fit_are_told_of_where_results_do_not(pictures: Path, told: Told) -> None:
    page = pictures / "page.png"
    said = told("read", "--check", "mod97", "--length", "4", page)
    misfits = [number["text"] for number in json.loads(told("read", "--json", page).out)["lines"][0]["numbers"]]
    assert said.out == told("read", page).out
    assert extract_error_sentence(said.err).startswith(f"{page}: ") and f"not fit: {', '.join(misfits)}" in said.err
    assert not told("read", "--csv", "--check", "mod97", "--length", "4", page).err
    assert not told("read", "--range", "0..99999999", page).err


def test_the_least_confidence(pictures: Path, told: Told) -> None:
    eager, strict = (told("read", "--min-confidence", least, pictures / "page.png").out for least in ("0", "1"))
    assert eager.count("?") < strict.count("?") and len(eager) == len(strict)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--length", "0"], "A number can have 1 to 100 digits, not 0."),
        (["--pattern", "d{"], "is not a valid pattern"),
        (["--pattern", "20dd", "--length", "3"], "No number can have length 3 and pattern '20dd'"),
        (["--check", "sum"], "There is no check 'sum'; choose one of luhn, verhoeff, mod97."),
        (["--range", "100..0"], "The range 100..0 is empty"),
        (["--range", "few"], "'few' is not a range"),
        (["--range", "-5..5"], "give two whole numbers, not negative, of at most 18 digits"),
        (["--pattern", "d{12345}"], "{12345} repeats too often; use smaller counts."),
        (["--pattern", "d{2,12345}"], "{2,12345} repeats too often; use smaller counts."),
        (["--min-confidence", "1.5"], "The minimum confidence must be from 0 to 1, not 1.5."),
        (["--min-confidence", "nan"], "The minimum confidence must be from 0 to 1, not nan."),
        (["--boxes", "rows"], "Printed boxes are one of auto, comb or cells, not 'rows'."),
        (["--as", "money"], "--as is one of integer, decimal, amount, date, time, fraction, expression, not 'money'."),
        (["--decimal", ";"], "--decimal is one of auto, point, comma, not ';'."),
        (["--date-order", "ydm"], "--date-order is one of auto, dmy, mdy, ymd, not 'ydm'."),
        (["--decimals", "21"], "A number can have 0 to 20 decimals, not 21."),
        (["--as", "date", "--decimals", "2"], "A number of kind date has no decimals"),
        (["--as", "amount", "--date-order", "dmy"], "A date order tells nothing of numbers of kind amount"),
        (["--as", "date", "--signs", "drop"], "keep the signs, or do not say what numbers are."),
        (["--signs", "some"], "give keep or drop, not 'some'."),
        (["--single", "--as", "date"], "A single digit is no date or amount"),
        (["--single", "--length", "1"], "A single digit has no form"),
        (["--single", "--explain", "seen"], "--explain cannot be used with --single"),
    ],
)
def test_what_no_number_can_be(pictures: Path, told: Told, options: list[str], said: str) -> None:
    assert said in extract_error_sentence(told("read", *options, pictures / "page.png", code=2).err)


def test_a_page_after_every_stage(pictures: Path, told: Told, tmp_path: Path) -> None:
    told("read", pictures / "page.png", pictures / "blank.png", "--explain", tmp_path / "seen")
    names = ["1-ink", "2-found", "3-glyphs", "4-weighed", "5-read"]
    files = {path.name: Image.open(path) for path in (tmp_path / "seen").iterdir()}
    assert set(files) == {f"{stem}-{name}.png" for stem in ("page", "blank") for name in names}
    with Image.open(pictures / "page.png") as page:
        assert {files[f"page-{name}.png"].size for name in names if name != "3-glyphs"} == {page.size}
    assert not np.asarray(files["blank-1-ink.png"]).any() and not np.asarray(files["blank-3-glyphs.png"]).any()
    ink, found = (np.asarray(files[f"page-{name}.png"]).astype(int) for name in ("1-ink", "2-found"))
    assert (ink.max(axis=2) > 127).mean() > 0.02 and np.ptp(ink[ink.max(axis=2) > 127], axis=1).max() == 0
    assert (np.ptp(found, axis=2) > 50).mean() > 0.02, "boxes have colours"
    for image in files.values():
        image.close()


def test_pages_and_parts_of_them_after_every_stage(pictures: Path, told: Told, tmp_path: Path) -> None:
    with Image.open(pictures / "page.png") as page:
        page.save(tmp_path / "two.tif", save_all=True, append_images=[page.copy()])
    told("read", tmp_path / "two.tif", "--region", "0,0,500,170", "--explain", tmp_path / "seen", "--length", "4")
    names = sorted(path.name for path in (tmp_path / "seen").iterdir())
    assert len(names) == 10 and "two-1-ink.png" in names and "two-page2-5-read.png" in names
    with Image.open(tmp_path / "seen" / "two-page2-1-ink.png") as ink:
        assert ink.size == (500, 170)


def test_csv(pictures: Path, told: Told) -> None:
    rows = list(csv.DictReader(io.StringIO(told("read", "--csv", pictures / "page.png").out)))
    assert [(row["line"], row["number"]) for row in rows] == [("1", "1"), ("1", "2"), ("2", "1")]
    columns = "file page line number text confidence accepted fits row column x y width height kind value"
    assert list(rows[0]) == columns.split()
    assert [row["accepted"] for row in rows] == [str("?" not in row["text"]).lower() for row in rows]


def test_signs_and_values(told: Told, tmp_path: Path) -> None:
    """As the library reads them."""
    path = tmp_path / "page.png"
    Image.fromarray(draw_lines(["12.50", "3+8=11"])).save(path)
    words = ("--as", "amount", "--decimal", "point", "--decimals", "2")
    rows = list(csv.DictReader(io.StringIO(told("read", "--csv", *words, path).out)))
    numbers = inkdigits.read(path, values=inkdigits.ValueRules("amount", "point", decimals=2)).numbers
    assert [row["text"] for row in rows] == [number.text for number in numbers]
    values = [number.value.as_dict() if number.value else {"kind": "", "value": ""} for number in numbers]
    assert [{"kind": row["kind"], "value": row["value"]} for row in rows] == values
    assert told("read", "--signs", "drop", path).out == inkdigits.read(path, signs="drop").text + "\n"


def test_single_and_the_glyph_it_saw(pictures: Path, told: Told, tmp_path: Path) -> None:
    said = told("read", "--single", "--json", "--show-glyph", tmp_path / "glyph.png", pictures / "seven.png")
    read = json.loads(said.out)
    assert read["text"] == "7" and len(read["lines"][0]["numbers"][0]["digits"]) == 1
    with Image.open(tmp_path / "glyph.png") as glyph:
        assert glyph.size == (28, 28) and glyph.mode == "L"
        assert np.asarray(glyph)[[0, -1]].max() == 0 and np.asarray(glyph).max() > 200  # bright ink on 0


def test_one_broken_picture_stops_no_other(pictures: Path, told: Told) -> None:
    names = [pictures / name for name in ("seven.png", "broken.png", "nothing.png", "page.png")]
    said = told("read", "--json", *names, code=1)
    pages = [json.loads(line) for line in said.out.splitlines()]
    assert [page["file"] for page in pages] == [str(name) for name in names]
    assert [("error" in page) for page in pages] == [False, True, True, False]
    assert pages[1]["error"]["kind"] == "picture" and pages[1]["page"] == 1
    assert len(said.err.splitlines()) == 3 and all(line.startswith("inkdigits: ") for line in said.err.splitlines())
    assert said.err.splitlines()[-1].startswith("inkdigits: 4 pictures, 2 failed")


def test_several_pictures_as_text_begin_with_their_names(pictures: Path, told: Told) -> None:
    names = [pictures / name for name in ("seven.png", "broken.png", "page.png")]
    lines = told("read", *names, code=1).out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(names[0]), str(names[2]), str(names[2])]


def test_a_folder_stands_for_its_pictures(pictures: Path, told: Told, tmp_path: Path) -> None:
    lines = told("read", "--single", pictures / "digits").out.splitlines()
    assert lines == [f"{pictures / 'digits' / 'a.PNG'}\t7", f"{pictures / 'digits' / 'deeper' / 'b.jpg'}\t7"]
    assert "has no pictures in it" in extract_error_sentence(told("read", tmp_path, code=1).err)


def test_stdin(pictures: Path) -> None:
    said = run_inkdigits("read", "--single", "--json", "-", stdin=(pictures / "seven.png").read_bytes())
    assert json.loads(said.out)["text"] == "7" and json.loads(said.out)["file"] == "-"
    assert "-: the file is empty" in extract_error_sentence(run_inkdigits("read", "-", exit_code=1).err)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["seven.png"], 0),
        (["blank.png"], 3),
        (["seven.png", "blank.png"], 3),
        (["blank.png", "broken.png"], 1),  # 1 goes before 3
    ],
)
def test_strict(pictures: Path, told: Told, names: list[str], code: int) -> None:
    told("read", "--single", "--strict", *(pictures / name for name in names), code=code)


def test_an_all_white_picture_has_nothing_on_it(pictures: Path, told: Told) -> None:
    said = told("read", pictures / "blank.png")
    assert said.out == "" and extract_error_sentence(said.err).endswith(f"blank.png: {NO_INK}.")
    (row,) = list(csv.DictReader(io.StringIO(told("read", "--csv", pictures / "blank.png").out)))
    assert row.pop("file").endswith("blank.png") and row.pop("page") == "1" and not any(row.values())
    told("read", "--strict", pictures / "blank.png", code=3)
    assert json.loads(told("read", "--json", pictures / "blank.png").out)["lines"] == []


def test_output_goes_to_a_file_whole(pictures: Path, told: Told, tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.json"
    said = told("read", "--json", "--output", path, pictures / "seven.png", pictures / "broken.png", code=1)
    assert not said.out
    assert [("error" in json.loads(line)) for line in path.read_text().splitlines()] == [False, True]


def test_output_where_nothing_can_be_written(pictures: Path, told: Told) -> None:
    said = told("read", "--output", pictures / "seven.png" / "out.txt", pictures / "seven.png", code=1)
    assert "could not be written" in extract_error_sentence(said.err)


def test_several_pages_without_digits_take_one_line(pictures: Path, told: Told) -> None:
    page = Image.open(pictures / "blank.png")
    page.save(pictures / "blank.tiff", save_all=True, append_images=[page])
    assert extract_error_sentence(told("read", pictures / "blank.tiff").err).endswith(
        "nothing was read on 2 of 2 pages."
    )
    said = told("read", pictures / "blank.tiff", pictures / "blank.png").err
    assert extract_error_sentence(said).endswith("2 pictures, 2 without digits.")
