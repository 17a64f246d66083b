"""An exported network, its file and its card: opened, checked, run. The only file of reading that knows onnxruntime."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkdigits.errors import ModelError
from inkdigits.types import ModelName

FOLDER = Path(__file__).parents[1] / "weights"  # of the packaged networks
THREADS = 2


class Exported:
    """A network in an ONNX file with its card (JSON) beside it. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str], needs: str, threads: int = THREADS) -> None:
        """Load it; `needs` is an output that it must have. Raises ModelError when a file is missing, damaged, or not
        one of ours."""
        self.path = Path(path)
        self.card, weights = _card(self.path.with_suffix(".json")), _bytes(self.path)
        if hashlib.sha256(weights).hexdigest() != self.card.get("sha256"):
            raise ModelError(
                f"{self.path}: not the file its card describes (SHA-256 differs); install or export it again."
            )
        self.name = ModelName(str(self.fact("name")), str(self.fact("version")))
        self._session = _session(weights, self.path, threads)
        self.outputs = tuple(output.name for output in self._session.get_outputs())
        if needs not in self.outputs or [i.name for i in self._session.get_inputs()] != ["images"]:
            raise ModelError(f"{self.path}: has no input `images` or no output `{needs}`; export it with inkdigits.")

    def fact(self, *keys: str) -> Any:
        """What the card says under these keys, one inside the other. Raises ModelError when it says nothing."""
        found: Any = self.card
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                raise ModelError(
                    f"{self.path.with_suffix('.json')}: the card lacks '{'.'.join(keys)}'; export the network again."
                )
            found = found[key]
        return found

    def number(self, *keys: str) -> float:
        """As `fact`, of a number."""
        try:
            return float(self.fact(*keys))
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"{self.path.with_suffix('.json')}: '{'.'.join(keys)}' is no number; export the network again."
            ) from error

    def run(self, wanted: list[str], images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The wanted outputs of images, float32 N×1×H×W in 0..1."""
        try:
            answers = self._session.run(wanted, {"images": images})
        except Exception as error:  # onnxruntime raises its own classes, which share no base but Exception
            raise ModelError(
                f"{self.path}: the network failed on images of {images.shape} ({error}); export it again."
            ) from error
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
    options.enable_cpu_mem_arena = False  # it keeps for ever what the largest page took, and is no faster here
    options.enable_mem_pattern = False  # it remembers something of every size of page there was
    options.log_severity_level = 4  # errors come as exceptions
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, which share no base but Exception
        raise ModelError(f"{path}: not a network that onnxruntime can load ({error}); export it again.") from error
