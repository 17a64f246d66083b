"""What correcting a reading needs: one page of a file, read, with its picture and the glyph of every digit; and
corrected readings as a spreadsheet. Done in a thread, as all in work.py is; nothing here knows of HTTP."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.errors import UsageError
from inkdigits.marks import Box
from inkdigits.reading.arguments import ReadArguments, get_number_arguments
from inkdigits.reading.assemble import assemble_reading
from inkdigits.reading.imaging.picture import Picture, load_page
from inkdigits.reading.imaging.region import crop_page
from inkdigits.reading.output.xlsx import format_xlsx
from inkdigits.reading.reader import Reader
from inkdigits.serving.body import Upload
from inkdigits.serving.options import OnePageOptions
from inkdigits.serving.settings import Bounds
from inkdigits.serving.views import glyph_url, photo_url
from inkdigits.serving.work import Answer, check_kind
from inkdigits.types import Line, Number, Reading

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_PAGES = 1000  # of a file of which one page is read
MAX_NUMBERS = 100_000  # of all readings in a spreadsheet
_SIDE = 2000  # pixels: the longest side of a page's picture


def read_one_page(reader: Reader, upload: Upload, options: OnePageOptions, bounds: Bounds) -> Answer:
    """One page. Raises InkdigitsError, and Problem media-type."""
    check_kind(upload)
    start = time.perf_counter()
    how, limits = options.how(), replace(bounds.picture, pages=max(MAX_PAGES, bounds.picture.pages))
    page = load_page(upload.data, options.page, limits, upload.name)
    reading, glyphs = _read_with_glyphs(reader, page, how, start)
    told: dict[str, Any] = reading.as_dict()
    digits = [digit for line in told["lines"] for number in line["numbers"] for digit in number["digits"]]
    for digit, glyph in zip(digits, glyphs, strict=True):
        digit["glyph"] = glyph_url(glyph)
    picture = _draw_picture(page) if options.picture else None
    body = json.dumps({"pages": page.pages, "picture": picture, "reading": told}, ensure_ascii=False).encode()
    accepted = sum(digit.accepted for digit in reading.digits)
    return Answer(body, 1, accepted, len(reading.digits) - accepted)


def _read_with_glyphs(
    reader: Reader, page: Picture, how: ReadArguments, start: float
) -> tuple[Reading, list[NDArray[np.uint8]]]:
    """The reading, begun at `start`, and the glyph of each of its digits, those of rejected numbers among them. In a
    region that somebody drew there is a digit: where none is found, it is read as one."""
    region = how.get("region")
    part = crop_page(page, region)
    stages = reader.run_stages(part, **get_number_arguments(how))
    lines = stages.lines
    if region is not None and not lines:
        digit = replace(reader.read_digit(part.image), box=Box(0, 0, part.width, part.height))
        lines = (Line((Number((digit,)),)),)
    found = [stages.find_glyph(digit) for line in lines for number in line.numbers for digit in number.digits]
    glyphs = [reader.extract_glyph(part.image) if glyph is None else glyph for glyph in found]
    reading = assemble_reading(page, region, lines, stages.proposals, stages.turned_degrees, reader.model, start)
    return reading, glyphs


def _draw_picture(page: Picture) -> str:
    image = Image.fromarray(page.image)
    image.thumbnail((_SIDE, _SIDE))
    return photo_url(image)


def format_spreadsheet(upload: Upload) -> bytes:
    """`{"readings": […]}`, corrected or not, as an Excel workbook. Raises UsageError."""
    try:
        content = json.loads(upload.data)
    except (ValueError, RecursionError) as error:
        raise UsageError("The body is not JSON; send what /v1/read answers, corrected or not.") from error
    entries = content.get("readings") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise UsageError("The body has no list `readings`; send what /v1/read answers, corrected or not.")
    readings = [Reading.from_dict(each) for each in entries]
    if sum(len(each.numbers) for each in readings) > MAX_NUMBERS:
        raise UsageError(f"A spreadsheet is made of at most {MAX_NUMBERS:,} numbers; send fewer pages.")
    return format_xlsx(readings)
