"""What the transcriber makes of frames: signs that are rare beside digits, and not in a sum, a date or a time."""

import numpy as np
import pytest

from inkdigits.alphabet import CLASS_COUNT, encode_text
from inkdigits.reading.networks.transcriber import Transcriber, _has_signs


def make_logits(text: str) -> np.ndarray:
    """Logits that say a text, T×27, a blank before and behind each character."""
    logits = np.zeros((2 * len(text) + 1, CLASS_COUNT), np.float32)
    logits[::2, 0] = 5
    for place, index in enumerate(encode_text(text)):
        logits[2 * place + 1, index] = 5
    return logits


@pytest.mark.parametrize(
    ("text", "has_signs"),
    [
        ("3+4", True),
        ("12×3=36", True),
        ("8÷2", True),
        ("25/5/2021", True),
        ("~ 25/05/21", True),
        ("12:30", True),
        ("29500/-", True),
        ("3/4", False),
        ("500/1/2021", False),
        ("12:5", False),
        ("+34", False),
        ("34×", False),
        ("12-4", False),
        ("5001-", False),
        ("××3", False),
        ("", False),
    ],
)
def test_sums_dates_times_and_filled_up_amounts_have_signs(text: str, has_signs: bool) -> None:
    """Crosses in empty boxes before a number are none, and one stroke or dash alone may be a 1 or a filler."""
    assert _has_signs(make_logits(text)) is has_signs


def test_a_strip_without_ink_has_probabilities_of_every_class_and_says_nothing() -> None:
    frames = Transcriber(threads=1).transcribe(np.zeros((48, 160), np.float32))
    assert frames.shape == (40, CLASS_COUNT) and np.allclose(np.exp(frames).sum(axis=1), 1, atol=1e-4)
    assert not frames.argmax(axis=1).any()
