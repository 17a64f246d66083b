"""The bench of pictures on a folder made for the purpose."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bench.peers.ocr import has_rapidocr, join_pieces, make_tesseract
from bench.reading import load_labels, make_our_reader, mark_refused, measure_engine
from bench.shared.digit_strings import Transcription
from inkdigits.data.sets.mnist import load
from inkdigits.errors import DataError
from inkdigits.reading.reader import Reader
from tests.programs import need


def make_folder(tmp_path: Path) -> Path:
    images = load("test").images[:3]  # 7, 2, 1
    row = np.pad(np.hstack([cv2.resize(255 - image, (84, 84)) for image in images]), 40, constant_values=255)
    cv2.imwrite(str(tmp_path / "row.png"), row)
    cv2.imwrite(str(tmp_path / "one.png"), row[:, :124])
    cv2.imwrite(str(tmp_path / "none.png"), np.full((80, 80), 255, np.uint8))
    table = "file,truth,kind\nrow.png,7 2|1,lines\none.png,7,single\nnone.png,,negative\n"
    (tmp_path / "labels.csv").write_text(table, encoding="utf-8")
    return tmp_path


def test_labels_are_sorted_by_kind_and_spaces_dropped(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    assert load_labels(folder)["lines"] == [("row.png", "721")]
    assert set(load_labels(folder, ["single", "lines"])) == {"single", "lines"}


def test_our_reader_is_scored_on_every_kind(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    scores = measure_engine("ours", folder, load_labels(folder), None, show_failures=False)
    assert set(scores) == {"lines", "single", "single --single", "negative"}
    assert scores["lines"]["exact"] == scores["single --single"]["exact"] == 1
    assert scores["negative"]["taken"] == 0


def test_failures_show_what_was_refused() -> None:
    assert mark_refused(Transcription("123", (True, False, True), 0.0)) == "12?3"


def test_without_kinds_all_are_one_kind(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (folder / "labels.csv").write_text("file,truth\none.png,7\nrow.png,7 2 1\n", encoding="utf-8-sig")
    assert load_labels(folder) == {"all": [("one.png", "7"), ("row.png", "721")]}
    assert load_labels(folder, first=1) == {"all": [("one.png", "7")]}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("file,kind\nrow.png,lines\n", r"columns `file` and `truth` are needed"),
        ("file,truth,kind\ngone.png,7,lines\n", r"1 labelled pictures are missing, gone.png first"),
        ("file,truth,kind\n", r"has no picture of the kinds"),
    ],
)
def test_a_folder_that_cannot_be_scored_is_refused(tmp_path: Path, table: str, says: str) -> None:
    folder = make_folder(tmp_path)
    (folder / "labels.csv").write_text(table, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        load_labels(folder)
    (folder / "labels.csv").unlink()
    with pytest.raises(DataError, match=r"labels.csv is missing"):
        load_labels(folder)


def make_two_pages(tmp_path: Path) -> Path:
    """A TIFF of two pages with the same three digits."""
    path = make_folder(tmp_path) / "two.tif"
    with Image.open(tmp_path / "row.png") as row:
        row.save(path, save_all=True, append_images=[row])
    return path


def test_all_pages_of_a_picture_are_read_and_what_is_none_reads_as_nothing(tmp_path: Path) -> None:
    read = make_our_reader(Reader())
    assert read(make_two_pages(tmp_path)).digits == "721721"
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert read(tmp_path / "broken.png").digits == ""


def test_tesseract_is_asked_for_the_digits_of_every_page(tmp_path: Path) -> None:
    need("tesseract")
    read, both = make_tesseract(7), make_two_pages(tmp_path)
    once = read(tmp_path / "row.png")
    assert len(once.digits) == len(once.accepted) >= 2
    assert read(both).digits == 2 * once.digits
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert read(tmp_path / "broken.png").digits == ""


def test_pieces_of_a_line_are_put_from_left_to_right_though_not_level() -> None:
    places = {"12": (0, 8), "345": (50, 0), "6": (120, 4), "78": (0, 40), "9": (60, 33)}  # left, top
    corners = np.array([[[x, y], [x + 30, y], [x + 30, y + 20], [x, y + 20]] for x, y in places.values()], float)
    assert join_pieces(corners, list(places)) == "12 345 6\n78 9"
    assert join_pieces(corners[::-1], list(places)[::-1]) == "12 345 6\n78 9"


@pytest.mark.skipif(has_rapidocr(), reason="RapidOCR is installed")
def test_who_is_not_installed_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_folder(tmp_path)
    assert measure_engine("rapidocr", folder, load_labels(folder), None, show_failures=False) == {}
    assert "not installed, left out" in capsys.readouterr().out
