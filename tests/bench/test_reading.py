"""The bench of pictures on a folder made for the purpose."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bench import reading
from bench.peers.ocr import join_pieces, keep_digits, make_rapidocr_recogniser, make_tesseract
from bench.reading import RESULT_NAME, load_labels, make_our_reader, measure_reader, print_failures, score_answers
from bench.shared import store
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


def test_labels_are_sorted_by_kind_and_keep_spaces_and_lines(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    assert load_labels([folder])["lines"] == [(folder / "row.png", "7 2\n1")]
    assert set(load_labels([folder], ["single", "lines"])) == {"single", "lines"}


def test_kinds_of_several_folders_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a, b = make_folder(tmp_path / "a"), make_folder(tmp_path / "b")
    assert [file for file, _ in load_labels([a, b])["single"]] == [a / "one.png", b / "one.png"]


def test_our_reader_is_scored_on_every_kind(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    scores = measure_reader("ours", load_labels([folder]), None, show_failures=False)
    assert set(scores["kinds"]) == {"lines", "single", "single --single", "negative"}
    assert scores["kinds"]["lines"]["exact"] == scores["kinds"]["single --single"]["as_printed"] == 1
    assert scores["kinds"]["lines"]["as_printed"] == 0  # the truth is two lines, and the picture one
    assert scores["kinds"]["negative"]["taken"] == 0
    assert scores["together"]["pictures"] == 1
    assert scores["kinds"]["single"]["risk"]["area"] == 0


def test_our_reader_tells_its_text_and_confidences(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    page = Reader().read(folder / "row.png")
    transcription = make_our_reader(Reader())(folder / "row.png")
    assert transcription.text == page.text
    assert transcription.confidence == pytest.approx(np.prod([number.confidence for number in page.numbers]))
    bare = Reader().read(folder / "row.png", signs="drop")
    assert transcription.bare_confidence == pytest.approx(np.prod([number.confidence for number in bare.numbers]))
    assert transcription.digits_confidence == pytest.approx(
        np.prod([digit.confidence * digit.digitness for digit in page.digits])
    )


def test_a_run_of_all_readers_is_kept_in_one_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder(tmp_path)
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    monkeypatch.setattr(reading, "READERS", ("ours",))
    monkeypatch.setattr("sys.argv", ["reading", "--pictures", str(folder), "--kinds", "single"])
    reading.main()
    assert store.load(RESULT_NAME) is None
    monkeypatch.setattr("sys.argv", ["reading", "--pictures", str(folder)])
    reading.main()
    kept = store.load(RESULT_NAME)
    assert kept is not None and set(kept["readers"]) == {"ours"} and len(kept["labels_sha256"]) == 1
    assert str(tmp_path) not in (tmp_path / f"{RESULT_NAME}.json").read_text()
    (tmp_path / f"{RESULT_NAME}.json").unlink()
    monkeypatch.setattr(reading, "measure_reader", lambda *_: {})  # as if it were not installed
    with pytest.raises(SystemExit, match="Nothing is kept: ours"):
        reading.main()
    assert store.load(RESULT_NAME) is None


def test_digits_and_whole_numbers_stand_in_one_score() -> None:
    score = score_answers([(Transcription("1? 3", "123", 0.5), "123"), (Transcription("4", "4", 0.1), "4\n5")])
    assert (score["pictures"], score["exact"], score["edits"], score["digits"]) == (2, 1, 1, 5)
    assert (score["as_printed"], score["silently_wrong"], score["numbers_right"]) == (0, 1, 1)


def test_failures_show_what_was_read_and_the_best_candidates(capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [(Path("a.png"), "123"), (Path("b.png"), "45")]
    print_failures(pictures, [(Transcription("1? 3", "123", 0.0), "123"), (Transcription("4,5", "45", 0.0), "45")])
    assert capsys.readouterr().out == "a.png\n  truth '123'\n  read  '1? 3'\n  digits 123\n"


def test_without_kinds_all_are_one_kind(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (folder / "labels.csv").write_text("file,truth\none.png,7\nrow.png,7 2 1\n", encoding="utf-8-sig")
    assert load_labels([folder]) == {"all": [(folder / "one.png", "7"), (folder / "row.png", "7 2 1")]}
    assert load_labels([folder], first=1) == {"all": [(folder / "one.png", "7")]}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("file,kind\nrow.png,lines\n", r"columns `file` and `truth` are needed"),
        ("file,truth,kind\ngone.png,7,lines\n", r"1 labelled pictures are missing, .*gone.png first"),
        ("file,truth,kind\n", r"has a picture of the kinds"),
    ],
)
def test_a_folder_that_cannot_be_scored_is_refused(tmp_path: Path, table: str, says: str) -> None:
    folder = make_folder(tmp_path)
    (folder / "labels.csv").write_text(table, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        load_labels([folder])
    (folder / "labels.csv").unlink()
    with pytest.raises(DataError, match=r"labels.csv is missing"):
        load_labels([folder])


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


def test_all_but_digits_spaces_and_the_blank_is_forbidden() -> None:
    characters = ["blank", "O", "0", "?", "1", " "]
    probabilities = np.array([[[0.1, 0.5, 0.3, 0.0, 0.1, 0.0], [0.2, 0.1, 0.1, 0.4, 0.1, 0.1]]])
    kept = keep_digits(probabilities, characters)
    assert kept.tolist() == [[[0.1, 0, 0.3, 0, 0.1, 0], [0.2, 0, 0.1, 0, 0.1, 0.1]]]
    assert kept.argmax(axis=2).tolist() == [[2, 0]]


def test_rapidocrs_recogniser_can_be_asked_for_digits_only(tmp_path: Path) -> None:
    cv2.putText(page := np.full((48, 200), 255, np.uint8), "7 cats", (10, 36), cv2.FONT_HERSHEY_SIMPLEX, 1, (0,), 2)
    cv2.imwrite(str(tmp_path / "words.png"), page)
    free, digits_only = (make_rapidocr_recogniser(only)(tmp_path / "words.png") for only in (False, True))
    assert "cats" in free.text and free.digits == "7"
    assert set(digits_only.text) <= {*"0123456789 "} and digits_only.digits.startswith("7")
    assert digits_only.confidence is not None and 0 < digits_only.confidence <= 1


@pytest.mark.parametrize("name", [*reading.RAPIDOCR_MAKERS, "ours-second"])
def test_who_is_not_installed_is_left_out(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "has_rapidocr", lambda: False)
    folder = make_folder(tmp_path)
    assert measure_reader(name, load_labels([folder]), None, show_failures=False) == {}
    assert "not installed, left out" in capsys.readouterr().out
