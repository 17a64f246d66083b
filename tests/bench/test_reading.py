"""The bench of pictures on a folder made for the purpose."""

from pathlib import Path

import cv2
import numpy as np

from bench.reading import labelled, marked, measured
from bench.strings import Answer
from inkdigits.data.mnist import load


def folder_of(tmp_path: Path) -> Path:
    images = load("test").images[:3]  # 7, 2, 1
    row = np.pad(np.hstack([cv2.resize(255 - image, (84, 84)) for image in images]), 40, constant_values=255)
    cv2.imwrite(str(tmp_path / "row.png"), row)
    cv2.imwrite(str(tmp_path / "one.png"), row[:, :124])
    cv2.imwrite(str(tmp_path / "none.png"), np.full((80, 80), 255, np.uint8))
    table = "file,truth,kind\nrow.png,7 2|1,lines\none.png,7,single\nnone.png,,negative\n"
    (tmp_path / "labels.csv").write_text(table, encoding="utf-8")
    return tmp_path


def test_labels_are_sorted_by_kind_and_spaces_dropped(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert labelled(folder)["lines"] == [("row.png", "721")]
    assert set(labelled(folder, ["single", "lines"])) == {"single", "lines"}


def test_our_reader_is_scored_on_every_kind(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    scores = measured("ours", folder, labelled(folder), None, failures=False)
    assert set(scores) == {"lines", "single", "single --single", "negative"}
    assert scores["lines"]["exact"] == scores["single --single"]["exact"] == 1
    assert scores["negative"]["taken"] == 0


def test_failures_show_what_was_refused() -> None:
    assert marked(Answer("123", (True, False, True), 0.0)) == "12?3"
