"""Two networks' say, weighed: each alone when the other counts nothing, and surer where both say the same."""

import numpy as np
import pytest

from inkdigits.reading.detect import Finds, Weights
from inkdigits.reading.weigh import of_one_size, there_says, weighed, which_says
from inkdigits.types import Classification

ALONE, SILENT = (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)
EQUAL = Weights((1.0, 1.0, 0.0), (1.0, 1.0, 0.0, 0.0))


def rows(*peaks: tuple[int, float]) -> np.ndarray:
    """Probabilities that are p at one digit and equal at the others."""
    made = np.array([[(1 - p) / 9] * 10 for _, p in peaks], np.float32).reshape(-1, 10)
    for row, (digit, p) in zip(made, peaks, strict=True):
        row[digit] = p
    return made


def finds(*peaks: tuple[int, float], digitness: float = 0.8) -> Finds:
    boxes = np.array([(10 * place, 0, 8, 9) for place in range(len(peaks))], np.float32).reshape(-1, 4)
    return Finds(boxes, np.full(len(peaks), digitness, np.float32), rows(*peaks))


def answers(*peaks: tuple[int, float], digitness: float = 0.8) -> Classification:
    count = len(peaks)
    return Classification(rows(*peaks), np.full(count, digitness, np.float32), np.zeros((count, 4), np.float32))


def test_one_alone_decides_where_the_other_counts_nothing() -> None:
    one, other = finds((3, 0.7), (5, 0.6)), answers((8, 0.9), (5, 0.2), digitness=0.1)
    by_detector = weighed(one, other, Weights((1.0, 0.0, 0.0), ALONE))
    assert np.allclose(by_detector.probabilities, one.probabilities, atol=1e-5)
    assert np.allclose(by_detector.digitness, one.digitness, atol=1e-5)
    by_classifier = weighed(one, other, Weights((0.0, 1.0, 0.0), (0.0, 1.0, 0.0, 0.0)))
    assert np.allclose(by_classifier.probabilities, other.probabilities, atol=1e-5)
    assert np.allclose(by_classifier.digitness, other.digitness, atol=1e-5)
    assert np.array_equal(by_classifier.boxes, one.boxes)


def test_the_same_said_twice_is_surer_and_a_contradiction_is_not() -> None:
    agreed = weighed(finds((3, 0.7)), answers((3, 0.7)), EQUAL)
    contradicted = weighed(finds((3, 0.7)), answers((8, 0.7)), EQUAL)
    assert agreed.probabilities[0, 3] > 0.95 and agreed.digitness[0] > 0.9
    assert contradicted.probabilities[0, 3] == pytest.approx(contradicted.probabilities[0, 8])
    assert contradicted.probabilities[0, 3] < 0.5


def test_the_classifier_can_count_more_where_it_sees_a_whole_digit() -> None:
    weights = Weights((1.0, 0.0, 1.0), ALONE)
    whole, part = (weighed(finds((3, 0.7)), answers((8, 0.9), digitness=d), weights) for d in (0.99, 0.05))
    assert whole.probabilities[0].argmax() == 8 and part.probabilities[0].argmax() == 3


def test_what_is_added_makes_it_more_or_less_probable() -> None:
    less, more = (
        weighed(finds((3, 0.7)), answers((3, 0.7)), Weights((1.0, 1.0, 0.0), (0.0, 0.0, 0.0, added)))
        for added in (-2.0, 2.0)
    )
    assert less.digitness[0] == pytest.approx(1 / (1 + np.exp(2)), abs=1e-5)
    assert more.digitness[0] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-5)


def test_an_unclear_digit_makes_a_digit_less_probable_if_that_counts() -> None:
    weights = Weights((1.0, 0.0, 0.0), (1.0, 0.0, 1.0, 0.0))
    clear, unclear = (weighed(finds((3, p)), answers((3, 0.5)), weights).digitness[0] for p in (0.99, 0.3))
    assert unclear < clear


def test_certainty_beyond_measure_stays_finite() -> None:
    weights = Weights((5.0, 5.0, 5.0), (5.0, 5.0, 5.0, 0.0))
    for sure in (0.0, 1.0):
        both = weighed(finds((3, 1.0), digitness=sure), answers((8, 1.0), digitness=1 - sure), weights)
        assert np.isfinite(both.probabilities).all() and np.isfinite(both.digitness).all()
        assert both.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_no_finds_are_weighed_too() -> None:
    none = weighed(finds(), answers(), EQUAL)
    assert len(none) == 0 and none.probabilities.shape == (0, 10)
    assert which_says(finds(), answers()).shape == (0, 10, 3)
    assert there_says(finds(), answers(), rows()).shape == (0, 4)


def test_silence_is_a_coin_and_no_digit_before_others() -> None:
    both = weighed(finds((3, 0.9)), answers((3, 0.9)), Weights((0.0, 0.0, 0.0), SILENT))
    assert np.allclose(both.probabilities, 0.1) and both.digitness[0] == pytest.approx(0.5)


def heights(*each: tuple[float, float]) -> Finds:
    """Finds of these heights and digitnesses."""
    boxes = np.array([(50 * place, 0, 20, height) for place, (height, _) in enumerate(each)], np.float32)
    return Finds(boxes.reshape(-1, 4), np.array([sure for _, sure in each], np.float32), np.zeros((len(each), 10)))


def test_a_page_of_about_one_size_stays_as_it_is() -> None:
    page = heights((40, 0.9), (44, 0.8), (36, 0.3), (40, 0.99), (50, 0.6))
    assert np.allclose(of_one_size(page).digitness, page.digitness, atol=1e-5)
    assert len(of_one_size(heights())) == 0


def test_what_is_of_quite_another_size_is_less_probable_but_what_is_plain_stays() -> None:
    page = heights(*[(40, 0.95)] * 6, (10, 0.6), (160, 0.6), (10, 0.999))
    changed = of_one_size(page).digitness
    assert (changed[6:8] < 0.3).all() and changed[8] > 0.9
    assert np.allclose(changed[:6], 0.95, atol=1e-5)
