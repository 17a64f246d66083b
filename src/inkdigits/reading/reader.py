"""Read numbers from pictures. Start here: `Reader._run_stages` names every stage of reading a page, in order."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import UsageError
from inkdigits.marks import Box
from inkdigits.reading import scoring, turning
from inkdigits.reading.arguments import (
    NumberArguments,
    ReadArguments,
    check_arguments,
    check_glyph_shape,
    check_min_confidence,
    get_expected,
)
from inkdigits.reading.assemble import assemble_reading
from inkdigits.reading.crossed import reject_crossed_out
from inkdigits.reading.decoding.cells import BoxKind
from inkdigits.reading.decoding.decide import decode_lines
from inkdigits.reading.decoding.expected import Expected, SignChoice
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.decoding.understand import understand_lines
from inkdigits.reading.imaging.limits import Limits
from inkdigits.reading.imaging.picture import Picture, Source, attempt_pages, load_pages, load_single_page
from inkdigits.reading.imaging.region import crop_page
from inkdigits.reading.inspect import Inspection, inspect_crop
from inkdigits.reading.nearest import NeighbourIndex
from inkdigits.reading.networks.classifier import AcceptThresholds, Classifier
from inkdigits.reading.networks.detector import Detections, Detector
from inkdigits.reading.networks.second import SecondReader
from inkdigits.reading.networks.transcriber import Transcriber
from inkdigits.reading.normalise import crop_glyphs
from inkdigits.reading.proposals import Proposals, find_page_grid, propose_digits
from inkdigits.reading.single import Crop, choose_crops, find_best_crops, read_crop
from inkdigits.reading.strips import transcribe_row
from inkdigits.reading.whole_page import decode_lone_number, read_whole_page
from inkdigits.types import Classification, Digit, Failure, Line, ModelName, Number, Reading
from inkdigits.values import ValueRules

_MAX_INK_SHARE = 0.5  # of a page: what covers more of it is paper


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What was found out about a page on the way. `detections` are those of `proposals`, with the scores of both
    networks, and `glyphs`, uint8 N×28×28, has one for each.

    If the page was turned to read it, clockwise by `turned_degrees`, only the boxes of `lines` are turned back.
    """

    proposals: Proposals
    glyphs: NDArray[np.uint8]
    detections: Detections
    lines: tuple[Line, ...]
    turned_degrees: int = 0

    def find_glyph(self, digit: Digit) -> NDArray[np.uint8] | None:
        """The glyph of one of the digits of `lines`, uint8 28×28; None if it was read from the whole page."""
        return None if digit.detection is None else self.glyphs[digit.detection]


class Reader:
    """Reads digits out of pictures. Built once and reused, from several threads too."""

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        limits: Limits | None = None,
        threads: int = 2,
        second: bool = False,
    ) -> None:
        """`model` is an exported network (`….onnx`, its card `….json` beside it); by default the packaged one.

        `threads` are what one picture may keep busy; give 1 where several are read at once. `second` asks somebody
        else's network as well, of every row (networks/second.py; `pip install 'inkdigits[second]'`).
        Raises ModelError when a network is missing, damaged, or not what it should be.
        """
        self._classifier = Classifier(model, threads)
        self._threads = threads
        self._limits = limits or Limits()
        self._second = SecondReader(threads) if second else None

    @cached_property
    def _detector(self) -> Detector:
        """Loaded when it is first needed: single digits do without."""
        return Detector(threads=self._threads)

    @cached_property
    def _transcriber(self) -> Transcriber:
        """Loaded when it is first needed, as the detector is."""
        return Transcriber(threads=self._threads)

    @cached_property
    def _neighbour_index(self) -> NeighbourIndex:
        """Loaded when it is first needed: only to inspect."""
        return NeighbourIndex(self._classifier)

    @property
    def model(self) -> ModelName:
        """Which network reads, and which second one, if any."""
        own = self._classifier.name
        return own if self._second is None else ModelName(f"{own.name} and {self._second.name}", own.version)

    def read(
        self,
        picture: Source,
        *,
        single: bool = False,
        region: Box | None = None,
        form: Form | None = None,
        min_confidence: float | None = None,
        boxes: BoxKind = "auto",
        values: ValueRules | None = None,
        signs: SignChoice = "keep",
    ) -> Reading:
        """Read a picture of one page. Everything about the options stands at `inkdigits.read`."""
        start = time.perf_counter()
        known = NumberArguments(form=form, min_confidence=min_confidence, boxes=boxes, values=values, signs=signs)
        arguments = check_arguments({**known, "single": single, "region": region})
        return self._read_page(load_single_page(picture, self._limits), start, arguments)

    def read_pages(
        self,
        picture: Source,
        *,
        name: str | None = None,
        single: bool = False,
        region: Box | None = None,
        form: Form | None = None,
        min_confidence: float | None = None,
        boxes: BoxKind = "auto",
        values: ValueRules | None = None,
        signs: SignChoice = "keep",
    ) -> Iterator[Reading]:
        """Read a picture page by page. Everything about the options stands at `inkdigits.read_pages`."""
        known = NumberArguments(form=form, min_confidence=min_confidence, boxes=boxes, values=values, signs=signs)
        arguments = check_arguments({**known, "single": single, "region": region})
        return self._read_each(load_pages(picture, self._limits, name), arguments)

    def attempt(
        self,
        picture: Source,
        *,
        name: str | None = None,
        single: bool = False,
        region: Box | None = None,
        form: Form | None = None,
        min_confidence: float | None = None,
        boxes: BoxKind = "auto",
        values: ValueRules | None = None,
        signs: SignChoice = "keep",
    ) -> Iterator[Reading | Failure]:
        """As `read_pages`, but a page that cannot be read is no error: a Failure stands in its place, others follow."""
        known = NumberArguments(form=form, min_confidence=min_confidence, boxes=boxes, values=values, signs=signs)
        arguments = check_arguments({**known, "single": single, "region": region})
        return attempt_pages(picture, self._limits, name, lambda page, start: self._read_page(page, start, arguments))

    def _read_each(self, pages: Iterator[Picture], arguments: ReadArguments) -> Iterator[Reading]:
        start = time.perf_counter()
        for page in pages:
            yield self._read_page(page, start, arguments)
            start = time.perf_counter()

    def _read_page(self, page: Picture, start: float, arguments: ReadArguments) -> Reading:
        region, thresholds = arguments.get("region"), self._get_thresholds(arguments.get("min_confidence"))
        cropped = crop_page(page, region)
        if arguments.get("single"):
            line = Line((Number((self._read_single(cropped, thresholds),)),))
            return assemble_reading(page, region, (line,), None, 0, self.model, start)
        stages = self._run_best_stages(cropped, get_expected(arguments), thresholds)
        return assemble_reading(page, region, stages.lines, stages.proposals, stages.turned_degrees, self.model, start)

    def run_stages(
        self,
        page: Picture,
        *,
        form: Form | None = None,
        min_confidence: float | None = None,
        boxes: BoxKind = "auto",
        values: ValueRules | None = None,
        signs: SignChoice = "keep",
    ) -> Stages:
        """The whole way: where digits may stand on a page, which they are, and the numbers they make."""
        return self._run_best_stages(page, Expected(form, values, boxes, signs), self._get_thresholds(min_confidence))

    def _run_best_stages(self, page: Picture, expected: Expected, thresholds: AcceptThresholds) -> Stages:
        """The page as it is; if nothing on it is sure, with ink and paper exchanged, as a bright sheet on a dark table
        may seem to be dark; and turned, as often as it then reads better: on its side, and upside down."""
        stages, quarters = self._run_stages(page, expected, thresholds), 0
        if not turning.count_right(stages.lines):
            exchanged = self._run_stages(page, expected, thresholds, other_polarity=True)
            was_paper = stages.proposals.ink.mask.mean() > _MAX_INK_SHARE
            if stages.lines:
                is_better = turning.reads_well(exchanged.lines)
            else:
                is_better = was_paper or any(number.accepted for line in exchanged.lines for number in line.numbers)
            stages = exchanged if is_better else stages
        while turn := turning.guess_quarters(stages.proposals, stages.lines, self._classifier):
            turned = self._run_stages(turning.turn_page(page, quarters + turn), expected, thresholds)
            if not turning.is_better_turned(turned.lines, stages.lines, turn):
                break
            stages, quarters = turned, (quarters + turn) % 4
        return replace(
            stages, lines=turning.turn_lines_back(stages.lines, quarters, page), turned_degrees=90 * quarters
        )

    def _run_stages(
        self, page: Picture, expected: Expected, thresholds: AcceptThresholds, other_polarity: bool = False
    ) -> Stages:
        grey = page.grey
        # Where digits may stand, by the detector. Detections overlap and conflict; boxes are in pixels of the page.
        proposals = propose_digits(grey, self._detector, other_polarity)
        # Every detection by itself, as MNIST has digits: uint8 N×28×28.
        glyphs = crop_glyphs(proposals.detections.boxes, proposals.ink, proposals.ink_scale)
        # Which digit it is, and whether it is one: both networks' scores as one, then what the page makes of them.
        detections = scoring.fuse_scores(proposals.detections, self._classifier.classify(glyphs))
        detections = scoring.drop_solids(detections, grey)  # a disc, a blot
        in_size = scoring.penalise_size_outliers(detections)  # the digits of a page are about equally high
        detections = scoring.penalise_isolated(in_size)  # and seldom stand alone
        # The rules of boxes, tables and combs: no digits, and where numbers end.
        grid, proposals = find_page_grid(proposals, detections)
        detections = scoring.restore_in_tables(detections, in_size, grid)  # in wide cells they do stand alone
        detections = scoring.favour_lists(detections, grid)  # and a stroke in a list of digits is a 1
        detections = scoring.cap_fragments(detections, proposals.is_fragment)  # a piece of a drawing is at most a `?`
        # The most probable digits that do not conflict and fit the form, in numbers and lines. What a whole row says to
        # the transcriber, which reads it from left to right, counts as much as the digits that were found in it.
        transcribe = partial(transcribe_row, self._transcriber, self._second, proposals)
        ink = proposals.ink_components
        decode = partial(
            decode_lines, ink_components=ink, thresholds=thresholds, expected=expected, transcribe=transcribe, grid=grid
        )
        # A short number alone on its page has lost too much by its isolation.
        lines = decode(detections) or decode_lone_number(in_size, proposals, decode)
        lines = reject_crossed_out(lines, proposals.ink, proposals.ink_scale)
        if not expected.tells_kind:  # a page with nothing sure on it may be one large number
            lines = read_whole_page(grey, proposals, lines, expected.form, self._classifier, thresholds)
        lines = understand_lines(lines, expected.values, thresholds)
        return Stages(proposals, glyphs, detections, lines)

    def _read_single(self, page: Picture, thresholds: AcceptThresholds) -> Digit:
        """The digit of a page that is one digit."""
        crops, classification = find_best_crops([page.grey], self._classifier)
        return read_crop(crops[0], classification, thresholds)

    def _get_thresholds(self, min_confidence: float | None) -> AcceptThresholds:
        thresholds = self._classifier.thresholds
        return thresholds if min_confidence is None else replace(thresholds, min_confidence=min_confidence)

    def read_digit(self, picture: Source) -> Digit:
        """Read a picture that is one digit. Without any ink the digit has digitness 0 and is not accepted."""
        return self._read_single(load_single_page(picture, self._limits), self._classifier.thresholds)

    def extract_glyph(self, picture: Source) -> NDArray[np.uint8]:
        """The 28×28 that the network sees of a picture that is one digit: uint8, ink bright on 0."""
        return find_best_crops([load_single_page(picture, self._limits).grey], self._classifier)[0][0].glyph

    def inspect(
        self, picture: Source, *, normalised: bool = False, min_confidence: float | None = None, brief: bool = False
    ) -> Inspection:
        """Read a picture that is one digit, and explain how it was read.

        `normalised` says that the picture is a glyph already, 28×28, ink bright on 0. `brief` leaves out layers,
        occlusion and neighbours. Raises as `read`, and UsageError for a glyph of another size.
        """
        check_min_confidence(min_confidence)
        page = load_single_page(picture, self._limits)
        if normalised:
            check_glyph_shape(page.grey.shape)
            whole = Crop(Box(0, 0, page.width, page.height), page.grey)
            (crop,), classification = choose_crops([[whole]], self._classifier)
        else:
            (crop,), classification = find_best_crops([page.grey], self._classifier)
        thresholds, neighbours = self._get_thresholds(min_confidence), None if brief else self._neighbour_index
        return inspect_crop(crop, classification, self._classifier, thresholds, neighbours)

    def classify(self, images: NDArray[np.uint8], normalised: bool = False) -> Classification:
        """Classify N digits, uint8 N×H×W, of any size and polarity; `normalised` says they are 28×28 in MNIST's form.

        Raises UsageError when `images` are no such array.
        """
        if not isinstance(images, np.ndarray):
            raise UsageError(f"classify takes a numpy array, uint8 N×H×W, not {type(images).__name__}; convert it.")
        if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape[1:]:
            raise UsageError(
                f"classify takes uint8 N×H×W, not {images.dtype} of shape {images.shape}; convert it first."
            )
        if normalised:
            check_glyph_shape(images.shape[1:])
        return self._classifier.classify(images) if normalised else find_best_crops(list(images), self._classifier)[1]
