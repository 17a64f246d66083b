"""Ink that is as bright as its paper is told by its colour; otherwise a page is its brightness."""

import cv2
import numpy as np
import pytest

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.reading.imaging.pixels import Pixels, convert_to_grey
from inkdigits.reading.reader import Reader

Colour = tuple[int, int, int]
SEED = 1


def draw_in_colours(ink: Colour, paper: Colour) -> Pixels:
    grey = draw_page(load("test").slice(0, 4000), ("1984 2026", "3141 5926"), SEED).image[:, :, 1].astype(np.float32)
    share = ((grey.max() - grey) / np.ptp(grey))[:, :, None]
    noise = np.random.default_rng(0).normal(0, 2, (*grey.shape, 3))
    return np.asarray(share * ink + (1 - share) * paper + noise, np.float32).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("ink", "paper"), [((200, 70, 80), (50, 140, 60)), ((60, 90, 210), (190, 60, 60)), ((80, 140, 40), (190, 70, 80))]
)
def test_ink_as_bright_as_its_paper_is_read(reader: Reader, ink: Colour, paper: Colour) -> None:
    """As red chalk on a green board."""
    assert sum(digit.accepted for digit in reader.read(draw_in_colours(ink, paper)).digits) >= 13


@pytest.mark.parametrize(
    ("ink", "paper"),
    [((20, 20, 30), (240, 180, 120)), ((30, 60, 190), (250, 250, 250)), ((250, 250, 240), (40, 80, 60))],
)
def test_other_pages_are_their_brightness(ink: Colour, paper: Colour) -> None:
    page = draw_in_colours(ink, paper)
    assert np.array_equal(convert_to_grey(page), cv2.cvtColor(page, cv2.COLOR_RGB2GRAY))


def test_colour_alone_is_no_ink() -> None:
    """Noise differs between the colours more than it does in their brightness."""
    noise = np.random.default_rng(0).normal(128, 5, (200, 300, 3)).clip(0, 255).astype(np.uint8)
    for page in (noise, np.full((1, 1, 3), 9, np.uint8), np.zeros((3, 700, 3), np.uint8)):
        assert np.array_equal(convert_to_grey(page), cv2.cvtColor(page, cv2.COLOR_RGB2GRAY))
