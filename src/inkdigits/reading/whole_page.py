"""A page with nothing sure on it may still be one number whose digits touch, plain strokes side by side (1, 11, 111),
or one digit that fills it.

Alone, digits that touch look like a scribble to the detector, a plain stroke like a rule or an edge, and a digit as
large as the page like a drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from inkdigits.marks import Box
from inkdigits.reading.decoding.digits import list_digits, make_digit, set_accepted
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.networks.classifier import AcceptThresholds, Classifier
from inkdigits.reading.networks.detector import Detections
from inkdigits.reading.normalise import crop_glyphs
from inkdigits.reading.proposals import Proposals
from inkdigits.reading.scoring import cap_fragments, find_solids
from inkdigits.reading.single import list_candidate_crops, read_crop
from inkdigits.types import Digit, Line, Number

_MAX_DETECTED = 20  # that are more likely digits than not, on a page with one number
_MIN_LONE_CONFIDENCE = 0.9  # of that number, if it is accepted
_MIN_INK_HEIGHT, _MIN_INK_WIDTH = 0.5, 0.85  # of its height, and of the width of the ink so high: so wide it is
_MAX_DIGIT_ASPECT = 1.3  # width over height: no single digit is broader
_STROKE_COUNT = (2, 6)  # of a page with nothing but strokes: the fewest and the most,
_MIN_HEIGHT, _MAX_STEP, _MAX_PITCH = 0.7, 0.3, 1.2  # in heights of its tallest: each one's height, their feet, the next
_MIN_INK_SHARE = 0.9  # of the page's ink, that the strokes have


def decode_lone_number(
    detections: Detections, proposals: Proposals, decode: Callable[[Detections], tuple[Line, ...]]
) -> tuple[Line, ...]:
    """The only number of a page where nothing was found: `decode` makes lines of detections, and these have lost
    nothing by their isolation. It has several digits, as a single one may be any stroke, and nearly all the ink."""
    if (detections.digitness > 0.5).sum() > _MAX_DETECTED:
        return ()
    lines = decode(cap_fragments(detections, proposals.is_fragment))
    numbers = [number for line in lines for number in line.numbers]
    if len(numbers) != 1 or len(numbers[0].digits) < 2:
        return ()
    (number,) = numbers
    tall = [each for each in proposals.ink_components if each.height >= _MIN_INK_HEIGHT * number.box.height]
    if not tall or number.box.width < _MIN_INK_WIDTH * Box.around(tall).width:
        return ()
    if number.confidence >= _MIN_LONE_CONFIDENCE:
        return lines
    refused = replace(number, digits=tuple(set_accepted(digit, False) for digit in number.digits))
    return (replace(lines[0], numbers=(refused,)),)


def read_whole_page(
    page: Pixels,
    proposals: Proposals,
    lines: tuple[Line, ...],
    form: Form | None,
    classifier: Classifier,
    thresholds: AcceptThresholds,
) -> tuple[Line, ...]:
    """What a page, uint8 H×W, reads as a whole if nothing on its `lines` is accepted, else the lines. Better a `?` than
    nothing."""
    digits = list_digits(lines)
    if any(digit.accepted for digit in digits):
        return lines
    if strokes := _find_strokes(proposals):
        number = _read_strokes(strokes, proposals, classifier, thresholds)
        if number is not None and (form is None or form.fits(number.text)):
            return (Line((replace(number, fits=None if form is None else True),)),)
    if len(digits) > 1:
        return lines
    digit = _read_one_digit(page, classifier, thresholds)
    fits = digit.accepted and (form is None or form.fits(digit.text))
    is_likely = digit.digitness >= thresholds.min_digitness and form is None and not lines
    number = Number((digit,), fits=None if form is None else fits)
    return (Line((number,)),) if fits or is_likely else lines


def _find_strokes(proposals: Proposals) -> list[Box]:
    """The upright strokes of a page with no other ink, from left to right, in its pixels; empty for other pages."""
    boxes, ink_mask = proposals.ink_components, proposals.ink.mask
    height = max((box.height for box in boxes), default=0)
    strokes = sorted((box for box in boxes if box.height >= _MIN_HEIGHT * height), key=lambda box: box.x)
    fewest, most = _STROKE_COUNT
    if not fewest <= len(strokes) <= most or not _stand_side_by_side(strokes, height):
        return []
    mask = np.zeros_like(ink_mask, np.bool_)
    for box in strokes:
        x, y, right, bottom = (round(side * proposals.ink_scale) for side in (box.x, box.y, box.right, box.bottom))
        mask[y : bottom + 1, x : right + 1] = True
    reaches_across = height * proposals.ink_scale >= ink_mask.shape[0] - 1
    has_other_ink = ink_mask[mask].sum() < _MIN_INK_SHARE * ink_mask.sum()
    return [] if reaches_across or has_other_ink else strokes


def _stand_side_by_side(strokes: Sequence[Box], height: int) -> bool:
    """Whether strokes, from left to right, stand on one level and near each other, each in its own place."""
    feet = [box.bottom for box in strokes]
    return max(feet) - min(feet) <= _MAX_STEP * height and all(
        box.x < other.x <= box.x + _MAX_PITCH * height and box.right < other.right for box, other in pairwise(strokes)
    )


def _read_strokes(
    strokes: Sequence[Box], proposals: Proposals, classifier: Classifier, thresholds: AcceptThresholds
) -> Number | None:
    """The strokes as a number of ones, if that is what each of them is."""
    boxes = np.array([box.as_list() for box in strokes], np.float64)
    scores = classifier.classify(crop_glyphs(boxes, proposals.ink, proposals.ink_scale))
    digits = [
        make_digit(probabilities, float(digitness), box, thresholds)
        for box, probabilities, digitness in zip(strokes, scores.probabilities, scores.digitness, strict=True)
    ]
    return Number(tuple(digits)) if all(digit.digit == 1 for digit in digits) else None


def _read_one_digit(page: Pixels, classifier: Classifier, thresholds: AcceptThresholds) -> Digit:
    """A page as one digit that fills it. Ink that is broad or solid, or reaches across, is not accepted: a stain, an
    edge."""
    crop = list_candidate_crops(page)[0]  # all the ink: nothing on a whole page belongs to a neighbour
    digit = read_crop(crop, classifier.classify(crop.glyph[np.newaxis]), thresholds)
    box, (height, width) = digit.box, page.shape
    reaches_across = box.width >= width or box.height >= height
    is_solid = find_solids(page, np.array([box.as_list()], np.float64))[0]
    is_digit_like = box.width <= _MAX_DIGIT_ASPECT * box.height and not is_solid
    return set_accepted(digit, digit.accepted and not reaches_across and is_digit_like)
