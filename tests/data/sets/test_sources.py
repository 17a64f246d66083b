"""Every kind of data that can be named, written and read back, and what is said of what is none of them."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkdigits.data.sets import labelled, sources
from inkdigits.data.sets.digits import Digits
from inkdigits.errors import DataError
from tests.helpers import make_digits

TRAIN, TEST = make_digits(60, seed=1), make_digits(24, seed=2)


def keep_as_glyph(grey: np.ndarray) -> np.ndarray:
    """For pictures that are glyphs already."""
    return grey


def are_equal(left: Digits, right: Digits) -> bool:
    return np.array_equal(left.images, right.images) and np.array_equal(left.labels, right.labels)


def write_idx(path: Path, array: np.ndarray, zipped: bool) -> None:
    header = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    raw = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(raw) if zipped else raw)


def write_set(folder: Path, names: tuple[str, str], digits: Digits, zipped: bool, turned: bool = False) -> None:
    """Images and labels as two IDX files; `turned` lays the images on their side."""
    images = digits.images.transpose(0, 2, 1) if turned else digits.images
    write_idx(folder / names[0], images, zipped)
    write_idx(folder / names[1], digits.labels, zipped)


def write_labelled(folder: Path, digits: Digits) -> None:
    for place, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / str(label) / f"{place:04}.png")


def write_csv(path: Path, digits: Digits, headings: bool) -> None:
    names = ",".join(["label", *(f"pixel{place}" for place in range(784))])
    rows = np.column_stack([digits.labels, digits.images.reshape(len(digits), -1)])
    np.savetxt(path, rows, "%d", ",", header=names if headings else "", comments="")


def sort_by_label(digits: Digits) -> Digits:
    """In the order of a labelled folder: all 0, all 1, …"""
    order = np.argsort(digits.labels, kind="stable")
    return Digits(digits.images[order], digits.labels[order], digits.name)


@pytest.mark.parametrize(
    ("pattern", "zipped"),
    [
        ("{part}-{what}-idx{rank}-ubyte", False),  # MNIST, unpacked
        ("{part}-{what}-idx{rank}-ubyte.gz", True),  # MNIST; Fashion-MNIST, from its makers and from Debian
        ("{part}-{what}.idx{rank}-ubyte", False),  # MNIST as Kaggle has it
    ],
)
def test_a_folder_of_idx_files(tmp_path: Path, pattern: str, zipped: bool) -> None:
    for part, digits in (("train", TRAIN), ("t10k", TEST)):
        images = pattern.format(part=part, what="images", rank=3)
        write_set(tmp_path, (images, pattern.format(part=part, what="labels", rank=1)), digits, zipped)
    assert are_equal(sources.load("train", tmp_path, keep_as_glyph), TRAIN)
    assert are_equal(sources.load("test", tmp_path, keep_as_glyph), TEST)
    assert sources.load("test", tmp_path, keep_as_glyph).name == f"{tmp_path.name} test"


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_emnist_is_turned_upright(tmp_path: Path, ending: str) -> None:
    for part, digits in (("train", TRAIN), ("test", TEST)):
        names = [f"emnist-digits-{part}-{what}-ubyte{ending}" for what in ("images-idx3", "labels-idx1")]
        write_set(tmp_path, (names[0], names[1]), digits, bool(ending), turned=True)
    assert are_equal(sources.load("train", tmp_path, keep_as_glyph), TRAIN)
    assert are_equal(sources.load("test", tmp_path, keep_as_glyph), TEST)


def test_a_labelled_folder_keeps_every_sixth_back(tmp_path: Path) -> None:
    write_labelled(tmp_path, TRAIN)
    train, test = (sources.load(part, tmp_path, keep_as_glyph) for part in ("train", "test"))
    assert (len(train), len(test)) == (50, 10)
    assert not {image.tobytes() for image in train.images} & {image.tobytes() for image in test.images}
    together = Digits(np.concatenate([train.images, test.images]), np.concatenate([train.labels, test.labels]), "all")
    assert sorted(image.tobytes() for image in together.images) == sorted(image.tobytes() for image in TRAIN.images)
    assert are_equal(test, sources.load("test", tmp_path, keep_as_glyph))  # the same sixth every time


def test_a_labelled_folder_with_parts_of_its_own(tmp_path: Path) -> None:
    write_labelled(tmp_path / "train", TRAIN)
    write_labelled(tmp_path / "test", TEST)
    assert are_equal(sources.load("train", tmp_path, keep_as_glyph), sort_by_label(TRAIN))
    assert are_equal(sources.load("test", tmp_path, keep_as_glyph), sort_by_label(TEST))


def test_pictures_are_brought_to_glyphs(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    Image.new("RGB", (50, 40), (200, 200, 200)).save(tmp_path / "3" / "a.jpg")
    (tmp_path / "3" / ".hidden").write_text("no picture, and nobody looks at it")
    shapes: list[tuple[int, ...]] = []

    def to_glyph(grey: np.ndarray) -> np.ndarray:
        shapes.append(grey.shape)
        return np.full((28, 28), 7, np.uint8)

    digits = labelled.load_labelled_folder(tmp_path, to_glyph)
    assert shapes == [(40, 50)]
    assert digits.labels.tolist() == [3] and (digits.images == 7).all()


@pytest.mark.parametrize("headings", [True, False])
def test_a_csv_file(tmp_path: Path, headings: bool) -> None:
    path = tmp_path / "digits.csv"
    write_csv(path, TRAIN, headings)
    assert are_equal(sources.load_csv(path), TRAIN)
    train, test = (sources.load(part, path, keep_as_glyph) for part in ("train", "test"))
    assert (len(train), len(test)) == (50, 10)


def test_a_csv_file_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    write_csv(path, TRAIN, headings=False)
    first, rest = path.read_text().split(",", 1)
    path.write_text(f'\ufeff"{first}",{rest}'.replace("\n", "\r\n"), encoding="utf-8")
    assert are_equal(sources.load_csv(path), TRAIN)


def test_a_folder_of_two_csv_files(tmp_path: Path) -> None:
    write_csv(tmp_path / "mnist_train.csv", TRAIN, headings=True)
    write_csv(tmp_path / "mnist_test.csv", TEST, headings=True)
    assert are_equal(sources.load("train", tmp_path, keep_as_glyph), TRAIN)
    assert are_equal(sources.load("test", tmp_path, keep_as_glyph), TEST)


PIXELS = ",".join(["0"] * 784)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "cannot be read as CSV"),
        (f"label,{PIXELS}\n", "cannot be read as CSV"),  # headings and nothing else
        ("1,2,3\n", "these have 3 columns"),
        (f"1,{PIXELS}\n2,{PIXELS[:-2]}\n", "cannot be read as CSV"),
        (f"1,{PIXELS[:-1]}256\n", "pixels must be 0 to 255"),
        (f"1,{PIXELS[:-1]}-1\n", "pixels must be 0 to 255"),
        (f"1,{PIXELS[:-1]}0.5\n", "cannot be read as CSV"),
        (f"1,{PIXELS[:-1]}{10**30}\n", "cannot be read as CSV"),
        (f"11,{PIXELS}\n", "labels must be 0 to 9"),
        (f"-1,{PIXELS}\n", "labels must be 0 to 9"),
        (f"five,{PIXELS}\nsix,{PIXELS}\n", "cannot be read as CSV"),
    ],
)
def test_what_is_wrong_with_a_csv_file(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "digits.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=reason):
        sources.load_csv(path)


@given(st.binary(max_size=300))
def test_wild_bytes_as_csv(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "wild.csv"
    path.write_bytes(content)
    with pytest.raises(DataError):
        sources.load_csv(path)


@given(st.integers(0, 5000), st.binary(min_size=1, max_size=8), st.booleans())
def test_wild_pictures_in_a_labelled_folder(
    tmp_path_factory: pytest.TempPathFactory, place: int, wild: bytes, cut: bool
) -> None:
    folder = tmp_path_factory.getbasetemp() / "wild"
    path = folder / "0" / "digit.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(TRAIN.images[0]).save(path)
    content = path.read_bytes()
    place %= len(content)
    path.write_bytes(content[:place] if cut else content[:place] + wild + content[place + len(wild) :])
    try:
        assert len(labelled.load_labelled_folder(folder, lambda grey: np.zeros((28, 28), np.uint8))) == 1
    except DataError as error:
        assert "digit.png" in str(error)


def test_what_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no data at"):
        sources.load("train", tmp_path / "nothing", keep_as_glyph)
    with pytest.raises(DataError, match="no kind of data that can be read"):
        sources.load("train", tmp_path, keep_as_glyph)
    (tmp_path / "0").mkdir()
    with pytest.raises(DataError, match="no pictures in subfolders"):
        sources.load("train", tmp_path, keep_as_glyph)
    (tmp_path / "0" / "a.png").write_text("no picture")
    with pytest.raises(DataError, match=r"a\.png cannot be read as a picture"):
        sources.load("train", tmp_path, keep_as_glyph)


def test_a_picture_that_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    Image.new("1", (10_000, 5_001)).save(tmp_path / "0" / "a.png")
    with pytest.raises(DataError, match="more than 50000000 pixels"):
        labelled.load_labelled_folder(tmp_path, keep_as_glyph)


def test_idx_files_that_do_not_belong_together(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte", TRAIN.images, False)
    write_idx(tmp_path / "train-labels-idx1-ubyte", TEST.labels, False)
    with pytest.raises(DataError, match="60 images but 24 labels"):
        sources.load("train", tmp_path, keep_as_glyph)
    write_idx(tmp_path / "train-images-idx3-ubyte", TRAIN.labels, False)
    with pytest.raises(DataError, match="has no images"):
        sources.load("train", tmp_path, keep_as_glyph)
    write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros((24, 32, 32)), False)
    with pytest.raises(DataError, match="28×28"):
        sources.load("train", tmp_path, keep_as_glyph)
