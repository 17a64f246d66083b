"""The output folder: written once, gone on with, counted; and never two runs at the same time."""

import json
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inkdigits import DataError, UsageError, WriteError
from tests.helpers import need_extra

need_extra("pyarrow", "scale")

import pyarrow as pa
import pyarrow.dataset as ds

from inkdigits.marks import Box
from inkdigits.ray.output import BulkOutput
from inkdigits.ray.process import PageLine
from inkdigits.ray.rows import make_page_row, make_page_table
from inkdigits.ray.sources import INDEX_SCHEMA
from inkdigits.ray.storage import open_place
from inkdigits.types import Digit, Failure, Line, ModelName, Number, Reading

RUN = {"inkdigits": "1", "model": "reader 3", "inputs": ["scans"], "form": "None"}


def begin(folder: Path, **run: Any) -> BulkOutput:
    return BulkOutput(open_place(str(folder)), RUN | run)


def make_index(*names: str) -> pa.Table:
    rows = [
        {"name": os.fsencode(name), "place": 0, "key": b"", "kind": "file", "offset": 0, "size": 0} for name in names
    ]
    return pa.Table.from_pylist(rows, schema=INDEX_SCHEMA)


def make_pages(path: str, first: int = 1, last: int = 1, pages: int = 1, digits: str = "12") -> pa.Table:
    """Pages that each have one number, or failed where there are no digits."""
    number = Number(tuple(Digit(int(digit), 0.9, 1.0, digit != "0", Box(1, 2, 3, 4), ()) for digit in digits))
    outcomes = [
        Reading(path, page, 9, 9, (Line((number,)),), ModelName("reader", "3"), 0.1)
        if digits
        else Failure(path, page, "picture", "damaged")
        for page in range(first, last + 1)
    ]
    lines = [PageLine(each.page, pages, json.dumps(each.as_dict())) for each in outcomes]
    return make_page_table(make_page_row(path, line) for line in lines)


def load(folder: Path, table: str) -> list[dict[str, Any]]:
    return ds.dataset(folder / table, partitioning="hive").to_table().to_pylist()  # type: ignore[no-any-return]


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    index = make_index("a", "b", "c", "\udcff")
    with begin(tmp_path) as output:
        assert output.find_missing(index)["name"].to_pylist() == [b"a", b"b", b"c", b"\xff"]
        output.add(make_pages("a"))
        output.add(make_pages("b", 1, 2, pages=3))
        output.commit()
        output.add(make_pages("c"))  # and here it is killed
    with begin(tmp_path) as output:
        assert output.find_missing(index)["name"].to_pylist() == [b"b", b"c", b"\xff"]
        new = output.add(make_pages("b", 1, 3, pages=3))
        assert new["id"].to_pylist() == ["b#3"], "what was there is not written again"
        for path in ("c", "\udcff"):
            output.add(make_pages(path, digits=""))
        output.commit()
        output.derive_numbers()
        counts = output.reconcile(index)
    assert counts.is_exact and (counts.pages, counts.read, counts.failed, counts.others) == (6, 4, 2, 0)
    found = {row["id"]: row["state"] for row in load(tmp_path, "pages")}
    assert found == dict.fromkeys(["a#1", "b#1", "b#2", "b#3"], "read") | dict.fromkeys(["c#1", "\\udcff#1"], "failed")


def test_numbers_are_derived_once_and_the_same_again(tmp_path: Path) -> None:
    with begin(tmp_path) as output:
        for path, digits in (("a", "12"), ("b", "30"), ("c", "")):
            output.add(make_pages(path, digits=digits))
            output.commit()
        output.derive_numbers()
        first = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "numbers").iterdir()}
        output.derive_numbers()
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "numbers").iterdir()} == first
    rows = load(tmp_path, "numbers")
    assert [(row["id"], row["text"], row["accepted"]) for row in rows] == [("a#1", "12", True), ("b#1", "3?", False)]
    assert (rows[0]["x"], rows[0]["y"], rows[0]["width"], rows[0]["height"]) == (1, 2, 3, 4)
    assert [row["unsure"] for row in load(tmp_path, "pages/state=read")] == [False, True]


def test_what_is_missing_or_there_twice_is_seen(tmp_path: Path) -> None:
    with begin(tmp_path) as output:
        output.add(make_pages("a"))
        output.add(make_pages("b", 1, 1, pages=2))
        output.add(make_pages("old"))
        output.commit()
        (written,) = (tmp_path / "pages/state=read").iterdir()
        (written.parent / "00000009.parquet").write_bytes(written.read_bytes())
        counts = output.reconcile(make_index("a", "b", "c"))
    assert not counts.is_exact
    assert (counts.missing, counts.repeated, counts.others) == (("b", "c"), 3, 1)


def test_only_one_run_at_a_time(tmp_path: Path) -> None:
    with begin(tmp_path), pytest.raises(UsageError, match="is being written to by another run"):
        begin(tmp_path)
    with begin(tmp_path):
        pass


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"inkdigits": "2"}, r"another version of inkdigits \(1, not 2\)"),
        ({"model": "mine 1"}, r"another network \(reader 3, not mine 1\)"),
        ({"inputs": ["else"]}, "another INPUT"),
        ({"form": "Form(length=3)"}, r"another form \(None, not Form"),
    ],
)
def test_another_run_is_refused(tmp_path: Path, other: dict[str, Any], words: str) -> None:
    with begin(tmp_path):
        pass
    with pytest.raises(UsageError, match=words + ".*go on with the same, or give a new folder"):
        begin(tmp_path, **other)


def test_folders_that_hold_something_else_or_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something else"):
        begin(tmp_path)
    with pytest.raises(UsageError, match="cannot be written to"):
        begin(tmp_path / "letter.txt")
    with begin(tmp_path / "out") as output:
        output.add(make_pages("a"))
        output.commit()
    (written,) = (tmp_path / "out/pages/state=read").iterdir()
    written.write_bytes(written.read_bytes()[:100])
    with begin(tmp_path / "out") as output, pytest.raises(DataError, match=r"00000001\.parquet is damaged.*remove it"):
        output.find_missing(make_index("a"))
    (tmp_path / "out/run.json").write_text("{")
    with pytest.raises(DataError, match=r"run\.json is damaged"):
        begin(tmp_path / "out")


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 500 bytes: the system then refuses to write, as it does where a disk is full."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    with begin(tmp_path) as output:
        output.add(make_pages("a"))
        with full_disk(), pytest.raises(WriteError, match="could not be written"):
            output.commit()
        assert not [path for path in (tmp_path / "pages").rglob("*") if path.is_file()]
    with begin(tmp_path) as output:
        assert len(output.find_missing(make_index("a"))) == 1
