"""What there is to read, and the bytes of it: files, folders, tar shards, Parquet."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from inkdigits import DataError, UsageError
from tests.helpers import need_extra

need_extra("pyarrow", "scale")

import pyarrow as pa
import pyarrow.parquet as pq

from inkdigits.ray.loading import PictureLoader
from inkdigits.ray.sources import index_input
from inkdigits.ray.storage import open_place
from tests.ray.archives import make_tar

PICTURES = {f"{name}.png": f"the bytes of {name}".encode() for name in "abcde"}


def load_all(*inputs: Path | str, column: str = "bytes", max_bytes: int = 1000) -> dict[str, bytes | str | None]:
    """What is loaded of the inputs: the bytes of each picture by its name, or why there are none."""
    places = [open_place(str(each)) for each in inputs]
    index = index_input(places, column)
    loaded = PictureLoader([place.filesystem for place in places], column, max_bytes)(index)
    assert loaded["path"].to_pylist() == index["name"].to_pylist()
    return {
        os.fsdecode(row["path"]): row["error"] if row["bytes"] is None else row["bytes"] for row in loaded.to_pylist()
    }


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_stands_for_its_pictures(tmp_path: Path) -> None:
    put(tmp_path, PICTURES | {"below/f.PDF": b"f", "notes.txt": b"", ".hidden/g.png": b"", ".h.png": b""})
    expected = {f"{tmp_path}/{name}": content for name, content in {**PICTURES, "below/f.PDF": b"f"}.items()}
    assert load_all(tmp_path) == expected
    assert load_all(tmp_path, tmp_path / "a.png") == expected, "named twice, there once"


def test_a_file_that_is_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    put(tmp_path, {"scan": b"x"})
    assert load_all(tmp_path / "scan") == {f"{tmp_path}/scan": b"x"}


def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.png")
    put(tmp_path, {name: b"x"})
    assert load_all(tmp_path) == {f"{tmp_path}/{name}": b"x"}


def test_tar_shards(tmp_path: Path) -> None:
    tar = make_tar([*PICTURES.items(), ("notes.txt", b""), ("a.png", b"a later one counts")])
    put(tmp_path, {"one.tar": tar})
    found = load_all(tmp_path / "one.tar")
    assert found == {f"{tmp_path}/one.tar/{name}": content for name, content in PICTURES.items()} | {
        f"{tmp_path}/one.tar/a.png": b"a later one counts"
    }


@pytest.mark.parametrize("harm", [lambda tar: tar[:2000], lambda tar: tar[:3072] + b"x" * 600 + tar[3672:], len])
def test_a_damaged_tar_is_an_error_beside_what_is_whole(tmp_path: Path, harm) -> None:  # type: ignore[no-untyped-def]
    harmed = harm(make_tar(PICTURES.items()))
    put(tmp_path, {"one.tar": harmed if isinstance(harmed, bytes) else b"no tar at all" * 100})
    found = load_all(tmp_path / "one.tar")
    error = found.pop(f"{tmp_path}/one.tar")
    assert isinstance(error, str) and "damaged" in error
    assert all(PICTURES[name.rpartition("/")[2]].startswith(content) for name, content in found.items())  # type: ignore[arg-type]


@pytest.mark.parametrize("rows_in_a_group", [2, 100])
def test_parquet_with_and_without_paths(tmp_path: Path, rows_in_a_group: int) -> None:
    contents = [*PICTURES.values(), None]
    images = [None if content is None else {"bytes": content, "label": 1} for content in contents]
    table = pa.table({"bytes": contents, "image": images})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=rows_in_a_group)
    name = f"{tmp_path}/t.parquet"
    expected = {f"{name}/{row}": content for row, content in enumerate(contents)}
    expected |= {f"{name}/5": f"{name}/5: there are no bytes; give a picture."}
    assert load_all(name) == load_all(name, column="image.bytes") == expected
    table = table.append_column("path", pa.array([*PICTURES, None]))
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=rows_in_a_group)
    assert load_all(name) == PICTURES | {f"{name}/5": f"{name}/5: there are no bytes; give a picture."}


def test_what_is_gone_or_too_long_when_it_is_loaded(tmp_path: Path) -> None:
    put(tmp_path, PICTURES)
    places = [open_place(str(tmp_path))]
    index = index_input(places, "bytes")
    (tmp_path / "b.png").unlink()
    loaded = PictureLoader([places[0].filesystem], "bytes", 4)(index)
    assert loaded["bytes"].to_pylist() == [b"the b", None, b"the b", b"the b", b"the b"]
    assert "No such file" in loaded["error"][1].as_py()


def test_inputs_that_make_no_sense(tmp_path: Path) -> None:
    put(tmp_path, {"x.tgz": b"", "empty/notes.txt": b""})
    pq.write_table(pa.table({"picture": [b""], "path": [1]}), tmp_path / "t.parquet")
    pq.write_table(pa.table({"bytes": [b"", b""], "path": ["a", "a"]}), tmp_path / "u.parquet")
    os.mkfifo(tmp_path / "pipe")
    for name, column, kind, words in (
        ("none.png", "bytes", DataError, "no such file"),
        ("pipe", "bytes", DataError, "neither a file nor a folder"),
        ("empty", "bytes", DataError, "no pictures in"),
        ("x.tgz", "bytes", UsageError, "write it as .tar"),
        ("t.parquet", "bytes", UsageError, "give one of picture as --column"),
        ("t.parquet", "picture", UsageError, "`path` is int64, not string"),
        ("u.parquet", "bytes", UsageError, "a stands for more than one picture"),
    ):
        with pytest.raises(kind, match=words):
            load_all(tmp_path / name, column=column)
    with pytest.raises(UsageError, match="PyArrow cannot open"):
        load_all("gopher://archive/scans")
