"""Read the fields of a registered sheet: what each may say, with probabilities.

What is written in all fields is laid out as one page, a field on each line, and that page goes through the reader's
networks once; then each line is decoded by itself, as a field's place is known. Where a field has a printed box for
each digit, each is looked at by itself as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, islice, takewhile
from operator import mul

import numpy as np
from numpy.typing import NDArray

from inkdigits.forms.registration import Registration
from inkdigits.forms.template import FormField
from inkdigits.forms.writing import MIN_STRENGTH, Writing, cut_writing, distort, find_boxed, lay_out
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

_SCALES = (0.75, 1.0, 1.35)  # that the page of fields is shown to the detector in: its digits are of one size
_FURTHER_LOOKS = ((0.12, 1.0), (-0.12, 1.0), (0.0, 0.88), (0.0, 1.1))  # at a field: shear, columns a row, and scale
_MAX_CANDIDATES = 40  # of a field
_MAX_GAP_READINGS, _MAX_TEXTS = 3, 400  # that are looked at where signs may be written
_MISFIT = 0.02  # probability that what is written is not of the kind or form that the field asks for
_BOXED_SHARE, _MAX_BOXED_DIGITS = 0.2, 4  # of what a row may be, by its boxed digits alone; digits that each may be
_MIN_BOXED_DIGITNESS = 0.1  # of what is written in a box: what has less, before the first digit, strikes the box out
_MISCOUNT = 0.001  # probability that a field has more or fewer digits than printed boxes that seem filled
_MIN_PROBABILITY = 1e-7


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the things that a field may say: its text, and its probability among all that were looked at."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class FieldReading:
    """What a field alone says: `candidates`, best first, "" for an empty one; `digits`, float64 N×10, how probable each
    digit is in each place of what its row is read as, or its printed boxes, which may be more or fewer places than the
    best candidate has; and its picture `crop`, uint8 h×w."""

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
        return self._read_writings(registration.template.fields, cut_writing(registration, grey))

    def look_again(
        self, readings: Sequence[FieldReading], registration: Registration, grey: Pixels
    ) -> list[FieldReading]:
        """What `readings` of a sheet and four further looks say in the mean, which see its writing sheared or scaled: a
        digit that is misread once is seldom misread always."""
        fields, writings = registration.template.fields, cut_writing(registration, grey)
        looks = [self._read_writings(fields, [distort(each, *look) for each in writings]) for look in _FURTHER_LOOKS]
        return [_average(own) for own in zip(readings, *looks, strict=True)]

    def _read_writings(self, fields: Sequence[FormField], writings: Sequence[Writing]) -> list[FieldReading]:
        """What each field says, whose writing is already cut out."""
        page, slots = lay_out([each.ink for each in writings if each.ink is not None])
        written = [(field, each.box) for field, each in zip(fields, writings, strict=True) if each.ink is not None]
        rows = iter(self._read_rows(page, slots, written))
        nothing = (Candidate("", 1.0),), np.zeros((0, 10))
        return [
            FieldReading(field, *(nothing if each.ink is None else next(rows)), each.crop)
            for field, each in zip(fields, writings, strict=True)
        ]

    def _read_rows(
        self, page: Pixels, slots: Sequence[Box], written: Sequence[tuple[FormField, Box]]
    ) -> list[tuple[tuple[Candidate, ...], NDArray[np.float64]]]:
        """What stands in each slot of a page of fields, each `written` in with its box in pixels of its slot."""
        if not slots:
            return []
        ink = np.asarray(255 - page, np.uint8)
        proposals = propose_in_ink(Ink(ink, (ink > MIN_STRENGTH).astype(np.uint8)), self._detector, scales=_SCALES)
        glyphs = crop_glyphs(proposals.detections.boxes, proposals.ink, proposals.ink_scale)
        scored = fuse_scores(proposals.detections, self._classifier.classify(glyphs))
        hypotheses, middles = list(make_hypotheses(scored)), scored.centres
        boxed = [find_boxed(page, slot, box, field.cells) for slot, (field, box) in zip(slots, written, strict=True)]
        boxes = np.array([each.as_list() for own in boxed for each in own or ()], np.float64).reshape(-1, 4)
        single = self._classifier.classify(crop_glyphs(boxes, proposals.ink))
        singles = iter(zip(single.probabilities, single.digitness, strict=True))
        results = []
        for slot, (field, _), own_boxed in zip(slots, written, boxed, strict=True):
            is_own = ((middles >= [slot.x, slot.y]) & (middles < [slot.right, slot.bottom])).all(axis=1)
            own = [hypotheses[index] for index in np.flatnonzero(is_own)]
            inks = [box for box in proposals.ink_components if slot.y <= box.y and box.bottom <= slot.bottom]
            readings, digits = self._read_row(proposals, own, inks, field)
            filled = None
            if own_boxed is not None:
                every = list(islice(singles, len(own_boxed)))
                struck = [float(each) for _, each in takewhile(lambda each: each[1] < _MIN_BOXED_DIGITNESS, every)]
                one_by_one = np.array([probabilities for probabilities, _ in every]).reshape(-1, 10)
                readings = _mix(readings, one_by_one, len(struck))
                digits = _mix_digits(digits, one_by_one[len(struck) :])
                filled = _count_filled(len(every) - len(struck), struck)
            results.append((weigh_texts(readings, field, filled), digits))
        return results

    def _read_row(
        self, proposals: Proposals, hypotheses: list[Hypothesis], inks: Sequence[Box], field: FormField
    ) -> tuple[list[tuple[str, float]], NDArray[np.float64]]:
        """What a field may say in which there is ink, with components `inks`, and its digits place by place."""
        boxes = [each.box for each in decode_row(hypotheses)]
        if not boxes and not inks:
            return [], np.zeros((0, 10))
        transcripts = transcribe_row(self._transcriber, None, proposals, boxes or inks)
        if not field.has_signs:
            transcripts = [each.expect_digits() for each in transcripts]
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


def _average(looks: Sequence[FieldReading]) -> FieldReading:
    """The mean of what several looks at a field say."""
    totals: dict[str, float] = {}
    told = [each for each in looks if each.candidates]
    for candidate in chain.from_iterable(each.candidates for each in told):
        totals[candidate.text] = totals.get(candidate.text, 0.0) + candidate.probability / len(told)
    best = sorted(totals.items(), key=lambda item: -item[1])[:_MAX_CANDIDATES]
    agreeing = [each.digits for each in told if each.candidates[0].text == best[0][0]] or [looks[0].digits]
    digits = np.mean([each for each in agreeing if each.shape == agreeing[0].shape], axis=0)
    return replace(looks[0], candidates=tuple(Candidate(*each) for each in best), digits=digits)


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


def _mix(
    readings: Sequence[tuple[str, float]], one_by_one: NDArray[np.float64], struck: int
) -> list[tuple[str, float]]:
    """Readings of a whole row, and of its digits N×10 each by itself: a digit that the former lose is in the latter.
    The first `struck` of these are probably none, but may be: texts begin with each of them, and with what follows."""
    starts = range(struck + 1)
    texts = [each for start in starts for each in list_likely_texts(one_by_one[start:], _MAX_BOXED_DIGITS)]
    share = _BOXED_SHARE if readings else 1.0
    return [(text, (1 - share) * p) for text, p in readings] + [(text, share * p) for text, p in texts]


def list_likely_texts(digits: NDArray[np.float64], max_digits: int) -> list[tuple[str, float]]:
    """The most probable texts of digits, N×10, that know nothing of one another, of `max_digits` in each place."""
    texts = [("", 1.0)]
    for probabilities in digits.tolist():
        likely = sorted(enumerate(probabilities), key=lambda each: -each[1])[:max_digits]
        texts = [(text + str(digit), p * own) for text, p in texts for digit, own in likely]
        texts = sorted(texts, key=lambda reading: -reading[1])[:_MAX_CANDIDATES]
    return texts


def _mix_digits(digits: NDArray[np.float64], one_by_one: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for its digits, place by place; where the row has more or fewer of them, by themselves alone."""
    if digits.shape != one_by_one.shape:
        return one_by_one
    return (1 - _BOXED_SHARE) * digits + _BOXED_SHARE * one_by_one


def _count_filled(count: int, struck: Sequence[float]) -> dict[int, float]:
    """How probable it is, beside the likeliest, that so many printed boxes have a digit: `count`, or some of the
    `struck` ones before them too, each with the probability that it is one all the same."""
    return dict(enumerate(accumulate(reversed(struck), mul, initial=1.0), count))


def weigh_texts(
    readings: Sequence[tuple[str, float]], field: FormField, filled: Mapping[int, float] | None
) -> tuple[Candidate, ...]:
    """The candidates of a field: what does not fit it is hardly probable. `filled` says how probable so many digits
    are, others are hardly; None where that is not known."""
    totals: dict[str, float] = {}
    expected = Expected(field.form, field.values)
    for text, probability in readings:
        weight = max(_MISFIT, expected.weigh(text) if field.has_room(text) else 0.0)
        if filled is not None:
            weight *= max(_MISCOUNT, filled.get(sum(character.isdecimal() for character in text), 0.0))
        totals[text] = totals.get(text, 0.0) + probability * weight
    whole = sum(totals.values()) or 1.0
    best = sorted(totals.items(), key=lambda item: -item[1])[:_MAX_CANDIDATES]
    return tuple(Candidate(text, p / whole) for text, p in best if p > _MIN_PROBABILITY * whole)
