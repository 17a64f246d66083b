"""Find out whether a page lies on its side or upside down, and turn it, and what was read on it back.

The glyphs of the page's ink are shown to the classifier in all four ways up, which costs little, and only where the
page reads poorly as it is. The page is read anew only if far more of them are digits when they are turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inkdigits.marks import Box
from inkdigits.reading.decoding.digits import list_digits
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.imaging.pixels import weighted_median
from inkdigits.reading.imaging.region import map_boxes
from inkdigits.reading.networks.classifier import Classifier
from inkdigits.reading.normalise import crop_glyphs
from inkdigits.reading.proposals import Proposals
from inkdigits.types import Line

_MIN_GAIN, _MIN_GAIN_RATIO = 4.0, 1.5  # digits more, and times as many, that a turned page must have right
_MIN_ACCEPTED_SHARE = 2 / 3  # of a page's digits: where fewer are accepted, it reads poorly,
_MIN_DIGIT_SHARE = 1 / 2  # and where fewer of its components are digits
_MIN_ACROSS_SHARE = 2 / 3  # of the components: where so many stand beside one another, lines run across the page
_MIN_TURNED_SHARE = 2 / 3  # of the components that must be digits once turned
_MIN_SIDE_PX = 8  # the longer side of a component: what is smaller tells nothing,
_MAX_ASPECT = 3  # nor does what is longer than so many times its width: a bar may be a 1 or a dash
_MAX_SIDE_RATIO = 2  # times the usual longer side, or a part of it
_MAX_GLYPHS = 32  # that are looked at: a page's largest


def count_right(lines: Sequence[Line]) -> float:
    """How many of the accepted digits are probably right."""
    digits = list_digits(lines)
    return float(sum(digit.confidence * digit.digitness for digit in digits if digit.accepted))


def is_clearly_more(turned: float, upright: float) -> bool:
    """Whether so many right digits of a turned page, against those of the page as it is, justify turning it."""
    return turned >= _MIN_GAIN_RATIO * upright + _MIN_GAIN


def reads_well(lines: Sequence[Line], expected_count: float = _MIN_GAIN) -> bool:
    """Whether most of the digits are accepted, and of so many as are expected."""
    digits = list_digits(lines)
    return sum(digit.accepted for digit in digits) >= _MIN_ACCEPTED_SHARE * max(len(digits), expected_count)


def guess_quarters(proposals: Proposals, lines: Sequence[Line], classifier: Classifier) -> int:
    """By how many quarter turns clockwise, 0 to 3, a page that was read as `lines` may read clearly better."""
    boxes = _select_boxes(proposals)
    right = count_right(lines)
    if reads_well(lines, _MIN_DIGIT_SHARE * len(boxes)) or not is_clearly_more(len(boxes), right):
        return 0
    glyphs = crop_glyphs(boxes[:_MAX_GLYPHS], proposals.ink, proposals.ink_scale)
    shares = []
    for quarters in range(4):
        scores = classifier.classify(np.ascontiguousarray(np.rot90(glyphs, -quarters, axes=(1, 2))))
        shares.append(float((scores.digitness * scores.probabilities.max(axis=1)).mean()))
    if runs_across(boxes):  # letters on their side look like digits
        shares[1] = shares[3] = 0.0
    best = int(np.argmax(shares))
    is_likely = shares[best] >= _MIN_TURNED_SHARE and is_clearly_more(shares[best] * len(boxes), right)
    return best if is_likely else 0


def runs_across(boxes: NDArray[np.float64]) -> bool:
    """Whether most of N boxes, x, y, width and height each, have their next neighbour beside rather than above or below
    them, as what is written from left to right has."""
    beside, stacked = (_measure_gaps(boxes[:, [axis, axis + 2]], boxes[:, [1 - axis, 3 - axis]]) for axis in (0, 1))
    return float((beside < stacked).mean()) > _MIN_ACROSS_SHARE


def _measure_gaps(along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far it is from each of N boxes to the next one on the same row, float64 N: inf where there is none.

    `along` N×2 is where they begin and how long they are along the row, `across` N×2 the same across it.
    """
    gaps, middles = np.full(len(along), np.inf), across[:, 0] + across[:, 1] / 2
    for index, ((start, length), (top, height)) in enumerate(zip(along, across, strict=True)):
        is_level = (middles > top) & (middles < top + height)
        is_level[index] = False
        distances = np.maximum(along[is_level, 0] - start - length, start - along[is_level].sum(axis=1))
        gaps[index] = np.maximum(distances, 0).min(initial=np.inf)
    return gaps


def _select_boxes(proposals: Proposals) -> NDArray[np.float64]:
    """The components, N×4 in pixels of the page, that may be digits whichever way up they are, the largest first."""
    boxes = np.array([box.as_list() for box in proposals.ink_components], np.float64).reshape(-1, 4)
    long, short = boxes[:, 2:].max(axis=1), boxes[:, 2:].min(axis=1)
    boxes = boxes[(long * proposals.ink_scale >= _MIN_SIDE_PX) & (long <= _MAX_ASPECT * short)]
    sides = boxes[:, 2:].max(axis=1)
    usual = weighted_median(sides, sides) if len(sides) else 0
    return np.asarray(boxes[(sides <= _MAX_SIDE_RATIO * usual) & (_MAX_SIDE_RATIO * sides >= usual)], np.float64)


def turn_page(page: Picture, quarters: int) -> Picture:
    """The page, turned clockwise by quarter turns."""
    return replace(page, image=np.ascontiguousarray(np.rot90(page.image, -quarters)))


def turn_lines_back(lines: tuple[Line, ...], quarters: int, page: Picture) -> tuple[Line, ...]:
    """The lines of a page that was turned clockwise, with all boxes in pixels of `page`, which was not."""
    for turns_left in range(quarters, 0, -1):
        lines = map_boxes(lines, partial(_turn_box_back, width=page.height if turns_left % 2 else page.width))
    return lines


def _turn_box_back(box: Box, width: int) -> Box:
    """The box on a page of this width, after the page is turned counter-clockwise by a quarter."""
    return Box(box.y, width - box.right, box.height, box.width)
