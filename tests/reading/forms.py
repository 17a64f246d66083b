"""Printed forms with digits in them, drawn for tests."""

from collections.abc import Sequence

import cv2
import numpy as np

from inkdigits.data.sets.digits import Digits
from tests.reading.drawing import Pixels

BOX_PX = 64  # width and height of a box for a digit
DIGIT_PX = 44
RULE_PX = 2
MARGIN_PX = 50


def draw_form(
    cells: Sequence[Sequence[str]],
    digits: Digits,
    width_px: int = BOX_PX,
    gap_px: int = 0,
    space_px: int = 0,
    rule_grey: int = 90,
) -> Pixels:
    """Ruled cells with digits in them on a grey page (235), `gap_px` from row to row and `space_px` from cell to cell.

    A cell holds digits, `x` for a cross, `-` for a dash, or nothing.
    """
    height, columns = BOX_PX + gap_px, max(map(len, cells))
    page = np.full(
        (2 * MARGIN_PX + len(cells) * height, 2 * MARGIN_PX + columns * (width_px + space_px)), 235, np.uint8
    )
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            x, y = MARGIN_PX + column * (width_px + space_px), MARGIN_PX + row * height
            cv2.rectangle(page, (x, y), (x + width_px, y + BOX_PX), rule_grey, RULE_PX)
            left = x + (width_px - DIGIT_PX * len(text)) // 2
            for place, character in enumerate(text):
                _draw_character(page, character, left + place * DIGIT_PX, y + (BOX_PX - DIGIT_PX) // 2, digits)
    return page


def _draw_character(page: Pixels, character: str, x: int, y: int, digits: Digits) -> None:
    if character == "x":
        for ends in (((x + 8, y + 8), (x + 36, y + 36)), ((x + 36, y + 8), (x + 8, y + 36))):
            cv2.line(page, *ends, 40, 3, cv2.LINE_AA)
    elif character == "-":
        cv2.line(page, (x + 8, y + 22), (x + 36, y + 22), 40, 3, cv2.LINE_AA)
    else:
        index = np.flatnonzero(digits.labels == int(character))[1]  # the first 5 could be a 6
        ink = cv2.resize(digits.images[index], (DIGIT_PX, DIGIT_PX), interpolation=cv2.INTER_CUBIC)
        window = page[y : y + DIGIT_PX, x : x + DIGIT_PX]
        window[:] = np.minimum(window, 255 - ink)


def tilt(page: Pixels, degrees: float) -> Pixels:
    """The page turned a little, as on a photo."""
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_AREA, borderValue=235), np.uint8)
