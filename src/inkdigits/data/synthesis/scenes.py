"""Scenes: pieces of a page with digits in known places, as a network sees them that learns to find digits.

A scene is ink alone, bright on 0, the light evened out already. Rows of digits, words, signs and things, rules and
patterns are laid over each other; every digit's box is known. Equal generators give equal scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import ImageFont

from inkdigits.data.synthesis import paper, signs
from inkdigits.data.synthesis.hand_signs import FontSigns
from inkdigits.data.synthesis.nondigits import draw_scribble, draw_shape
from inkdigits.data.synthesis.scene_canvas import (
    HUGE_SIDE_RANGE,
    MAX_SIDE_PIXELS,
    MIN_SIDE_PIXELS,
    REMOVED_LABEL,
    TINY_SIDE_RANGE,
    Canvas,
    extend_right_edge,
    find_x_after_gap,
)
from inkdigits.data.synthesis.silhouettes import draw_silhouette
from inkdigits.data.synthesis.strokes import Ink, Strokes, WritingStyle

_CROPPED_SHARE = 0.25  # share of scenes that are cut out tightly
_EMPTY_SHARE = 0.1  # share of scenes in which there is no row of digits
_ROW_KIND_LIMITS = (
    0.75,
    0.8,
    0.92,
    0.97,
)  # of rows: those of digits, those and hand-written words, and printed ones, and things
_EMPTY_ROW_KIND_LIMITS = (0.0, 0.2, 0.7, 0.95)
_FRAMED_MIN_GAP_RATIO = 0.2  # heights between digits that may have a box each
_DISTINCT_LETTER_SHARE = 0.95  # share of the letters of a hand-written word that are not written like a digit


@dataclass(frozen=True)
class Scene:
    """`ink` float32 H×W, 0..1; `boxes` float32 K×4 (x, y, width, height, pixels); `labels` int64 K,
    IGNORE_LABEL where a digit is cut off or nearly of a size that is to be found."""

    ink: Ink
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Material:
    """What scenes are written with: digits; `letters` and symbols, labelled 1 where they may stand alone and 0 where
    they are written like a digit; fonts for words; `signs` as fonts have them. All but digits may be missing."""

    digits: Strokes
    letters: Strokes | None = None
    faces: Sequence[ImageFont.FreeTypeFont] = ()
    signs: FontSigns | None = None

    def extend(self, digits: Strokes, letters: Strokes, signs: FontSigns) -> Material:
        """The same with more digits and letters, and with signs."""
        all_letters = letters if self.letters is None else self.letters + letters
        return Material(self.digits + digits, all_letters, self.faces, signs)


def draw_scene(material: Material, rng: Generator, size: tuple[int, int] = (128, 256)) -> Scene:
    """One scene of `size` (height, width)."""
    canvas = Canvas(np.zeros(size, np.float32))
    scene_draw, (digits, letters, words, objects) = (
        rng.random(),
        _ROW_KIND_LIMITS if rng.random() >= _EMPTY_SHARE else _EMPTY_ROW_KIND_LIMITS,
    )
    style = WritingStyle.sample(
        rng,
        *(
            HUGE_SIDE_RANGE
            if scene_draw < 0.06
            else TINY_SIDE_RANGE
            if scene_draw < 0.12
            else (MIN_SIDE_PIXELS, MAX_SIDE_PIXELS)
        ),
    )
    y = rng.uniform(-0.6, 0.6) * style.height
    while y < size[0] and scene_draw < 0.95:
        row_draw, bottom = rng.random(), y + style.height
        if row_draw < digits:
            _write_row(canvas, style, material, y, rng)
        elif row_draw < letters and material.letters is not None:
            _write_row(canvas, style, material, y, rng, use_letters=True)
        elif row_draw < words and material.faces:
            bottom = _print_words(canvas, style, material.faces, y, rng)
        elif row_draw < objects:
            bottom = _draw_objects(canvas, style, y, rng)
        y = max(bottom, y + style.height) + style.height * rng.uniform(0.05, 1.2)
    _add_distractors(canvas, style.height, style.gap_ratio > _FRAMED_MIN_GAP_RATIO, rng)
    if rng.random() < _CROPPED_SHARE:
        canvas.crop(rng)
    ink = paper.degrade(canvas.ink, style.height, rng)
    canvas.ignore_illegible(ink)
    boxes, labels = np.array(canvas.boxes, np.float32).reshape(-1, 4), np.array(canvas.labels, np.int64)
    return Scene(ink, boxes[labels != REMOVED_LABEL], labels[labels != REMOVED_LABEL])


def _write_row(
    canvas: Canvas, style: WritingStyle, material: Material, y: float, rng: Generator, use_letters: bool = False
) -> None:
    """A row of digits, or of hand-written letters, from somewhere left to somewhere right, and what is between."""
    width = canvas.ink.shape[1]
    start = x = rng.uniform(-0.5, 0.5) * style.height if rng.random() < 0.6 else rng.uniform(0, 0.7) * width
    end = width if rng.random() < 0.6 else rng.uniform(x, width)
    right_edge = np.full(canvas.ink.shape[0], -1e9)  # how far to the right each row of pixels is written on
    repeated = int(rng.integers(10)) if rng.random() < 0.06 else None  # as in 2000 and 5555
    letters_left = int(rng.integers(2, 9)) if use_letters else 0  # letters that are still to come before the next space
    while x < end:
        label = None if letters_left else _sample_label(material.digits, repeated, rng)
        field = _sample_letter(material, rng) if label is None else _sample_digit(material.digits, label, rng)
        ink = style.write(field, _sample_size(style, label, rng), rng)
        baseline = y + style.height * (1 + rng.normal(0, 0.05)) + style.slope * (x - start)
        top = round(baseline - ink.shape[0])
        gap = style.gap_ratio * rng.uniform(0.6, 1.4) + rng.normal(0, 0.02)
        x = find_x_after_gap(right_edge, ink, top, x, gap * style.height)
        canvas.add_ink(ink, round(x), top, label)
        extend_right_edge(right_edge, ink, top, round(x))
        if rng.random() < style.link_probability:
            _draw_link(canvas, style, round(x) + ink.shape[1], baseline, rng)
        x += ink.shape[1]
        if letters_left > 1:
            letters_left -= 1
            continue
        right = x
        x = _write_separator(canvas, style, material, x, baseline, right_edge, rng, force_space=letters_left == 1)
        letters_left = int(rng.integers(2, 9)) if use_letters or _is_word_next(style, material, x - right, rng) else 0


def _is_word_next(style: WritingStyle, material: Material, space_pixels: float, rng: Generator) -> bool:
    """Whether a hand-written word comes next among the digits, after so many pixels."""
    return material.letters is not None and space_pixels > 0.3 * style.height and rng.random() < style.word_probability


def _sample_label(digits: Strokes, repeated: int | None, rng: Generator) -> int:
    """Which digit is written next: any as often as the set has it, or mostly the `repeated` one."""
    if repeated is not None and rng.random() < 0.7 and repeated in digits.labels:
        return repeated
    return int(digits.labels[rng.integers(len(digits.labels))])


def _sample_digit(digits: Strokes, label: int, rng: Generator) -> NDArray[np.uint8]:
    field: NDArray[np.uint8] = digits.distance_fields[rng.choice(np.flatnonzero(digits.labels == label))]
    return field


def _sample_letter(material: Material, rng: Generator) -> NDArray[np.uint8]:
    """A letter of a word, mostly one that is not written like a digit."""
    assert material.letters is not None
    label = int(rng.random() < _DISTINCT_LETTER_SHARE)
    field: NDArray[np.uint8] = material.letters.distance_fields[
        rng.choice(np.flatnonzero(material.letters.labels == label))
    ]
    return field


def _sample_size(style: WritingStyle, label: int | None, rng: Generator) -> float:
    """How high the next sign is, in heights: small letters are lower, and at times a 0 is."""
    size_ratio = float(np.exp(rng.normal(0, style.size_sd)))
    if label is None:
        return size_ratio * float(rng.choice([0.65, 1.0]))
    return size_ratio * (rng.uniform(0.55, 0.8) if label == 0 and rng.random() < 0.12 else 1.0)


def _draw_link(canvas: Canvas, style: WritingStyle, x: int, foot: float, rng: Generator) -> None:
    """A stroke from a digit, whose box ends at `x`, towards the next, as quick writers leave it."""
    reach_back, reach_on = rng.uniform(0.05, 0.3) * style.height, rng.uniform(0, 0.3) * style.height
    levels = foot - rng.uniform(0, 1) * style.height + rng.normal(0, 0.1, 3) * style.height
    points = np.stack([[x - reach_back, x, x + reach_on], levels], axis=1)
    ink = signs.draw_stroke(points, style.pen_width)
    canvas.add_ink(ink, round(x - reach_back - style.pen_width / 2), round(levels.min() - style.pen_width / 2))


def _write_separator(
    canvas: Canvas, style: WritingStyle, material: Material, x: float, baseline: float,
    right_edge: NDArray[np.floating], rng: Generator, force_space: bool,
) -> float:  # fmt: skip
    """A point, a sign, a letter or a space after a digit, by the probabilities of the style; returns how far it came.

    `force_space` demands a space, as after a word.
    """
    draw = rng.random()
    if draw < style.point_probability and not force_space:
        ink = signs.draw_point(style.height, style.pen_width, rng)
        x += rng.uniform(-0.05, 0.2) * style.height
        canvas.add_ink(ink, round(x), round(baseline - ink.shape[0] * rng.uniform(0.2, 1)))
        return float(x + ink.shape[1] + rng.uniform(-0.05, 0.1) * style.height)
    if draw < style.point_probability + style.sign_probability and not force_space:
        ink = _draw_sign(style, material, rng)
        x += rng.uniform(0.1, 0.5) * style.height
        canvas.add_ink(ink, round(x), round(baseline - 0.5 * style.height - ink.shape[0] * rng.uniform(0.4, 0.6)))
        right_edge[:] = np.maximum(right_edge, x + ink.shape[1])
        return float(x + ink.shape[1] + rng.uniform(0.1, 0.4) * style.height)
    if force_space or rng.random() < style.space_probability:
        x += rng.uniform(0.35, 2.5) * style.height
        right_edge[:] = -1e9
    return x


def _draw_sign(style: WritingStyle, material: Material, rng: Generator) -> Ink:
    """An operator, or a letter that is not written like a digit: printed, or in this style's own strokes."""
    draw = rng.random()
    if draw < 0.2 and material.letters is not None:
        index = rng.choice(np.flatnonzero(material.letters.labels == 1))
        return style.write(material.letters.distance_fields[index], float(rng.choice([0.65, 1.0])), rng)
    if draw < 0.3 and material.faces:
        return signs.draw_letter(material.faces, rng)
    return signs.draw_operator(style.height, style.pen_width, rng)


def _print_words(
    canvas: Canvas, style: WritingStyle, faces: Sequence[ImageFont.FreeTypeFont], y: float, rng: Generator
) -> float:
    """A row of printed words or of single letters; returns where it ends below."""
    x, bottom = rng.uniform(-0.5, 1) * style.height, y
    face = faces[int(rng.integers(len(faces)))]
    is_single_letter = rng.random() < 0.2
    while x < canvas.ink.shape[1]:
        ink = signs.draw_letter([face], rng) if is_single_letter else signs.draw_word([face], rng)
        canvas.add_ink(ink, round(x), round(y + rng.normal(0, 0.03) * style.height))
        x += ink.shape[1] + rng.uniform(0.3, 1.2) * ink.shape[0]
        bottom = max(bottom, y + ink.shape[0])
    return bottom


def _draw_objects(canvas: Canvas, style: WritingStyle, y: float, rng: Generator) -> float:
    """A row of scribbles, of filled or drawn shapes, or of silhouettes; returns where it ends below."""
    functions = (draw_scribble, draw_shape, draw_silhouette)
    function = functions[int(rng.integers(3))] if rng.random() < 0.5 else None
    x, largest = rng.uniform(-0.5, 1) * style.height, style.height * rng.uniform(0.6, 2)
    while x < canvas.ink.shape[1]:
        ink = (function or functions[int(rng.integers(3))])(rng).astype(np.float32) / np.float32(255)
        side = max(4, round(largest * rng.uniform(0.7, 1)))
        canvas.add_ink(
            np.asarray(cv2.resize(ink, (side, side), interpolation=cv2.INTER_AREA), np.float32), round(x), round(y)
        )
        x += side + rng.uniform(0, 1) * style.height
    return float(y + largest)


def _add_distractors(canvas: Canvas, digit_height: float, are_apart: bool, rng: Generator) -> None:
    """Rules, frames around digits that stand apart, patterns, stains and strokes of other writing over it all."""
    size = canvas.ink.shape[0], canvas.ink.shape[1]
    if rng.random() < 0.22:
        np.maximum(canvas.ink, paper.draw_rules(size, digit_height, rng), out=canvas.ink)
    if canvas.boxes and are_apart and rng.random() < 0.25:
        for box in canvas.boxes if rng.random() < 0.5 else canvas.boxes[:: int(rng.integers(1, 5))]:
            np.maximum(canvas.ink, paper.draw_frame(size, box, digit_height, rng), out=canvas.ink)
    if rng.random() < 0.3:
        np.maximum(canvas.ink, paper.draw_pattern(size, digit_height, rng), out=canvas.ink)
    if rng.random() < 0.1:
        np.maximum(canvas.ink, paper.draw_stains(size, rng) * np.float32(rng.uniform(0.2, 1)), out=canvas.ink)
    if rng.random() < (0.05 if canvas.boxes else 0.4):
        np.maximum(canvas.ink, paper.draw_texture(size, rng) * np.float32(rng.uniform(0.3, 1)), out=canvas.ink)
    if rng.random() < 0.1:
        np.maximum(canvas.ink, paper.draw_dark_edge(size, rng), out=canvas.ink)
    for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.12 else 0):
        points = rng.uniform(0, 1, (int(rng.integers(2, 5)), 2)) * [size[1], size[0]]
        ink = signs.draw_stroke(points, max(1.0, digit_height * rng.uniform(0.03, 0.2)))
        canvas.add_ink(ink * np.float32(rng.uniform(0.3, 1)), round(points[:, 0].min()), round(points[:, 1].min()))
