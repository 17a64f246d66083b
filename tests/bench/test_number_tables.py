"""The tables of people's own pictures, from JSON as bench.reading keeps it."""

from pathlib import Path

import pytest

from bench.reading import RESULT_NAME, score_answers
from bench.render.number_tables import format_comparison, format_details, format_readers
from bench.render.readme_figures import make_picture_rows
from bench.shared import store
from bench.shared.digit_strings import Transcription, extract_digits


def answer(text: str, truth: str, confidence: float | None = None) -> tuple[Transcription, str]:
    return Transcription(text, extract_digits(text.replace("?", "7")), 0.25, confidence, confidence), truth


def make_reader(confidence: float | None) -> store.Json:
    """Eight pictures: two cheques, one of them with a `?`; forms, print, one digit, none."""
    kinds = {
        "orand": [answer("1?", "17", confidence), answer("45", "45", confidence)],
        "boxes": [answer("12 3\n4", "12 3\n5", confidence)],
        "printed": [answer("99 8", "8", confidence)],
        "single": [answer("7", "7", confidence)],
        "negative": [answer("11", "", confidence)],
    }
    together = [pair for kind in ("orand", "boxes", "printed") for pair in kinds[kind]]
    scores = {kind: score_answers(answers) for kind, answers in kinds.items()}
    return {"version": "1.2", "kinds": scores, "together": score_answers(together)}


@pytest.fixture
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, tesseract = make_reader(0.5), make_reader(None)
    ours["kinds"]["single --single"] = ours["kinds"]["single"]
    tesseract["kinds"]["orand"]["mode"] = "--psm 7"
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    store.save(RESULT_NAME, {"labels_sha256": [], "readers": {"ours": ours, "tesseract": tesseract}})


@pytest.mark.usefixtures("_kept")
def test_every_kind_beside_every_reader() -> None:
    lines = format_comparison().splitlines()
    assert lines[0] == "| kind | pictures | inkdigits | Tesseract 1.2 |"
    assert lines[2] == "| `orand` | 2 | 1 / 2 / 0 | 1 / 2 / 0 |"
    assert lines[7] == "| `single`, with `--single` | 1 | 1 / 1 / 0 |  |"
    assert lines[8] == "| all but `single` and `negative` | 4 | 1 / 2 / 2 | 1 / 2 / 2 |"


@pytest.mark.usefixtures("_kept")
def test_what_else_there_is_of_every_reader() -> None:
    rows = [line.strip("| ").split(" | ") for line in format_readers().splitlines()[2:]]
    figures = {(pictures, what): (ours, theirs) for pictures, what, ours, theirs in rows}
    assert figures["all but `single` and `negative`", "character error rate"] == ("33.3 %", "33.3 %")
    assert figures["all but `single` and `negative`", "pictures without a `?`"] == ("3 of 4", "3 of 4")
    assert figures["`boxes` and `table`", "numbers right as printed"][0] == "2 of 3"
    assert figures["`printed` and `mixed`", "numbers right as printed"][0] == "1 of 1"
    assert figures["`printed` and `mixed`", "accepted digits in no true number"][0] == "2"
    assert figures["`negative`", "accepted digits"][0] == "2"
    assert figures["of these, the 3 of one number", "area under risk against coverage"] == ("0.333", "–")
    assert figures["of these, the 3 of one number", "the same, if all right ones came first"][0] == "0.111"


@pytest.mark.usefixtures("_kept")
def test_all_figures_of_a_reader() -> None:
    text = format_details()
    assert "### Tesseract, 1.2\n" in text
    assert "| `orand`, `--psm 7` | 2 | 1 | 2 | 0 | 0.0 % | 1 | 0 | 1 of 2 | 3 | 0 | – | 0.25 |" in text
    assert text.count("Risk at a coverage") == 1


@pytest.mark.usefixtures("_kept")
def test_the_readme_has_our_own_figures_of_what_is_kept() -> None:
    kept = store.load(RESULT_NAME)
    assert kept is not None
    assert [row[:3] for row in make_picture_rows(kept)] == [
        ("cheque amounts: as printed; digits right; silently wrong", "1; 2; 0", "2 pictures by other people"),
        (
            "these, sums, forms, tables and bills: as printed; digits right; silently wrong",
            "1; 2; 2",
            "4 pictures by other people",
        ),
    ]


def test_nothing_is_rendered_of_what_was_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    assert (format_comparison(), format_readers(), format_details()) == ("\n", "\n", "\n")
