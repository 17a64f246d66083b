"""Each kind keeps form and type, depends on the seed alone, changes every digit, and blanks none."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import inkdigits
from bench.datasets.mnist_corruptions import CORRUPTIONS, corrupt
from inkdigits.errors import UsageError

FILE = Path(inkdigits.__path__[0]) / "data" / "files" / "train-images-idx3-ubyte.gz"
DIGIT_COUNT = 500
DETERMINISTIC_KINDS = {"scale", "brightness", "stripe", "canny_edges"}  # the same for every image and seed

# Mean brightness of the first 500 training digits after each kind, seed 0: a changed severity shows here.
# Within 1 grey level, so that another version of numpy or cv2 passes.
MEAN_BRIGHTNESS = {
    "shot_noise": 27.9,
    "impulse_noise": 57.8,
    "glass_blur": 32.2,
    "motion_blur": 32.2,
    "shear": 32.1,
    "scale": 11.6,
    "rotate": 32.2,
    "brightness": 169.2,
    "translate": 31.7,
    "stripe": 154.2,
    "fog": 96.3,
    "spatter": 50.8,
    "dotted_line": 46.8,
    "zigzag": 53.7,
    "canny_edges": 28.1,
}


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    """The first training digits, uint8 500×28×28."""
    with gzip.open(FILE) as file:
        raw = file.read(16 + DIGIT_COUNT * 28 * 28)
    return np.frombuffer(raw, np.uint8, offset=16).reshape(DIGIT_COUNT, 28, 28)


def test_there_are_the_fifteen_kinds() -> None:
    assert len(CORRUPTIONS) == 15
    assert set(MEAN_BRIGHTNESS) == set(CORRUPTIONS)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_shape_and_type_stay_and_so_does_the_input(kind: str, digits: NDArray[np.uint8]) -> None:
    before = digits.copy()
    spoiled = corrupt(digits, kind)
    assert spoiled.shape == digits.shape
    assert spoiled.dtype == np.uint8
    assert not np.shares_memory(spoiled, digits)
    np.testing.assert_array_equal(digits, before)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_seed_decides(kind: str, digits: NDArray[np.uint8]) -> None:
    first = corrupt(digits, kind, seed=1)
    np.testing.assert_array_equal(corrupt(digits, kind, seed=1), first)
    is_same = (corrupt(digits, kind, seed=2) == first).all()
    assert is_same == (kind in DETERMINISTIC_KINDS)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_digit_changes_and_none_is_blank(kind: str, digits: NDArray[np.uint8]) -> None:
    spoiled = corrupt(digits, kind).astype(np.float64)
    change = np.abs(spoiled - digits).mean(axis=(1, 2))
    assert change.min() > 2  # grey levels, over all pixels, of which a digit covers a fifth
    assert spoiled.std(axis=(1, 2)).min() > 10


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_severity_is_frozen(kind: str, digits: NDArray[np.uint8]) -> None:
    assert corrupt(digits, kind).mean() == pytest.approx(MEAN_BRIGHTNESS[kind], abs=1.0)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_no_images_give_no_images(kind: str) -> None:
    assert corrupt(np.zeros((0, 28, 28), np.uint8), kind).shape == (0, 28, 28)


def test_affine_kinds_move_a_dot_where_they_say() -> None:
    dot = np.zeros((64, 28, 28), np.uint8)
    dot[:, 8:10, 13:15] = 255  # centre at row 8.5, column 13.5: 5 rows above the middle
    assert find_centres(corrupt(dot, "shear")) == {(8.5, 10.5), (8.5, 16.5)}  # 5 rows × 0.6
    assert find_centres(corrupt(dot, "scale")) == {(10.5, 13.5)}  # 5 × 0.6 above the middle
    assert find_centres(corrupt(dot, "rotate")) == {(9.2, 11.0), (9.2, 16.0)}  # 5 × (cos 30°, sin 30°)
    assert find_centres(corrupt(dot, "translate")) == {(4.5, 9.5), (4.5, 17.5), (12.5, 9.5), (12.5, 17.5)}


def find_centres(images: NDArray[np.uint8]) -> set[tuple[float, float]]:
    """The different centres of mass (row, column), to a tenth of a pixel."""
    weight = images.astype(np.float64) / images.sum(axis=(1, 2), keepdims=True)
    rows, columns = weight.sum(axis=2) @ np.arange(28), weight.sum(axis=1) @ np.arange(28)
    return {(round(float(r), 1), round(float(c), 1)) for r, c in zip(rows, columns, strict=True)}


def test_what_cannot_be_corrupted_is_refused() -> None:
    with pytest.raises(UsageError, match="choose one of shot_noise"):
        corrupt(np.zeros((1, 28, 28), np.uint8), "gravity")
    with pytest.raises(UsageError, match="uint8 N×28×28"):
        corrupt(np.zeros((1, 28, 28)), "fog")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="uint8 N×28×28"):
        corrupt(np.zeros((28, 28), np.uint8), "fog")
