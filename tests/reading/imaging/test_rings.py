"""Rings round numbers are erased; zeros, boxes and what is not round stay."""

import cv2
import numpy as np
import pytest

from inkdigits import read
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.imaging.rings import erase_rings, find_rings
from inkdigits.reading.proposals import label_components
from tests.reading.drawing import Pixels, draw_lines


def draw_ring(inside: int, angles: tuple[int, int] = (0, 360)) -> Pixels:
    """An ellipse 80 by 60 pixels, with a bar so high in it."""
    mask = np.zeros((120, 120), np.uint8)
    cv2.ellipse(mask, (60, 60), (40, 30), 0, *angles, 1, 3)
    mask[60 - inside // 2 : 60 + inside // 2, 58:62] = 1
    return mask


def erase(ink: Ink) -> Ink:
    labels, stats = label_components(ink.mask)
    return erase_rings(ink, find_rings(labels, stats), labels)


@pytest.mark.parametrize(("inside", "is_ring"), [(0, False), (8, False), (30, True), (46, True)])
def test_a_ring_has_something_as_high_as_a_digit_in_it(inside: int, is_ring: bool) -> None:
    assert find_rings(*label_components(draw_ring(inside))).any() == is_ring


def test_an_arc_and_a_box_are_no_rings() -> None:
    assert not find_rings(*label_components(draw_ring(30, (0, 320)))).any()
    box = np.zeros((120, 120), np.uint8)
    cv2.rectangle(box, (15, 25), (105, 95), 1, 3)
    box[45:75, 58:62] = 1
    assert not find_rings(*label_components(box)).any()


@pytest.mark.parametrize("slope", [-8, 5, 12])
def test_a_row_of_boxes_on_a_turned_sheet_is_no_ring(slope: int) -> None:
    """Long and low, its outline fills its upright box no better than an ellipse."""
    mask = np.zeros((130, 340), np.uint8)
    corners = np.array([[20, 40], [320, 40 + slope], [320, 80 + slope], [20, 80]])
    cv2.polylines(mask, [corners], True, 1, 2)
    mask[50:72, 60:64] = 1
    assert not find_rings(*label_components(mask)).any()


def test_what_is_in_a_ring_stays_whole() -> None:
    mask = draw_ring(30)
    soft = cv2.GaussianBlur(mask * 255, (3, 3), 0)
    left = erase(Ink(soft, mask))
    assert np.array_equal(left.mask > 0, (mask > 0) & (draw_ring(0) == 0))
    assert left.strength[:40].max() == 0 and left.strength[60, 59] == soft[60, 59]


def test_what_touches_its_ring_stays_but_for_its_tip() -> None:
    mask = draw_ring(30)
    mask[60:90, 75:78] = 1  # another bar, from the ring upwards
    left = erase(Ink(mask * 255, mask)).mask
    assert left[60:76, 75:78].all() and not left[88:].any() and not left[:33].any()


def test_circled_numbers_are_read() -> None:
    page = draw_lines(["52", "7", "360"])
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate((page < 150).astype(np.uint8), np.ones((9, 31))))
    for x, y, width, height, _ in stats[1:]:
        centre, radii = (x + width // 2, y + height // 2), (round(0.62 * width), round(0.66 * height))
        cv2.ellipse(page, centre, radii, 3, 0, 360, 40, 3, cv2.LINE_AA)
    assert read(page).text == "52\n7\n360"
