"""The packaged MNIST is the real one, whole, and refuses to be anything else."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.sets import idx, mnist
from inkdigits.errors import DataError
from tests.helpers import measure_cpu_seconds

# Counts per digit as they are known of MNIST (Deng, "The MNIST database of handwritten digit images", 2012).
TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packaged files, to be damaged."""
    return shutil.copytree(mnist.FOLDER, tmp_path / "files")


def test_all_digits_are_there() -> None:
    train, test = mnist.load("train"), mnist.load("test")
    assert (train.images.shape, test.images.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    assert np.bincount(train.labels).tolist() == TRAIN
    assert np.bincount(test.labels).tolist() == TEST
    assert (train.images.min(), train.images.max()) == (0, 255)


def test_the_order_is_mnists_own() -> None:
    assert mnist.load("train").labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.load("test").labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_mean_and_deviation_are_the_well_known_ones() -> None:
    images = mnist.load("train").images
    assert images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert images.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_loading_takes_little_more_than_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "_decompress", idx._decompress.__wrapped__)  # tests keep what was unpacked
    packed = [(mnist.FOLDER / name).read_bytes() for name in mnist.FILE_NAMES["train"]]
    assert measure_cpu_seconds(lambda: mnist.load("train")) < 2.5 * measure_cpu_seconds(
        lambda: [gzip.decompress(each) for each in packed]
    )


@pytest.mark.parametrize("name", sorted(mnist.SHA256_BY_NAME))
def test_one_changed_byte_is_noticed(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name} is damaged .*reinstall"):
        mnist.load("test" if name.startswith("t10k") else "train", copy)


def test_a_short_file_is_noticed(copy: Path) -> None:
    path = copy / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="damaged"):
        mnist.load("test", copy)


def test_the_same_pixels_packed_otherwise_are_not_the_packaged_file(copy: Path) -> None:
    path = copy / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
    with pytest.raises(DataError, match="damaged"):
        mnist.load("test", copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte.gz cannot be read .*reinstall"):
        mnist.load("train", copy)


def test_damage_in_one_part_leaves_the_other(copy: Path) -> None:
    (copy / "train-labels-idx1-ubyte.gz").write_bytes(b"")
    assert len(mnist.load("test", copy)) == 10_000
