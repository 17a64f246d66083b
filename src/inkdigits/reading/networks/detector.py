"""Ink of a page → where digits stand, by the detector, a fully convolutional network, at one scale."""

from __future__ import annotations

import os
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.networks.activations import sigmoid, softmax
from inkdigits.reading.networks.session import FOLDER, THREADS, Exported

PACKAGED = FOLDER / "detector.onnx"
LEAST, MOST = 22.0, 66.0  # pixels: the longer sides of digits that it finds
_STRIDE = 4  # pixels on a side that share one answer
_MULTIPLE = 16  # pixels: sides of what the network sees are multiples of this, and so much empty paper is around it
_UNIT = 32.0  # pixels: boxes are told as multiples of this
FAINT = 0.1  # a middle less probable than this is none


@dataclass(frozen=True, slots=True, eq=False)
class Finds:
    """N places where digits may stand. `boxes` float64 N×4 (x, y, width, height), in pixels of the upright page once
    they leave `proposals.py`; `digitness` float32 N in 0..1; `probabilities` float32 N×10, each row with the sum 1."""

    boxes: NDArray[np.float64]
    digitness: NDArray[np.float32]
    probabilities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)

    def part(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Finds:
        """Some of the places, in the order given."""
        return Finds(self.boxes[chosen], self.digitness[chosen], self.probabilities[chosen])

    def scaled(self, factor: float) -> Finds:
        """The same places in an image `factor` times as large."""
        return Finds(self.boxes * factor, self.digitness, self.probabilities)


class Detector:
    """The network that finds digits. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._file = Exported(path if path is not None else PACKAGED, "answers", threads)

    def find(self, ink: NDArray[np.float32]) -> Finds:
        """Where digits of 22 to 66 pixels stand, boxes in pixels of `ink`, float32 H×W in 0..1, bright on 0.

        A place is one whose answer is the greatest among its neighbours; the answers are told in models/detector.py.
        """
        height, width = ink.shape
        around = [(_MULTIPLE, _MULTIPLE + -side % _MULTIPLE) for side in (height, width)]
        padded = np.pad(ink, around)
        answers = self._file.run(["answers"], padded[None, None])["answers"][0]  # 15×H/4×W/4
        heat = sigmoid(answers[0])
        summit = (heat >= FAINT) & (heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8)))
        rows, columns = np.nonzero(summit)
        of = answers[:, rows, columns].T  # N×15
        middles = (np.stack([columns, rows], axis=1) + 0.5 + of[:, 11:13]) * _STRIDE - _MULTIPLE
        sizes = np.exp(np.clip(of[:, 13:15], -3, 2)) * _UNIT
        boxes = np.concatenate([middles - sizes / 2, sizes], axis=1).astype(np.float64)
        return Finds(boxes, heat[rows, columns], softmax(of[:, 1:11]))
