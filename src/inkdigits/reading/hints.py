"""Say why no digit of a page was accepted, as far as the stages know, and what to try."""

from __future__ import annotations

from collections.abc import Sequence

from inkdigits.reading.decoding.spacing import measure_row_height
from inkdigits.reading.imaging.pixels import Pixels, percentile
from inkdigits.reading.proposals import Proposals
from inkdigits.types import CROSSED_OUT, Line

_BRIGHT_PERCENTILE, _MAX_DARK_LEVEL = 99, 64  # a page whose bright pixels are no brighter is too dark
_MIN_LEGIBLE_PX = 8  # the height of writing below which hardly any digit is read

TOO_DARK = "no digits were found: the picture is too dark; take it in more light"
NO_INK = "no digits were found: nothing stands out from the paper; if it is not empty, take the picture in better light"
TOO_SMALL = "what is written is only about {height} pixels high, too small to read; take the picture from nearer"
NO_DIGITS = "no digits were found: there is ink, but nothing like a digit; read only the part with digits (--region)"
ALL_UNSURE = "no digit is sure enough; take a sharper picture, or accept less sure ones (--min-confidence)"
ALL_CROSSED_OUT = "every number is crossed out; read a number by itself if it is not (--region)"


def find_hint(grey: Pixels, proposals: Proposals | None, lines: Sequence[Line]) -> str | None:
    """The likely reason why no digit of a page, uint8 H×W, was accepted, and what to try; None if one was.

    Without `proposals` the page was read as one digit.
    """
    numbers = [number for line in lines for number in line.numbers]
    digits = [digit for number in numbers if not number.rejected for digit in number.digits]
    if any(digit.accepted for digit in digits):
        return None
    if not digits and any(number.rejected == CROSSED_OUT for number in numbers):
        return ALL_CROSSED_OUT
    heights = [box.height for box in proposals.ink_components] if proposals is not None else []
    if heights and (height := measure_row_height(heights)) < _MIN_LEGIBLE_PX:
        return TOO_SMALL.format(height=round(height))
    if any(digit.digitness > 0 for digit in digits):
        return ALL_UNSURE
    if heights:
        return NO_DIGITS
    return TOO_DARK if percentile(grey, _BRIGHT_PERCENTILE) <= _MAX_DARK_LEVEL else NO_INK
