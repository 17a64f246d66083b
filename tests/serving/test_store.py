"""A file of samples: kept, deleted for good, shared by writers, and nothing else taken for one."""

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import DataError, InkdigitsError, StoreBusyError, StoreFullError, WriteError
from inkdigits.serving import database
from inkdigits.serving import store as module
from inkdigits.serving.store import LONGEST, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "samples.sqlite")


def test_what_is_kept_is_found_again(store: Store) -> None:
    first = store.add(3, "drawn", b"glyph", b"drawing")
    second = store.add(7, "correction", b"other", b"one")
    assert Store(store.path).latest(10) == [second, first] == [*Store(store.path, readonly=True).all()][::-1]
    assert (first.label, first.source, first.glyph, first.drawing) == (3, "drawn", b"glyph", b"drawing")
    assert first.made.endswith("+00:00") and len(first.made) == 25
    assert store.counts() == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]


def test_pages_of_the_newest(store: Store) -> None:
    for place in range(7):
        store.add(place % 2, "drawn", b"", b"")
    assert [sample.id for sample in store.latest(3)] == [7, 6, 5]
    assert [sample.id for sample in store.latest(3, before=5)] == [4, 3, 2]
    assert [sample.id for sample in store.latest(9, before=5, label=1)] == [4, 2]


@pytest.mark.parametrize("at_once", [False, True])
def test_nothing_of_what_is_deleted_is_left_in_the_file(store: Store, at_once: bool) -> None:
    drawings = [os.urandom(20_000) for _ in range(5)]
    for drawing in drawings:
        store.add(1, "drawn", drawing[:300], drawing)
    size = store.path.stat().st_size
    if at_once:
        assert store.clear() == 5
    else:
        assert all(store.delete(number) for number in (2, 1, 4, 3, 5))
    left = store.path.read_bytes()
    assert not any(drawing[at : at + 16] in left for drawing in drawings for at in range(0, 20_000 - 16, 16))
    assert len(left) < size / 4, "and the file shrinks"
    assert [path.name for path in store.path.parent.iterdir()] == [store.path.name]
    assert not store.delete(1) and store.clear() == 0


def test_a_neighbour_is_left_whole(store: Store) -> None:
    drawings = [os.urandom(9_000) for _ in range(3)]
    for drawing in drawings:
        store.add(1, "drawn", b"", drawing)
    store.delete(2)
    assert [sample.drawing for sample in store.all()] == [drawings[0], drawings[2]]


def test_numbers_are_never_given_twice(store: Store) -> None:
    store.add(1, "drawn", b"", b"")
    store.clear()
    assert Store(store.path).add(1, "drawn", b"", b"").id == 2


def test_only_its_owner_may_look(store: Store) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_many_writers(store: Store) -> None:
    def write(place: int) -> int:
        return Store(store.path).add(place % 10, "drawn", b"g", b"d" * place).id

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, range(40))) == list(range(1, 41))
    assert store.counts() == [4] * 10


def test_bounds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError):
        store.add(1, "drawn", b"", bytes(LONGEST + 1))
    with pytest.raises(DataError):
        store.add(10, "drawn", b"", b"")
    monkeypatch.setattr(module, "MOST", 1)
    store.add(1, "drawn", b"", b"")
    with pytest.raises(StoreFullError, match="1 samples are kept already; export them"):
        store.add(1, "drawn", b"", b"")
    assert store.counts()[1] == 1


def test_the_file_does_not_grow_without_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAYOUT", replace(module.LAYOUT, max_bytes=100_000))
    store = Store(store.path)
    with pytest.raises(StoreFullError, match="is full"):
        for _ in range(10):
            store.add(1, "drawn", b"", os.urandom(20_000))
    assert 2 <= store.counts()[1] < 6
    assert store.path.stat().st_size <= 100_000
    assert store.delete(1)


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.1)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusyError, match="in use by others"):
            store.add(1, "drawn", b"", b"")


def test_what_is_no_file_of_samples(tmp_path: Path) -> None:
    def refused(path: Path, error: type[InkdigitsError], why: str) -> None:
        for readonly in (True, False):
            before = path.read_bytes() if path.is_file() else None
            with pytest.raises(error, match=why):
                Store(path, readonly)
            assert before is None or path.read_bytes() == before, "it is left as it was"

    text = tmp_path / "text"
    text.write_text("no database\n" * 100)
    refused(text, DataError, "not a file of samples")
    other = tmp_path / "other"
    with closing(sqlite3.connect(other)) as to:
        to.execute("CREATE TABLE samples (id, label, made, source, glyph, drawing)")
        to.commit()
    refused(other, DataError, "some other database")
    later = tmp_path / "later"
    Store(later)
    with closing(sqlite3.connect(later)) as to:
        to.execute("PRAGMA user_version = 2")
    refused(later, DataError, "samples of version 2")
    with pytest.raises(DataError, match="no such file"):
        Store(tmp_path / "none", readonly=True)
    assert not (tmp_path / "none").exists()
    with pytest.raises(WriteError, match="name another file"):
        Store(tmp_path / "no" / "folder")
    with pytest.raises(WriteError):
        Store(tmp_path)


def test_a_log_that_others_began_is_ended(store: Store) -> None:
    """And the log of somebody else's database is left alone."""
    other = store.path.with_name("other")
    for path in (store.path, other):
        with closing(sqlite3.connect(path)) as to:
            to.execute("PRAGMA journal_mode = WAL")
            to.execute("CREATE TABLE IF NOT EXISTS samples (id)")
    before = other.read_bytes()
    with pytest.raises(DataError, match="some other database"):
        Store(other)
    assert other.read_bytes() == before
    Store(store.path).add(1, "drawn", b"", b"")
    assert not list(store.path.parent.glob(f"{store.path.name}?*"))


def test_a_view_that_looks_like_ours_is_never_asked(store: Store) -> None:
    """SQLite runs what a view says: one that never ends must not be reached."""
    with closing(sqlite3.connect(store.path)) as to:
        to.execute("DROP TABLE samples")
        to.execute(
            "CREATE VIEW samples AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i AS id, 1 AS label, '' AS made, 'drawn' AS source, x'' AS glyph, x'' AS drawing FROM n"
        )
        to.commit()
    with pytest.raises(DataError, match="version"):
        Store(store.path, readonly=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a few samples."""
    path = tmp_path_factory.mktemp("whole") / "samples.sqlite"
    for place in range(4):
        Store(path).add(place, "drawn", b"g" * 100, b"d" * 5000)
    return path


@given(st.lists(st.tuples(st.integers(0, 2**15), st.integers(0, 255)), min_size=1, max_size=40))
def test_damaged_files_raise_one_of_our_errors(whole: Path, changes: list[tuple[int, int]]) -> None:
    content = bytearray(whole.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    path = whole.with_name("damaged.sqlite")
    path.write_bytes(content)
    try:
        found = Store(path, readonly=True)
        assert len(found.counts()) == 10 and len(found.latest(100)) <= 100
    except InkdigitsError as error:
        assert str(error).endswith(".")
