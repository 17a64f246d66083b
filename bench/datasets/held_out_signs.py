"""Signs that training never sees, for pages that measure: of handwriting fonts that are kept back, of A. V. Hershey's
single strokes (1967), and of outlines of our own. `make hands-held-out` fetches the first two.

Nothing here is shared with what draws signs for training (inkdigits/data/synthesis: signs.py, hand_signs.py).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.datasets.sign_outlines import OUTLINES
from inkdigits.errors import DataError

HELD_OUT_FOLDER = Path("runs/hands-held-out")
HELD_OUT_FONTS = (
    *("merienda", "permanent-marker", "ruge-boogie", "slackside-one"),
    *("solitreo", "sriracha", "unkempt", "yusei-magic"),
)
HERSHEY_SETS = ("futural", "rowmans", "scripts", "cursive", "timesi")
HERSHEY_MATHS = {"÷": "x", "×": "#"}  # which characters of its set `mathlow` are these
SIGN_CHARACTERS = tuple(".,':-+/=×÷%()#")
OVERSAMPLING = 4  # times finer than the page, while a sign is drawn
PEN_RATIO_RANGE = (0.045, 0.15)  # digit heights: pens of hands that are strokes
FONT_PIXELS = 200
POINT_WIDENING = {".": 1.5, ":": 1.3, "÷": 1.1}  # times: a point is pressed harder than a stroke

Ink = NDArray[np.float32]  # H×W, 0..1
Stroke = NDArray[np.float64]  # K×2: x to the right, y upwards from the baseline, in digit heights
Strokes = Mapping[str, Sequence[Stroke]]


class SignHand(Protocol):
    """One hand's signs."""

    @property
    def pen_ratio(self) -> float:
        """How wide its pen is, in digit heights."""

    def draw(self, character: str, height: float, slant: float, rng: Generator) -> tuple[Ink, float]:
        """One of SIGN_CHARACTERS beside digits `height` pixels high, as ink cut to its box, and how far the lower edge
        of that is above the baseline, in pixels. `slant` in pixels sideways per pixel upwards."""


@dataclass(frozen=True)
class FontHand:
    """Signs as a font has them, with digits as wide as its own strokes."""

    font: ImageFont.FreeTypeFont
    pen_ratio: float

    @classmethod
    def from_file(cls, path: Path) -> FontHand:
        """Measure the font's pen by its 8: the mean distance of ink to paper is a quarter of a stroke's width."""
        font = ImageFont.truetype(str(path), FONT_PIXELS)
        ink = _draw_font_character("8", font)[0]
        distances = cv2.distanceTransform((np.pad(ink, 1) > 0.5).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return cls(font, 4 * float(distances[distances > 0].mean()) / ink.shape[0])

    def draw(self, character: str, height: float, slant: float, rng: Generator) -> tuple[Ink, float]:
        """As SignHand says; fonts lean already, so that only half the slant is added."""
        ink, bottom = _draw_font_character(character, self.font)
        scale = height / -self.font.getbbox("8", anchor="ls")[1] * rng.uniform(0.9, 1.12)
        shape, lean = rng.normal(0, 0.05, (2, 2)), slant / 2 + rng.normal(0, 0.04)
        matrix = np.array([[1, -lean], [0, 1]]) @ (np.eye(2) + shape) * scale
        corners = matrix @ np.array([[0, ink.shape[1], 0, ink.shape[1]], [0, 0, ink.shape[0], ink.shape[0]]])
        low, high = corners.min(axis=1), corners.max(axis=1)
        fine = OVERSAMPLING * np.column_stack([matrix, 1 - low])
        size = np.ceil(OVERSAMPLING * (high - low + 2)).astype(int)
        warped = cv2.warpAffine(ink, fine, size.tolist(), flags=cv2.INTER_AREA)
        small, cut_below = _shrink(np.asarray(warped, np.float32))
        return small, bottom * scale - 1 + cut_below + height * rng.normal(0, 0.025)


@dataclass(frozen=True)
class StrokeHand:
    """Signs as strokes, drawn with a pen."""

    strokes: Strokes
    pen_ratio: float

    def draw(self, character: str, height: float, slant: float, rng: Generator) -> tuple[Ink, float]:
        """As SignHand says, with a hand that trembles."""
        strokes, pen = self.strokes[character], max(1.2, self.pen_ratio * height * rng.uniform(0.9, 1.1))
        pen *= POINT_WIDENING.get(character, 1.0)
        shape = (np.eye(2) + rng.normal(0, 0.07, (2, 2))) * height * rng.uniform(0.85, 1.15)
        sway, phase = rng.normal(0, 0.025, 2) * height, rng.uniform(0, 2 * np.pi, 2)
        moved = []
        for stroke in strokes:
            points = stroke @ shape.T + height * rng.normal(0, 0.015, 2)
            points = points + sway * np.sin(points[:, ::-1] / height * 4 + phase)
            moved.append(points @ np.array([[1, 0], [slant, 1]]))
        every_point = np.concatenate(moved)
        low, high = every_point.min(axis=0) - pen, every_point.max(axis=0) + pen
        canvas = np.zeros(np.ceil(OVERSAMPLING * (high - low))[::-1].astype(int), np.uint8)
        for points in moved:
            pixels = OVERSAMPLING * np.stack([points[:, 0] - low[0], high[1] - points[:, 1]], axis=1)
            cv2.polylines(canvas, [pixels.round().astype(np.int32)], False, 255, max(1, round(OVERSAMPLING * pen)))
        small, cut_below = _shrink(canvas.astype(np.float32) / 255)
        return small, float(high[1]) - np.ceil(high[1] - low[1]) + cut_below


def load_hands(folder: Path = HELD_OUT_FOLDER) -> dict[str, list[SignHand]]:
    """The hands by where their signs come from. Raises DataError if fonts or Hershey's strokes are not there."""
    return {"fonts": load_font_hands(folder), "strokes": load_hershey_hands(folder), "outlines": make_outline_hands()}


def load_font_hands(folder: Path) -> list[SignHand]:
    """A hand for each of HELD_OUT_FONTS. Raises DataError if one is missing."""
    paths = [folder / f"node_modules/@fontsource/{name}/files/{name}-latin-400-normal.woff" for name in HELD_OUT_FONTS]
    if missing := [path.name for path in paths if not path.is_file()]:
        raise DataError(
            f"{len(missing)} fonts are not under {folder}, such as {missing[0]}; run `make hands-held-out`."
        )
    return [FontHand.from_file(path) for path in paths]


def load_hershey_hands(folder: Path) -> list[SignHand]:
    """A hand for each of HERSHEY_SETS, with pens of several widths. Raises DataError if the package is missing."""
    path = folder / "python/HersheyFonts/HersheyFonts.py"
    spec = importlib.util.spec_from_file_location("HersheyFonts", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise DataError(f"The package hershey-fonts is not under {folder}; run `make hands-held-out`.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def read(set_name: str, character: str) -> list[Stroke]:
        fonts = module.HersheyFonts()
        fonts.load_default_font(set_name)
        low, high = (edge(np.concatenate(list(map(_to_points, fonts.strokes_for_text("8"))))[:, 1]) for edge in _EDGES)
        return [(_to_points(stroke) - [0, low]) / (high - low) for stroke in fonts.strokes_for_text(character)]

    maths = {sign: read("mathlow", character) for sign, character in HERSHEY_MATHS.items()}
    plain = [character for character in SIGN_CHARACTERS if character not in maths]
    sets = [{character: read(name, character) for character in plain} | maths for name in HERSHEY_SETS]
    return [StrokeHand(strokes, pen) for strokes, pen in zip(sets, _spread_pens(len(sets)), strict=True)]


_EDGES = (np.min, np.max)


def _to_points(stroke: Sequence[tuple[float, float]]) -> Stroke:
    return np.array(list(stroke), float) * [1, -1]  # they count downwards


def make_outline_hands(count: int = 8) -> list[SignHand]:
    """Hands that write each sign in one of the ways of sign_outlines.py."""
    hands: list[SignHand] = []
    for number, pen in enumerate(_spread_pens(count)):
        rng = np.random.default_rng(number)
        ways = {sign: forms[rng.integers(len(forms))] for sign, forms in OUTLINES.items()}
        hands.append(StrokeHand({sign: [np.array(stroke) for stroke in way] for sign, way in ways.items()}, pen))
    return hands


def _spread_pens(count: int) -> list[float]:
    """So many pens, thin and thick ones in turn."""
    pens: list[float] = np.geomspace(*PEN_RATIO_RANGE, count).tolist()
    return pens[::2] + pens[1::2]


def _draw_font_character(character: str, font: ImageFont.FreeTypeFont) -> tuple[Ink, float]:
    """A character as large as the font is, cut to its box, and how far its lower edge is above the baseline."""
    left, top, right, bottom = font.getbbox(character, anchor="ls")
    canvas = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(canvas).text((-left, -top), character, fill=255, font=font, anchor="ls")
    return np.asarray(canvas, np.float32) / np.float32(255), -float(bottom)


def _shrink(fine: Ink) -> tuple[Ink, float]:
    """Fine ink in pixels of the page, cut to its box, and how many rows were cut below."""
    height, width = (-(-side // OVERSAMPLING) for side in fine.shape)
    padded = np.zeros((height * OVERSAMPLING, width * OVERSAMPLING), np.float32)
    padded[: fine.shape[0], : fine.shape[1]] = fine
    small = padded.reshape(height, OVERSAMPLING, width, OVERSAMPLING).mean(axis=(1, 3))
    is_ink = small > 0.05
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    cut = small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut, float(height - 1 - rows[-1])


if __name__ == "__main__":
    print(*(f"@fontsource/{name}@5" for name in HELD_OUT_FONTS))
