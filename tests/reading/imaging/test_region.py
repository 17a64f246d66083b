"""A region of a page is read as if it were all, and its boxes lie where they lie on the whole page."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import PictureError, UsageError
from inkdigits.marks import Box
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.imaging.region import crop_page, parse_region
from inkdigits.reading.reader import Reader
from inkdigits.types import Failure, Reading
from tests.reading.drawing import draw_rows

PAGE = Picture("a.png", 1, 1, np.arange(600, dtype=np.uint16).astype(np.uint8).reshape(20, 30))


def test_four_numbers_are_a_region() -> None:
    assert parse_region("1,2,30,40") == parse_region(" 1 , 2,30, 40 ") == Box(1, 2, 30, 40)


@pytest.mark.parametrize(
    "words", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,0,4", "1,2,3,-4", "-1,2,3,4", "1.5,2,3,4", "²,1,1,1", "9" * 99]
)
def test_other_words_are_none(words: str) -> None:
    with pytest.raises(UsageError, match="x,y,width,height"):
        parse_region(words)


@given(st.integers(0, 29), st.integers(0, 19), st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_part_is_what_lies_in_the_region(x: int, y: int, width: int, height: int) -> None:
    part = crop_page(PAGE, Box(x, y, width, height))
    assert np.array_equal(part.image, PAGE.image[y : y + height, x : x + width]) and part.image.size


@pytest.mark.parametrize(
    "box", [Box(30, 0, 5, 5), Box(0, 20, 5, 5), Box(-9, 0, 9, 5), Box(5, 5, 0, 9), Box(9, 5, -3, 5)]
)
def test_a_region_outside_of_the_page_is_told(box: Box) -> None:
    with pytest.raises(PictureError, match="outside the page, which has 30×20 pixels"):
        crop_page(PAGE, box)


def test_boxes_stay_in_pixels_of_the_whole_page(reader: Reader, digits: Digits) -> None:
    page = draw_rows(digits.images, columns=10)
    (whole,) = reader.read_pages(page)
    half = page.shape[0] // 2
    (part,) = reader.read_pages(page, region=Box(0, half, page.shape[1], half))
    assert (part.width, part.height) == (whole.width, whole.height)
    whole_digits = [digit for number in whole.lines[1].numbers for digit in number.digits]
    assert part.lines and len(part.digits) == len(whole_digits)
    pairs = zip(part.digits, whole_digits, strict=True)
    assert all(one.digit == other.digit for one, other in pairs if one.accepted and other.accepted)
    found = [digit.box.as_list() for digit in part.digits]
    expected = [digit.box.as_list() for digit in whole_digits]
    assert np.abs(np.subtract(found, expected)).max() <= 6  # the detector sees other surroundings


def test_a_single_digit_in_a_region(reader: Reader, digits: Digits) -> None:
    page = draw_rows(digits.images[:4], columns=4)
    alone = reader.attempt(page, single=True, region=Box(30 + 72, 0, 72, page.shape[0]))
    (reading,) = alone
    assert isinstance(reading, Reading) and 102 <= reading.digits[0].box.x < 174


def test_a_region_outside_fails_for_that_page(reader: Reader) -> None:
    (failure,) = reader.attempt(np.full((20, 30), 255, np.uint8), region=Box(99, 0, 5, 5), name="a.png")
    assert isinstance(failure, Failure) and (failure.file, failure.kind) == ("a.png", "picture")
