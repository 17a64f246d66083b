"""What stands between and beside digits on real pages and is none: points, dashes, operators, brackets, and words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.synthesis.strokes import Ink, crop_to_ink

COORDINATE_SHIFT_BITS = 4  # bits behind the point in the coordinates that OpenCV draws with
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DISTINCT_CHARACTERS = (
    "acdefhjkmnprtuvwxyACDEFGHJKMNPQRTUVWXYαβγδλμπψωΓΔΣΦΨΩЖЯДФШ@&%#€£$§"  # none is written like a digit
)
_WORD_LETTERS = ALPHABET + 2 * "oOlLiIsSzZbBgGqQ"  # those that look like digits are what is to be learnt from words
_FONT_SIZES_PIXELS = (20, 28, 40, 56, 80, 110)  # pixels


def load_fonts(paths: Sequence[Path]) -> list[ImageFont.FreeTypeFont]:
    """Every font in every size that words are drawn in."""
    return [ImageFont.truetype(str(path), size) for path in paths for size in _FONT_SIZES_PIXELS]


def draw_word(faces: Sequence[ImageFont.FreeTypeFont], rng: Generator) -> Ink:
    """A word of three to nine letters in one of the fonts, as ink cut to its box."""
    text = "".join(rng.choice(list(_WORD_LETTERS), int(rng.integers(3, 10))))
    return draw_text(rng.choice(["", "l", "t", "c"], p=[0.1, 0.4, 0.25, 0.25]), text, faces, rng)


def draw_letter(faces: Sequence[ImageFont.FreeTypeFont], rng: Generator) -> Ink:
    """One letter that is not written like a digit."""
    text = DISTINCT_CHARACTERS[rng.integers(len(DISTINCT_CHARACTERS))]
    return draw_text("", text, faces, rng)


def draw_text(case: str, text: str, faces: Sequence[ImageFont.FreeTypeFont], rng: Generator) -> Ink:
    """A text in one of the fonts, as ink cut to its box; `case` is l(ower), t(itle) or c(apitals)."""
    text = {"l": text.lower, "t": text.title, "c": text.upper}.get(
        case, text.lower if len(text) > 1 else text.__str__
    )()
    font = faces[int(rng.integers(len(faces)))]
    left, top, right, bottom = (int(value) for value in font.getbbox(text))
    canvas = Image.new("L", (max(1, right - left + 4), max(1, bottom - top + 4)))
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), text, fill=255, font=font)
    return crop_to_ink(np.asarray(canvas, np.float32) / np.float32(255))


def draw_point(height: float, pen_width: float, rng: Generator) -> Ink:
    """A point or a comma, as large as the pen makes it."""
    diameter = max(1.0, pen_width * rng.uniform(0.7, 1.5))
    tail = np.array([-rng.uniform(0, 0.5), rng.uniform(0.2, 1)]) * height * 0.2 * (rng.random() < 0.4)
    return draw_stroke(np.array([[0, 0], tail + 0.3]), diameter)


def draw_operator(height: float, pen_width: float, rng: Generator, kind: int | None = None) -> Ink:
    """An operator, dash, slash or bracket, about as high as the digits beside it; `kind` 0 to 8, by default any."""
    kind = int(rng.integers(9)) if kind is None else kind
    half_width = height * rng.uniform(0.2, 0.4)
    wobble = rng.normal(0, 0.04, (2, 2)) * height
    level = np.array([[-half_width, 0.0], [half_width, 0.0]])
    strokes: list[NDArray[np.floating]]
    match kind:
        case 0 | 1:  # minus
            strokes = [level * rng.uniform(0.5, 1.2) + wobble]
        case 2:  # equals
            strokes = [level + wobble, level + wobble + [0, height * rng.uniform(0.15, 0.3)]]
        case 3 | 4:  # plus
            strokes = [level + wobble, level[:, ::-1] * rng.uniform(0.8, 1.2) + wobble]
        case 5:  # times
            strokes = [level + level[:, ::-1], level - level[:, ::-1]]
        case 6:  # division: a slash that leans more than a 1, or is longer
            lean, tall = (0.55, 0.45) if rng.random() < 0.6 else (0.15, 0.6)
            strokes = [
                np.array([[1, -1], [-1, 1]]) * [rng.uniform(lean, 2 * lean), 1] * height * rng.uniform(tall, 0.8)
            ]
        case 7:  # division: dots above and below a line
            dot = np.array([[0.0, -half_width * 0.7], [0.1, -half_width * 0.7]])
            strokes, pen_width = [level, dot, dot + np.array([0, 1.4 * half_width])], pen_width * 1.3
        case _:
            strokes = [_sample_bracket(height * rng.uniform(1.1, 1.9), rng)]
    return draw_strokes(strokes, pen_width)


def _sample_bracket(height: float, rng: Generator) -> NDArray[np.floating]:
    """The points of a round or square bracket, open to either side."""
    side = rng.choice([-1, 1])
    spine = np.linspace(-0.5, 0.5, 9)[:, None] * [0, height]
    if rng.random() < 0.5:
        return np.asarray(spine + (np.linspace(-1, 1, 9) ** 2)[:, None] * [side * height * rng.uniform(0.07, 0.3), 0])
    foot = [side * height * rng.uniform(0.07, 0.25), 0]
    return np.asarray(np.concatenate([[spine[0] + foot], spine, [spine[-1] + foot]]))


def draw_strokes(strokes: list[NDArray[np.floating]], pen_width: float) -> Ink:
    """Several strokes as one piece of ink."""
    origin = np.concatenate(strokes).min(axis=0)
    size = np.concatenate(strokes).max(axis=0) - origin
    canvas = _make_canvas(size, pen_width)
    for points in strokes:
        _draw_polyline(canvas, points - origin, pen_width)
    return crop_to_ink(canvas.astype(np.float32) / np.float32(255))


def draw_stroke(points: NDArray[np.floating], pen_width: float) -> Ink:
    """A stroke through K×2 points (x, y in pixels), `pen_width` wide, as ink cut to its box."""
    return draw_strokes([points], pen_width)


def _make_canvas(size: NDArray[np.floating], pen_width: float) -> NDArray[np.uint8]:
    width, height = np.ceil(size + 2 * pen_width + 6).astype(int)
    return np.zeros((height, width), np.uint8)


def _draw_polyline(canvas: NDArray[np.uint8], points: NDArray[np.floating], pen_width: float) -> None:
    fixed_point = np.round((points + pen_width + 3) * 2**COORDINATE_SHIFT_BITS).astype(np.int32)
    cv2.polylines(canvas, [fixed_point], False, 255, max(1, round(pen_width)), cv2.LINE_AA, COORDINATE_SHIFT_BITS)
