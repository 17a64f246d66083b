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

from inkdigits.data import mnist
from inkdigits.glyph import to_float

RANGED, BATCH = 2000, 100  # digits that the ranges are taken from


def quantised(content: bytes) -> bytes:
    """The ONNX file of a network that takes `images`, with the same outputs, computed from 8-bit numbers."""
    with tempfile.TemporaryDirectory() as folder, _silent():
        given, prepared, made = (Path(folder) / name for name in ("given.onnx", "prepared.onnx", "made.onnx"))
        given.write_bytes(content)
        quant_pre_process(given, prepared)
        quantize_static(
            prepared,
            made,
            _Digits(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return made.read_bytes()


class _Digits(CalibrationDataReader):  # type: ignore[misc]
    """Training digits, batch by batch."""

    def __init__(self) -> None:
        images = mnist.load("train").images[:RANGED]
        self._batches = iter(np.split(to_float(images), RANGED // BATCH))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"images": batch}


@contextmanager
def _silent() -> Iterator[None]:
    """onnxruntime warns of weights that have one axis only, which are rounded with one range: nothing for our users."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
