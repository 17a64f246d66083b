"""What the transcriber makes of a strip."""

import numpy as np

from inkdigits.alphabet import CLASS_COUNT
from inkdigits.reading.networks.transcriber import Transcriber


def test_a_strip_without_ink_has_probabilities_of_every_class_and_says_nothing() -> None:
    frames = Transcriber(threads=1).transcribe(np.zeros((48, 160), np.float32))
    assert frames.shape == (40, CLASS_COUNT) and np.allclose(np.exp(frames).sum(axis=1), 1, atol=1e-4)
    assert not frames.argmax(axis=1).any()
