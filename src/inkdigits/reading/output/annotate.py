"""A reading drawn onto its picture: every digit's box, what was read, coloured by how sure it is."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from inkdigits.reading.imaging.picture import Picture
from inkdigits.types import Digit, Reading

# Blue, orange and red, which colour-blind eyes tell apart.
SURE, UNSURE, REFUSED = (0, 114, 178), (230, 159, 0), (204, 51, 17)
_LETTERS_A_PAGE, _LINES_A_PAGE = 80, 1000  # a large photo is looked at made small: its labels must stay legible
SURE_FROM = 0.99  # confidence from which a digit is drawn as sure


def annotated(picture: Picture, reading: Reading) -> Image.Image:
    """The picture in RGB with boxes and digits: blue is sure (99 % and more), orange less so, red with ? refused.

    Above each box stands the digit, as large as the space above it is likely to allow.
    """
    image = Image.fromarray(picture.image).convert("RGB")
    pen = ImageDraw.Draw(image)
    for digit in reading.digits:
        _draw(pen, digit, max(image.size))
    return image


def colour(digit: Digit) -> tuple[int, int, int]:
    """The colour that says how sure a digit is."""
    if not digit.accepted:
        return REFUSED
    return SURE if digit.confidence >= SURE_FROM else UNSURE


def _draw(pen: ImageDraw.ImageDraw, digit: Digit, page_side: int) -> None:
    box = digit.box
    thick = max(1, round(box.height / 40), round(page_side / _LINES_A_PAGE))
    frame = (box.x - 2 * thick, box.y - 2 * thick, box.right + 2 * thick, box.bottom + 2 * thick)
    pen.rectangle(frame, outline=colour(digit), width=thick)
    font = ImageFont.load_default(size=max(10, round(box.height / 3), round(page_side / _LETTERS_A_PAGE)))
    pen.text((frame[0], frame[1] - thick), digit.text, fill=colour(digit), font=font, anchor="lb")
