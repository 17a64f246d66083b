"""Every kind of bad input ends in one sentence and the right exit code, and stops nothing else."""

import io
import json
import os
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits import Box, Form, PictureError, UsageError, ValueRules, read
from inkdigits.reading.reader import Reader
from inkdigits.types import Reading
from tests.helpers import INKDIGITS_COMMAND, extract_error_sentence, run_inkdigits
from tests.reading.drawing import encode_image
from tests.reading.imaging.test_picture import bomb
from tests.reading.pdfs import build_locked_pdf, build_pages_pdf
from tests.told import Told

NOISE = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
BAD = {  # name → bytes, and what the sentence says
    "bomb.png": (bomb(50_000, 50_000), "50000×50000 pixels, more than 100,000,000"),
    "none.png": (bomb(0, 10), "none.png"),
    "none.ppm": (b"P5 0 0 255\n", "none.ppm"),
    "cut.jpg": (encode_image(NOISE, "JPEG")[:800], "damaged or cut short"),
    "locked.pdf": (build_locked_pdf(), "a PDF with a password; save it without one"),
    "long.pdf": (build_pages_pdf(10_000), "more than 200 pages"),
    "words.png": (b"I am no picture at all", "not a picture"),
    "empty.png": (b"", "the file is empty"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All of the above, a good picture, and a tall one."""
    (tmp_path / "in").mkdir()
    for name, (data, _) in BAD.items():
        (tmp_path / "in" / name).write_bytes(data)
    Image.new("L", (90, 60), 255).save(tmp_path / "in" / "zz-good.png")
    return tmp_path / "in"


@pytest.mark.parametrize("name", BAD)
def test_it_ends_in_one_sentence(folder: Path, told: Told, name: str) -> None:
    said = told("read", "--json", folder / name, code=1)
    assert BAD[name][1] in extract_error_sentence(said.err)
    page = json.loads(said.out)
    assert (page["file"], page["page"]) == (str(folder / name), 1)
    assert page["error"]["kind"] in ("picture", "too-large") and BAD[name][1] in page["error"]["message"]


def test_none_of_it_stops_the_others(folder: Path, told: Told) -> None:
    lines = told("read", "--json", "--jobs", "2", folder, code=1).out.splitlines()
    assert len(lines) == len(BAD) + 1 and "lines" in json.loads(lines[-1])


def test_nothing_large_is_made_of_a_bomb(folder: Path, told: Told) -> None:
    told("read", folder / "zz-good.png")  # loads what it needs
    tracemalloc.start()
    for name in ("bomb.png", "long.pdf"):
        told("read", folder / name, code=1)
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("shape", [(100_000, 1), (1, 100_000), (1, 1), (100_000, 30)])
@pytest.mark.parametrize("kind", ["blank", "noise"])
def test_pictures_of_odd_shapes_are_read(shape: tuple[int, int], kind: str) -> None:
    image = np.full(shape, 255, np.uint8)
    if kind == "noise":
        image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    reader = Reader(threads=1)
    for single in (False, True):
        (reading,) = reader.attempt(image, single=single)
        assert isinstance(reading, Reading) and (reading.height, reading.width) == shape


@pytest.mark.parametrize(
    ("option", "least"), [("--max-bytes", "--max-bytes"), ("--max-pixels", "--max-pixels"), ("--max-pages", "pages")]
)
def test_limits_are_options(told: Told, tmp_path: Path, option: str, least: str) -> None:
    (tmp_path / "two.pdf").write_bytes(build_pages_pdf(2))
    sentences = told("read", option, "1", tmp_path / "two.pdf", code=1).err.splitlines(keepends=True)
    assert all(least in extract_error_sentence(sentence) for sentence in sentences)
    assert len(sentences) == (2 if option == "--max-pixels" else 1)  # which each page has, others the file
    told("read", option, str(10**15), tmp_path / "two.pdf")
    told("read", option, "0", tmp_path / "two.pdf", code=2)


def test_stdin_has_limits_too() -> None:
    said = run_inkdigits("read", "--max-bytes", "1000", "-", stdin=b"\xff\xd8\xff" * 10_000, exit_code=1)
    assert extract_error_sentence(said.err).startswith("-: more than 1,000 bytes")


def test_a_folder_with_other_files_gives_its_pictures(told: Told, tmp_path: Path) -> None:
    (tmp_path / "deep.png").mkdir()
    (tmp_path / ".hidden").mkdir()
    good = encode_image(np.full((30, 30), 255, np.uint8), "PNG")
    for name in (
        "a.png",
        "deep.png/b.PNG",
        ".c.png",
        "._a.png",
        ".hidden/d.png",
        "e.txt",
        "f",
        "g.png.txt",
        "Thumbs.db",
    ):
        (tmp_path / name).write_bytes(good)
    (tmp_path / "h.pdf").write_bytes(build_pages_pdf())
    pages = [json.loads(line) for line in told("read", "--json", tmp_path).out.splitlines()]
    assert [os.path.relpath(page["file"], tmp_path) for page in pages] == ["a.png", "deep.png/b.PNG", "h.pdf"]


def test_an_empty_folder_stops_nothing_else(told: Told, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    Image.new("L", (30, 30), 255).save(tmp_path / "a.png")
    said = told("read", "--json", tmp_path / "empty", tmp_path / "a.png", code=1)
    problem, summary = said.err.splitlines()
    assert "has no pictures in it" in extract_error_sentence(problem)
    assert summary == "inkdigits: 2 pictures, 1 failed, 1 without digits."
    assert ["error" in json.loads(line) for line in said.out.splitlines()] == [True, False]


def test_names_of_nothing(told: Told, tmp_path: Path) -> None:
    for name in ("nothing.png", "x" * 5000, tmp_path / "a.png" / "below"):
        assert extract_error_sentence(told("read", name, code=1).err)
    said = extract_error_sentence(told("read", "", code=1).err)
    assert said == "An empty name is no file; give the name of a picture."


def test_a_network_is_named_as_it_was_given(told: Told, tmp_path: Path) -> None:
    (tmp_path / "net.png").write_bytes(b"no network")
    said = extract_error_sentence(told("read", "--model", tmp_path / "net.png", "a.png", code=1).err)
    assert said.startswith(f"{tmp_path / 'net.png'}: its card cannot be read")
    assert said.endswith("; net.json must lie beside the network.")


def test_an_array_without_pixels_is_empty_rather_than_too_large() -> None:
    with pytest.raises(PictureError, match="the array is empty") as told:
        read(np.zeros((0, 0), np.uint8))
    assert told.value.kind == "picture"


def test_a_length_that_is_no_number_is_told_in_a_sentence() -> None:
    with pytest.raises(UsageError, match="a whole number, not '4'"):
        Form(length="4")  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["--output", "--review", "--annotate", "--explain"])
@pytest.mark.parametrize("place", ["file/below", "x" * 300, "/proc/none/below"])
def test_an_unwritable_place_is_told_before_anything_is_read(
    told: Told, tmp_path: Path, option: str, place: str
) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    said = told(
        "read", option, tmp_path / place, tmp_path / "nothing.png", code=1
    )  # which would be told if it were read
    assert "could not be written" in extract_error_sentence(said.err) and not said.out


def test_a_folder_is_no_output(told: Told, tmp_path: Path) -> None:
    for option in ("--output", "--review"):
        assert "could not be written (Is a directory)" in extract_error_sentence(
            told("read", option, tmp_path, "-", code=1).err
        )
    assert "name the same file" in extract_error_sentence(
        told("read", "--output", "x", "--review", "x", "-", code=2).err
    )


def test_a_full_disk_is_told(told: Told, folder: Path) -> None:
    said = told("read", "--json", "--output", "/dev/full", folder / "zz-good.png", code=1)
    assert "No space left" in extract_error_sentence(said.err)


@pytest.mark.parametrize("region", ["", "1,2,3", "a,b,c,d", "0,0,0,5"])
def test_a_region_that_is_none(told: Told, folder: Path, region: str) -> None:
    assert "x,y,width,height" in extract_error_sentence(
        told("read", "--region", region, folder / "zz-good.png", code=2).err
    )


def test_a_region_outside_of_a_picture_stops_no_other(told: Told, folder: Path) -> None:
    Image.new("L", (400, 400), 255).save(folder / "large.png")
    said = told("read", "--json", "--region", "300,300,50,50", folder / "zz-good.png", folder / "large.png", code=1)
    assert "outside the page, which has 90×60 pixels" in extract_error_sentence(said.err.splitlines()[0])
    assert ["error" in json.loads(line) for line in said.out.splitlines()] == [True, False]


def test_a_later_page_that_is_bad_keeps_the_earlier_ones(told: Told, tmp_path: Path) -> None:
    two = io.BytesIO()
    pages = [Image.new("L", (30, 30), 255), Image.new("L", (300, 300), 255)]
    pages[0].save(two, "TIFF", save_all=True, append_images=pages[1:])
    (tmp_path / "two.tif").write_bytes(two.getvalue())
    said = told("read", "--json", "--max-pixels", "1000", tmp_path / "two.tif", code=1)
    assert [(page["page"], "error" in page) for page in map(json.loads, said.out.splitlines())] == [
        (1, False),
        (2, True),
    ]


@pytest.mark.parametrize(
    ("name", "form", "why"),
    [
        ("out.csv", None, "the ending stands for csv, but the output is text; use --csv"),
        ("out.json", "--csv", "the ending stands for json, but the output is csv; use --json"),
        ("out.TXT", "--json", "leave out the format"),
        ("out.xlsx", "--csv", "the ending stands for an Excel workbook; leave out --csv"),
        ("out.json", "--table", "the ending stands for json, but the output is table; use --json"),
        ("out.ods", None, "use a name that ends in .xlsx or .csv"),
        ("out.PNG", None, "files that end in .png hold something else; give another name, one that fits the format."),
        ("out.pdf", "--json", "files that end in .pdf hold something else"),
        ("out.onnx", "--table", "files that end in .onnx hold something else"),
    ],
)
def test_an_ending_that_contradicts_the_format_is_refused(
    told: Told, tmp_path: Path, name: str, form: str | None, why: str
) -> None:
    words, picture = [form] if form else [], tmp_path / "00.png"
    picture.touch()
    assert why in extract_error_sentence(told("read", *words, "--output", tmp_path / name, picture, code=2).err)
    assert list(tmp_path.iterdir()) == [picture]


def test_an_ending_that_nobody_knows_may_be_anything(told: Told, tmp_path: Path) -> None:
    Image.new("L", (30, 30), 255).save(tmp_path / "a.png")
    told("read", "--output", tmp_path / "out.dat", "--review", tmp_path / "see.v2", tmp_path / "a.png")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "out.dat", "see.v2"}


@pytest.mark.parametrize(
    ("option", "name", "ending"),
    [("--review", "see.csv", ".html"), ("--review", "see.png", ".html"), ("--show-glyph", "glyph.jpg", ".png")],
)
def test_pages_and_glyphs_are_not_named_like_something_else(
    told: Told, tmp_path: Path, option: str, name: str, ending: str
) -> None:
    said = told("read", "--single", option, tmp_path / name, tmp_path / "a.png", code=2)
    assert extract_error_sentence(said.err).endswith(f"one that ends in {ending}.") and not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "words",
    [
        ["in/a.png", "--annotate", "in"],
        ["in", "--annotate", "in"],
        ["in/*", "--annotate", "in/../in"],
        ["in/a.tif", "in/a-page2.png", "--annotate", "in"],
        ["in/a.tif", "in/a-1-ink.png", "--explain", "in"],
        ["in/a.tif", "in/a-page2-1-ink.png", "--explain", "in"],
        *(["in/data", option, "in/data"] for option in ("--output", "--review")),
        ["in/data.part", "--output", "in/data"],
        ["in/data", "--output", "symbolic"],
        ["in/data", "--output", "hard"],
        ["symbolic", "--output", "in/data"],
        ["in/data", "--output", "net", "--model", "net"],
        ["--single", "in/a.png", "--show-glyph", "in/a.png"],
        ["--single", "in/data", "--show-glyph", "hard"],
    ],
)
def test_what_is_read_is_never_overwritten(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    good = encode_image(np.full((30, 30), 255, np.uint8), "PNG")
    (tmp_path / "in").mkdir()
    for name in ("a.png", "a.tif", "a-page2.png", "a-1-ink.png", "a-page2-1-ink.png", "data", "data.part", "../net"):
        (tmp_path / "in" / name).write_bytes(good)
    (tmp_path / "symbolic").symlink_to("in/data")
    (tmp_path / "hard").hardlink_to(tmp_path / "in" / "data")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    said = extract_error_sentence(told("read", *words, code=2).err)
    assert said.endswith("is one of the files to be read, and would be overwritten; give another place.")
    assert sorted(tmp_path.rglob("*")) == before and all(path.read_bytes() == good for path in before if path.is_file())


def test_stdin_is_not_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(encode_image(np.full((30, 30), 255, np.uint8), "PNG"))
    with (tmp_path / "data").open("rb") as stdin:
        command = [INKDIGITS_COMMAND, "read", "-", "--output", tmp_path / "data"]
        done = subprocess.run(command, stdin=stdin, capture_output=True, check=False, timeout=300)
    assert done.returncode == 2 and b"would be overwritten" in done.stderr


def test_drawings_beside_the_pictures_are_fine_where_they_are_new_files(told: Told, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.png"):
        Image.new("L", (30, 30), 255).save(tmp_path / name)
    told("read", tmp_path / "a.jpg", "--annotate", tmp_path)
    told("read", tmp_path / "a.jpg", "--annotate", tmp_path)  # its own earlier drawing is no picture of yours
    told("read", tmp_path / "b.png", "--explain", tmp_path)
    assert {"a.png", "b-1-ink.png"} < {path.name for path in tmp_path.iterdir()}


def test_results_do_not_overwrite_each_other(told: Told, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "x")
    words = ("read", "--output", tmp_path / "x", "--review", tmp_path / "link", "-")
    assert "name the same file" in extract_error_sentence(told(*words, code=2).err)


def test_a_page_that_cannot_be_read_takes_no_other_with_it(told: Told, tmp_path: Path) -> None:
    first, small, last = (Image.fromarray(np.full(shape, 255, np.uint8)) for shape in ((90, 90), (40, 40), (80, 80)))
    first.save(tmp_path / "three.tif", save_all=True, append_images=[small, last])
    said = told("read", "--json", "--region", "50,50,20,20", tmp_path / "three.tif", code=1)
    pages = [json.loads(line) for line in said.out.splitlines()]
    assert [(page["page"], "error" in page) for page in pages] == [(1, False), (2, True), (3, False)]
    assert "three.tif, page 2: the region 50,50,20,20 lies outside the page" in extract_error_sentence(
        said.err.splitlines(keepends=True)[0]
    )


@pytest.mark.parametrize(
    "options",
    [
        {"form": "dddd"},
        {"values": "date"},
        {"region": Box(0, 0, 10.5, 10)},  # type: ignore[arg-type]
    ],
)
def test_options_of_the_wrong_kind_are_told_in_python(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        read(NOISE, **options)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Form(check=5),  # type: ignore[arg-type]
        lambda: Form(pattern=5),  # type: ignore[arg-type]
        lambda: Form(range=(1,)),  # type: ignore[arg-type]
        lambda: Form(range=(1, 2, 3)),  # type: ignore[arg-type]
        lambda: Form(range=5),  # type: ignore[arg-type]
        lambda: ValueRules(kind="amount", decimals=2.5),  # type: ignore[arg-type]
        lambda: ValueRules(decimals="2"),  # type: ignore[arg-type]
    ],
)
def test_what_says_nothing_of_numbers_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        make()
