"""What is cut out of a sheet: each digit in its printed box, at the page's edge and sheared or scaled too."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.forms.fields import _FURTHER_LOOKS
from inkdigits.forms.registration import Registration
from inkdigits.forms.template import Template, embed_blank, parse_template
from inkdigits.forms.writing import Writing, cut_writing, distort, find_boxed
from inkdigits.marks import Box

WIDTH, HEIGHT, CELL = 800, 300, 48
Image8 = NDArray[np.uint8]


def draw_comb(x: int, y: int, cells: int) -> tuple[Template, Image8]:
    """A form with one comb of boxes 64 pixels high, and a sheet of it with a bar in each box."""
    blank = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for cell in range(cells + 1):
        cv2.line(blank, (x + cell * CELL, y), (x + cell * CELL, y + 63), 0, 2)
    sheet = blank.copy()
    for cell in range(cells):
        left = x + cell * CELL + 8 + 8 * (cell % 3)
        sheet[y + 12 : y + 52, left : left + 12] = 30
    field = {"name": "id", "box": [x, y, cells * CELL, 64], "cells": cells}
    content: dict[str, Any] = {"name": "a", "width": WIDTH, "height": HEIGHT, "fields": [field]}
    return parse_template(embed_blank(content, blank)), sheet


def cut(template: Template, sheet: Image8) -> Writing:
    (writing,) = cut_writing(Registration(template, np.eye(3), 1.0), sheet)
    assert writing.ink is not None
    return writing


def count_boxed(writing: Writing, cells: int) -> int:
    assert writing.ink is not None
    height, width = writing.ink.shape
    boxed = find_boxed(writing.ink, Box(0, 0, width, height), writing.box, cells)
    assert boxed is not None
    return len(boxed)


@pytest.mark.parametrize("cells", [4, 10])
@pytest.mark.parametrize("place", [(100, 100), (100, 0), (100, HEIGHT - 64), (0, 100), (0, 0), (WIDTH, 100)])
def test_each_digit_is_in_its_own_box(place: tuple[int, int], cells: int) -> None:
    x, y = min(place[0], WIDTH - cells * CELL), place[1]
    writing = cut(*draw_comb(x, y, cells))
    for look in [(0.0, 1.0), *_FURTHER_LOOKS]:
        assert count_boxed(distort(writing, *look), cells) == cells


def test_a_digit_at_the_page_s_edge_is_no_dirt() -> None:
    template, sheet = draw_comb(100, 0, 4)
    sheet[:] = template.blank_grey
    sheet[2:13, 160:180] = 30  # high up in its box, as far as the margin would reach
    assert count_boxed(cut(template, sheet), 4) == 1


def test_a_box_with_a_low_digit_is_not_empty() -> None:
    box = Box(14, 14, 240, 64)
    page = np.full((92, 268), 255, np.uint8)
    page[35:73, 32:56] = 0
    page[35:45, 92:116] = 0
    boxes = find_boxed(page, Box(0, 0, 268, 92), box, 4)
    assert boxes is not None and len(boxes) == 2 and boxes[1].width > boxes[1].height
    assert find_boxed(page, Box(0, 0, 268, 92), box, 0) is None


def test_a_small_stroke_beside_digits_as_small_is_not_empty_but_a_speck_beside_large_ones_is() -> None:
    box = Box(14, 14, 192, 64)
    page = np.full((92, 220), 255, np.uint8)
    for left, top, bottom in ((32, 46, 55), (96, 46, 55), (160, 43, 58)):  # two of some 12 pixels, and one of 18
        cv2.line(page, (left, bottom), (left + 4, top), 0, 2)
    boxes = find_boxed(page, Box(0, 0, 220, 92), box, 3)
    assert boxes is not None and len(boxes) == 3
    page[:, 150:] = 255
    cv2.line(page, (160, 70), (164, 25), 0, 2)
    boxes = find_boxed(page, Box(0, 0, 220, 92), box, 3)
    assert boxes is not None and len(boxes) == 1
