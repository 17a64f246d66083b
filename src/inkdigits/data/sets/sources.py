"""Which digits: the packaged MNIST, or whatever `--data` / `INKDIGITS_DATA` names.

Four kinds are known by what is there:

- a folder of IDX files, as MNIST and Fashion-MNIST come (`train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte.gz`, …),
  and EMNIST (`emnist-digits-train-images-idx3-ubyte.gz`, …, whose images lie on their side and are turned upright);
- a folder with `train/` and `test/`, each with subfolders `0` … `9` of pictures;
- a folder with subfolders `0` … `9`, or one CSV file: every sixth digit is kept back as the test part;
- a folder with `…train….csv` and `…test….csv`.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from inkdigits.data.sets import idx, labelled, mnist
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.labelled import ToGlyph
from inkdigits.data.sets.mnist import Part
from inkdigits.errors import DataError
from inkdigits.glyph import GLYPH_SIDE

TEST_EVERY = 6  # one digit in this many is for testing, where a source has no test part of its own
IDX_PART_WORDS: dict[Part, tuple[str, ...]] = {"train": ("train",), "test": ("t10k", "test")}


def load(part: Part, source: Path | None, to_glyph: ToGlyph) -> Digits:
    """The training or the test digits of a source; the packaged MNIST where `source` is None.

    `to_glyph` brings a picture of any size and polarity (grey uint8 H×W) to its glyph. Raises DataError when the
    source is missing, of no known kind, or damaged.
    """
    if source is None:
        return mnist.load(part)
    if not source.exists():
        raise DataError(f"There is no data at {source}.")
    if source.is_file():
        return _take_part(load_csv(source), part)
    if (images := _find_idx_file(source, part, "images")) and (labels := _find_idx_file(source, part, "labels")):
        return _load_idx(images, labels, f"{source.name} {part}")
    if labelled.is_labelled_folder(source / part):
        return labelled.load_labelled_folder(source / part, to_glyph)
    if labelled.is_labelled_folder(source):
        return _take_part(labelled.load_labelled_folder(source, to_glyph), part)
    if tables := sorted(source.glob(f"*{part}*.csv")):
        return load_csv(tables[0])
    raise DataError(
        f"{source} is no kind of data that can be read; give IDX files, subfolders 0 … 9 of pictures, or CSV files "
        "with a label and 784 pixels in each row."
    )


def _find_idx_file(folder: Path, part: Part, array_name: str) -> Path | None:
    """The IDX file of one part, gzipped or not, whatever stands before the standard name."""
    for word in IDX_PART_WORDS[part]:
        for path in sorted(folder.glob(f"*{word}-{array_name}*idx?-ubyte*")):
            return path
    return None


def _load_idx(images: Path, labels: Path, name: str) -> Digits:
    stored_images = idx.read(images)
    if stored_images.ndim != 3:
        raise DataError(f"{images} has no images: its array has {stored_images.ndim} dimensions instead of 3.")
    if images.name.startswith("emnist"):
        stored_images = np.ascontiguousarray(stored_images.transpose(0, 2, 1))  # EMNIST stores columns first
    return Digits(stored_images, idx.read(labels).ravel().astype(np.int64), name)


def _take_part(digits: Digits, part: Part) -> Digits:
    """The test part of a source without one: every sixth digit of a fixed shuffle."""
    order = np.random.default_rng(0).permutation(len(digits))
    is_test = np.arange(len(digits)) % TEST_EVERY == 0
    indices = np.sort(order[is_test if part == "test" else ~is_test])
    return Digits(digits.images[indices], digits.labels[indices], f"{digits.name} {part}")


def load_csv(path: Path) -> Digits:
    """A CSV file of digits: label, then 784 pixels (0–255), one digit a row, with or without a line of headings.

    Raises DataError when a row is not a label and 784 whole numbers from 0 to 255."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            has_header = not _is_number(file.readline().split(",")[0])
            file.seek(0)
            with warnings.catch_warnings(action="error", category=UserWarning):  # numpy only warns of an empty file
                rows = np.loadtxt(
                    file, np.int64, delimiter=",", skiprows=int(has_header), ndmin=2, comments=None, quotechar='"'
                )
    except (OSError, ValueError, UserWarning) as error:
        raise DataError(f"{path} cannot be read as CSV with a label and 784 pixels in each row ({error}).") from error
    if rows.shape[1:] != (1 + GLYPH_SIDE * GLYPH_SIDE,):
        raise DataError(f"{path}: a row must have a label and 784 pixels, but these have {rows.shape[-1]} columns.")
    labels, pixels = rows[:, 0], rows[:, 1:]
    if pixels.size and (pixels.min() < 0 or pixels.max() > 255):
        raise DataError(f"{path}: pixels must be 0 to 255, but these range from {pixels.min()} to {pixels.max()}.")
    return Digits(pixels.astype(np.uint8).reshape(-1, GLYPH_SIDE, GLYPH_SIDE), labels, path.stem)


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().strip('"'))
    except ValueError:
        return False
    return True
