"""More hands than MNIST has: digits that people wrote on tablets, digits and letters of handwriting fonts, warped hard,
and digits that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import ImageFont

from inkdigits.data.synthesis.hand_digits import sample_digit
from inkdigits.data.synthesis.hand_fonts import draw_font_character, draw_font_sign
from inkdigits.data.synthesis.hand_signs import SIGN_CHARACTERS, FontSigns
from inkdigits.data.synthesis.nondigits import DIGIT_LIKE_LETTER_SHARE, DIGIT_LIKE_LETTERS, DISTINCT_LETTERS
from inkdigits.data.synthesis.pen_digits import PenDigit
from inkdigits.data.synthesis.strip_texts import CURRENCY
from inkdigits.data.synthesis.strokes import (
    CENTRE_LINE_DIGIT_SIDE,
    CENTRE_LINE_SIDE,
    UNKNOWN_WRITER,
    Bits,
    Strokes,
    bend,
    measure_distances,
    thin,
)

FONT_WARP_SD = 2.2  # fine pixels: a network easily learns fonts by heart, so that no digit of one comes twice
DRAWN_WARP_SD = 1.2
_MAX_TILT = 0.15  # shear either way of a font's digits
_SUBPIXEL_BITS = 4
_MEANT = {"x": "×", **dict.fromkeys("$€£¥", CURRENCY)}  # what else of a font is written as a sign


def write_font_digits(fonts: Sequence[ImageFont.FreeTypeFont], variant_count: int, rng: Generator) -> Strokes:
    """Every digit of every font, `variant_count` times, each time warped anew."""
    labels = np.tile(np.arange(10), len(fonts))
    centre_lines = thin(np.stack([draw_font_character(str(label), font) for font in fonts for label in range(10)]))
    fields = [
        _tilt(bend(measure_distances(line), rng, FONT_WARP_SD), rng)
        for line in centre_lines
        for _ in range(variant_count)
    ]
    writers = np.repeat(np.arange(len(fonts)), 10 * variant_count)
    return Strokes(np.stack(fields), np.repeat(labels, variant_count), writers)


def write_pen_digits(digits: Sequence[PenDigit], rng: Generator) -> Strokes:
    """Digits that people wrote on a tablet, each once, bent a little."""
    fields = [_write_strokes(digit.strokes, rng) for digit in digits]
    _, writers = np.unique([digit.writer for digit in digits], return_inverse=True)
    return Strokes(np.stack(fields), np.array([digit.label for digit in digits], np.int64), writers)


def write_font_letters(fonts: Sequence[ImageFont.FreeTypeFont], count: int, rng: Generator) -> Strokes:
    """Letters to write words with, labelled as in `Material.letters`: 1 where they may stand alone, 0 where people
    write a digit like that."""
    labels = (rng.random(count) >= DIGIT_LIKE_LETTER_SHARE).astype(np.int64)
    alphabets = (DIGIT_LIKE_LETTERS, DISTINCT_LETTERS)
    bits = [
        draw_font_character(str(rng.choice(list(alphabets[label]))), fonts[int(rng.integers(len(fonts)))])
        for label in labels
    ]
    fields = [_tilt(bend(measure_distances(line), rng, FONT_WARP_SD), rng) for line in thin(np.stack(bits))]
    return Strokes(np.stack(fields), labels, np.full(count, UNKNOWN_WRITER))


def write_font_signs(fonts: Sequence[ImageFont.FreeTypeFont]) -> FontSigns:
    """Every sign and letter of every font that has it, an x for times as well, and currencies as CURRENCY."""
    forms: dict[str, list[tuple[Bits, float]]] = {}
    characters = (*SIGN_CHARACTERS, *ascii_letters)
    for character, meaning in (*zip(characters, characters, strict=True), *_MEANT.items()):
        signs = [sign for font in fonts if (sign := draw_font_sign(character, font)) is not None]
        if signs:
            fields = [measure_distances(line) for line in thin(np.stack([bits for bits, _ in signs]))]
            forms.setdefault(meaning, []).extend(zip(fields, (bottom for _, bottom in signs), strict=True))
    return FontSigns(forms)


def _tilt(field: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """A field leaning to one side, and wider or narrower."""
    shear, stretch = rng.uniform(-_MAX_TILT, _MAX_TILT), rng.uniform(0.85, 1.2)
    middle = CENTRE_LINE_SIDE / 2
    matrix = np.array([[stretch, shear, middle - (stretch + shear) * middle], [0, 1, 0]])
    return np.asarray(
        cv2.warpAffine(field, matrix, (CENTRE_LINE_SIDE, CENTRE_LINE_SIDE), flags=cv2.INTER_LINEAR, borderValue=255),
        np.uint8,
    )


def write_drawn_digits(count_per_label: int, rng: Generator) -> Strokes:
    """Digits in the forms of hand_digits.py, each bent a little."""
    labels = np.repeat(np.arange(10), count_per_label)
    fields = [_write_strokes(sample_digit(int(label), rng), rng) for label in labels]
    return Strokes(np.stack(fields), labels, np.full(len(labels), UNKNOWN_WRITER))


def _write_strokes(strokes: Sequence[NDArray[np.floating]], rng: Generator) -> NDArray[np.uint8]:
    """Strokes, y upwards → their distance field, bent a little: uint8 56×56."""
    return bend(measure_distances(_draw_centre_line(strokes)), rng, DRAWN_WARP_SD)


def _draw_centre_line(strokes: Sequence[NDArray[np.floating]]) -> NDArray[np.uint8]:
    """Strokes, y upwards → lines one fine pixel wide, 0 and 1, as large as an MNIST digit: uint8 56×56."""
    every_point = np.concatenate(strokes)
    low, high = every_point.min(axis=0), every_point.max(axis=0)
    scale = CENTRE_LINE_DIGIT_SIDE / float((high - low).max())
    canvas = np.zeros((CENTRE_LINE_SIDE, CENTRE_LINE_SIDE), np.uint8)
    for points in strokes:
        places = (points - (low + high) / 2) * [scale, -scale] + CENTRE_LINE_SIDE / 2
        fixed_point = (places * 2**_SUBPIXEL_BITS).round().astype(np.int32)
        cv2.polylines(canvas, [fixed_point], False, 1, 1, cv2.LINE_8, _SUBPIXEL_BITS)
    return canvas
