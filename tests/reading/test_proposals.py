"""Where digits may stand on a page: at every size, in either polarity, each found once."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.imaging.pixels import shrink
from inkdigits.reading.networks.detector import MAX_DIGIT_PX, MIN_DIGIT_PX, Detections, Detector
from inkdigits.reading.proposals import (
    Proposals,
    choose_scales,
    concatenate_detections,
    find_fragments,
    fuse_boxes,
    iou,
    label_components,
    propose_digits,
)
from tests.reading.drawing import Pixels, draw_rows

DETECTOR = Detector(threads=1)
CELL = 56 + 2 * 8  # pixels, of a digit on a page of `in_rows`


def find_cells(proposals: Proposals, enlargement: float = 1.0, min_digitness: float = 0.3) -> set[tuple[int, int]]:
    """The cells of such a page, row and column, in which something is found."""
    boxes = proposals.detections.boxes[proposals.detections.digitness >= min_digitness] / enlargement
    centres = ((boxes[:, :2] + boxes[:, 2:] / 2 - 30) // CELL).astype(int)
    return {(row, column) for column, row in centres.tolist()}


def make_detections(*boxes: tuple[float, float, float, float], digitness: tuple[float, ...] = ()) -> Detections:
    count = len(boxes)
    sure = np.array(digitness or np.linspace(0.9, 0.5, count), np.float32)
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), sure, np.full((count, 10), 0.1, np.float32))


def test_every_digit_is_found_in_its_cell(digits: Digits) -> None:
    page = draw_rows(digits.images, 5)
    for polarity in (page, 255 - page):
        found = find_cells(propose_digits(polarity, DETECTOR))
        assert found <= {(row, column) for row in range(4) for column in range(5)}
        assert len(found) >= 18


@pytest.mark.parametrize("enlargement", [0.3, 0.6, 3, 8])
def test_digits_of_any_size_are_found(digits: Digits, enlargement: float) -> None:
    """From 12 to 320 pixels; their boxes are in pixels of the page, however much it was shrunk."""
    page = draw_rows(digits.images, 5, size=56)
    if enlargement > 1:
        page = np.kron(page, np.ones((int(enlargement), int(enlargement)), np.uint8))
    else:
        page = shrink(page, round(enlargement * max(page.shape)))
    proposals = propose_digits(page, DETECTOR)
    assert proposals.ink_scale == pytest.approx(min(1.0, 2400 / max(page.shape)), rel=0.01)
    assert len(find_cells(proposals, enlargement) & {(row, column) for row in range(4) for column in range(5)}) >= 16


def test_a_loop_of_a_cable_is_a_fragment_and_a_digit_is_whole() -> None:
    mask = np.zeros((400, 600), np.uint8)
    cv2.ellipse(mask, (120, 200), (25, 30), 0, 0, 360, 1, 4)  # a loop,
    cv2.polylines(mask, [np.array([[120, 230], [300, 40], [420, 380], [580, 100]])], False, 1, 4)  # of a long line
    cv2.ellipse(mask, (520, 300), (25, 30), 0, 0, 360, 1, 4)  # and one by itself
    loop, whole, empty = (90, 165, 60, 70), (490, 265, 60, 70), (5, 5, 40, 40)
    boxes = np.array([loop, whole, empty, (-50, -50, 20, 20), (590, 390, 60, 60)], np.float32)
    assert find_fragments(boxes, *label_components(mask)).tolist() == [True, False, False, False, False]
    touching = np.zeros((100, 600), np.uint8)
    touching[20:80, 10:590] = 1  # a row of digits that hang together is wide, and no higher than they
    assert not find_fragments(np.array([(40, 20, 40, 60)], np.float32), *label_components(touching)).any()


def test_ink_components_are_in_pixels_of_the_page() -> None:
    page = np.full((3000, 6000), 250, np.uint8)
    page[1000:1200, 2000:2050] = 20
    (component,) = propose_digits(page, DETECTOR).ink_components
    assert np.abs(np.array(component.as_list()) - (2000, 1000, 50, 200)).max() <= 6


def test_empty_pages_have_nothing_on_them() -> None:
    for page in (np.full((300, 400), 255, np.uint8), np.zeros((40, 30), np.uint8), np.ones((1, 1), np.uint8)):
        proposals = propose_digits(page, DETECTOR)
        assert len(proposals.detections) == 0 and proposals.ink_components == ()
    rough = np.random.default_rng(0).normal(230, 2, (300, 400)).astype(np.uint8)
    assert not (propose_digits(rough, DETECTOR).detections.digitness > 0.5).any()


@settings(max_examples=30)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=60)))
def test_any_page_gives_proposals(page: Pixels) -> None:
    proposals = propose_digits(page, DETECTOR)
    assert np.isfinite(proposals.detections.boxes).all() and (proposals.detections.boxes[:, 2:] > 0).all()
    for component in proposals.ink_components:
        assert (
            component.x >= 0 <= component.y and component.right <= page.shape[1] and component.bottom <= page.shape[0]
        )


def make_component_boxes(*heights: int) -> NDArray[np.int32]:
    return np.array([(0, 0, max(1, height // 2), height) for height in heights], np.int32).reshape(-1, 4)


@given(st.integers(10, 500), st.integers(1, 40))
def test_digits_of_one_size_are_brought_to_a_size_that_is_detected(height: int, count: int) -> None:
    fitting = [
        scale
        for scale in choose_scales(make_component_boxes(*[height] * count), (600, 1000))
        if MIN_DIGIT_PX <= height * scale <= MAX_DIGIT_PX
    ]
    assert fitting


def test_large_and_small_digits_on_one_page_get_a_scale_each() -> None:
    scales = choose_scales(make_component_boxes(*[30] * 12, *[200] * 6), (1000, 1000))
    for height in (30, 200):
        assert any(MIN_DIGIT_PX <= height * scale <= MAX_DIGIT_PX for scale in scales)


def test_a_few_large_digits_amid_much_print_get_a_scale() -> None:
    scales = choose_scales(make_component_boxes(*[24] * 1000, *[70] * 5), (2200, 1700))
    assert any(MIN_DIGIT_PX <= 70 * scale <= MAX_DIGIT_PX for scale in scales)


@given(st.lists(st.integers(1, 2400), max_size=60), st.integers(1, 2400), st.integers(1, 2400))
def test_the_page_is_never_enlarged_beyond_bounds(heights: list[int], height: int, width: int) -> None:
    scales, pixels = choose_scales(make_component_boxes(*heights), (height, width)), height * width
    assert scales == sorted(set(scales)) and len(scales) <= 25  # twelve octaves in halves
    assert all(0 < scale <= 6 for scale in scales)
    assert sum(scale**2 * pixels for scale in scales) <= 20_000_000


def test_specks_tell_no_size_and_rules_none_where_there_are_digits() -> None:
    assert choose_scales(make_component_boxes(1, 2, 3), (100, 900)) == []
    assert choose_scales(np.zeros((0, 4), np.int32), (100, 900)) == []
    rules = np.array([(0, 10 * place, 900, 6) for place in range(20)], np.int32)
    assert choose_scales(np.concatenate([make_component_boxes(40, 40), rules]), (300, 900)) == choose_scales(
        make_component_boxes(40, 40), (300, 900)
    )


BOXES = st.lists(st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 30)] * 2), min_size=1, max_size=12)


@given(BOXES)
def test_iou_is_the_share_of_pixels(boxes: list[tuple[int, int, int, int]]) -> None:
    """Against counting pixels."""

    def pixels(box: tuple[int, int, int, int]) -> set[tuple[int, int]]:
        x, y, width, height = box
        return {(column, row) for column in range(x, x + width) for row in range(y, y + height)}

    computed = iou(np.array(boxes, np.float32), np.array(boxes[0], np.float32))
    counted = [len(pixels(box) & pixels(boxes[0])) / len(pixels(box) | pixels(boxes[0])) for box in boxes]
    assert np.allclose(computed, counted, atol=1e-5)


@given(BOXES)
def test_what_is_detected_at_one_scale_is_detected_once(boxes: list[tuple[int, int, int, int]]) -> None:
    kept = fuse_boxes([(1.0, make_detections(*boxes))])
    assert np.allclose(kept.boxes[0], boxes[0], atol=1e-4), "the most probable is always kept as it is"
    for place in range(1, len(kept)):
        assert iou(kept.boxes[:place], kept.boxes[place]).max() < 0.61
    for box in np.array(boxes, np.float32):
        assert iou(kept.boxes, box).max() >= 0.59, "what was dropped is there as another"


def test_a_digit_found_at_several_scales_is_their_mean() -> None:
    one, other = (make_detections((x, 0, 30, 40), digitness=(sure,)) for x, sure in ((0, 0.9), (2, 0.45)))
    one.probabilities[0], other.probabilities[0] = 0.01, 0.01
    one.probabilities[0, 3], other.probabilities[0, 8] = 0.91, 0.91
    both = fuse_boxes([(1.0, one), (1.4, other)])
    assert len(both) == 1
    assert both.boxes[0].tolist() == pytest.approx([2 / 3, 0, 30, 40], abs=1e-3), "weighted by digitness"
    assert both.probabilities[0].argmax() == 3 and both.probabilities[0].sum() == pytest.approx(1, abs=1e-5)
    assert 0.45 < both.digitness[0] < 0.9


def test_a_digit_that_a_scale_should_show_and_does_not_is_less_probable() -> None:
    found = make_detections((0, 0, 30, 40), digitness=(0.8,))
    alone, missed, too_small = (fuse_boxes([(1.0, found), (scale, make_detections())]) for scale in (9.0, 1.2, 0.2))
    assert missed.digitness[0] < alone.digitness[0] == too_small.digitness[0]


def test_nothing_at_all_is_fused_too() -> None:
    assert len(fuse_boxes([])) == 0 and len(fuse_boxes([(1.0, make_detections()), (2.0, make_detections())])) == 0


def test_detections_are_concatenated() -> None:
    assert len(concatenate_detections([])) == 0 and concatenate_detections([]).probabilities.shape == (0, 10)
    both = concatenate_detections(
        [make_detections((0, 0, 1, 1)), make_detections(), make_detections((5, 5, 2, 2), (6, 6, 2, 2))]
    )
    assert both.boxes[:, 0].tolist() == [0, 5, 6] and len(both) == 3


def test_on_a_very_long_receipt_boxes_are_where_the_ink_is() -> None:
    """Shrunk, its width is rounded by much more than its height."""
    page = np.full((12_000, 307), 255, np.uint8)
    cv2.putText(page, "47", (60, 11_900), cv2.FONT_HERSHEY_SIMPLEX, 2.5, 0, 9)
    rows = np.flatnonzero((page < 128).any(axis=1))
    boxes = propose_digits(page, DETECTOR).detections.boxes
    assert len(boxes) and abs(boxes[:, 1].min() - rows[0]) < 20
