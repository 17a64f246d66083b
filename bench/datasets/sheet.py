"""A sheet of paper that numbers are written on, in one hand, beside print; and photos of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.datasets import photo
from bench.datasets.sign_pages import Writer
from bench.datasets.unseen_words import Faces, draw_word
from inkdigits.data.synthesis.strokes import Ink

MAX_LINE_WIDTH = 2_000  # pixels
DARK_PRINT = (40, 40, 40)


@dataclass
class Sheet:
    """A page while it is written on: `ink` by hand and `print`, each float32 H×W in 0..1. Lengths are in pixels; a
    `unit` is the height of a digit."""

    writer: Writer
    faces: Faces
    rng: Generator
    ink: Ink = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    print: Ink = field(default_factory=lambda: np.zeros((1, 1), np.float32))

    @property
    def unit(self) -> float:
        return self.writer.height

    def resize(self, width: float, height: float) -> None:
        """Begin with an empty page of that size."""
        self.ink, self.print = (np.zeros((round(height), round(width)), np.float32) for _ in range(2))

    def write(self, text: str, x: float, baseline: float, room: float = 0.0, align: float = 0.0) -> float:
        """A text from x on, or anywhere in a `room` of pixels: 0 at its left end, 1 at its right; gives where it
        ends."""
        part, above, _ = self.writer.write_line(text, MAX_LINE_WIDTH)
        x += align * max(0.0, room - part.shape[1])
        _lay(self.ink, part, x, baseline - above)
        return x + part.shape[1]

    def write_word(self, x: float, baseline: float, max_width: float = np.inf) -> float:
        """A word in print, if there are fonts; gives where it ends."""
        if not self.faces:
            return x
        word = draw_word(self.faces, self.unit * self.rng.uniform(0.7, 1.0), self.rng)
        word = word[:, : int(min(max_width, word.shape[1]))]
        _lay(self.print, word, x, baseline - 0.85 * word.shape[0])
        return x + word.shape[1]

    def rule(self, start: tuple[float, float], end: tuple[float, float], by_hand: bool = False) -> None:
        """A straight line, printed or drawn."""
        ends = [(round(x), round(y)) for x, y in (start, end)]
        thickness = max(1, round(0.06 * self.unit))
        cv2.line(self.ink if by_hand else self.print, ends[0], ends[1], 1.0, thickness, cv2.LINE_AA)

    def begin_table(
        self, widths: Sequence[float], row_count: int, pitch: float, column_share: float = 1.0
    ) -> tuple[list[float], list[float]]:
        """A page that is a table, with columns so wide and so many rows; the columns have rules with that probability.
        Gives where columns and rows begin, and the last ones end."""
        margin = 2 * self.unit
        self.resize(sum(widths) + 2 * margin, row_count * pitch + 2 * margin)
        x: list[float] = (margin + np.cumsum([0, *widths])).tolist()
        y = [margin + index * pitch for index in range(row_count + 1)]
        has_columns = column_share >= 1 or self.rng.random() < column_share
        for row in y:
            self.rule((x[0], row), (x[-1], row))
        for column in x if has_columns else ():
            self.rule((column, y[0]), (column, y[-1]))
        return x, y

    def sample_baseline(self, row_end: float) -> float:
        """Where digits stand in a row of a table that ends there."""
        return row_end - float(self.rng.uniform(0.1, 0.3)) * self.unit

    def sample_integer(self, most_digits: int) -> str:
        count = int(self.rng.integers(1, most_digits + 1))
        return str(self.rng.integers(10 ** (count - 1), 10**count))


def take_photo(sheet: Sheet) -> NDArray[np.uint8]:
    """A photo of the sheet, turned a little, uint8 H×W×3."""
    rng, (height, width) = sheet.rng, sheet.ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 1.5), 1)
    ink, printed = (
        np.asarray(cv2.warpAffine(layer, turn, (width, height), flags=cv2.INTER_LINEAR), np.float32)
        for layer in (sheet.ink * np.float32(rng.uniform(0.65, 0.97)), sheet.print * np.float32(rng.uniform(0.4, 0.85)))
    )
    colours = photo.PRINT_COLOURS if rng.random() < 0.7 else (DARK_PRINT,)
    picture = photo.lay_ink(photo.draw_paper((height, width), rng), printed, photo.sample_colour(colours, rng))
    picture = photo.lay_ink(picture, ink, photo.sample_colour(photo.PEN_COLOURS, rng))
    return photo.take_photo(picture, float(rng.uniform(0.3, 1.6)), rng)


def lay_on_table(image: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """The picture of a slip on a darker table with a grain, askew."""
    margin = round(0.35 * max(image.shape[:2]))
    height, width = (side + 2 * margin for side in image.shape[:2])
    grain = rng.normal(0, rng.uniform(2, 14), (height // 3 + 1, width // 40 + 1)).astype(np.float32)
    table = rng.uniform(40, 140) + cv2.resize(grain, (width, height))[:, :, np.newaxis] + np.array([8, 0, -12])
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 6), 1)
    padded = np.pad(image.astype(np.float32), ((margin, margin), (margin, margin), (0, 0)))
    cover = np.pad(np.ones(image.shape[:2], np.float32), margin)
    slip, cover = (cv2.warpAffine(each, turn, (width, height)) for each in (padded, cover))
    noise = rng.normal(0, 2, slip.shape)
    return np.clip(table * (1 - cover[:, :, np.newaxis]) + slip + noise, 0, 255).astype(np.uint8)


def _lay(layer: Ink, part: Ink, x: float, y: float) -> None:
    left, top = max(0, round(x)), max(0, round(y))
    area = layer[top : top + part.shape[0], left : left + part.shape[1]]
    np.maximum(area, part[: area.shape[0], : area.shape[1]], out=area)
