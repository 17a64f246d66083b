"""Readings → one web page, complete in itself, on which unsure digits are corrected by eye and saved as CSV.

Every number with a `?` is shown as it is written, with each of its unsure digits and what they may be; all other
numbers are on the page too, hidden, so that the CSV has them. The page's looks and its few lines of program are in
review.html beside this file; nothing is loaded from anywhere.
"""

from __future__ import annotations

import base64
import io
import json
from functools import cache
from pathlib import Path

from PIL import Image

from inkdigits.marks import Box
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.output.hocr import escape
from inkdigits.reading.output.write import COLUMNS, iterate_number_rows
from inkdigits.types import Digit, Failure, Number, Reading

_PAGES_MARKER = "<!-- pages -->"
_MAX_CHOICES = 4  # candidates that get a button; the others can be typed
_DIGIT_CROP_PX, _NUMBER_CROP_PX = (160, 160), (720, 96)  # the most pixels, across and down, that a crop of either has


def render_begin() -> str:
    """What comes before the first page."""
    return _load_template()[0]


def render_end() -> str:
    """What comes after the last page."""
    return _load_template()[1]


@cache
def _load_template() -> tuple[str, str]:
    whole = Path(__file__).with_name("review.html").read_text(encoding="utf-8")
    before, _, after = whole.replace("{columns}", escape(json.dumps(COLUMNS))).partition(_PAGES_MARKER)
    return before, after


def render_page(outcome: Reading | Failure, picture: Picture | None) -> str:
    """One page as a section; `picture` is the page itself, None only for a failure."""
    if isinstance(outcome, Failure) or picture is None:
        message = outcome.message if isinstance(outcome, Failure) else ""
        return f'<p class="failed">{escape(message)}</p>\n'
    rows = zip(iterate_number_rows(outcome), outcome.numbers, strict=True)
    numbers = "".join(_render_number(row, number, picture.image) for row, number in rows)
    title = escape(outcome.file) + (f", page {outcome.page}" if picture.pages > 1 else "")
    return f"<section>\n<h2>{title}</h2>\n{numbers}</section>\n"


def _render_number(row: tuple[object, ...], number: Number, image: Pixels) -> str:
    """A number: `data-row` is its row of CSV, `data-digits` its digits, of which the corrected text is made."""
    digits = _encode_attribute([] if number.rejected else [digit.text for digit in number.digits])
    data = f'data-row="{_encode_attribute([str(value) for value in row])}" data-digits="{digits}"'
    unsure = [index for index, digit in enumerate(number.digits) if not digit.accepted and not number.rejected]
    if not unsure:
        return f'<div class="number" hidden {data}></div>\n'
    digits = "".join(_render_digit(number.digits[index], index, len(number.digits), image) for index in unsure)
    is_single = len(number.digits) == 1
    crop = (
        "" if is_single else _render_crop(image, number.box, _NUMBER_CROP_PX, f"the number {number.text}, as written")
    )
    return f'<div class="number" {data}>\n<p class="whole"><output>{number.text}</output>{crop}</p>\n{digits}</div>\n'


def _render_digit(digit: Digit, index: int, count: int, image: Pixels) -> str:
    choices = "".join(
        f'<button type="button" value="{each}" aria-pressed="false"><b>{each}</b> <small>{probability:.0%}</small>'
        "</button>"
        for each, probability in digit.candidates[:_MAX_CHOICES]
    )
    legend = "One digit" if count == 1 else f"Digit {index + 1} of {count}"
    return (
        f'<fieldset data-place="{index}"><legend>{legend}</legend>\n'
        f"{_render_crop(image, digit.box, _DIGIT_CROP_PX, f'digit {index + 1}, as written')}\n"
        f'<div class="choices">{choices}'
        '<button type="button" value="" aria-pressed="false">none</button>'
        '<label>other <input inputmode="numeric" pattern="[0-9]*" maxlength="4" size="3" autocomplete="off"></label>'
        "</div></fieldset>\n"
    )


def _render_crop(image: Pixels, box: Box, max_size: tuple[int, int], description: str) -> str:
    """The box and a margin of the paper around it, as an `img` that holds its own PNG."""
    margin = max(2, round(0.3 * min(box.width, box.height) + 0.1 * box.height))
    rows = slice(max(0, box.y - margin), box.bottom + margin)
    columns = slice(max(0, box.x - margin), box.right + margin)
    cropped = Image.fromarray(image[rows, columns])
    cropped.thumbnail(max_size)  # only ever makes smaller
    file = io.BytesIO()
    cropped.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    size = f'width="{cropped.width}" height="{cropped.height}"'
    return f'<img alt="{escape(description)}" {size} src="data:image/png;base64,{data}">'


def _encode_attribute(value: object) -> str:
    return escape(json.dumps(value))
