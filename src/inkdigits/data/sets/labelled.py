"""Digits of one's own: a folder with subfolders `0` … `9` of pictures, each picture one digit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.errors import DataError

ToGlyph = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
MAX_PIXELS = 50_000_000


def is_labelled_folder(folder: Path) -> bool:
    """Whether `folder` has at least one of the subfolders `0` … `9`."""
    return any((folder / str(digit)).is_dir() for digit in range(NUM_CLASSES))


def load_labelled_folder(folder: Path, to_glyph: ToGlyph) -> Digits:
    """All pictures under `folder/0` … `folder/9`, sorted by file name within a digit.

    `to_glyph` brings a grey uint8 H×W picture to its glyph (uint8 28×28). Raises DataError naming the first file that
    is no picture, and when there is none at all.
    """
    files = [(path, digit) for digit in range(NUM_CLASSES) for path in sorted((folder / str(digit)).glob("[!.]*"))]
    if not files:
        raise DataError(f"{folder} has no pictures in subfolders 0 … 9.")
    images = np.stack([to_glyph(_open_as_grey(path)) for path, _ in files])
    return Digits(images, np.array([digit for _, digit in files], np.int64), folder.name)


def _open_as_grey(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise DataError(f"{path} has more than {MAX_PIXELS} pixels; make it smaller.")
            return np.asarray(picture.convert("L"))
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly every built-in exception on damaged files
        raise DataError(f"{path} cannot be read as a picture ({error}).") from error
