"""Detect digits in the ink of a page, at one scale, with a fully convolutional network."""

from __future__ import annotations

import os
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.networks.activations import sigmoid, softmax
from inkdigits.reading.networks.session import DEFAULT_THREADS, WEIGHTS_FOLDER, OnnxModel

PACKAGED_PATH = WEIGHTS_FOLDER / "detector.onnx"
MIN_DIGIT_PX, MAX_DIGIT_PX = 22.0, 66.0  # the longer side of digits that it detects
_STRIDE_PX = 4  # pixels on a side that share one output
_SIDE_MULTIPLE_PX = 16  # the input's sides are multiples of this
_BOX_UNIT_PX = 32.0  # the network gives box sizes as multiples of this
MIN_HEAT = 0.1  # a centre that is less probable is left out


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """N boxes that may hold a digit. `boxes` float64 N×4 (x, y, width, height), in pixels of the upright page once
    they leave `proposals.py`; `digitness` float32 N in 0..1; `probabilities` float32 N×10, each row with the sum 1."""

    boxes: NDArray[np.float64]
    digitness: NDArray[np.float32]
    probabilities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def centres(self) -> NDArray[np.float64]:
        """The middles of the boxes, float64 N×2 (x, y)."""
        return np.asarray(self.boxes[:, :2] + self.boxes[:, 2:] / 2, np.float64)

    def select(self, selection: NDArray[np.intp] | NDArray[np.bool_]) -> Detections:
        """The detections at these indices, in the order given, or where a mask is true."""
        return Detections(self.boxes[selection], self.digitness[selection], self.probabilities[selection])

    def rescale(self, factor: float) -> Detections:
        """The same detections in an image `factor` times as large."""
        return Detections(self.boxes * factor, self.digitness, self.probabilities)

    def shift(self, x: float, y: float) -> Detections:
        """The same detections in an image that begins so many pixels further left and up."""
        return Detections(self.boxes + np.array([x, y, 0, 0]), self.digitness, self.probabilities)


class Detector:
    """The network that detects digits. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = DEFAULT_THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._model = OnnxModel(path if path is not None else PACKAGED_PATH, "answers", threads)

    def detect(self, ink: NDArray[np.float32]) -> Detections:
        """Detect digits of 22 to 66 pixels; boxes are in pixels of `ink`, float32 H×W in 0..1, bright on 0.

        A detection is a local maximum of the heat map; models/detector.py describes the outputs.
        """
        padded = np.pad(ink, [(0, -side % _SIDE_MULTIPLE_PX) for side in ink.shape])
        output = self._model.run(["answers"], padded[None, None])["answers"][0]  # 15×H/4×W/4
        heat = sigmoid(output[0])
        is_peak = (heat >= MIN_HEAT) & (heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8)))
        rows, columns = np.nonzero(is_peak)
        peaks = output[:, rows, columns].T  # N×15
        centres = (np.stack([columns, rows], axis=1) + 0.5 + peaks[:, 11:13]) * _STRIDE_PX
        sizes = np.exp(np.clip(peaks[:, 13:15], -3, 2)) * _BOX_UNIT_PX
        boxes = np.concatenate([centres - sizes / 2, sizes], axis=1).astype(np.float64)
        return Detections(boxes, heat[rows, columns], softmax(peaks[:, 1:11]))
