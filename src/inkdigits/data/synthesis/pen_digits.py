"""Digits that people wrote with a pen on a tablet, stroke by stroke: real hands, and it is known whose.

They are needed for training the transcriber only, and are fetched by `make hands`. Two sets of UCI's Machine Learning
Repository, both under CC BY 4.0:

- E. Alpaydin and F. Alimoglu, "Pen-Based Recognition of Handwritten Digits", 1996: 10,992 digits of 44 writers;
- F. Prat, M. J. Castro, D. Llorens, A. Marzal and J. M. Vilar, "UJI Pen Characters (Version 2)", 2008: of 60 writers,
  each digit twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkdigits.data.synthesis.hand_fonts import HAND_FOLDER
from inkdigits.data.synthesis.pen_paths import Points
from inkdigits.errors import DataError

PEN_FOLDER = HAND_FOLDER / "pens"
_UNIPEN_FILES = ("pendigits-orig.tra", "pendigits-orig.tes")
_UJI_FILE = "ujipenchars2.txt"
_SEGMENT = re.compile(r"\.SEGMENT DIGIT .*?\n\.COMMENT\s+(\d)\s+(\d+)\s.*?\n(.*?)(?=\.SEGMENT|\Z)", re.DOTALL)
_PEN_STROKE = re.compile(r"\.PEN_DOWN\n(.*?)\.PEN_UP", re.DOTALL)
_WORD = re.compile(r"^WORD (\d) \w*?_(\w+_W\d+)-\d+\s+NUMSTROKES \d+\n((?:\s*POINTS \d+ #.*\n?)+)", re.MULTILINE)


@dataclass(frozen=True)
class PenDigit:
    """A digit of one `writer`: its `strokes`, each K×2 points, x to the right, y upwards, in units of its tablet."""

    label: int
    writer: str
    strokes: tuple[Points, ...]


def load_pen_digits(folder: Path = PEN_FOLDER) -> list[PenDigit]:
    """The digits of both sets. Raises DataError if one is not there."""
    digits = [digit for name in _UNIPEN_FILES for digit in _parse_unipen(_read_text(folder / name), name)]
    return [*digits, *_parse_uji(_read_text(folder / _UJI_FILE))]


def _read_text(path: Path) -> str:
    if not path.is_file():
        raise DataError(
            f"Digits written with a pen are not under {path.parent}, such as {path.name}; run `make hands`."
        )
    return path.read_text("latin-1")


def _parse_unipen(text: str, set_name: str) -> Iterator[PenDigit]:
    """Digits between `.SEGMENT` and the next one; their comment names the digit and, within the set, the writer."""
    for label, writer, body in _SEGMENT.findall(text):
        strokes = tuple(_parse_points(points) for points in _PEN_STROKE.findall(body))
        yield PenDigit(int(label), f"{set_name} {writer}", strokes)


def _parse_uji(text: str) -> Iterator[PenDigit]:
    """The digits among characters, a line of points a stroke; y points downwards there."""
    for label, writer, body in _WORD.findall(text):
        strokes = tuple(_parse_points(line.split("#")[1]) * [1, -1] for line in body.strip().splitlines())
        yield PenDigit(int(label), writer, strokes)


def _parse_points(text: str) -> Points:
    return np.array(text.split(), np.float64).reshape(-1, 2)
