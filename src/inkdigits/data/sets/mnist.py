"""MNIST, packaged: 60,000 digits to train on and 10,000 to test with, as the four standard IDX files.

Y. LeCun, C. Cortes, C. J. C. Burges; see the NOTICE file. Every file is checked against its SHA-256 when it is loaded,
and nothing is ever fetched from a network.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np

from inkdigits.data.sets import idx
from inkdigits.data.sets.digits import Digits
from inkdigits.errors import DataError

Part = Literal["train", "test"]
FOLDER = Path(__file__).parents[1] / "files"
FILE_NAMES: dict[Part, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
SHA256_BY_NAME = {
    "train-images-idx3-ubyte.gz": "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    "train-labels-idx1-ubyte.gz": "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    "t10k-images-idx3-ubyte.gz": "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    "t10k-labels-idx1-ubyte.gz": "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
}


def load(part: Part = "train", folder: Path = FOLDER) -> Digits:
    """The 60,000 training digits or the 10,000 test digits, in MNIST's own order.

    Raises DataError when a packaged file is missing or is not, byte for byte, the one that was packaged.
    """
    images, labels = (idx.read(folder / name, _read_verified(folder / name)) for name in FILE_NAMES[part])
    return Digits(images, labels.astype(np.int64), f"MNIST {part}")


def _read_verified(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"The packaged file {path} cannot be read ({error.strerror}); reinstall inkdigits.") from error
    if hashlib.sha256(content).hexdigest() != SHA256_BY_NAME[path.name]:
        raise DataError(f"The packaged file {path} is damaged (its SHA-256 is wrong); reinstall inkdigits.")
    return content
