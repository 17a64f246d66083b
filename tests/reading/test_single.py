"""One digit, cut out of a line with parts of its neighbours, or so close that it fills the picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.reading.normalise import extract_ink_crop, extract_ink_crops, make_glyph
from inkdigits.reading.reader import Reader
from inkdigits.reading.single import holds_island, list_candidate_crops
from tests.reading.drawing import Pixels, draw_rows


def cut_from_line(digits: Digits, place: int) -> Pixels:
    """A digit, cut out of a line so that the greater part of an 8 is left at each of its sides: uint8 112×100."""
    eight = digits.images[16]
    line = np.hstack([image[:, 4:24] for image in (eight, digits.images[place], eight)])  # nearly touching
    paper = cv2.resize(255 - line, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)[:, 10:-10]
    return np.pad(paper, ((28, 28), (0, 0)), constant_values=255).astype(np.uint8)


def test_what_neighbours_leave_at_the_sides_is_left_out(reader: Reader, digits: Digits) -> None:
    pictures = [cut_from_line(digits, place) for place in range(len(digits))]
    found = [reader.read_digit(picture) for picture in pictures]
    assert sum(each.digit == label for each, label in zip(found, digits.labels, strict=True)) >= 18
    assert all(each.box.x > 20 and each.box.right < 80 for each in found if each.accepted)
    assert sum(each.accepted for each in found) >= 16


def test_every_method_sees_the_same_crop(reader: Reader, digits: Digits) -> None:
    pictures = [cut_from_line(digits, place) for place in range(len(digits))]
    classification = reader.classify(np.stack(pictures))
    for picture, probabilities in zip(pictures, classification.probabilities, strict=True):
        inspection, digit = reader.inspect(picture), reader.read_digit(picture)
        assert np.array_equal(reader.extract_glyph(picture), inspection.glyph)
        assert np.allclose(probabilities, inspection.probabilities, atol=1e-5) and digit == inspection.digit


@pytest.mark.parametrize("margin", [0, 1, 4])
def test_a_stroke_at_the_side_stays_where_it_makes_the_digit(reader: Reader, margin: int) -> None:
    """A 5 whose upper stroke is apart, and cut out closely."""
    page = np.full((200, 160), 245, np.uint8)
    curve = np.array([(60, 40), (55, 95), (90, 88), (112, 118), (100, 152), (70, 162), (45, 150)])
    cv2.polylines(page, [curve], False, 20, 9, cv2.LINE_AA)
    cv2.line(page, (82, 36), (122, 34), 20, 9, cv2.LINE_AA)
    rows, columns = np.nonzero(page < 128)
    close = page[rows.min() - margin : rows.max() + 1 + margin, columns.min() - margin : columns.max() + 1 + margin]
    digit = reader.read_digit(np.ascontiguousarray(close))
    assert digit.digit == 5 and digit.accepted


def test_digits_that_fill_the_picture_are_read(reader: Reader) -> None:
    """Large, and cut out so closely that there is more ink than paper, or hardly any paper at all."""
    test = load("test").slice(0, 200)
    right = 0
    for image, label in zip(test.images, test.labels, strict=True):
        rows, columns = np.nonzero(image > 100)
        close = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        large = cv2.resize(close, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
        first, second = (reader.read_digit(np.ascontiguousarray(each)).digit for each in (large, 255 - large))
        right += int(first == label) + int(second == label)
    assert right >= 388


def test_without_neighbours_there_is_one_candidate(digits: Digits) -> None:
    page = draw_rows(digits.images[:1], 1)
    assert len(extract_ink_crops(page)) == 1 and len(extract_ink_crops(np.full((50, 50), 255, np.uint8))) == 0
    assert len(list_candidate_crops(np.full((50, 70), 255, np.uint8))) == 1


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=60)))
def test_any_image_has_a_candidate(image: Pixels) -> None:
    candidates = list_candidate_crops(image)
    assert 1 <= len(candidates) <= 8 and all(each.glyph.shape == (28, 28) for each in candidates)
    first = extract_ink_crop(image)
    assert (first is None) == (not candidates[0].glyph.any())
    assert first is None or np.array_equal(make_glyph(first.ink), candidates[0].glyph)


def test_a_face_is_no_digit_and_real_digits_have_none_in_them(reader: Reader) -> None:
    face = np.full((280, 280), 255, np.uint8)
    cv2.circle(face, (140, 140), 100, 0, 12, cv2.LINE_AA)
    ring = face.copy()
    for x in (105, 175):
        cv2.circle(face, (x, 110), 9, 0, -1, cv2.LINE_AA)
    cv2.ellipse(face, (140, 150), (50, 40), 0, 20, 160, 0, 12, cv2.LINE_AA)
    assert reader.read_digit(ring).text == "0"
    refused = reader.read_digit(face)
    assert (refused.text, refused.digitness) == ("?", 0)
    assert sum(map(holds_island, load("train").images[:5000])) <= 2
