"""Two networks' scores, fused: each alone when the other counts nothing, and surer where both say the same."""

import cv2
import numpy as np
import pytest

from inkdigits.reading.imaging.grid import NO_GRID, Grid
from inkdigits.reading.imaging.rules import Rule
from inkdigits.reading.networks.detector import Detections
from inkdigits.reading.scoring import (
    cap_fragments,
    drop_solids,
    favour_lists,
    find_solids,
    fuse_scores,
    penalise_isolated,
    penalise_size_outliers,
    restore_in_tables,
)
from inkdigits.types import Classification


def make_probabilities(*peaks: tuple[int, float]) -> np.ndarray:
    """Probabilities that are p at one digit and equal at the others."""
    made = np.array([[(1 - p) / 9] * 10 for _, p in peaks], np.float32).reshape(-1, 10)
    for row, (digit, p) in zip(made, peaks, strict=True):
        row[digit] = p
    return made


def make_detections(*peaks: tuple[int, float], digitness: float = 0.8) -> Detections:
    boxes = np.array([(10 * place, 0, 8, 9) for place in range(len(peaks))], np.float32).reshape(-1, 4)
    return Detections(boxes, np.full(len(peaks), digitness, np.float32), make_probabilities(*peaks))


def make_classification(*peaks: tuple[int, float], digitness: float = 0.8) -> Classification:
    count = len(peaks)
    return Classification(
        make_probabilities(*peaks), np.full(count, digitness, np.float32), np.zeros((count, 4), np.float32)
    )


def test_what_both_say_is_surer_than_a_contradiction() -> None:
    agreed = fuse_scores(make_detections((3, 0.7)), make_classification((3, 0.7)))
    contradicted = fuse_scores(make_detections((3, 0.7)), make_classification((8, 0.7)))
    assert agreed.probabilities[0, 3] > contradicted.probabilities[0, 3]
    assert agreed.digitness[0] > contradicted.digitness[0]
    assert np.array_equal(agreed.boxes, make_detections((3, 0.7)).boxes)
    assert agreed.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_the_classifier_counts_as_far_as_it_sees_a_whole_digit() -> None:
    whole, part = (
        fuse_scores(make_detections((3, 0.6)), make_classification((8, 0.9), digitness=d)) for d in (0.99, 0.05)
    )
    assert whole.probabilities[0, 8] > part.probabilities[0, 8]
    assert part.probabilities[0].argmax() == 3


def test_each_network_makes_a_digit_more_probable() -> None:
    sure = fuse_scores(
        make_detections((3, 0.9), digitness=0.9), make_classification((3, 0.9), digitness=0.9)
    ).digitness[0]
    for found, seen in ((0.3, 0.9), (0.9, 0.1)):
        assert (
            fuse_scores(
                make_detections((3, 0.9), digitness=found), make_classification((3, 0.9), digitness=seen)
            ).digitness[0]
            < sure
        )


def test_certainty_beyond_measure_stays_finite() -> None:
    for sure in (0.0, 1.0):
        both = fuse_scores(make_detections((3, 1.0), digitness=sure), make_classification((8, 1.0), digitness=1 - sure))
        assert np.isfinite(both.probabilities).all() and np.isfinite(both.digitness).all()
        assert both.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_no_detections_are_fused_too() -> None:
    none = fuse_scores(make_detections(), make_classification())
    assert len(none) == 0 and none.probabilities.shape == (0, 10)


def make_heights(*each: tuple[float, float]) -> Detections:
    """Detections of these make_heights and digitnesses."""
    boxes = np.array([(50 * place, 0, 20, height) for place, (height, _) in enumerate(each)], np.float32)
    return Detections(boxes.reshape(-1, 4), np.array([sure for _, sure in each], np.float32), np.zeros((len(each), 10)))


def test_a_page_of_about_one_size_stays_as_it_is() -> None:
    page = make_heights((40, 0.9), (44, 0.8), (36, 0.3), (40, 0.99), (50, 0.6))
    assert np.allclose(penalise_size_outliers(page).digitness, page.digitness, atol=1e-5)
    assert len(penalise_size_outliers(make_heights())) == 0


def test_what_is_of_quite_another_size_is_less_probable_but_what_is_plain_stays() -> None:
    page = make_heights(*[(40, 0.95)] * 6, (10, 0.6), (160, 0.6), (10, 0.999))
    changed = penalise_size_outliers(page).digitness
    assert (changed[6:8] < 0.3).all() and changed[8] > 0.9
    assert np.allclose(changed[:6], 0.95, atol=1e-5)


def log_odds(digitness: np.ndarray) -> np.ndarray:
    return np.log(digitness / (1 - digitness))


def place_boxes(*boxes: tuple[float, float, float, float], digitness: float = 0.9) -> Detections:
    made = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(made, np.full(len(made), digitness, np.float32), np.full((len(made), 10), 0.1, np.float32))


def test_an_isolated_digit_is_less_probable_and_with_neighbours_nothing_changes() -> None:
    row = place_boxes((0, 0, 20, 40), (30, 2, 20, 40), (60, 0, 20, 38))
    assert np.allclose(penalise_isolated(row).digitness, row.digitness, atol=0.04)
    lone = log_odds(penalise_isolated(row.select(np.array([0]))).digitness) - log_odds(row.digitness[:1])
    assert lone == pytest.approx(-4.5, abs=1e-3)
    two = log_odds(penalise_isolated(row.select(np.array([0, 1]))).digitness) - log_odds(row.digitness[:2])
    assert (two < -1).all() and (two > -2).all()
    assert len(penalise_isolated(place_boxes())) == 0


def test_digits_above_and_below_are_neighbours_as_well() -> None:
    column = place_boxes((0, 0, 20, 40), (4, 70, 20, 40), (0, 140, 20, 40))
    assert np.allclose(penalise_isolated(column).digitness, column.digitness, atol=0.04)


@pytest.mark.parametrize(
    "other",
    [(30, 80, 20, 40), (0, 200, 20, 40), (0, 44, 20, 40), (400, 0, 20, 40), (30, 0, 40, 90), (4, 0, 20, 40)],
    ids=["below and aside", "far below", "touching below", "far", "larger", "the same ink"],
)
def test_what_is_elsewhere_or_else_is_no_neighbour(other: tuple[float, float, float, float]) -> None:
    pair = penalise_isolated(place_boxes((0, 0, 20, 40), other))
    assert log_odds(pair.digitness[:1]) == pytest.approx(log_odds(np.array([0.9])) - 3, abs=1e-3)


def test_the_improbable_is_no_neighbour() -> None:
    pair = place_boxes((0, 0, 20, 40), (30, 0, 20, 40))
    pair.digitness[1] = 0.3
    assert log_odds(penalise_isolated(pair).digitness[:1]) == pytest.approx(log_odds(np.array([0.9])) - 4.5, abs=1e-3)


def test_what_stands_alone_in_a_cell_of_a_table_is_as_probable_as_before() -> None:
    before = place_boxes(*[(400.0 * column, 100.0 * row, 20, 40) for row in range(4) for column in range(3)])
    rules = [Rule(np.array([-50.0, 400.0]), np.array([x, x])) for x in (-190.0, 210.0, 610.0, 1010.0)]
    alone = penalise_isolated(before)
    assert (alone.digitness < 0.9).all()
    assert np.allclose(restore_in_tables(alone, before, Grid(tuple(rules))).digitness, 0.9)
    assert np.allclose(restore_in_tables(alone, before, NO_GRID).digitness, alone.digitness)
    two_rows = np.arange(6)
    alone = alone.select(two_rows)
    assert np.allclose(
        restore_in_tables(alone, before.select(two_rows), Grid(tuple(rules))).digitness, alone.digitness
    )  # a column has more


def test_what_stands_alone_in_a_list_of_plain_digits_is_more_probable_unless_there_are_upright_rules() -> None:
    column = [(0, 0, 20, 40), (4, 70, 20, 40), (0, 140, 20, 40)]
    page = place_boxes(*column, digitness=0.95)
    page.digitness[0] = 0.4
    rise = log_odds(favour_lists(page, NO_GRID).digitness) - log_odds(page.digitness)
    assert rise == pytest.approx([2.5, 0, 0], abs=1e-3)  # the others have one plain digit above or below
    row = place_boxes(*column, (30, 0, 20, 40), digitness=0.95)
    assert np.allclose(favour_lists(row, NO_GRID).digitness[0], 0.95)
    table = Grid((Rule(np.array([0.0, 200.0]), np.array([-5.0, -5.0])),))
    assert np.array_equal(favour_lists(page, table).digitness, page.digitness)


def test_a_fragment_of_something_larger_stays_unsure() -> None:
    row = place_boxes((0, 0, 20, 40), (30, 0, 20, 40), digitness=0.99)
    assert cap_fragments(row, np.array([True, False])).digitness == pytest.approx([0.6, 0.99])
    low = place_boxes((0, 0, 20, 40), digitness=0.2)
    assert cap_fragments(low, np.array([True])).digitness == pytest.approx([0.2]), "never more probable"
    assert len(cap_fragments(place_boxes(), np.zeros(0, np.bool_))) == 0


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_filled_shape_is_no_digit_but_a_thick_ring_may_be_one(is_dark: bool) -> None:
    page = np.full((200, 400), 230, np.uint8)
    cv2.circle(page, (60, 100), 30, 60, -1)  # a disc
    cv2.circle(page, (160, 100), 30, 60, 16)  # a 0 with a thick pen
    cv2.ellipse(page, ((260, 100), (60, 40), 0), 60, -1)  # a coil, run together
    cv2.line(page, (350, 70), (350, 130), 60, 20)  # a 1
    page = 255 - page if is_dark else page
    boxes = np.array([(25, 65, 70, 70), (115, 55, 90, 90), (225, 75, 70, 50), (335, 55, 30, 90)], np.float64)
    assert find_solids(page, boxes).tolist() == [True, False, True, False]
    detections = Detections(boxes, np.full(4, 0.99, np.float32), np.full((4, 10), 0.1, np.float32))
    assert drop_solids(detections, page).digitness == pytest.approx([0.05, 0.99, 0.05, 0.99])
    assert len(drop_solids(detections.select(np.zeros(4, np.bool_)), page)) == 0
