"""What of a page the detector is shown: all ink that may be digits at a scale, and little else."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.networks.detector import Detections, Detector
from inkdigits.reading.proposals import label_components, propose_digits
from inkdigits.reading.windows import Window, find_windows, measure_ink_heights
from tests.reading.drawing import Pixels, draw_rows

SHAPE = (400, 600)
PLACES = st.lists(st.tuples(st.integers(0, 560), st.integers(0, 350), st.integers(15, 45)), min_size=1, max_size=12)


def find_of_mask(mask: Pixels, scale: float) -> list[Window]:
    height, width = (round(side * scale) for side in mask.shape)
    return find_windows(measure_ink_heights(*label_components(mask)), scale, (height, width))


def count_pixels(windows: list[Window]) -> int:
    return sum((each.rows.end - each.rows.start) * (each.columns.end - each.columns.start) for each in windows)


@given(PLACES, st.sampled_from([0.9, 1.3, 2.5]))
def test_every_digit_is_seen_whole_in_one_window_with_paper_around_it(
    places: list[tuple[int, int, int]], scale: float
) -> None:
    mask = np.zeros(SHAPE, np.uint8)
    for x, y, height in places:
        mask[y : y + height, x : x + 20] = 1
    windows = find_of_mask(mask, scale)
    for x, y, width, height, _ in label_components(mask)[1][1:].tolist():
        if height * scale > 132:
            continue
        middle = np.array([(x + width / 2) * scale]), np.array([(y + height / 2) * scale])
        (window,) = [each for each in windows if each.columns.holds(middle[0])[0] and holds(each, *middle)]
        for span, start, end, side in (
            (window.columns, x, x + width, round(SHAPE[1] * scale)),
            (window.rows, y, y + height, round(SHAPE[0] * scale)),
        ):
            if end - start <= 50:  # what is longer may be parted
                assert span.start <= max(0, start * scale - 10) and span.end >= min(side, end * scale + 10)


def holds(window: Window, x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Whether a point lies in a window, and counts there."""
    rows, columns = window.rows, window.columns
    is_inside = columns.start <= x[0] < columns.end and rows.start <= y[0] < rows.end
    return bool(is_inside and rows.holds(y)[0] and columns.holds(x)[0])


def test_paper_specks_and_what_is_too_large_are_not_shown() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    assert find_of_mask(mask, 1.0) == []
    mask[100:103, 100:200], mask[300:900, 300:900] = 1, 1
    assert find_of_mask(mask, 1.0) == []
    mask[10:40, 950:970] = 1
    (window,) = find_of_mask(mask, 1.0)
    assert window.rows.end < 80 and window.columns.start > 900


def test_what_is_far_apart_is_shown_apart_and_what_is_near_together() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    for column in range(100, 300, 30):
        mask[100:140, column : column + 20] = 1
    assert len(find_of_mask(mask, 1.0)) == 1
    mask[900:940, 900:920] = 1
    windows = find_of_mask(mask, 1.0)
    assert len(windows) == 2 and count_pixels(windows) < 0.05 * mask.size


@pytest.mark.parametrize("shape", [(3000, 3000), (40, 30_000), (30_000, 40)])
def test_a_large_window_is_parted_so_that_memory_is_bounded(shape: tuple[int, int]) -> None:
    mask = np.zeros(shape, np.uint8)
    mask[4::40, :] = mask[5::40, :] = 1  # nothing to cut along:
    mask[:, 4::20] = 1
    heights = np.where(measure_ink_heights(*label_components(mask)) > 0, 40, 0).astype(np.uint16)
    windows = find_windows(heights, 1.0, shape)
    assert max(count_pixels([each]) for each in windows) < 1_000_000
    assert count_pixels(windows) < 1.4 * (shape[0] + 32) * (shape[1] + 32)
    for place in np.random.default_rng(0).uniform(0, shape, (50, 2)):
        assert sum(holds(each, place[1:], place[:1]) for each in windows) == 1


class CountingDetector(Detector):
    """Counts the pixels that it is shown."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path, threads=1)
        self.pixels = 0

    def detect(self, ink: NDArray[np.float32]) -> Detections:
        self.pixels += ink.size
        return super().detect(ink)


def test_a_few_digits_on_a_large_sheet_cost_little_more_than_by_themselves(digits: Digits) -> None:
    few = draw_rows(digits.images, 5, size=40)
    sheet = np.full((1600, 1200), 255, np.uint8)
    sheet[700 : 700 + len(few), 300 : 300 + len(few[0])] = few
    by_itself, on_sheet = CountingDetector(), CountingDetector()
    found, found_on_sheet = propose_digits(few, by_itself), propose_digits(sheet, on_sheet)
    assert on_sheet.pixels < 2 * by_itself.pixels
    counts = [(each.detections.digitness > 0.3).sum() for each in (found, found_on_sheet)]
    assert min(counts) >= 18
