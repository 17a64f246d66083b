"""Files of results grow in parts, and a run that was stopped anywhere goes on to the same bytes."""

import fcntl
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.cli.results import ResultFormat, Results
from inkdigits.cli.targets import PartFile, encode_text
from inkdigits.errors import UsageError, WriteError

RUN: dict[str, Any] = {"how": "as ever"}
FILES = [
    ResultFormat("csv", "head\n", lambda page, _: "", ""),
    ResultFormat("html", "<html>\n", lambda page, _: "", "</html>\n"),
]
NAMES = [f"{number}.png" for number in range(6)]
TEXTS = [[(f"{name} page {page}\n", f"<p>{name} {page}</p>\n") for page in range(3)] for name in NAMES]


def opened(folder: Path, resume: bool = False, run: dict[str, Any] = RUN, names: Sequence[str] = NAMES) -> Results:
    return Results([folder / "out.csv", folder / "see.html"], FILES, run, list(names), resume)


def read(results: Results, until: int = len(NAMES)) -> None:
    """What the command does for each picture that is not done: its pages, then the note that it is done."""
    for number in range(results.done, until):
        for page in TEXTS[number]:
            results.add(page)
        results.settle(NAMES[number], failed=number == 0, unsure=number == 1, empty=number == 2)


def all_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def unbroken(folder: Path) -> dict[str, bytes]:
    with opened(folder) as results:
        read(results)
        results.finish()
    return all_of(folder)


def test_an_unbroken_run_leaves_its_files_and_nothing_else(tmp_path: Path) -> None:
    whole = unbroken(tmp_path)
    assert set(whole) == {"out.csv", "see.html"}
    assert whole["out.csv"].startswith(b"head\n0.png page 0\n") and whole["see.html"].endswith(
        b"5.png 2</p>\n</html>\n"
    )


def test_until_the_end_what_stood_there_stays(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("older")
    with opened(tmp_path) as results:
        read(results, 4)
    assert (tmp_path / "out.csv").read_text() == "older"
    assert (tmp_path / "out.csv.part").read_text().endswith("3.png page 2\n")


@cache
def expected() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        return unbroken(Path(folder))


@settings(max_examples=30)  # each sees its files safe on the disk many times, which takes a while
@given(st.integers(0, 6), st.integers(0, 3), st.data())
def test_a_run_that_was_stopped_anywhere_goes_on_to_the_same_bytes(stop: int, pages: int, data: st.DataObject) -> None:
    """Stopped after some pictures and some pages of the next, and of each file any number of the last bytes lost."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with opened(folder) as results:
            read(results, stop)
            for page in TEXTS[stop][:pages] if stop < len(NAMES) else ():
                results.add(page)
        for name in ("out.csv.part", "see.html.part", "out.csv.part.jsonl"):
            whole = (folder / name).read_bytes()
            kept = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
            (folder / name).write_bytes(whole[:kept])
        with opened(folder, resume=True) as results:
            assert results.done <= stop
            read(results)
            assert results.failed and results.unsure  # of the pictures of the first part too
            results.finish()
        assert all_of(folder) == expected()


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    with opened(tmp_path) as results:
        read(results, 4)
    with opened(tmp_path, resume=True) as results:
        assert results.done == 4


def test_without_resume_a_run_begins_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as results:
        read(results, 4)
    with opened(tmp_path) as results:
        assert results.done == 0
        read(results)
        results.finish()
    assert (tmp_path / "out.csv").read_text().count("head") == 1


def test_resume_where_nothing_was_begun_begins(tmp_path: Path) -> None:
    with opened(tmp_path, resume=True) as results:
        assert results.done == 0


@pytest.mark.parametrize(
    ("run", "names"), [({"how": "otherwise"}, NAMES), (RUN, ["new.png", *NAMES]), (RUN, NAMES[:2]), (RUN, NAMES[1:])]
)
def test_another_run_does_not_go_on_with_it(tmp_path: Path, run: dict[str, Any], names: list[str]) -> None:
    with opened(tmp_path) as results:
        read(results, 4)
    before = all_of(tmp_path)
    with pytest.raises(UsageError, match="other options or pictures"):
        opened(tmp_path, resume=True, run=run, names=names)
    assert all_of(tmp_path) == before


def test_pictures_may_be_added_after_those_that_are_done(tmp_path: Path) -> None:
    with opened(tmp_path) as results:
        read(results, 4)
    with opened(tmp_path, resume=True, names=[*NAMES[:4], "new.png", *NAMES[4:]]) as results:
        assert results.done == 4


@pytest.mark.parametrize(
    "journal", ['"run"\n', "{}\n[1]\n", json.dumps(RUN) + '\n["0.png", true]\n', "\x00\x01\n", "é\n"]
)
def test_a_journal_that_is_none_stops_nothing_but_is_told(tmp_path: Path, journal: str) -> None:
    (tmp_path / "out.csv.part.jsonl").write_text(journal, encoding="utf-8")
    try:
        with opened(tmp_path, resume=True) as results:
            assert results.done == 0
    except UsageError as error:
        assert "--resume" in str(error)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "out.csv").symlink_to(tmp_path / "deep" / "true.csv")
    with opened(tmp_path) as results:
        results.finish()
    assert (tmp_path / "out.csv").is_symlink() and (tmp_path / "deep" / "true.csv").read_text() == "head\n"


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    with Results([Path("/dev/null")], FILES[:1], RUN, NAMES, False) as results:
        results.add(["text"])
        results.settle("a.png", False, False, False)
        results.finish()
        assert results.part is None
    assert Path("/dev/null").is_char_device()
    with pytest.raises(UsageError, match="--resume"):
        Results([Path("/dev/null")], FILES[:1], RUN, NAMES, True)


@pytest.mark.parametrize("path", [".", "file/below", "x" * 300, "nul\0byte", "/dev/full"])
def test_where_nothing_can_be_written_is_told_in_one_sentence(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    with pytest.raises(WriteError, match="could not be written") as told:
        Results([tmp_path / path], FILES[:1], RUN, NAMES, False)
    assert "\n" not in str(told.value)


def test_names_are_written_as_the_system_gave_them() -> None:
    assert encode_text("é\udcff") == b"\xc3\xa9\xff"


@pytest.mark.parametrize("resume", [False, True])
def test_two_runs_do_not_write_to_the_same_file(tmp_path: Path, resume: bool) -> None:
    with opened(tmp_path) as results:
        read(results, 4)
        before = all_of(tmp_path)
        with pytest.raises(UsageError, match=r"out\.csv is being written to by another run; wait for it"):
            opened(tmp_path, resume=resume)
        assert all_of(tmp_path) == before
        read(results)
        results.finish()
    assert all_of(tmp_path) == expected()


def test_a_part_that_another_run_has_just_finished_is_not_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was opened as the part, and is the file itself when the lock is there."""

    def finish_meanwhile(descriptor: int, operation: int) -> None:
        os.replace(tmp_path / "x.part", tmp_path / "x")

    (tmp_path / "x.part").write_text("whole")
    monkeypatch.setattr(fcntl, "flock", finish_meanwhile)
    with pytest.raises(UsageError, match="by another run"):
        PartFile(tmp_path / "x")
    assert all_of(tmp_path) == {"x": b"whole"}
