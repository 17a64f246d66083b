"""Glyphs → probabilities, by an exported network."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits import glyph
from inkdigits.reading.networks.activations import sigmoid, softmax
from inkdigits.reading.networks.session import FOLDER, THREADS, Exported
from inkdigits.types import Classification

PACKAGED = FOLDER / "reader.onnx"
_ANSWERS = ("logits", "digitness", "embedding")  # outputs that tell of the whole glyph; all others are of layers
_BATCH = 512  # glyphs a call: bounds memory, and is as quick as more


@dataclass(frozen=True, slots=True)
class Accept:
    """The least confidence and digitness, both 0..1, with which a digit is taken as read."""

    confidence: float
    digitness: float


class Network:
    """A network that classifies glyphs, in an ONNX file with its card (JSON) beside it.

    Inputs: `images` float32 N×1×28×28 in 0..1. Outputs: `logits` N×10; `embedding` N×D and `digitness` N (a logit)
    where the network has them. May be used from several threads at once.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._file = Exported(path if path is not None else PACKAGED, "logits", threads)
        self.name = self._file.name
        self.accept = Accept(self._file.number("accept", "confidence"), self._file.number("accept", "digitness"))
        self.sha256 = str(self._file.fact("sha256"))
        self._temperature = self._file.number("temperature")

    def classify(self, glyphs: NDArray[np.uint8]) -> Classification:
        """What the network says of glyphs, uint8 N×28×28 (N may be 0)."""
        wanted = [name for name in _ANSWERS if name in self._file.outputs]
        starts = range(0, max(1, len(glyphs)), _BATCH)
        parts = [self._file.run(wanted, glyph.to_float(glyphs[start : start + _BATCH])) for start in starts]
        found = {name: np.concatenate([part[name] for part in parts]) for name in wanted}
        count = len(glyphs)
        digitness = found.get("digitness")
        return Classification(
            probabilities=softmax(found["logits"] / np.float32(self._temperature)),
            digitness=np.ones(count, np.float32) if digitness is None else sigmoid(digitness.reshape(count)),
            embeddings=found.get("embedding", np.zeros((count, 0), np.float32)),
        )

    def layers(self, seen: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """What every layer up to the embedding says of one glyph, uint8 28×28, by name, first to last: float32, C×H×W
        of maps or D of single units."""
        names = [name for name in self._file.outputs if name not in _ANSWERS]
        said = self._file.run(names, glyph.to_float(seen)) if names else {}
        return {name: answers[0] for name, answers in said.items()}
