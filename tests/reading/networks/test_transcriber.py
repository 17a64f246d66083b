"""What the transcriber makes of frames: signs that are rare beside digits, and not in a sum."""

import numpy as np
import pytest

from inkdigits.alphabet import CLASS_COUNT, encode_text
from inkdigits.reading.networks.transcriber import Transcriber, _is_sum


def make_logits(text: str) -> np.ndarray:
    """Logits that say a text, T×27, a blank before and behind each character."""
    logits = np.zeros((2 * len(text) + 1, CLASS_COUNT), np.float32)
    logits[::2, 0] = 5
    for place, index in enumerate(encode_text(text)):
        logits[2 * place + 1, index] = 5
    return logits


@pytest.mark.parametrize(
    ("text", "is_sum"),
    [
        ("3+4", True),
        ("12×3=36", True),
        ("8÷2", True),
        ("3/4", False),
        ("+34", False),
        ("34×", False),
        ("12-4", False),
        ("××3", False),
        ("", False),
    ],
)
def test_a_sum_has_an_operator_between_two_digits(text: str, is_sum: bool) -> None:
    """Crosses in empty boxes before a number are none, and a stroke or a dash is in dates, too."""
    assert _is_sum(make_logits(text)) is is_sum


def test_a_strip_without_ink_has_probabilities_of_every_class_and_says_nothing() -> None:
    frames = Transcriber(threads=1).transcribe(np.zeros((48, 160), np.float32))
    assert frames.shape == (40, CLASS_COUNT) and np.allclose(np.exp(frames).sum(axis=1), 1, atol=1e-4)
    assert not frames.argmax(axis=1).any()
