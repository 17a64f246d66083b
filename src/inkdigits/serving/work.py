"""What is done in a thread: bytes of pictures → the JSON of the answer. Nothing here knows of HTTP."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inkdigits.errors import PictureError, PictureTooLargeError, SeveralPagesError
from inkdigits.reading.arguments import ReadArguments, get_number_arguments
from inkdigits.reading.imaging.formats import find_opener, is_pdf
from inkdigits.reading.imaging.picture import Picture, attempt_pages, load_page
from inkdigits.reading.imaging.region import crop_page, shift_boxes
from inkdigits.reading.output.annotate import draw_reading
from inkdigits.reading.output.write import COLUMNS, FORMATS
from inkdigits.reading.reader import Reader
from inkdigits.serving import answers
from inkdigits.serving.body import Upload
from inkdigits.serving.options import CSV, JSON_LINES, DigitOptions, ExplainOptions, InspectOptions, ReadOptions
from inkdigits.serving.problems import Problem, describe, of_kind
from inkdigits.serving.settings import Bounds
from inkdigits.serving.views import data_url, glyph_url
from inkdigits.types import Digit, Failure, Reading

_SIDE = 2000  # pixels: the longest side of an annotated page
LONGEST_ANSWER = 256 * 2**20  # bytes
_FORMATS = {"csv": (CSV, FORMATS["csv"]), "jsonl": (JSON_LINES, FORMATS["json"])}


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and what the metrics are told of it."""

    body: bytes
    pages: int
    accepted: int
    refused: int
    kind: str = "application/json"


def read(
    reader: Reader, uploads: Sequence[Upload], options: ReadOptions, bounds: Bounds
) -> Generator[int, None, Answer]:
    """All pages of all files, in their order; where more is to come, yields how many pages were read so far.

    A page that cannot be read has its error in the place of its reading; of a single file, none of which can be read,
    the first is raised, as a Problem. Raises PictureTooLargeError when all pages together have too many pixels, or
    when the answer becomes too long.
    """
    pages, outcomes, readings, pixels, length = [], list[Reading | Failure](), list[Reading](), 0, 0
    how = options.how()
    for upload in uploads:
        for page, outcome in _read_file(reader, upload, how, bounds, alone=len(uploads) == 1):
            pages.append(_page_json(page, outcome, options))
            outcomes.append(outcome)
            readings += [outcome] if isinstance(outcome, Reading) else []
            pixels += page.width * page.height if page else 0
            length += len(pages[-1])
            _check_sums(pixels, length, bounds)
            if upload is not uploads[-1] or (page and page.page < page.pages):
                yield len(readings)
    body, kind = _join_pages(pages), "application/json"
    if options.format is not None:
        body, kind = _format_outcomes(outcomes, options.format)
    return _build_answer(body, len(readings), [digit for reading in readings for digit in reading.digits], kind)


def check_uploads(uploads: Sequence[Upload]) -> None:
    """Raise Problem media-type or PictureError where a look at the files is enough to see that none can be read."""
    if not any(upload.data for upload in uploads):
        raise PictureError("There is nothing to read; send a picture.")
    if len(uploads) == 1:
        check_kind(uploads[0])


def _read_file(
    reader: Reader, upload: Upload, how: ReadArguments, bounds: Bounds, alone: bool
) -> Iterator[tuple[Picture | None, Reading | Failure]]:
    """The pages of one file with their readings, or why one cannot be read. Of a file that is `alone` and cannot be
    read at all, the first error is raised, as InkdigitsError or Problem."""
    try:
        check_kind(upload)
    except Problem as problem:
        if alone:
            raise
        yield None, Failure(upload.name, 1, problem.kind, describe(problem))
        return

    def work(page: Picture, start: float) -> tuple[Picture, Reading]:
        reading = _read_page(reader, page, upload.name, how)
        return page, replace(reading, page=page.page, seconds=time.perf_counter() - start)

    held, is_read = list[tuple[Picture | None, Reading | Failure]](), not alone
    for outcome in attempt_pages(upload.data, bounds.picture, upload.name, work, describe):
        held.append((None, outcome) if isinstance(outcome, Failure) else outcome)
        is_read = is_read or not isinstance(outcome, Failure)
        if is_read:
            yield from held
            held.clear()
    for _, failure in held:
        if isinstance(failure, Failure):
            raise of_kind(failure.kind, failure.message)


def _check_sums(pixels: int, length: int, bounds: Bounds) -> None:
    if pixels > bounds.batch.pixels:
        raise PictureTooLargeError(
            f"All pages together have more than {bounds.batch.pixels:,} pixels; send fewer, or make them smaller."
        )
    if length > LONGEST_ANSWER:
        raise PictureTooLargeError(
            f"The answer would have more than {LONGEST_ANSWER:,} bytes; send fewer pages, or leave out `annotate`."
        )


def _page_json(page: Picture | None, outcome: Reading | Failure, options: ReadOptions) -> bytes:
    """A page as JSON, encoded at once: pictures of many pages would take much more as text."""
    drawn = (
        {"annotated": _draw_annotated(page, outcome)}
        if options.annotate and page is not None and isinstance(outcome, Reading)
        else {}
    )
    return json.dumps(outcome.as_dict() | drawn, ensure_ascii=False).encode()


def _join_pages(pages: list[bytes]) -> bytes:
    return b'{"readings": [' + b", ".join(pages) + b"]}"


def _format_outcomes(outcomes: list[Reading | Failure], name: str) -> tuple[bytes, str]:
    """The body in a format of the command line, and its media type."""
    kind, output_format = _FORMATS[name]
    format_page = _format_csv_page if name == "csv" else output_format.page
    text = output_format.begin + "".join(map(format_page, outcomes)) + output_format.end
    return text.encode("utf-8", "surrogateescape"), kind


def _format_csv_page(outcome: Reading | Failure) -> str:
    """The rows of a page; of one that failed, a row with its error, since nobody is told of it in another way."""
    if isinstance(outcome, Reading):
        return FORMATS["csv"].page(outcome)
    known = {"file": outcome.file, "page": outcome.page, "kind": "error", "value": outcome.message}
    row = io.StringIO()
    csv.DictWriter(row, COLUMNS, lineterminator="\n").writerow(known)
    return row.getvalue()


def read_digit(reader: Reader, upload: Upload, options: DigitOptions, bounds: Bounds) -> Answer:
    """One digit, and the 28×28 the network saw of it. Raises InkdigitsError, and Problem media-type."""
    check_kind(upload)
    page, region = load_only_page(upload, bounds), options.how()["region"]
    part = crop_page(page, region)
    seen = reader.inspect(part.image, min_confidence=options.min_confidence, brief=True)
    result = shift_boxes(seen.digit, region)
    return _build_answer(_encode_json(result.as_dict() | {"glyph": glyph_url(seen.glyph)}), 1, [result])


def inspect(reader: Reader, upload: Upload, options: InspectOptions, bounds: Bounds) -> Answer:
    """One digit, and how the network came to it; no reading is counted, as who draws asks often.

    Raises as `read_digit`.
    """
    check_kind(upload)
    page = load_only_page(upload, bounds)
    how = {"normalised": options.normalised, "brief": options.brief}
    result = reader.inspect(page.image, min_confidence=options.min_confidence, **how)
    return _build_answer(_encode_json(answers.inspection_json(result)), 0, [])


def explain(reader: Reader, upload: Upload, options: ExplainOptions, bounds: Bounds) -> Answer:
    """One page: pictures of how it is read, and every digit's glyph; no reading is counted. Raises as `read_digit`."""
    check_kind(upload)
    how, page = options.how(), load_page(upload.data, options.page, bounds.picture, upload.name)
    part = crop_page(page, how["region"])
    reading = replace(_read_page(reader, page, upload.name, how), page=page.page)
    stages = reader.run_stages(part, **get_number_arguments(how))
    stage_glyphs = [stages.find_glyph(each) for each in reading.digits]
    glyphs = [reader.extract_glyph(part.image) if glyph is None else glyph for glyph in stage_glyphs]
    return _build_answer(_encode_json(answers.explanation_json(page, reading, stages, glyphs)), 0, [])


def load_only_page(upload: Upload, bounds: Bounds) -> Picture:
    """The page of a file that has one. Raises SeveralPagesError when there are more, and PictureError."""
    page = load_page(upload.data, 1, bounds.picture, upload.name)
    if page.pages > 1:
        raise SeveralPagesError(f"{upload.name}: {page.pages} pages where one is expected; give a single page.")
    return page


def check_kind(upload: Upload) -> None:
    """Whether the bytes begin as a picture does, whatever they were said to be."""
    if not upload.data or is_pdf(upload.data):
        return  # that there is nothing is told by who opens it
    try:
        find_opener(upload.data, upload.name)
    except PictureError as error:
        raise Problem("media-type", describe(error)) from error


def _read_page(reader: Reader, page: Picture, name: str, how: ReadArguments) -> Reading:
    """A page that is decoded already: whoever annotates needs its pixels too, and they are decoded only once."""
    return next(reader.read_pages(page.image, name=name, **how))


def _draw_annotated(page: Picture, reading: Reading) -> str:
    image = draw_reading(page, reading)
    image.thumbnail((_SIDE, _SIDE))
    return data_url(image)


def _encode_json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _build_answer(body: bytes, count: int, digits: list[Digit], kind: str = "application/json") -> Answer:
    accepted = sum(each.accepted for each in digits)
    return Answer(body, count, accepted, len(digits) - accepted, kind)
