"""Signs beside digits, in the pen, the size and the slant of the digits: what tells a point from a comma or a minus is
where it stands and how large it is next to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from inkdigits.data.synthesis.pen_paths import Points
from inkdigits.data.synthesis.signs import draw_strokes
from inkdigits.data.synthesis.strokes import Bits, Ink, WritingStyle


@dataclass(frozen=True)
class HandSign:
    """`ink`, cut to its box; `bottom`: how far its lower edge is above the baseline, in digit heights."""

    ink: Ink
    bottom: float


@dataclass(frozen=True)
class FontSigns:
    """Signs and letters as fonts have them, to be written with any pen: for each of `inkdigits.alphabet.SIGNS`, each
    ASCII letter, and `strip_texts.CURRENCY`, its `forms`, a distance field (uint8 56×56, as `strokes.Strokes` has
    digits) and how far the lower edge of its centre line is above the baseline, in digit heights."""

    forms: Mapping[str, Sequence[tuple[Bits, float]]]

    def write(self, character: str, style: WritingStyle, rng: Generator) -> HandSign:
        """A sign or a letter of one of the fonts in a style. Raises KeyError where no font has it."""
        field, bottom = self.forms[character][int(rng.integers(len(self.forms[character])))]
        ink = style.write(field, 1.0, rng)
        return HandSign(ink, bottom + float(rng.normal(0, 0.03)) - style.pen_width / style.height / 2)


def draw_hand_sign(character: str, height: float, pen_width: float, slant: float, rng: Generator) -> HandSign:
    """One of `inkdigits.alphabet.SIGNS` beside digits `height` pixels high, written with a pen `pen_width` pixels wide.

    `slant` in pixels sideways per pixel upwards. Raises KeyError for another character.
    """
    strokes = [_wobble(points, rng) for points in _STROKES[character](rng)]
    slanted = [points @ np.array([[1.0, 0.0], [slant, 1.0]]) for points in strokes]
    bottom = float(min(points[:, 1].min() for points in slanted)) - pen_width / height / 2
    width = pen_width * (rng.uniform(1.0, 1.6) if character in ".:" else rng.uniform(0.9, 1.1))
    return HandSign(draw_strokes([points * [height, -height] for points in slanted], width), bottom)


def draw_ring(diameter: float, pen_width: float, rng: Generator) -> Ink:
    """The ring of a degree, `diameter` pixels wide, at times not closed, with a pen `pen_width` pixels wide."""
    ring = _wobble(_make_circle(0, 0, rng), rng)
    return draw_strokes([ring * diameter / float(np.ptp(ring, axis=0).max())], pen_width)


def _wobble(points: Points, rng: Generator) -> Points:
    """The points as a hand places them: x to the right, y upwards from the baseline, in digit heights."""
    length = float(np.ptp(points, axis=0).max())
    return points + rng.normal(0, 0.06 * length, points.shape)


def _make_dot(x: float, y: float) -> Points:
    return np.array([[x, y], [x + 0.015, y]])


def _draw_point(rng: Generator) -> list[Points]:
    return [_make_dot(0, rng.uniform(-0.03, 0.1))]


def _draw_comma(rng: Generator) -> list[Points]:
    top, length, lean = rng.uniform(-0.02, 0.14), rng.uniform(0.14, 0.38), rng.uniform(0.0, 0.8)
    return [np.array([[0, top], [-0.25 * lean * length, top - length / 2], [-lean * length, top - length]])]


def _draw_apostrophe(rng: Generator) -> list[Points]:
    top, length = rng.uniform(0.9, 1.15), rng.uniform(0.12, 0.3)
    return [np.array([[0, top], [-rng.uniform(0, 0.5) * length, top - length]])]


def _draw_colon(rng: Generator) -> list[Points]:
    low = rng.uniform(0.05, 0.25)
    return [_make_dot(0, low), _make_dot(rng.normal(0, 0.03), low + rng.uniform(0.3, 0.5))]


def _draw_minus(rng: Generator) -> list[Points]:
    level = rng.uniform(0.3, 0.65)
    return [_make_level(rng.uniform(0.3, 0.9), level, rng)]


def _draw_plus(rng: Generator) -> list[Points]:
    middle, half = rng.uniform(0.35, 0.6), rng.uniform(0.2, 0.42)
    return [
        np.array([[-half, middle], [half, middle]]) * [rng.uniform(0.8, 1.2), 1],
        np.array([[0, middle + half], [0, middle - half]]),
    ]


def _draw_slash(rng: Generator) -> list[Points]:
    """Higher than the digits beside it, and leaning more: an upright stroke of their height is a 1."""
    lean, top, low = rng.uniform(0.25, 0.9), rng.uniform(1.02, 1.4), rng.uniform(-0.38, -0.02)
    return [np.array([[lean / 2, top], [0, (top + low) / 2], [-lean / 2, low]])]


def _draw_equals(rng: Generator) -> list[Points]:
    length, low, distance = rng.uniform(0.35, 0.9), rng.uniform(0.2, 0.45), rng.uniform(0.15, 0.32)
    return [_make_level(length, low + distance, rng), _make_level(length * rng.uniform(0.8, 1.2), low, rng)]


def _draw_times(rng: Generator) -> list[Points]:
    middle, half = rng.uniform(0.3, 0.55), rng.uniform(0.17, 0.4)
    if rng.random() < 0.12:
        return [_make_dot(0, middle)]
    corner, centre = np.array([half * rng.uniform(0.8, 1.1), half]), np.array([0, middle])
    return [
        np.array([-corner, corner]) + centre,
        np.array([corner * [-1, 1], corner * [1, -1]]) + centre,
    ]


def _draw_division(rng: Generator) -> list[Points]:
    middle, distance = rng.uniform(0.35, 0.55), rng.uniform(0.18, 0.35)
    return [
        _make_level(rng.uniform(0.4, 0.8), middle, rng),
        _make_dot(0, middle + distance),
        _make_dot(0, middle - distance),
    ]


def _draw_percent(rng: Generator) -> list[Points]:
    return [*_draw_slash(rng), _make_circle(-0.28, 0.75, rng), _make_circle(0.28, 0.2, rng)]


def _draw_opening(rng: Generator) -> list[Points]:
    return [_make_bracket(-1, rng)]


def _draw_closing(rng: Generator) -> list[Points]:
    return [_make_bracket(1, rng)]


def _draw_hash(rng: Generator) -> list[Points]:
    gap, half, middle = rng.uniform(0.15, 0.25), rng.uniform(0.35, 0.5), rng.uniform(0.4, 0.55)
    across, upright = np.array([[-half, 0.0], [half, 0.0]]), np.array([[0.08, half], [-0.08, -half]])
    places = np.array([[0, middle + gap / 2], [0, middle - gap / 2], [-gap / 2, middle], [gap / 2, middle]])
    return [across + places[0], across + places[1], upright + places[2], upright + places[3]]


def _make_level(length: float, level: float, rng: Generator) -> Points:
    """A stroke from left to right, perhaps a little bent."""
    bend = rng.normal(0, 0.06) * length
    return np.array([[-length / 2, level], [0, level + bend], [length / 2, level]])


def _make_circle(x: float, y: float, rng: Generator) -> Points:
    angles = np.linspace(0, 2 * np.pi * rng.uniform(0.9, 1.1), 10)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.09, 0.17) + [x, y]


def _make_bracket(side: int, rng: Generator) -> Points:
    half, depth, middle = rng.uniform(0.55, 0.8), rng.uniform(0.1, 0.28), rng.uniform(0.4, 0.55)
    way = np.linspace(-1, 1, 9)
    return np.stack([side * depth * (1 - way**2), -half * way + middle], axis=1)


_STROKES = {
    ".": _draw_point, ",": _draw_comma, "'": _draw_apostrophe, ":": _draw_colon, "-": _draw_minus, "+": _draw_plus,
    "/": _draw_slash, "=": _draw_equals, "×": _draw_times, "÷": _draw_division, "%": _draw_percent,
    "(": _draw_opening, ")": _draw_closing, "#": _draw_hash,
}  # fmt: skip
SIGN_CHARACTERS = tuple(_STROKES)
