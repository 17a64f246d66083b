"""The whole way from a picture to numbers. Read this first; every stage is the file it is named after."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from threading import Lock
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from inkdigits import glyph
from inkdigits.errors import InkdigitsError, UsageError
from inkdigits.reading.decoding.decide import decide, unsure
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.limits import Limits
from inkdigits.reading.imaging.picture import Picture, Source, only_page, pages
from inkdigits.reading.imaging.region import cut, moved_back
from inkdigits.reading.inspect import Inspection, inspected
from inkdigits.reading.nearest import Nearest
from inkdigits.reading.networks.classifier import Accept, Network
from inkdigits.reading.networks.detector import Detector, Finds
from inkdigits.reading.normalise import glyphs_at
from inkdigits.reading.proposals import Located, locate
from inkdigits.reading.scoring import doubted, in_company, of_one_size, weighed
from inkdigits.reading.single import Seen, lone_digit, looked_at, read_from
from inkdigits.types import Box, Classification, Digit, Failure, Line, ModelName, Number, Reading


class ReadArguments(TypedDict, total=False):
    """The options of `read` as one value, for programs that hand them on: `reader.read(picture, **arguments)`."""

    single: bool
    region: Box | None
    form: Form | None
    min_confidence: float | None


def check_arguments(
    *, single: bool = False, region: Box | None = None, form: Form | None = None, min_confidence: float | None = None
) -> None:
    """Raise UsageError for options that contradict each other or make no sense."""
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise UsageError(f"The least confidence is a number from 0 to 1, not {min_confidence}.")
    if single and form is not None:
        raise UsageError("A single digit has no form: leave out `single`, or length, pattern, check and range.")


def check_normalised(shape: tuple[int, ...]) -> None:
    """Raise UsageError for the height and width of what is no glyph."""
    if shape != (glyph.SIZE, glyph.SIZE):
        raise UsageError(f"normalised digits are 28×28, not {shape[0]}×{shape[1]}; leave `normalised` out.")


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What was found out about a page on the way; `glyphs` uint8 N×28×28 has one for every one of the `finds`."""

    located: Located
    glyphs: NDArray[np.uint8]
    finds: Finds  # after both networks were asked
    lines: tuple[Line, ...]

    def glyph_of(self, digit: Digit) -> NDArray[np.uint8] | None:
        """The glyph of one of the digits of `lines`, uint8 28×28; None if it was taken for the whole page."""
        return None if digit.detection is None else self.glyphs[digit.detection]


class Reader:
    """Reads digits out of pictures. Built once and reused, from several threads too."""

    def __init__(
        self, model: str | os.PathLike[str] | None = None, *, limits: Limits | None = None, threads: int = 2
    ) -> None:
        """`model` is an exported network (`….onnx`, its card `….json` beside it) that tells digits; by default the
        packaged one.

        `threads` are what one picture may keep busy; give 1 where several are read at once.
        Raises ModelError when it is missing, damaged, or not one of ours.
        """
        self._network = Network(model, threads)
        self._threads = threads
        self._limits = limits or Limits()

    @cached_property
    def _detector(self) -> Detector:
        """Loaded when it is first needed: single digits do without."""
        return Detector(threads=self._threads)

    @cached_property
    def _nearest(self) -> Nearest:
        """Loaded when it is first needed: only to inspect."""
        return Nearest(self._network)

    @property
    def model(self) -> ModelName:
        """Which network reads."""
        return self._network.name

    def read(
        self,
        picture: Source,
        *,
        single: bool = False,
        region: Box | None = None,
        form: Form | None = None,
        min_confidence: float | None = None,
    ) -> Reading:
        """Read a picture of one page. Everything about the options stands at `inkdigits.read`."""
        start = time.perf_counter()
        page = only_page(picture, self._limits)
        return self._reading(page, start, single, region, form, min_confidence)

    def read_pages(
        self,
        picture: Source,
        *,
        name: str | None = None,
        single: bool = False,
        region: Box | None = None,
        form: Form | None = None,
        min_confidence: float | None = None,
    ) -> Iterator[Reading]:
        """Read a picture page by page. Everything about the options stands at `inkdigits.read_pages`."""
        start = time.perf_counter()
        for page in pages(picture, self._limits, name):
            yield self._reading(page, start, single, region, form, min_confidence)
            start = time.perf_counter()

    def attempt(
        self,
        picture: Source,
        *,
        name: str | None = None,
        single: bool = False,
        region: Box | None = None,
        form: Form | None = None,
        min_confidence: float | None = None,
    ) -> Iterator[Reading | Failure]:
        """As `read_pages`, but an error is not raised: it ends as a Failure in the place of the page that failed."""
        page = 1
        try:
            for reading in self.read_pages(
                picture, name=name, single=single, region=region, form=form, min_confidence=min_confidence
            ):
                yield reading
                page = reading.page + 1
        except InkdigitsError as error:
            file = name or (os.fspath(picture) if isinstance(picture, str | os.PathLike) else "-")
            yield Failure(file, page, error.kind, str(error))

    def _reading(
        self,
        page: Picture,
        start: float,
        single: bool,
        region: Box | None,
        form: Form | None,
        min_confidence: float | None,
    ) -> Reading:
        check_arguments(single=single, form=form, min_confidence=min_confidence)
        part = page if region is None else cut(page, region)
        if single:
            lines: tuple[Line, ...] = (Line((Number((self._digit(part, self._accept(min_confidence)),)),)),)
        else:
            lines = self.stages(part, form, min_confidence).lines
        if region is not None:
            lines = moved_back(lines, region)
        seconds = time.perf_counter() - start
        return Reading(page.file, page.page, page.width, page.height, lines, self._network.name, seconds)

    def stages(self, page: Picture, form: Form | None = None, min_confidence: float | None = None) -> Stages:
        """picture → located → glyphs → classified → weighed → decided and grouped: all that is found out on the way."""
        located = locate(page.grey, self._detector)
        glyphs = glyphs_at(located.finds.boxes, located.ink, located.ink_scale)
        both = weighed(located.finds, self._network.classify(glyphs))
        finds = doubted(in_company(of_one_size(both)), located.torn)
        accept = self._accept(min_confidence)
        lines = decide(finds, located.signs, accept, form)
        return Stages(located, glyphs, finds, self._alone(page, accept, form, lines) if unsure(lines) else lines)

    def _alone(self, page: Picture, accept: Accept, form: Form | None, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """A page on which nothing is sure may still be one digit that fills it."""
        digit = lone_digit(page.grey, self._network, accept)
        fits = digit.accepted and (form is None or form.fits(digit.text))
        likely = not lines and form is None and digit.digitness >= accept.digitness  # better a `?` than nothing
        return (Line((Number((digit,)),)),) if fits or likely else lines

    def _digit(self, page: Picture, accept: Accept) -> Digit:
        """The page is one digit: picture → marks → glyphs → probabilities → digit"""
        seen, answers = looked_at([page.grey], self._network)
        return read_from(seen[0], answers, accept)

    def _accept(self, least: float | None) -> Accept:
        return self._network.accept if least is None else replace(self._network.accept, confidence=least)

    def read_digit(self, picture: Source) -> Digit:
        """Read a picture that is one digit. Without any ink the digit has digitness 0 and is not accepted."""
        return self._digit(only_page(picture, self._limits), self._network.accept)

    def glyph(self, picture: Source) -> NDArray[np.uint8]:
        """The 28×28 that the network sees of a picture that is one digit: uint8, ink bright on 0."""
        seen, _ = looked_at([only_page(picture, self._limits).grey], self._network)
        return seen[0].glyph

    def inspect(self, picture: Source, *, normalised: bool = False, min_confidence: float | None = None) -> Inspection:
        """Read a picture that is one digit, and tell how that came about.

        `normalised` says that the picture is a glyph already, 28×28, ink bright on 0. Raises as `read`, and UsageError
        for a glyph of another size.
        """
        check_arguments(min_confidence=min_confidence)
        page = only_page(picture, self._limits)
        if normalised:
            check_normalised(page.grey.shape)
        whole = Seen(Box(0, 0, page.width, page.height), page.grey)
        seen = whole if normalised else looked_at([page.grey], self._network)[0][0]
        return inspected(seen, self._network, self._accept(min_confidence), self._nearest)

    def classify(self, images: NDArray[np.uint8], normalised: bool = False) -> Classification:
        """Classify N digits, uint8 N×H×W, of any size and polarity; `normalised` says they are 28×28 in MNIST's form.

        Raises UsageError when `images` are no such array.
        """
        if not isinstance(images, np.ndarray):
            raise UsageError(
                f"classify takes a numpy array, uint8 N×H×W, not {type(images).__name__}; convert it first."
            )
        if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape[1:]:
            raise UsageError(
                f"classify takes uint8 N×H×W, not {images.dtype} of shape {images.shape}; convert it first."
            )
        if normalised:
            check_normalised(images.shape[1:])
        return self._network.classify(images) if normalised else looked_at(list(images), self._network)[1]


_shared_lock = Lock()


def _shared() -> Reader:
    with _shared_lock:  # two threads must not build it twice
        return _built()


@cache
def _built() -> Reader:
    return Reader()


def read(
    picture: Source,
    *,
    single: bool = False,
    region: Box | None = None,
    form: Form | None = None,
    min_confidence: float | None = None,
) -> Reading:
    """Read the numbers on a picture of one page, with the packaged networks.

    Args:
        picture: a path, the bytes of a file, or an array: uint8 or uint16, H×W (grey), H×W×3 (RGB) or H×W×4 (RGBA).
        single: the whole picture is one digit.
        region: the part of the page to read, in pixels of the upright picture; all boxes are in these pixels too.
            By default the whole page.
        form: what is known of every number: its length, pattern, check digit, range. Not together with `single`.
        min_confidence: the least confidence, 0..1, with which a digit is accepted; a digit below it is shown as `?`.
            By default what the network's card says.

    Raises:
        PictureError: the picture cannot be opened, or `region` lies outside it.
        PictureTooLargeError: it has more bytes or pixels than `Limits` allows.
        SeveralPagesError: it has several pages; use `read_pages`.
        UsageError: options that contradict each other or make no sense.
    """
    return _shared().read(picture, single=single, region=region, form=form, min_confidence=min_confidence)


def read_pages(
    picture: Source,
    *,
    name: str | None = None,
    single: bool = False,
    region: Box | None = None,
    form: Form | None = None,
    min_confidence: float | None = None,
) -> Iterator[Reading]:
    """Read a picture page by page (a PDF, a TIFF of several pages, or one page), with the packaged networks.

    Args:
        picture: as in `read`.
        name: what the picture is called in readings and errors; by default its path, or `-`.
        single, region, form, min_confidence: as in `read`, the same for every page.

    Raises:
        PictureError, PictureTooLargeError, UsageError: as `read`, at the page where it happens.
    """
    return _shared().read_pages(
        picture, name=name, single=single, region=region, form=form, min_confidence=min_confidence
    )


def read_digit(picture: Source) -> Digit:
    """Read a picture that is one digit with the packaged network; see `Reader.read_digit`."""
    return _shared().read_digit(picture)
