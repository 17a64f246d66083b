"""A CSV file of digits: label, then 784 pixels (0–255), one digit a row, with or without a line of headings."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import DataError
from inkdigits.glyph import SIZE


def load(path: Path) -> Digits:
    """All rows of the file. Raises DataError when a row is not a label and 784 whole numbers from 0 to 255."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            headings = not _is_number(file.readline().split(",")[0])
            file.seek(0)
            with warnings.catch_warnings(action="error", category=UserWarning):  # numpy only warns of an empty file
                rows = np.loadtxt(
                    file, np.int64, delimiter=",", skiprows=int(headings), ndmin=2, comments=None, quotechar='"'
                )
    except (OSError, ValueError, UserWarning) as error:
        raise DataError(f"{path} cannot be read as CSV of label and 784 pixels ({error}).") from error
    if rows.shape[1:] != (1 + SIZE * SIZE,):
        raise DataError(f"{path}: a row must have a label and 784 pixels, these have {rows.shape[-1]} columns.")
    labels, pixels = rows[:, 0], rows[:, 1:]
    if pixels.size and (pixels.min() < 0 or pixels.max() > 255):
        raise DataError(f"{path}: pixels must be 0 to 255, these reach {pixels.min()} to {pixels.max()}.")
    return Digits(pixels.astype(np.uint8).reshape(-1, SIZE, SIZE), labels, path.stem)


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().strip('"'))
    except ValueError:
        return False
    return True
