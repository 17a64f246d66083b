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

from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.output.hocr import escaped
from inkdigits.reading.output.write import COLUMNS, number_rows
from inkdigits.types import Box, Digit, Failure, Number, Reading

_MARK = "<!-- pages -->"
_CHOICES = 4  # candidates that get a button; the others can be typed
_DIGIT, _NUMBER = (160, 160), (720, 96)  # the most pixels, across and down, that a crop of either has


def begin() -> str:
    """What comes before the first page."""
    return _template()[0]


def end() -> str:
    """What comes after the last page."""
    return _template()[1]


@cache
def _template() -> tuple[str, str]:
    whole = Path(__file__).with_name("review.html").read_text(encoding="utf-8")
    before, _, after = whole.replace("{columns}", escaped(json.dumps(COLUMNS))).partition(_MARK)
    return before, after


def page(outcome: Reading | Failure, picture: Picture | None) -> str:
    """One page as a section; `picture` is the page itself, None only for a failure."""
    if isinstance(outcome, Failure) or picture is None:
        message = outcome.message if isinstance(outcome, Failure) else ""
        return f'<p class="failed">{escaped(message)}</p>\n'
    rows = zip(number_rows(outcome), outcome.numbers, strict=True)
    numbers = "".join(_number(row, number, picture.image) for row, number in rows)
    title = escaped(outcome.file) + (f", page {outcome.page}" if picture.pages > 1 else "")
    return f"<section>\n<h2>{title}</h2>\n{numbers}</section>\n"


def _number(row: tuple[object, ...], number: Number, image: Pixels) -> str:
    """A number: `data-row` is its row of CSV, `data-digits` its digits, of which the corrected text is made."""
    digits = _attribute([digit.text for digit in number.digits])
    data = f'data-row="{_attribute([str(value) for value in row])}" data-digits="{digits}"'
    unsure = [place for place, digit in enumerate(number.digits) if not digit.accepted]
    if not unsure:
        return f'<div class="number" hidden {data}></div>\n'
    digits = "".join(_digit(number.digits[place], place, len(number.digits), image) for place in unsure)
    alone = len(number.digits) == 1
    seen = "" if alone else _crop(image, number.box, _NUMBER, f"the number {number.text}, as written")
    return f'<div class="number" {data}>\n<p class="whole"><output>{number.text}</output>{seen}</p>\n{digits}</div>\n'


def _digit(digit: Digit, place: int, count: int, image: Pixels) -> str:
    choices = "".join(
        f'<button type="button" value="{each}" aria-pressed="false"><b>{each}</b> <small>{probability:.0%}</small>'
        "</button>"
        for each, probability in digit.candidates[:_CHOICES]
    )
    legend = "One digit" if count == 1 else f"Digit {place + 1} of {count}"
    return (
        f'<fieldset data-place="{place}"><legend>{legend}</legend>\n'
        f"{_crop(image, digit.box, _DIGIT, f'digit {place + 1}, as written')}\n"
        f'<div class="choices">{choices}'
        '<button type="button" value="" aria-pressed="false">none</button>'
        '<label>other <input inputmode="numeric" pattern="[0-9]*" maxlength="4" size="3" autocomplete="off"></label>'
        "</div></fieldset>\n"
    )


def _crop(image: Pixels, box: Box, most: tuple[int, int], what: str) -> str:
    """The box and a margin of the paper around it, as an `img` that holds its own PNG."""
    margin = max(2, round(0.3 * min(box.width, box.height) + 0.1 * box.height))
    rows = slice(max(0, box.y - margin), box.bottom + margin)
    columns = slice(max(0, box.x - margin), box.right + margin)
    part = Image.fromarray(image[rows, columns])
    part.thumbnail(most)  # only ever makes smaller
    file = io.BytesIO()
    part.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<img alt="{escaped(what)}" width="{part.width}" height="{part.height}" src="data:image/png;base64,{data}">'


def _attribute(value: object) -> str:
    return escaped(json.dumps(value))
