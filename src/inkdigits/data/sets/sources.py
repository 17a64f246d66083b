"""Which digits: the packaged MNIST, or whatever `--data` / `INKDIGITS_DATA` names.

Four kinds are known by what is there:

- a folder of IDX files, as MNIST and Fashion-MNIST come (`train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte.gz`, …),
  and EMNIST (`emnist-digits-train-images-idx3-ubyte.gz`, …, whose images lie on their side and are turned upright);
- a folder with `train/` and `test/`, each with subfolders `0` … `9` of pictures;
- a folder with subfolders `0` … `9`, or one CSV file: every sixth digit is kept back as the test part;
- a folder with `…train….csv` and `…test….csv`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inkdigits.data.sets import idx, labelled, mnist, table
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.labelled import ToGlyph
from inkdigits.data.sets.mnist import Part
from inkdigits.errors import DataError

HELD_BACK = 6  # one digit in this many is for testing, where a source has no test part of its own
IDX_WORDS: dict[Part, tuple[str, ...]] = {"train": ("train",), "test": ("t10k", "test")}


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
        return _kept(table.load(source), part)
    if (images := _idx_file(source, part, "images")) and (labels := _idx_file(source, part, "labels")):
        return _idx(images, labels, f"{source.name} {part}")
    if labelled.is_labelled_folder(source / part):
        return labelled.load(source / part, to_glyph)
    if labelled.is_labelled_folder(source):
        return _kept(labelled.load(source, to_glyph), part)
    if tables := sorted(source.glob(f"*{part}*.csv")):
        return table.load(tables[0])
    raise DataError(
        f"{source} is none of the known kinds of data: IDX files, subfolders 0 … 9 of pictures, or CSV files "
        "of label and 784 pixels."
    )


def _idx_file(folder: Path, part: Part, what: str) -> Path | None:
    """The IDX file of one part, gzipped or not, whatever stands before the standard name."""
    for word in IDX_WORDS[part]:
        for path in sorted(folder.glob(f"*{word}-{what}*idx?-ubyte*")):
            return path
    return None


def _idx(images: Path, labels: Path, name: str) -> Digits:
    pictures = idx.read(images)
    if pictures.ndim != 3:
        raise DataError(f"{images} holds no images: its array has {pictures.ndim} dimensions, images have 3.")
    if images.name.startswith("emnist"):
        pictures = np.ascontiguousarray(pictures.transpose(0, 2, 1))  # EMNIST stores columns first
    return Digits(pictures, idx.read(labels).ravel().astype(np.int64), name)


def _kept(digits: Digits, part: Part) -> Digits:
    """The test part of a source without one: every sixth digit of a fixed shuffle."""
    order = np.random.default_rng(0).permutation(len(digits))
    held_back = np.arange(len(digits)) % HELD_BACK == 0
    chosen = np.sort(order[held_back if part == "test" else ~held_back])
    return Digits(digits.images[chosen], digits.labels[chosen], f"{digits.name} {part}")
