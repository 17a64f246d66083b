"""Find out whether a page lies on its side or upside down, and turn it, and what was read on it back.

The glyphs of the page's ink are shown to the classifier in other ways up, which costs little. On its side, a page reads
poorly, and its glyphs look far more like digits once they are turned. Upside down, it may read well, as 0, 1, 6, 8 and
9 do: its glyphs look more like digits the other way up, by more than chance. Only then is the page turned and read
anew, and it stays turned only if that reads better.
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
_MIN_TURNED_SHARE = 0.6  # of the components that must be digits once turned, where a page reads poorly; letters are not
_MIN_UPSIDE_GAIN = 0.05  # how much more like digits the glyphs of a page that reads well must be upside down,
_MIN_UPSIDE_RIGHT = 1.5  # and how many digits more it must then have right
_MIN_SIDE_PX = 8  # the longer side of a component: what is smaller tells nothing,
_MAX_ASPECT = 3  # nor does what is longer than so many times its width: a bar may be a 1 or a dash
_MAX_SIDE_RATIO = 2  # times the usual longer side, or a part of it
_MIN_GLYPHS, _MAX_GLYPHS = 5, 32  # that tell, and that are looked at: a page's largest


def count_right(lines: Sequence[Line]) -> float:
    """How many of the accepted digits are probably right."""
    digits = list_digits(lines)
    return float(sum(digit.confidence * digit.digitness for digit in digits if digit.accepted))


def is_clearly_more(turned: float, upright: float) -> bool:
    """Whether so many right digits of a turned page, against those of the page as it is, justify turning it."""
    return turned >= _MIN_GAIN_RATIO * upright + _MIN_GAIN


def is_better_turned(turned: Sequence[Line], upright: Sequence[Line], quarters: int) -> bool:
    """Whether a page that is thought to be turned by so many quarters reads so much better that it is."""
    right, right_turned = count_right(upright), count_right(turned)
    if quarters == 2:
        return reads_well(turned) and right_turned >= right + _MIN_UPSIDE_RIGHT
    return is_clearly_more(right_turned, right)


def reads_well(lines: Sequence[Line], expected_count: float = _MIN_GAIN) -> bool:
    """Whether most of the digits are accepted, and of so many as are expected."""
    digits = list_digits(lines)
    return sum(digit.accepted for digit in digits) >= _MIN_ACCEPTED_SHARE * max(len(digits), expected_count)


def guess_quarters(proposals: Proposals, lines: Sequence[Line], classifier: Classifier) -> int:
    """By how many quarter turns clockwise, 0 to 3, a page that was read as `lines` may read better."""
    boxes = _select_boxes(proposals)
    if len(boxes) < _MIN_GLYPHS:
        return 0
    glyphs = crop_glyphs(boxes[:_MAX_GLYPHS], proposals.ink, proposals.ink_scale)
    right, is_well_read = count_right(lines), reads_well(lines, _MIN_DIGIT_SHARE * len(boxes))
    upright = _score_glyphs(glyphs, 0, classifier)
    may_lie = not is_well_read and is_clearly_more(len(boxes), right)
    if may_lie and not runs_across(boxes):  # letters on their side look like digits
        shares = {quarters: float(_score_glyphs(glyphs, quarters, classifier).mean()) for quarters in (1, 3)}
        side, share = max(shares.items(), key=lambda each: each[1])
        least = max(_MIN_TURNED_SHARE, float(upright.mean()))
        if share >= least and is_clearly_more(share * len(boxes), right):
            return side
    turned = _score_glyphs(glyphs, 2, classifier)
    gains = turned - upright
    if is_well_read:
        is_upside_down = float(gains.mean()) > max(_MIN_UPSIDE_GAIN, float(gains.std()) / len(gains) ** 0.5)
    else:
        is_upside_down = float(turned.mean()) >= _MIN_TURNED_SHARE and float(gains.mean()) > 0
    return 2 if is_upside_down else 0


def _score_glyphs(glyphs: NDArray[np.uint8], quarters: int, classifier: Classifier) -> NDArray[np.float32]:
    """How probably each of N glyphs is a digit, and one that can be told, when turned clockwise: float32 N."""
    scores = classifier.classify(np.ascontiguousarray(np.rot90(glyphs, -quarters, axes=(1, 2))))
    return np.asarray(scores.digitness * scores.probabilities.max(axis=1), np.float32)


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
