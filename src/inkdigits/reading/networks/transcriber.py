"""Transcribe strips of a page: ink → for every few pixels the log probability of each character."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.networks.activations import log_softmax
from inkdigits.reading.networks.session import DEFAULT_THREADS, WEIGHTS_FOLDER, OnnxModel

PACKAGED_PATH = WEIGHTS_FOLDER / "transcriber.onnx"
STRIP_HEIGHT_PX = 48
FRAME_WIDTH_PX = 4  # of a strip, to a frame
WIDTH_MULTIPLE_PX = 16  # a strip's width is a multiple of this
DIGIT_HEIGHT_PX = 30.0  # that a strip's usual digit is brought to


class Transcriber:
    """The network that transcribes strips. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = DEFAULT_THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._model = OnnxModel(path if path is not None else PACKAGED_PATH, "frames", threads)

    def transcribe(self, strip: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames of a strip, float32 48×W in 0..1 (W a multiple of 16): log probabilities, float32 W/4×27, of the
        classes of `inkdigits.alphabet`.
        """
        return log_softmax(self._model.run(["frames"], strip[None, None])["frames"][0, :, 0].T)
