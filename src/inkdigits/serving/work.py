"""What is done in a thread: bytes of a picture → the JSON of the answer. Nothing here knows of HTTP."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.reading.annotate import annotated
from inkdigits.reading.formats import is_pdf, opener
from inkdigits.reading.picture import Picture, only_page, pages
from inkdigits.reading.reader import How, Reader
from inkdigits.reading.region import cut
from inkdigits.serving.body import Sent
from inkdigits.serving.limits import Bounds
from inkdigits.serving.options import DigitOptions, ReadOptions
from inkdigits.serving.pool import too_long
from inkdigits.serving.problems import Problem
from inkdigits.types import Digit, Reading

_SIDE = 2000  # pixels: the longest side of an annotated page


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and what the metrics are told of it."""

    body: bytes
    pages: int
    accepted: int
    refused: int


def read(reader: Reader, sent: Sent, options: ReadOptions, bounds: Bounds) -> Answer:
    """All pages. Raises InkdigitsError, and Problem: media-type, or time between two pages."""
    _check_kind(sent)
    deadline = time.monotonic() + bounds.seconds
    answers, digits = [], list[Digit]()
    for page, reading in _readings(reader, sent, options.how(), bounds):
        answers.append(reading.as_dict() | ({"annotated": _drawn(page, reading)} if options.annotate else {}))
        digits += reading.digits
        if time.monotonic() > deadline:
            raise too_long(bounds)
    return _answer({"readings": answers}, len(answers), digits)


def digit(reader: Reader, sent: Sent, options: DigitOptions, bounds: Bounds) -> Answer:
    """One digit, and the 28×28 the network saw of it. Raises InkdigitsError, and Problem media-type."""
    _check_kind(sent)
    how, page = options.how(), only_page(sent.data, bounds.picture)
    (found,) = _reading(reader, page, sent.name, how).digits
    region = how["region"]
    seen = reader.glyph((page if region is None else cut(page, region)).image)
    return _answer(found.as_dict() | {"glyph": data_url(Image.fromarray(seen))}, 1, [found])


def data_url(image: Image.Image) -> str:
    """An image as PNG in a data URL."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)  # higher levels take several times as long for a few per cent
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _check_kind(sent: Sent) -> None:
    """Whether the bytes begin as a picture does, whatever they were said to be."""
    if not sent.data or is_pdf(sent.data):
        return  # that there is nothing is told by who opens it
    try:
        opener(sent.data, sent.name)
    except PictureError as error:
        raise Problem("media-type", str(error)) from error


def _readings(reader: Reader, sent: Sent, how: How, bounds: Bounds) -> Iterator[tuple[Picture, Reading]]:
    start = time.perf_counter()
    for page in pages(sent.data, bounds.picture, sent.name):
        reading = _reading(reader, page, sent.name, how)
        yield page, replace(reading, page=page.page, seconds=time.perf_counter() - start)
        start = time.perf_counter()


def _reading(reader: Reader, page: Picture, name: str, how: How) -> Reading:
    """A page that is decoded already: whoever annotates needs its pixels too, and they are decoded only once."""
    return next(reader.read_pages(page.image, name=name, **how))


def _drawn(page: Picture, reading: Reading) -> str:
    image = annotated(page, reading)
    image.thumbnail((_SIDE, _SIDE))
    return data_url(image)


def _answer(content: dict[str, Any], count: int, digits: list[Digit]) -> Answer:
    accepted = sum(each.accepted for each in digits)
    return Answer(json.dumps(content, ensure_ascii=False).encode(), count, accepted, len(digits) - accepted)
