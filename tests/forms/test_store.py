"""The file of what was read of forms: nothing in it is lost."""

from pathlib import Path

import numpy as np
import pytest

from inkdigits.errors import UsageError, WriteError
from inkdigits.forms.joint import FieldAnswer, SheetAnswer
from inkdigits.forms.store import ResultStore
from inkdigits.types import Failure


def test_a_full_disk_is_told_and_takes_nothing_that_was_there(tmp_path: Path) -> None:
    answer = SheetAnswer((FieldAnswer("q1", "7", 1.0, "7"),), 1.0, ())
    crop = np.random.default_rng(0).bytes(20_000)
    with ResultStore(tmp_path / "out.sqlite", "a run") as store:
        store._base.execute("PRAGMA max_page_count = 20")  # of 4 KB: SQLite says then what it says on a full disk
        with pytest.raises(WriteError, match="disk is full") as raised:
            for number in range(9):
                with store.change():
                    store.add_sheet(f"{number}.png", 1, "Mark sheet", answer, [crop])
                    store.set_done(f"{number}.png")
    assert len(str(raised.value).splitlines()) == 1
    with ResultStore(tmp_path / "out.sqlite", "a run", resume=True) as store:
        (kept, *_) = sheets = list(store.list_sheets(with_crops=True))
        assert 0 < len(sheets) < 9 and kept.fields[0].crop == crop
        assert store.is_done("0.png") and not store.is_done(f"{len(sheets)}.png")


ANSWER = SheetAnswer((FieldAnswer("q1", "7", 1.0, "7"),), 1.0, ())


def test_names_and_messages_that_are_no_utf8_are_kept_escaped(tmp_path: Path) -> None:
    with ResultStore(tmp_path / "out.sqlite", "a run") as store:
        store.add_sheet("a\udcff.png", 1, "Mark\udc80", ANSWER, [b""])
        store.add_failure(Failure("b\udcff.png", 1, "form", "b\udcff.png is blurred"))
        store.correct([(1, "q1", "\ud800")])
        store.set_done("a\udcff.png", is_read=True)
        store.set_done("b\udcff.png")
        assert store.is_done("a\udcff.png") and not store.is_done("b\udcff.png")
        read, failed = store.list_sheets()
    assert (read.file, read.form, read.fields[0].text) == (r"a\udcff.png", r"Mark\udc80", r"\ud800")
    assert (failed.file, failed.failure) == (r"b\udcff.png", r"b\udcff.png is blurred")


def test_results_of_another_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.sqlite"
    with ResultStore(path, "a run") as store:
        store._base.execute("UPDATE run SET format = 2")
    for what in (None, "a run"):
        with pytest.raises(UsageError, match="written by another version of inkdigits; read the sheets anew"):
            ResultStore(path, what, resume=True)


def test_corrections_are_never_lost_to_a_new_run(tmp_path: Path) -> None:
    path = tmp_path / "marks.sqlite"
    for _ in range(2):  # results alone are read anew
        with ResultStore(path, "a run") as store:
            store.add_sheet("1.png", 1, "Mark sheet", ANSWER, [b""])
    with ResultStore(path) as store:
        store.correct([(1, "q1", "9")])
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"--resume.*form export \S*marks.sqlite --output \S*marks.csv.*another"):
        ResultStore(path, "a run")
    assert path.read_bytes() == before


def test_what_is_no_results_file_stays_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text("{}")
    for what, resume in ((None, False), ("a run", False), ("a run", True)):
        with pytest.raises(UsageError, match=r"own\.json is no results file"):
            ResultStore(path, what, resume)
    assert path.read_text() == "{}"
    with pytest.raises(UsageError, match="There is no results file"):
        ResultStore(tmp_path / "none.sqlite")


def test_what_failed_is_tried_again_and_what_was_read_stays(tmp_path: Path) -> None:
    with ResultStore(tmp_path / "out.sqlite", "a run") as store:
        store.add_sheet("a.pdf", 1, "Mark sheet", ANSWER, [b""])
        store.correct([(1, "q1", "9")])
        store.add_failure(Failure("a.pdf", 2, "form", "blurred"))
        store.set_done("a.pdf")
        store.add_sheet("b.png", 1, "Mark sheet", ANSWER, [b""])
        store.set_done("b.png", is_read=True)
        assert store.is_done("b.png") and not store.is_done("a.pdf")
        store.add_failure(Failure("a.pdf", 1, "picture", "truncated"))  # the whole file
        store.set_done("a.pdf")
        assert [each.failure for each in store.list_sheets()] == [None, "blurred", None]
        store.add_sheet("a.pdf", 1, "Mark sheet", ANSWER, [b""])
        store.add_sheet("a.pdf", 2, "Mark sheet", ANSWER, [b""])
        store.add_sheet("a.pdf", 3, "Mark sheet", ANSWER, [b""])
        store.set_done("a.pdf", is_read=True)
        assert store.is_done("a.pdf")
        sheets = list(store.list_sheets())
    assert [(each.file, each.page) for each in sheets] == [("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3), ("b.png", 1)]
    assert [each.fields[0].text for each in sheets] == ["9", "7", "7", "7"] and not any(s.failure for s in sheets)


def test_two_runs_do_not_write_the_same_results(tmp_path: Path) -> None:
    path = tmp_path / "marks.sqlite"
    with ResultStore(path, "a run") as store:
        store.add_sheet("1.png", 1, "Mark sheet", ANSWER, [b""])
        for resume in (False, True):
            with pytest.raises(UsageError, match="is being written to by another run; wait for it, or name another"):
                ResultStore(path, "a run", resume)
        with ResultStore(path) as reviewed:  # which only looks at them
            assert len(list(reviewed.list_sheets())) == 1
        store.add_sheet("2.png", 1, "Mark sheet", ANSWER, [b""])
    with ResultStore(path, "a run", resume=True) as store:
        assert len(list(store.list_sheets())) == 2


def test_an_empty_file_holds_no_results_and_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").touch()
    with pytest.raises(UsageError, match=r"There is no results file .*a\.sqlite"):
        ResultStore(tmp_path / "a.sqlite")
    assert not (tmp_path / "a.sqlite").stat().st_size
