"""Where digits may stand on a page: at every size, in either polarity, each found once."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.imaging.ink import shrunk
from inkdigits.reading.networks.detector import LEAST, MOST, Detector, Finds
from inkdigits.reading.proposals import Located, connected, fused, joined, locate, overlap, scales, torn
from tests.reading.drawing import Pixels, in_rows

DETECTOR = Detector(threads=1)
CELL = 56 + 2 * 8  # pixels, of a digit on a page of `in_rows`


def cells(located: Located, enlarged: float = 1.0, least: float = 0.3) -> set[tuple[int, int]]:
    """The cells of such a page, row and column, in which something is found."""
    boxes = located.finds.boxes[located.finds.digitness >= least] / enlarged
    middles = ((boxes[:, :2] + boxes[:, 2:] / 2 - 30) // CELL).astype(int)
    return {(row, column) for column, row in middles.tolist()}


def finds_of(*boxes: tuple[float, float, float, float], digitness: tuple[float, ...] = ()) -> Finds:
    count = len(boxes)
    sure = np.array(digitness or np.linspace(0.9, 0.5, count), np.float32)
    return Finds(np.array(boxes, np.float32).reshape(-1, 4), sure, np.full((count, 10), 0.1, np.float32))


def test_every_digit_is_found_in_its_cell(digits: Digits) -> None:
    page = in_rows(digits.images, 5)
    for way in (page, 255 - page):
        there = cells(locate(way, DETECTOR))
        assert there <= {(row, column) for row in range(4) for column in range(5)}
        assert len(there) >= 18


@pytest.mark.parametrize("times", [0.3, 0.6, 3, 8])
def test_digits_of_any_size_are_found(digits: Digits, times: float) -> None:
    """From 12 to 320 pixels; their boxes are told in pixels of the page, however small it was made to be looked at."""
    page = in_rows(digits.images, 5, size=56)
    if times > 1:
        page = np.kron(page, np.ones((int(times), int(times)), np.uint8))
    else:
        page = shrunk(page, round(times * max(page.shape)))
    located = locate(page, DETECTOR)
    assert located.ink_scale == pytest.approx(min(1.0, 2400 / max(page.shape)), rel=0.01)
    assert len(cells(located, times) & {(row, column) for row in range(4) for column in range(5)}) >= 16


def test_a_loop_of_a_cable_is_torn_out_and_a_digit_is_whole() -> None:
    mask = np.zeros((400, 600), np.uint8)
    cv2.ellipse(mask, (120, 200), (25, 30), 0, 0, 360, 1, 4)  # a loop,
    cv2.polylines(mask, [np.array([[120, 230], [300, 40], [420, 380], [580, 100]])], False, 1, 4)  # of a long line
    cv2.ellipse(mask, (520, 300), (25, 30), 0, 0, 360, 1, 4)  # and one by itself
    loop, whole, empty = (90, 165, 60, 70), (490, 265, 60, 70), (5, 5, 40, 40)
    boxes = np.array([loop, whole, empty, (-50, -50, 20, 20), (590, 390, 60, 60)], np.float32)
    assert torn(boxes, *connected(mask)).tolist() == [True, False, False, False, False]
    touching = np.zeros((100, 600), np.uint8)
    touching[20:80, 10:590] = 1  # a row of digits that hang together is wide, and no higher than they
    assert not torn(np.array([(40, 20, 40, 60)], np.float32), *connected(touching)).any()


def test_signs_are_the_parts_of_the_ink_in_pixels_of_the_page() -> None:
    page = np.full((3000, 6000), 250, np.uint8)
    page[1000:1200, 2000:2050] = 20
    (sign,) = locate(page, DETECTOR).signs
    assert np.abs(np.array(sign.as_list()) - (2000, 1000, 50, 200)).max() <= 6


def test_empty_pages_have_nothing_on_them() -> None:
    for page in (np.full((300, 400), 255, np.uint8), np.zeros((40, 30), np.uint8), np.ones((1, 1), np.uint8)):
        located = locate(page, DETECTOR)
        assert len(located.finds) == 0 and located.signs == ()
    rough = np.random.default_rng(0).normal(230, 2, (300, 400)).astype(np.uint8)
    assert not (locate(rough, DETECTOR).finds.digitness > 0.5).any()


@settings(max_examples=30)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=60)))
def test_any_page_gives_finds(page: Pixels) -> None:
    located = locate(page, DETECTOR)
    assert np.isfinite(located.finds.boxes).all() and (located.finds.boxes[:, 2:] > 0).all()
    for sign in located.signs:
        assert sign.x >= 0 <= sign.y and sign.right <= page.shape[1] and sign.bottom <= page.shape[0]


def parts(*heights: int) -> NDArray[np.int32]:
    return np.array([(0, 0, max(1, height // 2), height) for height in heights], np.int32).reshape(-1, 4)


@given(st.integers(10, 500), st.integers(1, 40))
def test_digits_of_one_size_are_looked_at_in_the_size_they_are_found_in(height: int, count: int) -> None:
    fitting = [scale for scale in scales(parts(*[height] * count), (600, 1000)) if LEAST <= height * scale <= MOST]
    assert fitting


def test_large_and_small_digits_on_one_page_are_looked_at() -> None:
    wanted = scales(parts(*[30] * 12, *[200] * 6), (1000, 1000))
    for height in (30, 200):
        assert any(LEAST <= height * scale <= MOST for scale in wanted)


@given(st.lists(st.integers(1, 2400), max_size=60), st.integers(1, 2400), st.integers(1, 2400))
def test_the_page_is_never_enlarged_beyond_bounds(heights: list[int], height: int, width: int) -> None:
    wanted, pixels = scales(parts(*heights), (height, width)), height * width
    assert wanted == sorted(set(wanted)) and len(wanted) <= 25  # twelve octaves in halves
    assert all(0 < scale <= 6 for scale in wanted)
    assert sum(scale**2 * pixels for scale in wanted) <= 20_000_000


def test_specks_tell_no_size_and_rules_none_where_there_are_digits() -> None:
    assert scales(parts(1, 2, 3), (100, 900)) == []
    assert scales(np.zeros((0, 4), np.int32), (100, 900)) == []
    rules = np.array([(0, 10 * place, 900, 6) for place in range(20)], np.int32)
    assert scales(np.concatenate([parts(40, 40), rules]), (300, 900)) == scales(parts(40, 40), (300, 900))


BOXES = st.lists(st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 30)] * 2), min_size=1, max_size=12)


@given(BOXES)
def test_overlap_is_the_share_of_pixels(boxes: list[tuple[int, int, int, int]]) -> None:
    """Against counting pixels."""

    def pixels(box: tuple[int, int, int, int]) -> set[tuple[int, int]]:
        x, y, width, height = box
        return {(column, row) for column in range(x, x + width) for row in range(y, y + height)}

    shares = overlap(np.array(boxes, np.float32), np.array(boxes[0], np.float32))
    counted = [len(pixels(box) & pixels(boxes[0])) / len(pixels(box) | pixels(boxes[0])) for box in boxes]
    assert np.allclose(shares, counted, atol=1e-5)


@given(BOXES)
def test_what_is_found_at_one_scale_is_found_once(boxes: list[tuple[int, int, int, int]]) -> None:
    kept = fused([(1.0, finds_of(*boxes))])
    assert np.allclose(kept.boxes[0], boxes[0], atol=1e-4), "the most probable is always kept as it is"
    for place in range(1, len(kept)):
        assert overlap(kept.boxes[:place], kept.boxes[place]).max() < 0.61
    for box in np.array(boxes, np.float32):
        assert overlap(kept.boxes, box).max() >= 0.59, "what was dropped is there as another"


def test_a_digit_found_at_several_scales_is_their_mean() -> None:
    one, other = (finds_of((x, 0, 30, 40), digitness=(sure,)) for x, sure in ((0, 0.9), (2, 0.45)))
    one.probabilities[0], other.probabilities[0] = 0.01, 0.01
    one.probabilities[0, 3], other.probabilities[0, 8] = 0.91, 0.91
    both = fused([(1.0, one), (1.4, other)])
    assert len(both) == 1
    assert both.boxes[0].tolist() == pytest.approx([2 / 3, 0, 30, 40], abs=1e-3), "weighted by digitness"
    assert both.probabilities[0].argmax() == 3 and both.probabilities[0].sum() == pytest.approx(1, abs=1e-5)
    assert 0.45 < both.digitness[0] < 0.9


def test_a_digit_that_a_scale_should_show_and_does_not_is_less_probable() -> None:
    found = finds_of((0, 0, 30, 40), digitness=(0.8,))
    alone, missed, too_small = (fused([(1.0, found), (scale, finds_of())]) for scale in (9.0, 1.2, 0.2))
    assert missed.digitness[0] < alone.digitness[0] == too_small.digitness[0]


def test_nothing_at_all_is_fused_too() -> None:
    assert len(fused([])) == 0 and len(fused([(1.0, finds_of()), (2.0, finds_of())])) == 0


def test_finds_are_joined() -> None:
    assert len(joined([])) == 0 and joined([]).probabilities.shape == (0, 10)
    both = joined([finds_of((0, 0, 1, 1)), finds_of(), finds_of((5, 5, 2, 2), (6, 6, 2, 2))])
    assert both.boxes[:, 0].tolist() == [0, 5, 6] and len(both) == 3
