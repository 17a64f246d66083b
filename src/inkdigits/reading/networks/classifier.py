"""Classify glyphs with an exported network: glyphs → probabilities."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits import glyph
from inkdigits.reading.networks.activations import sigmoid, softmax
from inkdigits.reading.networks.session import DEFAULT_THREADS, WEIGHTS_FOLDER, OnnxModel
from inkdigits.types import Classification

PACKAGED_PATH = WEIGHTS_FOLDER / "reader.onnx"
_GLYPH_OUTPUTS = ("logits", "digitness", "embedding")  # of the whole glyph; all other outputs are layers
_BATCH_SIZE = 512  # glyphs a call: bounds memory, and is as quick as more


@dataclass(frozen=True, slots=True)
class AcceptThresholds:
    """The least confidence and digitness, both 0..1, with which a digit is accepted."""

    min_confidence: float
    min_digitness: float


class Classifier:
    """A network that classifies glyphs, in an ONNX file with its card (JSON) beside it.

    Inputs: `images` float32 N×1×28×28 in 0..1. Outputs: `logits` N×10; `embedding` N×D and `digitness` N (a logit)
    where the network has them. May be used from several threads at once.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = DEFAULT_THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._model = OnnxModel(path if path is not None else PACKAGED_PATH, "logits", threads)
        self.name = self._model.name
        self.thresholds = AcceptThresholds(
            self._model.get_card_number("accept", "confidence"), self._model.get_card_number("accept", "digitness")
        )
        self.sha256 = str(self._model.get_card_value("sha256"))
        self._temperature = self._model.get_card_number("temperature")

    def classify(self, glyphs: NDArray[np.uint8]) -> Classification:
        """Classify glyphs, uint8 N×28×28 (N may be 0)."""
        output_names = [name for name in _GLYPH_OUTPUTS if name in self._model.outputs]
        starts = range(0, max(1, len(glyphs)), _BATCH_SIZE)
        batches = [
            self._model.run(output_names, glyph.to_float(glyphs[start : start + _BATCH_SIZE])) for start in starts
        ]
        outputs = {name: np.concatenate([batch[name] for batch in batches]) for name in output_names}
        count = len(glyphs)
        digitness = outputs.get("digitness")
        return Classification(
            probabilities=softmax(outputs["logits"] / np.float32(self._temperature)),
            digitness=np.ones(count, np.float32) if digitness is None else sigmoid(digitness.reshape(count)),
            embeddings=outputs.get("embedding", np.zeros((count, 0), np.float32)),
        )

    def compute_activations(self, glyph_image: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The activations of every layer up to the embedding for one glyph, uint8 28×28, by name, first to last:
        float32, C×H×W for feature maps, D for single units."""
        names = [name for name in self._model.outputs if name not in _GLYPH_OUTPUTS]
        activations = self._model.run(names, glyph.to_float(glyph_image)) if names else {}
        return {name: batch[0] for name, batch in activations.items()}
