"""What stands between and beside digits on real pages and is none: points, dashes, operators, brackets, and words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.synthesis.strokes import Ink, cut

SHIFT = 4  # bits behind the point in the coordinates that OpenCV draws with
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONELY = "acdefhjkmnprtuvwxyACDEFGHJKMNPQRTUVWXYαβγδλμπψωΓΔΣΦΨΩЖЯДФШ@&%#€£$§"  # none is written like a digit
_IN_WORDS = LETTERS + 2 * "oOlLiIsSzZbBgGqQ"  # those that look like digits are what is to be learnt from words
_SIZES = (20, 28, 40, 56, 80, 110)  # pixels


def fonts(paths: Sequence[Path]) -> list[ImageFont.FreeTypeFont]:
    """Every font in every size that words are drawn in."""
    return [ImageFont.truetype(str(path), size) for path in paths for size in _SIZES]


def word(faces: Sequence[ImageFont.FreeTypeFont], rng: Generator) -> Ink:
    """A word of three to nine letters in one of the fonts, as ink cut to its box."""
    letters = "".join(rng.choice(list(_IN_WORDS), int(rng.integers(3, 10))))
    return drawn(rng.choice(["", "l", "t", "c"], p=[0.1, 0.4, 0.25, 0.25]), letters, faces, rng)


def letter(faces: Sequence[ImageFont.FreeTypeFont], rng: Generator) -> Ink:
    """One letter that is not written like a digit."""
    text = LONELY[rng.integers(len(LONELY))]
    return drawn("", text, faces, rng)


def drawn(case: str, text: str, faces: Sequence[ImageFont.FreeTypeFont], rng: Generator) -> Ink:
    """A text in one of the fonts, as ink cut to its box; `case` is l(ower), t(itle) or c(apitals)."""
    text = {"l": text.lower, "t": text.title, "c": text.upper}.get(
        case, text.lower if len(text) > 1 else text.__str__
    )()
    font = faces[int(rng.integers(len(faces)))]
    left, top, right, bottom = (int(value) for value in font.getbbox(text))
    canvas = Image.new("L", (max(1, right - left + 4), max(1, bottom - top + 4)))
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), text, fill=255, font=font)
    return cut(np.asarray(canvas, np.float32) / np.float32(255))


def point(height: float, pen: float, rng: Generator) -> Ink:
    """A point or a comma, as large as the pen makes it."""
    size = max(1.0, pen * rng.uniform(0.7, 1.5))
    tail = np.array([-rng.uniform(0, 0.5), rng.uniform(0.2, 1)]) * height * 0.2 * (rng.random() < 0.4)
    return stroke(np.array([[0, 0], tail + 0.3]), size)


def between(height: float, pen: float, rng: Generator, kind: int | None = None) -> Ink:
    """An operator, dash, slash or bracket, about as high as the digits beside it; `kind` 0 to 8, by default any."""
    kind = int(rng.integers(9)) if kind is None else kind
    half = height * rng.uniform(0.2, 0.4)
    wave = rng.normal(0, 0.04, (2, 2)) * height
    level = np.array([[-half, 0.0], [half, 0.0]])
    lines: list[NDArray[np.floating]]
    match kind:
        case 0 | 1:  # minus
            lines = [level * rng.uniform(0.5, 1.2) + wave]
        case 2:  # equals
            lines = [level + wave, level + wave + [0, height * rng.uniform(0.15, 0.3)]]
        case 3 | 4:  # plus
            lines = [level + wave, level[:, ::-1] * rng.uniform(0.8, 1.2) + wave]
        case 5:  # times
            lines = [level + level[:, ::-1], level - level[:, ::-1]]
        case 6:  # division: a slash that leans more than a 1, or is longer
            lean, tall = (0.55, 0.45) if rng.random() < 0.6 else (0.15, 0.6)
            lines = [np.array([[1, -1], [-1, 1]]) * [rng.uniform(lean, 2 * lean), 1] * height * rng.uniform(tall, 0.8)]
        case 7:  # division: dots above and below a line
            dot = np.array([[0.0, -half * 0.7], [0.1, -half * 0.7]])
            lines, pen = [level, dot, dot + np.array([0, 1.4 * half])], pen * 1.3
        case _:
            lines = [_bracket(height * rng.uniform(1.1, 1.9), rng)]
    return _together(lines, pen)


def _bracket(height: float, rng: Generator) -> NDArray[np.floating]:
    """The points of a round or square bracket, open to either side."""
    side = rng.choice([-1, 1])
    tall = np.linspace(-0.5, 0.5, 9)[:, None] * [0, height]
    if rng.random() < 0.5:
        return np.asarray(tall + (np.linspace(-1, 1, 9) ** 2)[:, None] * [side * height * rng.uniform(0.07, 0.3), 0])
    foot = [side * height * rng.uniform(0.07, 0.25), 0]
    return np.asarray(np.concatenate([[tall[0] + foot], tall, [tall[-1] + foot]]))


def _together(lines: list[NDArray[np.floating]], pen: float) -> Ink:
    """Several strokes as one piece of ink."""
    lowest = np.concatenate(lines).min(axis=0)
    size = np.concatenate(lines).max(axis=0) - lowest
    canvas = _canvas(size, pen)
    for points in lines:
        _line(canvas, points - lowest, pen)
    return cut(canvas.astype(np.float32) / np.float32(255))


def stroke(points: NDArray[np.floating], pen: float) -> Ink:
    """A stroke through K×2 points (x, y in pixels), `pen` wide, as ink cut to its box."""
    return _together([points], pen)


def _canvas(size: NDArray[np.floating], pen: float) -> NDArray[np.uint8]:
    width, height = np.ceil(size + 2 * pen + 6).astype(int)
    return np.zeros((height, width), np.uint8)


def _line(canvas: NDArray[np.uint8], points: NDArray[np.floating], pen: float) -> None:
    fixed = np.round((points + pen + 3) * 2**SHIFT).astype(np.int32)
    cv2.polylines(canvas, [fixed], False, 255, max(1, round(pen)), cv2.LINE_AA, SHIFT)
