"""Load, check and run an exported network: an ONNX file and its card. Only this file of reading knows onnxruntime."""

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

WEIGHTS_FOLDER = Path(__file__).parents[1] / "weights"  # of the packaged networks
DEFAULT_THREADS = 2


class OnnxModel:
    """A network in an ONNX file with its card (JSON) beside it. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str], required_output: str, threads: int = DEFAULT_THREADS) -> None:
        """Load it; `required_output` is an output that it must have. Raises ModelError when a file is missing, damaged,
        or not one of ours."""
        self.path = Path(path)
        weights = read_weights(self.path)
        self.card = _load_card(self.path)
        if hashlib.sha256(weights).hexdigest() != self.card.get("sha256"):
            raise ModelError(
                f"{self.path}: not the file its card describes (SHA-256 differs); install or export it again."
            )
        self.name = ModelName(str(self.get_card_value("name")), str(self.get_card_value("version")))
        self._session = create_session(weights, self.path, threads)
        self.outputs = tuple(output.name for output in self._session.get_outputs())
        if required_output not in self.outputs or [i.name for i in self._session.get_inputs()] != ["images"]:
            raise ModelError(
                f"{self.path}: has no input `images` or no output `{required_output}`; export it with inkdigits."
            )

    def get_card_value(self, *keys: str) -> Any:
        """The card's value under these keys, one inside the other. Raises ModelError when there is none."""
        value: Any = self.card
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                raise ModelError(
                    f"{self.path.with_suffix('.json')}: the card lacks '{'.'.join(keys)}'; export the network again."
                )
            value = value[key]
        return value

    def get_card_number(self, *keys: str) -> float:
        """As `get_card_value`, as a number. Raises ModelError also when it is none."""
        try:
            return float(self.get_card_value(*keys))
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"{self.path.with_suffix('.json')}: '{'.'.join(keys)}' is not a number; export the network again."
            ) from error

    def run(self, output_names: list[str], images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The named outputs for images, float32 N×1×H×W in 0..1."""
        try:
            outputs = self._session.run(output_names, {"images": images})
        except Exception as error:  # onnxruntime raises its own classes, which share no base but Exception
            raise ModelError(
                f"{self.path}: the network failed on images of {images.shape} ({error}); export it again."
            ) from error
        return dict(zip(output_names, outputs, strict=True))


def read_weights(path: Path) -> bytes:
    """A network's file. Raises ModelError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the network's file cannot be read ({error.strerror}); check the path.") from error


def _load_card(path: Path) -> dict[str, Any]:
    """The card of the network at `path`. Raises ModelError if it is missing or damaged."""
    card_path = path.with_suffix(".json")
    try:
        card = json.loads(card_path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"{path}: its card cannot be read ({error.strerror}); {card_path.name} must lie beside the network."
        ) from error
    except ValueError as error:
        raise ModelError(f"{card_path}: the network's card is damaged; install or export it again.") from error
    if not isinstance(card, dict):
        raise ModelError(f"{card_path}: the network's card is damaged; install or export it again.")
    return card


def create_session(weights: bytes, path: Path, threads: int) -> onnxruntime.InferenceSession:
    """A network that is ready to run. Raises ModelError for `weights` that are none; `path` is where they are from."""
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
