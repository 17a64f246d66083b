"""Read the fields of a registered sheet: what each may say, with probabilities.

The blank's print is known, so it is taken away first. What is left of all fields is laid out as one page, a field on
each line, and that page goes through the reader's networks once; then each line is decoded by itself, as a field's
place is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.forms.registration import MIN_DARKNESS, Registration, even_out
from inkdigits.forms.template import FormField, Template
from inkdigits.marks import Box
from inkdigits.reading.decoding.decide import make_hypotheses
from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.fusion import FusedRow, fuse_row
from inkdigits.reading.decoding.gaps import find_gaps
from inkdigits.reading.decoding.lattice import Hypothesis
from inkdigits.reading.decoding.search import decode_row
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.networks.classifier import Classifier
from inkdigits.reading.networks.detector import Detector
from inkdigits.reading.networks.transcriber import Transcriber
from inkdigits.reading.normalise import crop_glyphs
from inkdigits.reading.proposals import Proposals, propose_in_ink
from inkdigits.reading.scoring import fuse_scores
from inkdigits.reading.strips import transcribe_row

_ROW_HEIGHT_PX = 64  # that a field of one line is brought to: its digits are some 38 pixels high then
_MAX_SCALE = 3.0  # times that a page is enlarged at most
_MARGIN = 0.22  # of a field's height: so far beyond its box people write
_SPACE_PX = 40  # of paper around a field on the page of fields
_PRINT_REACH_PX = 2  # so far off, what is printed may be
_MIN_STRENGTH = 60  # of 255: what is fainter is no pen
_MIN_INK = 0.18  # of a field's height: what is lower is a speck
_SCALES = (0.75, 1.0, 1.35)  # that the page of fields is shown to the detector in: its digits are of one size
_MAX_CANDIDATES = 40  # of a field
_MAX_GAP_READINGS, _MAX_TEXTS = 3, 400  # that are looked at where signs may be written
_MISFIT = 0.02  # probability that what is written is not of the kind or form that the field asks for
_MIN_CELL_INK = 0.3  # of a box's height: what is written in it is as high
_MISCOUNT = 0.03  # probability that a field has more or fewer digits than printed boxes that seem filled
_MIN_PROBABILITY = 1e-7


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the things that a field may say: its text, and its probability among all that were looked at."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class FieldReading:
    """What a field alone says: `candidates`, best first, "" for an empty one; `digits`, float64 N×10, how probable each
    digit is in each place of the best candidate; and its picture `crop`, uint8 h×w."""

    field: FormField
    candidates: tuple[Candidate, ...]
    digits: NDArray[np.float64]
    crop: Pixels


class FieldReader:
    """Reads fields, with the packaged networks. Built once and reused, from several threads too."""

    def __init__(self, threads: int = 2) -> None:
        """`threads` are what one sheet may keep busy. Raises ModelError when a network is missing or damaged."""
        self._detector, self._classifier = Detector(threads=threads), Classifier(threads=threads)
        self._transcriber = Transcriber(threads=threads)

    def read_fields(self, registration: Registration, grey: Pixels) -> list[FieldReading]:
        """The fields of a sheet, in the template's order; `grey`, uint8 H×W, is the picture it was found on."""
        fields, layout = registration.template.fields, _plan(registration.template)
        sheet = registration.rectify(grey, layout.scale)
        crops = [np.ascontiguousarray(sheet[window]) for window in layout.windows]
        inks = [
            _keep_field(written, each.box.height * layout.scale)
            for written, each in zip(_take_print_away(sheet, layout), fields, strict=True)
        ]
        page, slots = _lay_out([ink for ink in inks if ink is not None])
        rows = iter(self._read_rows(page, slots, [f for f, ink in zip(fields, inks, strict=True) if ink is not None]))
        nothing = (Candidate("", 1.0),), np.zeros((0, 10))
        return [
            FieldReading(field, *(nothing if ink is None else next(rows)), crop)
            for field, ink, crop in zip(fields, inks, crops, strict=True)
        ]

    def _read_rows(
        self, page: Pixels, slots: Sequence[Box], fields: Sequence[FormField]
    ) -> list[tuple[tuple[Candidate, ...], NDArray[np.float64]]]:
        """What stands in each slot of a page of fields."""
        if not slots:
            return []
        ink = np.asarray(255 - page, np.uint8)
        proposals = propose_in_ink(Ink(ink, (ink > _MIN_STRENGTH).astype(np.uint8)), self._detector, scales=_SCALES)
        glyphs = crop_glyphs(proposals.detections.boxes, proposals.ink, proposals.ink_scale)
        scored = fuse_scores(proposals.detections, self._classifier.classify(glyphs))
        hypotheses, middles = list(make_hypotheses(scored)), scored.boxes[:, :2] + scored.boxes[:, 2:] / 2
        results = []
        for slot, field in zip(slots, fields, strict=True):
            is_own = ((middles >= [slot.x, slot.y]) & (middles < [slot.right, slot.bottom])).all(axis=1)
            own = [hypotheses[index] for index in np.flatnonzero(is_own)]
            inks = [box for box in proposals.ink_components if slot.y <= box.y and box.bottom <= slot.bottom]
            readings, digits = self._read_row(proposals, own, inks, field)
            filled = _count_filled(page[slot.y : slot.bottom, slot.x : slot.right], field)
            results.append((_weigh_texts(readings, field, filled), digits))
        return results

    def _read_row(
        self, proposals: Proposals, hypotheses: list[Hypothesis], inks: Sequence[Box], field: FormField
    ) -> tuple[list[tuple[str, float]], NDArray[np.float64]]:
        """What a field may say in which there is ink, with components `inks`, and its digits place by place."""
        decoded = decode_row(hypotheses) if hypotheses else None
        boxes = [each.box for each, _ in decoded.assignments] if decoded is not None else []
        if not boxes and not inks:
            return [], np.zeros((0, 10))
        transcripts = transcribe_row(self._transcriber, None, proposals, boxes or inks)
        row = fuse_row(hypotheses, transcripts, field.form)
        if not row.fused_pieces:
            return [], np.zeros((0, 10))
        if field.has_signs:
            readings = _list_signed(row, [gap.readings for gap in find_gaps(row, transcripts)])
        else:
            readings = _list_strings(row)
        distributions = [
            piece.compute_distribution(index) for piece in row.fused_pieces for index in range(len(piece.string))
        ]
        return readings, np.array(distributions).reshape(-1, 10)


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """How a form's page is looked at: made `scale` times as large, at the fields' `windows` alone, and where `print`,
    bool, stands in each of these."""

    scale: float
    windows: tuple[tuple[slice, slice], ...]
    prints: tuple[NDArray[np.bool_], ...]


@lru_cache(maxsize=16)
def _plan(template: Template) -> _Layout:
    """How a form is looked at; once for each, as its blank stays the same."""
    scale = min(_MAX_SCALE, _ROW_HEIGHT_PX / float(np.median([each.box.height for each in template.fields])))
    blank = cv2.resize(template.blank_grey, (round(template.width * scale), round(template.height * scale)))
    windows = tuple(_find_window(each.box, scale, blank.shape) for each in template.fields)
    printed = (255 - even_out(np.asarray(blank, np.uint8)) > MIN_DARKNESS).astype(np.uint8)
    near = cv2.dilate(printed, np.ones((2 * _PRINT_REACH_PX + 1,) * 2, np.uint8)) > 0
    return _Layout(scale, windows, tuple(near[window] for window in windows))


def _find_window(box: Box, scale: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The part of a rectified sheet around a field."""
    margin = _MARGIN * box.height
    top, bottom = (round(scale * each) for each in (box.y - margin, box.bottom + margin))
    left, right = (round(scale * each) for each in (box.x - margin, box.right + margin))
    return slice(max(0, top), min(shape[0], bottom)), slice(max(0, left), min(shape[1], right))


def _take_print_away(sheet: Pixels, layout: _Layout) -> list[Pixels]:
    """What was written in each field of a sheet, uint8 H×W, dark on white: its ink without what is on the blank.

    A stroke that crosses a printed rule is closed over it.
    """
    strength = 255 - even_out(sheet)
    filled = [
        _close_over(strength[window], printed) for window, printed in zip(layout.windows, layout.prints, strict=True)
    ]
    strong = np.concatenate([each[each > _MIN_STRENGTH] for each in filled])
    full = float(np.percentile(strong, 75)) if len(strong) else 255.0
    return [np.asarray(255 - np.clip(each * (230 / full), 0, 255), np.uint8) for each in filled]


def _close_over(strength: Pixels, printed: NDArray[np.bool_]) -> Pixels:
    """The ink of a field without its print, closed where a stroke crosses that."""
    without, side = np.where(printed, np.uint8(0), strength), 4 * _PRINT_REACH_PX + 5
    closed = np.max(
        [cv2.morphologyEx(without, cv2.MORPH_CLOSE, _make_line(side, degrees)) for degrees in (0, 45, 90, 135)], axis=0
    )
    return np.where(printed, np.minimum(closed, strength), without)


def _make_line(side: int, degrees: int) -> Pixels:
    """A line through the middle of a square, 0 and 1."""
    line, reach = np.zeros((side, side), np.uint8), side // 2
    ends = np.round(reach * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])).astype(int)
    cv2.line(line, (reach - int(ends[0]), reach - int(ends[1])), (reach + int(ends[0]), reach + int(ends[1])), 1)
    return line


def _keep_field(written: Pixels, height: float) -> Pixels | None:
    """The writing of a field without specks; None where there is none."""
    mask = (written < 255 - _MIN_STRENGTH).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    margin = _MARGIN * height
    low, high = stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    is_within = (high > margin) & (low < mask.shape[0] - margin)
    keep = is_within & (stats[:, 2:4].max(axis=1) >= _MIN_INK * height)
    keep[0] = False
    if not keep.any():
        return None
    near = cv2.dilate(keep.astype(np.uint8)[labels], np.ones((5, 5), np.uint8))
    return np.where(near > 0, written, np.uint8(255))


def _lay_out(inks: Sequence[Pixels]) -> tuple[Pixels, list[Box]]:
    """A page with a field on each line, and where each is."""
    if not inks:
        return np.full((1, 1), 255, np.uint8), []
    width = max(ink.shape[1] for ink in inks) + 2 * _SPACE_PX
    page = np.full((sum(ink.shape[0] + _SPACE_PX for ink in inks) + _SPACE_PX, width), 255, np.uint8)
    slots, y = [], _SPACE_PX
    for ink in inks:
        page[y : y + ink.shape[0], _SPACE_PX : _SPACE_PX + ink.shape[1]] = ink
        slots.append(Box(_SPACE_PX, y, ink.shape[1], ink.shape[0]))
        y += ink.shape[0] + _SPACE_PX
    return page, slots


def _list_strings(row: FusedRow) -> list[tuple[str, float]]:
    """What the digits of a row may be, with probabilities."""
    readings = [("", 1.0)]
    for piece in row.fused_pieces:
        own = piece.list_readings(0, len(piece.string))
        readings = [(text + part, p * share) for text, p in readings for part, share in own]
        readings = sorted(readings, key=lambda reading: -reading[1])[: 4 * _MAX_CANDIDATES]
    return readings


def _list_signed(row: FusedRow, gaps: Sequence[Sequence[tuple[str, float]]]) -> list[tuple[str, float]]:
    """What a row may be with the signs in its gaps, with probabilities; as many digits as its best reading has."""
    count = len(gaps) - 1
    texts = []
    for digits, probability in _list_strings(row):
        if len(digits) == count:
            signed = [("", probability)]
            for index, gap in enumerate(gaps):
                digit = digits[index] if index < count else ""
                signed = [
                    (t + sign + digit, p * own) for t, p in signed for sign, own in islice(gap, _MAX_GAP_READINGS)
                ]
                signed = sorted(signed, key=lambda reading: -reading[1])[:_MAX_CANDIDATES]
            texts += signed
    return sorted(texts, key=lambda reading: -reading[1])[:_MAX_TEXTS]


def _count_filled(ink: Pixels, field: FormField) -> int | None:
    """In how many of a field's printed boxes something is written, dark on white; None where it has none."""
    if not field.cells:
        return None
    _, _, stats, middles = cv2.connectedComponentsWithStats(
        (ink < 255 - _MIN_STRENGTH).astype(np.uint8), connectivity=8
    )
    scale = ink.shape[0] / (field.box.height * (1 + 2 * _MARGIN))
    is_digit = stats[:, cv2.CC_STAT_HEIGHT] >= _MIN_CELL_INK * field.box.height * scale
    is_digit[0] = False
    places = (middles[is_digit, 0] / scale - _MARGIN * field.box.height) / (field.box.width / field.cells)
    return len(np.unique(np.clip(places.astype(np.intp), 0, field.cells - 1)))


def _weigh_texts(readings: Sequence[tuple[str, float]], field: FormField, filled: int | None) -> tuple[Candidate, ...]:
    """The candidates of a field: what does not fit it is hardly probable, nor what has more or fewer digits than boxes
    are filled."""
    totals: dict[str, float] = {}
    expected = Expected(field.form, field.values)
    for text, probability in readings:
        fits_cells = not field.cells or sum(character.isdecimal() for character in text) <= field.cells
        weight = max(_MISFIT, expected.weigh(text) if fits_cells else 0.0)
        weight *= 1.0 if filled in (None, len(text)) else _MISCOUNT
        totals[text] = totals.get(text, 0.0) + probability * weight
    whole = sum(totals.values()) or 1.0
    best = sorted(totals.items(), key=lambda item: -item[1])[:_MAX_CANDIDATES]
    return tuple(Candidate(text, p / whole) for text, p in best if p > _MIN_PROBABILITY * whole)
