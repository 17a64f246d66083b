"""Drawn strips: one number each, and what is counted of their answers."""

import numpy as np
import pytest

from bench.shared.digit_strings import Transcription
from bench.strips import draw_strips, score_strips
from inkdigits.data.sets.mnist import load


def test_a_strip_is_grey_paper_with_one_number() -> None:
    digits = load("train").slice(55_000, 55_300)
    drawn, again = (list(draw_strips(digits, 12)) for _ in range(2))
    assert all(np.array_equal(image, other) for (image, _), (other, _) in zip(drawn, again, strict=True))
    for image, truth in drawn:
        assert image.dtype == np.uint8 and image.shape == (216, 760)
        assert truth.isdigit() and np.median(image) > 200 and image.min() < 120


def answer(text: str, digits: str, confidence: float) -> Transcription:
    return Transcription(text, digits, 0.0, confidence, confidence**2)


def test_counts_and_how_true_confidence_is() -> None:
    answers = [
        (answer("12", "12", 0.9), "12"),
        (answer("1?", "12", 0.5), "12"),  # right, and not sure
        (answer("17", "17", 0.8), "11"),  # silently wrong
        (answer("1 2", "12", 0.7), "12"),  # torn
        (answer("", "", 1.0), "5"),  # nothing read: not sure
    ]
    score = score_strips(answers)
    assert [score[key] for key in ("strips", "exact", "as_printed", "sure", "silently_wrong")] == [5, 3, 1, 3, 1]
    # a bin for each answer, and bins that are empty
    assert score["calibration_error"] == pytest.approx((0.1 + 0.5 + 0.8 + 0.3 + 1.0) / 5)
