"""A network in whole numbers: weights and signals rounded to 8 bits, for a small file and quick reading.

Every signal's range is taken from training digits, and every channel of weights has a range of its own, after Jacob et
al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference", 2018. onnxruntime
does the work.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from inkdigits.data.sets import mnist
from inkdigits.glyph import to_float

CALIBRATION_DIGITS, CALIBRATION_BATCH_SIZE = 2000, 100  # digits that the ranges are taken from


def quantise(content: bytes) -> bytes:
    """The ONNX file of a network that takes `images`, with the same outputs, computed from 8-bit numbers."""
    with tempfile.TemporaryDirectory() as folder, _silence_logging():
        input_path, prepared_path, output_path = (
            Path(folder) / name for name in ("given.onnx", "prepared.onnx", "made.onnx")
        )
        input_path.write_bytes(content)
        quant_pre_process(input_path, prepared_path)
        quantize_static(
            prepared_path,
            output_path,
            _CalibrationReader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return output_path.read_bytes()


class _CalibrationReader(CalibrationDataReader):  # type: ignore[misc]
    """Training digits, batch by batch."""

    def __init__(self) -> None:
        images = mnist.load("train").images[:CALIBRATION_DIGITS]
        self._batches = iter(np.split(to_float(images), CALIBRATION_DIGITS // CALIBRATION_BATCH_SIZE))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"images": batch}


@contextmanager
def _silence_logging() -> Iterator[None]:
    """onnxruntime warns of weights that have one axis only, which are rounded with one range: nothing for our users."""
    previous_level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(previous_level)
