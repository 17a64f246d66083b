"""Draw a reading onto its picture: a box around every digit and what was read, coloured by confidence."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from inkdigits.reading.imaging.picture import Picture
from inkdigits.types import Digit, Reading

# Blue, orange and red, which colour-blind eyes tell apart.
SURE_COLOUR, UNSURE_COLOUR, REFUSED_COLOUR = (0, 114, 178), (230, 159, 0), (204, 51, 17)
_LETTERS_A_PAGE, _LINES_A_PAGE = 80, 1000  # a large photo is looked at made small: its labels must stay legible
SURE_MIN_CONFIDENCE = 0.99  # confidence from which a digit is drawn as sure


def draw_reading(picture: Picture, reading: Reading) -> Image.Image:
    """The picture in RGB with boxes and digits: blue is sure (99 % and more), orange less so, red with ? refused.

    Above each box stands the digit, as large as the space above it is likely to allow.
    """
    image = Image.fromarray(picture.image).convert("RGB")
    pen = ImageDraw.Draw(image)
    for digit in reading.digits:
        _draw_digit(pen, digit, max(image.size))
    return image


def choose_colour(digit: Digit) -> tuple[int, int, int]:
    """The colour that says how sure a digit is."""
    if not digit.accepted:
        return REFUSED_COLOUR
    return SURE_COLOUR if digit.confidence >= SURE_MIN_CONFIDENCE else UNSURE_COLOUR


def _draw_digit(pen: ImageDraw.ImageDraw, digit: Digit, page_side: int) -> None:
    box = digit.box
    thickness = max(1, round(box.height / 40), round(page_side / _LINES_A_PAGE))
    frame = (box.x - 2 * thickness, box.y - 2 * thickness, box.right + 2 * thickness, box.bottom + 2 * thickness)
    pen.rectangle(frame, outline=choose_colour(digit), width=thickness)
    font = ImageFont.load_default(size=max(10, round(box.height / 3), round(page_side / _LETTERS_A_PAGE)))
    pen.text((frame[0], frame[1] - thickness), digit.text, fill=choose_colour(digit), font=font, anchor="lb")
