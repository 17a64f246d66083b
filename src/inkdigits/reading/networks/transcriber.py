"""Transcribe strips of a page: ink → for every few pixels the log probability of each character."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import CLASS_COUNT, DIGIT_CHARACTERS, encode_text
from inkdigits.reading.networks.activations import log_softmax
from inkdigits.reading.networks.session import DEFAULT_THREADS, WEIGHTS_FOLDER, OnnxModel

_RARE_SIGNS, _RARE_SIGN_LOG_ODDS = "()~:/#%", 2.0  # beside digits, and by how much less likely than it learnt
PACKAGED_PATH = WEIGHTS_FOLDER / "transcriber.onnx"
STRIP_HEIGHT_PX = 48
FRAME_WIDTH_PX = 4  # of a strip, to a frame
WIDTH_MULTIPLE_PX = 16  # a strip's width is a multiple of this
DIGIT_HEIGHT_PX = 30.0  # that a strip's usual digit is brought to
_RARENESS = np.zeros(CLASS_COUNT, np.float32)
_RARENESS[encode_text(_RARE_SIGNS)] = _RARE_SIGN_LOG_ODDS
_DIGIT_CLASSES, _OPERATOR_CLASSES = encode_text(DIGIT_CHARACTERS), encode_text("+×÷")


class Transcriber:
    """The network that transcribes strips. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = DEFAULT_THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._model = OnnxModel(path if path is not None else PACKAGED_PATH, "frames", threads)

    def transcribe(self, strip: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames of a strip, float32 48×W in 0..1 (W a multiple of 16): log probabilities, float32 W/4×27, of the
        classes of `inkdigits.alphabet`.

        Some signs are rarer in life than on the strips that it learnt from, and each of them would be a digit lost; but
        not in a sum.
        """
        logits = self._model.run(["frames"], strip[None, None])["frames"][0, :, 0].T
        return log_softmax(logits if _is_sum(logits) else logits - _RARENESS)


def _is_sum(logits: NDArray[np.float32]) -> bool:
    """Whether the best path of frames T×27 has an operator between two digits."""
    best = logits.argmax(axis=1)
    digits, operators = np.flatnonzero(np.isin(best, _DIGIT_CLASSES)), np.flatnonzero(np.isin(best, _OPERATOR_CLASSES))
    return bool(len(digits) and ((digits[0] < operators) & (operators < digits[-1])).any())
