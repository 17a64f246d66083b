"""Glyphs → probabilities, by an exported network in onnxruntime. The only file that knows onnxruntime."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkdigits import glyph
from inkdigits.errors import ModelError
from inkdigits.types import Classification, ModelName

PACKAGED = Path(__file__).parent / "weights" / "reader.onnx"
_BATCH = 512  # glyphs a call: bounds memory, and is as quick as more
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Accept:
    """The least confidence and digitness, both 0..1, with which a digit is taken as read."""

    confidence: float
    digitness: float


class Network:
    """A network in an ONNX file with its card (JSON) beside it: `reader.onnx`, `reader.json`.

    Inputs: `images` float32 N×1×28×28 in 0..1. Outputs: `logits` N×10; `embedding` N×D and `digitness` N (a logit)
    where the network has them. May be used from several threads at once.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = _THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._path = Path(path) if path is not None else PACKAGED
        card, weights = _card(self._path.with_suffix(".json")), _bytes(self._path)
        if hashlib.sha256(weights).hexdigest() != card.get("sha256"):
            raise ModelError(
                f"{self._path}: not the file its card describes (SHA-256 differs); install or export it again."
            )
        try:
            self.name = ModelName(str(card["name"]), str(card["version"]))
            self.accept = Accept(float(card["accept"]["confidence"]), float(card["accept"]["digitness"]))
            self._temperature = float(card["temperature"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{self._path.with_suffix('.json')}: the card lacks {error}; export the network again."
            ) from error
        self._session = _session(weights, self._path, threads)
        self._outputs = {output.name for output in self._session.get_outputs()}
        if "logits" not in self._outputs or [i.name for i in self._session.get_inputs()] != ["images"]:
            raise ModelError(f"{self._path}: has no input `images` or no output `logits`; export it with inkdigits.")

    def classify(self, glyphs: NDArray[np.uint8]) -> Classification:
        """What the network says of glyphs, uint8 N×28×28 (N may be 0)."""
        wanted = [name for name in ("logits", "digitness", "embedding") if name in self._outputs]
        starts = range(0, max(1, len(glyphs)), _BATCH)
        parts = [self._run(wanted, glyphs[start : start + _BATCH]) for start in starts]
        found = {name: np.concatenate([part[name] for part in parts]) for name in wanted}
        count = len(glyphs)
        digitness = found.get("digitness")
        return Classification(
            probabilities=_softmax(found["logits"], self._temperature),
            digitness=np.ones(count, np.float32) if digitness is None else _sigmoid(digitness.reshape(count)),
            embeddings=found.get("embedding", np.zeros((count, 0), np.float32)),
        )

    def _run(self, wanted: list[str], glyphs: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        try:
            answers = self._session.run(wanted, {"images": glyph.to_float(glyphs)})
        except Exception as error:  # onnxruntime raises its own classes, which share no base but Exception
            raise ModelError(f"{self._path}: the network failed on 28×28 images ({error}); export it again.") from error
        return dict(zip(wanted, answers, strict=True))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the network's file cannot be read ({error.strerror}); check the path.") from error


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(_bytes(path))
    except ValueError as error:
        raise ModelError(f"{path}: the network's card is damaged; install or export it again.") from error
    if not isinstance(card, dict):
        raise ModelError(f"{path}: the network's card is damaged; install or export it again.")
    return card


def _session(weights: bytes, path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave the cores to others
    options.log_severity_level = 4  # errors come as exceptions
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, which share no base but Exception
        raise ModelError(f"{path}: not a network that onnxruntime can load ({error}); export it again.") from error


def _softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)  # N×10
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _sigmoid(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logit)), np.float32)  # never overflows
