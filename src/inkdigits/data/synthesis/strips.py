"""Strips: one line of writing, straightened and brought to a height, with the text that stands on it.

A strip is ink alone, bright on 0, as the reader cuts it out of a page for the transcriber. One hand writes a strip:
its digits share slant, pen and size, and a digit that comes twice has the same form. Equal generators give equal
strips.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.alphabet import DIGIT_CHARACTERS, OTHER, POINTS, SPACE
from inkdigits.data.synthesis import paper, signs
from inkdigits.data.synthesis.hand_signs import HandSign, draw_hand_sign, draw_ring
from inkdigits.data.synthesis.nondigits import draw_scribble, draw_shape
from inkdigits.data.synthesis.scene_canvas import Canvas, extend_right_edge, find_x_after_gap
from inkdigits.data.synthesis.scenes import Material
from inkdigits.data.synthesis.silhouettes import draw_silhouette
from inkdigits.data.synthesis.strip_clutter import add_distractors, draw_comb
from inkdigits.data.synthesis.strip_texts import CURRENCY, DEGREE, RAISED, sample_comb_text, sample_text
from inkdigits.data.synthesis.strokes import UNKNOWN_WRITER, Ink, Strokes, WritingStyle, crop_to_ink

STRIP_HEIGHT_PIXELS = 48
DIGIT_HEIGHT_RANGE = (22.0, 38.0)  # pixels; the reader brings digits to about 30
_SIMILAR_COUNT = 8  # digits of a label that may stand for the same hand's
_FORM_SIDE = 14  # pixels: digits are compared at this size
_COMPARED_TOGETHER = 1_000  # digits
_KNOWN_WRITER_SHARE = 0.5  # of hands, where it is known of digits who wrote them
_CHAINED_ZEROS_SHARE = 0.25  # of hands
_THING_SHARE = 0.15  # of what is neither digit nor sign: silhouettes, shapes, scribbles
_FONT_SIGN_SHARE = 0.55  # of signs, where there are fonts for them; currencies always are a font's
_EMPTY_TEXTURE_SHARE = 0.5  # of strips without any writing
_CHALK_SHARE = 0.04  # of strips: strokes with holes in them, as of chalk and crayons
_COMB_SHARE = 0.05  # of strips: one box a character
_READ_AS = {RAISED: "", CURRENCY: OTHER, DEGREE: OTHER}
_MIN_SPACE_RATIO = 0.45  # heights: no space between numbers is narrower


@dataclass(frozen=True)
class Strip:
    """`ink` float32 48×W, 0..1, and its `text`, of `inkdigits.alphabet.CHARACTERS`."""

    ink: Ink
    text: str


@dataclass(frozen=True)
class FormNeighbours:
    """For every digit of a set, those most like it in form among its own label: indices, int32 N×8, itself first."""

    neighbours: NDArray[np.int32]

    @classmethod
    def from_strokes(cls, strokes: Strokes) -> FormNeighbours:
        """Compare the distance fields, made small, label by label."""
        neighbours = np.empty((len(strokes.labels), _SIMILAR_COUNT), np.int32)
        for label in np.unique(strokes.labels):
            own = np.flatnonzero(strokes.labels == label)
            side, fields = (_FORM_SIDE, _FORM_SIDE), strokes.distance_fields[own]
            small = np.stack([cv2.resize(field, side, interpolation=cv2.INTER_AREA) for field in fields])
            forms = small.reshape(len(own), -1).astype(np.float32)
            lengths, count = (forms**2).sum(axis=1), min(_SIMILAR_COUNT, len(own))
            for start in range(0, len(own), _COMPARED_TOGETHER):
                part = slice(start, start + _COMPARED_TOGETHER)
                distances = lengths[None] - 2 * forms[part] @ forms.T
                nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
                neighbours[own[part]] = own[np.pad(nearest, ((0, 0), (0, _SIMILAR_COUNT - count)), mode="edge")]
        return cls(neighbours)


@dataclass
class _Writer:
    """One hand, and where on the strip it has got to."""

    style: WritingStyle
    material: Material
    hands: FormNeighbours
    rng: Generator
    canvas: Canvas
    x: float
    baseline: float
    right_edge: NDArray[np.floating]
    space_ratio: float
    chains_zeros: bool  # zeros after a zero are smaller, and hang together
    known_writer: int | None = None  # of the set's digits; None: a hand put together from digits that look alike
    cell_width: float | None = None  # pixels, where each character stands in a box of its own
    last: str = ""
    cell_edges: list[float] = field(default_factory=list)
    forms: dict[int, int] = field(default_factory=dict)  # which digit of the set this hand's 0, 1, … are like

    def write(self, character: str) -> None:
        """One character, after the last one."""
        if self.cell_width is None or character == SPACE:
            self._write(character)
            return
        cell = self.x
        self.x += self.rng.uniform(0, 0.45) * self.cell_width
        self.right_edge[:] = -1e9
        self._write(character)
        self.x = cell + self.cell_width
        self.cell_edges += [cell, self.x]

    def _write(self, character: str) -> None:
        height = self.style.height
        if character == SPACE:
            self.x += self.space_ratio * self.rng.uniform(0.85, 1.5) * height
            self.right_edge[:] = -1e9
        elif character in DIGIT_CHARACTERS and self.last == RAISED:
            ink = self.style.write(self._sample_form(int(character)), self.rng.uniform(0.3, 0.65), self.rng)
            self._place(ink, self.rng.uniform(0.55, 0.9), self._sample_gap())
        elif character in DIGIT_CHARACTERS:
            is_chained = self.chains_zeros and character == self.last == "0"
            size = self.rng.uniform(0.55, 0.95) if is_chained else self._sample_size(character)
            gap = self.rng.uniform(-0.3, -0.05) if is_chained else self._sample_gap()
            ink = self.style.write(self._sample_form(int(character)), size, self.rng)
            self._place(ink, self.rng.normal(0, 0.035), gap)
        elif character == OTHER or (_is_from_font(character) and self.material.signs is None):
            self._write_other()
        elif character == DEGREE:
            ink = draw_ring(self.rng.uniform(0.15, 0.45) * self.style.height, self.style.pen_width, self.rng)
            self._place(ink, self.rng.uniform(0.55, 0.85), self._sample_gap())
        elif character != RAISED:
            sign = self._draw_sign(character)
            gap = self._sample_gap() if character in POINTS else max(0.06, self._sample_gap())
            self._place(sign.ink, sign.bottom, gap)
        self.last = character

    def _draw_sign(self, character: str) -> HandSign:
        """A sign in this hand's pen, as a font has it or drawn."""
        forms = self.material.signs
        if forms is not None and (_is_from_font(character) or self.rng.random() < _FONT_SIGN_SHARE):
            return forms.write(character, self.style, self.rng)
        return draw_hand_sign(character, self.style.height, self.style.pen_width, self.style.slant, self.rng)

    def _place(self, ink: Ink, bottom: float, gap: float) -> None:
        """Ink with its lower edge `bottom` heights above the baseline, `gap` heights after what stands left of it."""
        top = round(self.baseline - bottom * self.style.height - ink.shape[0] + self.style.slope * self.x)
        self.x = find_x_after_gap(self.right_edge, ink, top, self.x, gap * self.style.height)
        self.canvas.add_ink(ink, round(self.x), top)
        extend_right_edge(self.right_edge, ink, top, round(self.x))
        self.x += ink.shape[1]

    def _sample_gap(self) -> float:
        """Heights to the next character: this hand's own, now and then a wider one, as where a number is grouped.

        Beside a point the gap may be as wide as a space: the point says that the number goes on.
        """
        gap = self.style.gap_ratio * self.rng.uniform(0.6, 1.4) + self.rng.normal(0, 0.03)
        if self.last and self.last in POINTS and self.rng.random() < 0.35:
            return gap + self.rng.uniform(0, 0.7)
        return gap + self.rng.uniform(0, 0.22) if self.rng.random() < 0.1 else gap

    def _sample_form(self, label: int) -> NDArray[np.uint8]:
        """A digit as this hand writes it."""
        strokes = self.material.digits
        if self.known_writer is not None:
            index = self.rng.choice(np.flatnonzero((strokes.writers == self.known_writer) & (strokes.labels == label)))
        else:
            index = self._sample_similar(np.flatnonzero(strokes.labels == label), label)
        field: NDArray[np.uint8] = strokes.distance_fields[index]
        return field

    def _sample_similar(self, candidates: NDArray[np.intp], label: int) -> int:
        """Which of the digits of a label this hand writes: mostly one like the first that it wrote."""
        if label not in self.forms:
            self.forms[label] = int(self.rng.choice(candidates))
        if self.rng.random() < 0.85:
            return int(self.hands.neighbours[self.forms[label], self.rng.integers(_SIMILAR_COUNT)])
        return int(self.rng.choice(candidates))

    def _sample_size(self, character: str) -> float:
        size_ratio = float(np.exp(self.rng.normal(0, self.style.size_sd)))
        return size_ratio * (self.rng.uniform(0.55, 0.85) if character == "0" and self.rng.random() < 0.18 else 1.0)

    def _write_other(self) -> None:
        """A letter or a word, by hand or printed, or a thing that is neither."""
        draw, letters = self.rng.random(), self.material.letters
        if draw > 1 - _THING_SHARE:
            draw_thing = (draw_silhouette, draw_silhouette, draw_shape, draw_scribble)[self.rng.integers(4)]
            thing = crop_to_ink(draw_thing(self.rng).astype(np.float32) / np.float32(255))
            self._place_scaled(thing, self.rng.uniform(0.6, 1.5))
        elif letters is not None and draw < 0.6:
            gap = max(0.02, self._sample_gap() / 2)
            for index in range(int(self.rng.choice([1, 2, 3, 5, 7], p=[0.4, 0.15, 0.2, 0.15, 0.1]))):
                label = 0 if index and self.rng.random() < 0.3 else 1  # those like digits only within a word
                field = letters.distance_fields[self.rng.choice(np.flatnonzero(letters.labels == label))]
                size = float(self.rng.choice([0.65, 1.0]))
                self._place(self.style.write(field, size, self.rng), self.rng.normal(0, 0.05), gap)
        elif self.material.faces:
            draw_other = signs.draw_letter if self.rng.random() < 0.4 else signs.draw_word
            ink = draw_other(self.material.faces, self.rng)
            self._place_scaled(ink, self.rng.uniform(0.6, 1.2))

    def _place_scaled(self, ink: Ink, size_ratio: float) -> None:
        """Ink on the baseline, `size_ratio` heights high."""
        scale = self.style.height * size_ratio / ink.shape[0]
        sides = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
        self._place(np.asarray(cv2.resize(ink, sides, interpolation=cv2.INTER_AREA), np.float32), 0.0, 0.1)


def _is_from_font(character: str) -> bool:
    """Whether only fonts have a form of it: letters and currencies."""
    return character == CURRENCY or character.isalpha()


def draw_strip(
    material: Material,
    hands: FormNeighbours,
    rng: Generator,
    width: int = 256,
    text: str | None = None,
    is_cluttered: bool = True,
) -> Strip:
    """One strip, `width` pixels wide, of `text`, by default a random one (strip_texts.py); a text that does not fit
    ends with the last character that does. One that is not cluttered has no rules, stains or other writing on it."""
    style, space_ratio = _sample_style(rng)
    canvas = Canvas(np.zeros((STRIP_HEIGHT_PIXELS, width), np.float32))
    baseline = (STRIP_HEIGHT_PIXELS + style.height) / 2 + rng.normal(0, 2.5)
    start = rng.uniform(-0.06, 1.0) * style.height if rng.random() < 0.75 else rng.uniform(0, 0.5) * width
    writer = _Writer(
        style, material, hands, rng, canvas, start, baseline, np.full(STRIP_HEIGHT_PIXELS, -1e9), space_ratio,
        chains_zeros=rng.random() < _CHAINED_ZEROS_SHARE, known_writer=_sample_writer(material.digits, rng),
    )  # fmt: skip
    if text is None and rng.random() < _COMB_SHARE:
        text, writer.cell_width = sample_comb_text(rng), style.height * rng.uniform(0.75, 1.6)
    drawn_text = ""
    for character in sample_text(rng) if text is None else text:
        before, x = canvas.ink.copy(), writer.x
        writer.write(character)
        if writer.x > width + 0.05 * style.height:
            canvas.ink, writer.x = before, x
            break
        read_as = OTHER if character.isalpha() else _READ_AS.get(character, character)
        if not (read_as == drawn_text[-1:] and (character == SPACE or character.isalpha())):
            drawn_text += read_as
        if character in DIGIT_CHARACTERS and rng.random() < style.link_probability:
            _draw_link(writer)
    if writer.cell_edges:
        draw_comb(canvas, writer.cell_edges, baseline, style, rng)
    if is_cluttered and rng.random() < _CHALK_SHARE:
        canvas.ink *= paper.draw_grain(canvas.ink.shape, style.pen_width, rng)
    if is_cluttered:
        add_distractors(canvas, writer.x, style, material, rng)
    if is_cluttered and not drawn_text and rng.random() < _EMPTY_TEXTURE_SHARE:
        texture = paper.draw_texture(canvas.ink.shape, rng) * np.float32(rng.uniform(0.5, 1))
        np.maximum(canvas.ink, texture, out=canvas.ink)
    return Strip(paper.degrade(canvas.ink, style.height, rng), drawn_text.strip())


def _sample_writer(digits: Strokes, rng: Generator) -> int | None:
    """One of those who are known, or none."""
    writer_count = int(digits.writers.max(initial=UNKNOWN_WRITER)) + 1
    return int(rng.integers(writer_count)) if writer_count and rng.random() < _KNOWN_WRITER_SHARE else None


def _sample_style(rng: Generator) -> tuple[WritingStyle, float]:
    """A hand whose digits fit on a strip, and how wide its spaces are, in heights: wider than between its digits."""
    low, high = DIGIT_HEIGHT_RANGE
    gap = float(
        [rng.uniform(-0.14, 0.02), rng.uniform(0, 0.12), rng.uniform(0.1, 0.35), rng.uniform(0.3, 0.9)][
            rng.choice(4, p=[0.35, 0.35, 0.22, 0.08])
        ]
    )
    height = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    style = WritingStyle(
        height=height,
        pen_width=max(1.1, height * float(np.exp(rng.uniform(np.log(0.04), np.log(0.2))))),
        slant=float(rng.normal(0.15, 0.3)),
        slope=float(rng.normal(0, 0.02)),
        gap_ratio=gap,
        stretch=float(rng.uniform(0.65, 1.3)),
        size_sd=float(rng.choice([0.04, 0.1, 0.2])),
        point_probability=0.0,
        sign_probability=0.0,
        space_probability=0.0,
        link_probability=float(rng.choice([0, 0.35], p=[0.75, 0.25])),
        word_probability=0.0,
    )
    return style, max(_MIN_SPACE_RATIO, 1.6 * gap + 0.2) + float(rng.exponential(0.25))


def _draw_link(writer: _Writer) -> None:
    """A stroke from the last character towards the next one, as quick writers leave it; mostly high or low."""
    style, rng = writer.style, writer.rng
    levels = [rng.uniform(0.8, 1.05), rng.uniform(-0.05, 0.3), rng.uniform(0, 1)]  # heights above the baseline
    level = writer.baseline - style.height * float(rng.choice(levels))
    reach_back, reach_on = rng.uniform(0.1, 0.3) * style.height, rng.uniform(0.05, 0.35) * style.height
    rises = rng.normal(0, 0.06) * style.height, rng.normal(0, 0.1) * style.height
    points = np.array([[-reach_back, 0.0], [0, rises[0]], [reach_on, rises[1]]])
    ink = signs.draw_stroke(points, style.pen_width * rng.uniform(0.7, 1))
    writer.canvas.add_ink(ink, round(writer.x - reach_back), round(level))
