"""A reading on its picture: each box in the colour that says how sure it is, and the picture as it was elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from inkdigits.marks import Box
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.output.annotate import REFUSED_COLOUR, SURE_COLOUR, UNSURE_COLOUR, choose_colour, draw_reading
from tests.reading.output.test_write import READING, number

DIGIT = number("7", 0).digits[0]


@pytest.mark.parametrize(
    ("confidence", "accepted", "expected"),
    [(1.0, True, SURE_COLOUR), (0.99, True, SURE_COLOUR), (0.98, True, UNSURE_COLOUR), (1.0, False, REFUSED_COLOUR)],
)
def test_the_colour_says_how_sure(confidence: float, accepted: bool, expected: tuple[int, int, int]) -> None:
    assert choose_colour(replace(DIGIT, confidence=confidence, accepted=accepted)) == expected


@pytest.mark.parametrize("shape", [(200, 300), (200, 300, 3)])
def test_a_box_is_drawn_around_the_digit_and_nothing_on_it(shape: tuple[int, ...]) -> None:
    seven = replace(number("7", 0), digits=(replace(DIGIT, box=Box(100, 80, 40, 80)),))
    reading = replace(READING, lines=(replace(READING.lines[0], numbers=(seven,)),))
    drawn = np.asarray(draw_reading(Picture("a.png", 1, 1, np.full(shape, 200, np.uint8)), reading))
    assert drawn.shape == (200, 300, 3)
    assert (drawn[80:160, 100:140] == 200).all() and (drawn[:, 200:] == 200).all()
    inked = np.argwhere((drawn == UNSURE_COLOUR).all(axis=2))
    assert inked[:, 1].min() in range(90, 100) and inked[:, 0].max() in range(160, 170)


def test_labels_stay_legible_when_a_large_photo_is_made_small() -> None:
    seven = replace(number("7", 0), digits=(replace(DIGIT, box=Box(2000, 1500, 20, 30)),))
    reading = replace(READING, lines=(replace(READING.lines[0], numbers=(seven,)),))
    page = np.full((3000, 4000), 200, np.uint8)
    inked = np.argwhere((np.asarray(draw_reading(Picture("a.png", 1, 1, page), reading)) == UNSURE_COLOUR).all(axis=2))
    assert 1485 - inked[:, 0].min() > 25, "the label above the box is more than 25 pixels of 4,000 high"
