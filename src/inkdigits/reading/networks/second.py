"""A second opinion on strips: the recogniser of RapidOCR, somebody else's network, where its package is installed.

It reads all kinds of text (PP-OCR, Apache licence; nobody says what it was trained on). Only its network is used, and
only what it makes of digits and signs counts: all other characters are one class, as for our own transcriber.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import BLANK_INDEX, CHARACTERS, CLASS_COUNT, OTHER, encode_text
from inkdigits.errors import ModelError
from inkdigits.reading.networks.session import DEFAULT_THREADS, create_session, read_weights
from inkdigits.reading.networks.transcriber import FRAME_WIDTH_PX

_NETWORKS = "models/PP-OCRv*_rec_small.onnx"  # in RapidOCR's package
_HOW_TO_INSTALL = "run `pip install 'inkdigits[second]'`"
_SAME_SIGNS = str.maketrans("xX—–，．：＋（）‘’", "××--,.:+()''")  # its characters for our signs
_MIN_PROBABILITY = 1e-4  # of a class in a frame: it is surer than it is right


class SecondReader:
    """RapidOCR's recogniser as a transcriber of strips. May be used from several threads at once."""

    def __init__(self, threads: int = DEFAULT_THREADS) -> None:
        """Load it. Raises ModelError when its package is not installed, or has no such network."""
        path = _find_network()
        self.name = path.stem
        self._session = create_session(read_weights(path), path, threads)
        self._input_name = self._session.get_inputs()[0].name
        characters = self._session.get_modelmeta().custom_metadata_map.get("character", "").splitlines()
        if not characters:
            raise ModelError(f"{path}: the network does not name its characters; {_HOW_TO_INSTALL} again.")
        self._class_sums = _match_classes([*characters, " "])

    def transcribe(self, strip: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames of a strip, float32 48×W in 0..1 (W a multiple of 16): log probabilities, float32 W/4×27, of the
        classes of `inkdigits.alphabet`. Its own frames are twice as wide, and come twice."""
        paper = np.repeat((1 - 2 * strip)[None, None], 3, axis=1)  # 1×3×48×W, dark on bright, -1..1
        own = self._session.run(None, {self._input_name: paper})[0][0]  # W/8×K, probabilities
        frames = np.zeros((CLASS_COUNT, strip.shape[1] // FRAME_WIDTH_PX), np.float32)
        frames[BLANK_INDEX] = 1  # where it has no answer
        answered = np.repeat(self._class_sums @ own.T, 2, axis=1)[:, : frames.shape[1]]
        frames[:, : answered.shape[1]] = answered
        floored = np.maximum(frames, _MIN_PROBABILITY)
        return np.asarray(np.log(floored / floored.sum(axis=0)).T, np.float32)


def _find_network() -> Path:
    """The newest recogniser in RapidOCR's package, which is not imported for it."""
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"The second reader is not installed; {_HOW_TO_INSTALL}.")
    found = [path for folder in spec.submodule_search_locations for path in Path(folder).glob(_NETWORKS)]
    if not found:
        raise ModelError(f"RapidOCR's package has no network {_NETWORKS}; {_HOW_TO_INSTALL} again.")
    return max(found, key=_get_version)


def _get_version(path: Path) -> tuple[int, ...]:
    """The numbers in a network's name: v10 is newer than v6."""
    return tuple(map(int, re.findall(r"\d+", path.name)))


def _match_classes(characters: list[str]) -> NDArray[np.float32]:
    """Which of its K classes, the blank first, make up each of ours: 0 or 1, float32 27×K."""
    ours = [each.translate(_SAME_SIGNS) for each in characters]
    known = [each if len(each) == 1 and each in CHARACTERS else OTHER for each in ours]
    classes = [BLANK_INDEX, *(encode_text(each)[0] for each in known)]
    return np.asarray(np.arange(CLASS_COUNT)[:, None] == classes, np.float32)
