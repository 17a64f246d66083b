"""Logits, probabilities and back: exact in between, and never infinite."""

import numpy as np
import pytest

from inkdigits.reading.networks.activations import MIN_PROBABILITY, clipped_log, logit, sigmoid


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithms_are_bounded_and_keep_the_dtype(dtype: type[np.floating]) -> None:
    probabilities = np.array([0, MIN_PROBABILITY / 2, 0.25, 0.5, 1], dtype)
    logs, log_odds = clipped_log(probabilities), logit(probabilities)
    assert logs.dtype == log_odds.dtype == dtype
    assert logs.tolist() == pytest.approx([np.log(1e-6), np.log(1e-6), np.log(0.25), np.log(0.5), 0])
    assert log_odds[1:4].tolist() == pytest.approx([np.log(1e-6), -np.log(3), 0], abs=1e-5)
    assert log_odds[-1] == pytest.approx(-log_odds[0], rel=2e-3)  # 1 - 1e-6 is rounded in float32


def test_logit_undoes_sigmoid() -> None:
    logits = np.linspace(-9, 9, 19, dtype=np.float32)
    assert logit(sigmoid(logits)).tolist() == pytest.approx(logits.tolist(), abs=1e-2)
