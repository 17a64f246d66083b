"""Transcribe strips of a page: ink → for every few pixels the log probability of each character."""

from __future__ import annotations

import os
import re

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import BLANK_INDEX, CHARACTERS, CLASS_COUNT, encode_text
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
_WITH_SIGNS = re.compile(
    r"[0-9].*[+×÷].*[0-9]|\b[0-9]{1,2}/[0-9]{1,2}/([0-9]{2}){1,2}\b|\b[0-9]{1,2}:[0-9]{2}\b|[0-9]/[-=]"
)


class Transcriber:
    """The network that transcribes strips. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = DEFAULT_THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._model = OnnxModel(path if path is not None else PACKAGED_PATH, "frames", threads)

    def transcribe(self, strip: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames of a strip, float32 48×W in 0..1 (W a multiple of 16): log probabilities, float32 W/4×27, of the
        classes of `inkdigits.alphabet`.

        Some signs are rarer in life than on the strips that it learnt from, and each of them would be a digit lost; but
        not in a sum, a date, a time, or an amount that is filled up as in `500/-`.
        """
        logits = self._model.run(["frames"], strip[None, None])["frames"][0, :, 0].T
        return log_softmax(logits if _has_signs(logits) else logits - _RARENESS)


def _has_signs(logits: NDArray[np.float32]) -> bool:
    """Whether the best path of frames T×27 spells something that has such signs."""
    best = logits.argmax(axis=1)
    starts = best[np.flatnonzero(np.diff(best, prepend=BLANK_INDEX))]
    text = "".join(CHARACTERS[index - 1] for index in starts if index != BLANK_INDEX)
    return _WITH_SIGNS.search(text) is not None
