"""IDX files: what is written comes back, and wild bytes give DataError and nothing else."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdigits.data.sets import idx
from inkdigits.errors import DataError

PATH = Path("wild")


def encode_idx(array: np.ndarray) -> bytes:
    """The array as an IDX file."""
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def read_or_refuse(raw: bytes) -> None:
    """Reading either gives an array or raises DataError; anything else fails the test."""
    try:
        assert idx.read(PATH, raw).dtype == np.uint8
    except DataError as error:
        assert str(PATH) in str(error)


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=3, max_side=6)), st.booleans())
def test_what_is_written_comes_back(array: np.ndarray, zipped: bool) -> None:
    raw = encode_idx(array)
    assert np.array_equal(idx.read(PATH, gzip.compress(raw) if zipped else raw), array)


@given(st.binary(max_size=200))
def test_wild_bytes(raw: bytes) -> None:
    read_or_refuse(raw)


@given(st.binary(max_size=40))
def test_wild_bytes_after_an_idx_beginning(raw: bytes) -> None:
    read_or_refuse(b"\0\0\x08" + raw)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3), st.binary(max_size=30))
def test_wild_sizes(sizes: list[int], rest: bytes) -> None:
    read_or_refuse(b"\0\0\x08" + bytes([len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + rest)


@given(st.binary(max_size=100))
def test_wild_bytes_after_a_gzip_beginning(raw: bytes) -> None:
    read_or_refuse(b"\x1f\x8b" + raw)
    read_or_refuse(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + raw)


@given(st.data())
def test_a_gzipped_file_with_one_wild_byte(data: st.DataObject) -> None:
    raw = bytearray(gzip.compress(encode_idx(np.arange(60, dtype=np.uint8).reshape(3, 4, 5)), mtime=0))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(raw))


@given(st.integers(0, 75))
def test_a_file_that_is_cut_short(length: int) -> None:
    whole = encode_idx(np.zeros((3, 4, 5), np.uint8))
    assert len(whole) == 76
    for raw in (whole, gzip.compress(whole)):
        with pytest.raises(DataError):
            idx.read(PATH, raw[: min(length, len(raw) - 1)])


def test_trailing_bytes_are_damage() -> None:
    with pytest.raises(DataError, match="says 4 bytes, but it has 5"):
        idx.read(PATH, encode_idx(np.zeros(4, np.uint8)) + b"x")


def test_other_types_are_refused() -> None:
    floats = b"\0\0\x0d\x01" + struct.pack(">I", 1) + struct.pack(">f", 1.0)
    with pytest.raises(DataError, match="not an IDX file of unsigned bytes"):
        idx.read(PATH, floats)


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(65):
            file.write(bytes(1 << 24))
    with pytest.raises(DataError, match="unpacks to more than"):
        idx.read(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            idx.read(path)
