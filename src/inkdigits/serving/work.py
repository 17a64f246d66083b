"""What is done in a thread: bytes of a picture → the JSON of the answer. Nothing here knows of HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from inkdigits.errors import PictureError
from inkdigits.reading.arguments import ReadArguments, get_number_arguments
from inkdigits.reading.imaging.formats import find_opener, is_pdf
from inkdigits.reading.imaging.picture import Picture, load_page, load_pages, load_single_page
from inkdigits.reading.imaging.region import crop_page
from inkdigits.reading.output.annotate import draw_reading
from inkdigits.reading.output.write import FORMATS
from inkdigits.reading.reader import Reader
from inkdigits.serving import answers
from inkdigits.serving.body import Upload
from inkdigits.serving.options import CSV, JSON_LINES, DigitOptions, ExplainOptions, InspectOptions, ReadOptions
from inkdigits.serving.pool import timeout_problem
from inkdigits.serving.problems import Problem
from inkdigits.serving.settings import Bounds
from inkdigits.serving.views import data_url, glyph_url
from inkdigits.types import Digit, Reading

_SIDE = 2000  # pixels: the longest side of an annotated page
_FORMATS = {"csv": (CSV, FORMATS["csv"]), "jsonl": (JSON_LINES, FORMATS["json"])}


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and what the metrics are told of it."""

    body: bytes
    pages: int
    accepted: int
    refused: int
    kind: str = "application/json"


def read(reader: Reader, upload: Upload, options: ReadOptions, bounds: Bounds) -> Answer:
    """All pages. Raises InkdigitsError, and Problem: media-type, or time between two pages."""
    check_kind(upload)
    deadline = time.monotonic() + bounds.seconds
    pages, readings = [], list[Reading]()
    for page, reading in _read_pages(reader, upload, options.how(), bounds):
        pages.append(reading.as_dict() | ({"annotated": _draw_annotated(page, reading)} if options.annotate else {}))
        readings.append(reading)
        if time.monotonic() > deadline:
            raise timeout_problem(bounds)
    answer = _build_answer({"readings": pages}, len(pages), [digit for reading in readings for digit in reading.digits])
    return answer if options.format is None else replace(answer, **_format_readings(readings, options.format))


def _format_readings(readings: list[Reading], name: str) -> dict[str, Any]:
    """The body in the words of the command line, and what it is."""
    kind, output_format = _FORMATS[name]
    text = output_format.begin + "".join(map(output_format.page, readings)) + output_format.end
    return {"body": text.encode("utf-8", "surrogateescape"), "kind": kind}


def digit(reader: Reader, upload: Upload, options: DigitOptions, bounds: Bounds) -> Answer:
    """One digit, and the 28×28 the network saw of it. Raises InkdigitsError, and Problem media-type."""
    check_kind(upload)
    how, page = options.how(), load_single_page(upload.data, bounds.picture)
    (result,) = _read_page(reader, page, upload.name, how).digits
    region = how["region"]
    glyph = reader.extract_glyph((page if region is None else crop_page(page, region)).image)
    return _build_answer(result.as_dict() | {"glyph": glyph_url(glyph)}, 1, [result])


def inspect(reader: Reader, upload: Upload, options: InspectOptions, bounds: Bounds) -> Answer:
    """One digit, and how the network came to it. Raises as `digit`. Counted as no reading: who draws asks often."""
    check_kind(upload)
    page = load_single_page(upload.data, bounds.picture)
    how = {"normalised": options.normalised, "brief": options.brief}
    result = reader.inspect(page.image, min_confidence=options.min_confidence, **how)
    return _build_answer(answers.inspection_json(result), 0, [])


def explain(reader: Reader, upload: Upload, options: ExplainOptions, bounds: Bounds) -> Answer:
    """One page: a picture of every stage of reading it, and every digit's glyph. Raises as `digit`; counted as none."""
    check_kind(upload)
    how, page = options.how(), load_page(upload.data, options.page, bounds.picture, upload.name)
    region = how["region"]
    part = page if region is None else crop_page(page, region)
    reading = replace(_read_page(reader, page, upload.name, how), page=page.page)
    stages = reader.run_stages(part, **get_number_arguments(how))
    stage_glyphs = [stages.find_glyph(each) for each in reading.digits]
    glyphs = [reader.extract_glyph(part.image) if glyph is None else glyph for glyph in stage_glyphs]
    return _build_answer(answers.explanation_json(page, reading, stages, glyphs), 0, [])


def check_kind(upload: Upload) -> None:
    """Whether the bytes begin as a picture does, whatever they were said to be."""
    if not upload.data or is_pdf(upload.data):
        return  # that there is nothing is told by who opens it
    try:
        find_opener(upload.data, upload.name)
    except PictureError as error:
        raise Problem("media-type", str(error)) from error


def _read_pages(
    reader: Reader, upload: Upload, how: ReadArguments, bounds: Bounds
) -> Iterator[tuple[Picture, Reading]]:
    start = time.perf_counter()
    for page in load_pages(upload.data, bounds.picture, upload.name):
        reading = _read_page(reader, page, upload.name, how)
        yield page, replace(reading, page=page.page, seconds=time.perf_counter() - start)
        start = time.perf_counter()


def _read_page(reader: Reader, page: Picture, name: str, how: ReadArguments) -> Reading:
    """A page that is decoded already: whoever annotates needs its pixels too, and they are decoded only once."""
    return next(reader.read_pages(page.image, name=name, **how))


def _draw_annotated(page: Picture, reading: Reading) -> str:
    image = draw_reading(page, reading)
    image.thumbnail((_SIDE, _SIDE))
    return data_url(image)


def _build_answer(content: dict[str, Any], count: int, digits: list[Digit]) -> Answer:
    accepted = sum(each.accepted for each in digits)
    return Answer(json.dumps(content, ensure_ascii=False).encode(), count, accepted, len(digits) - accepted)
