"""The trained networks that the measurements of the reader are taken from, and their probabilities for digits.

make weights      trains them: runs/weights/reader-twin on 55,000 images, runs/weights/reader-0, -1, -2 on 60,000
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.training.evaluate import predict_digit_logits
from inkdigits.training.runs import Run, load_trained_network

WEIGHTS_FOLDER = Path("runs") / "weights"


def list_seed_runs() -> list[Run]:
    """The networks that learnt from all training images, a seed each."""
    return [Run(folder) for folder in sorted(WEIGHTS_FOLDER.glob("reader-[0-9]*"))]


def predict_probabilities(run: Run, digits: Digits, temperature: float = 1.0) -> NDArray[np.float32]:
    """Softmax of a run's logits, divided by the temperature, for digits that are glyphs already: float32 N×10."""
    logits: torch.Tensor = predict_digit_logits(load_trained_network(run), digits)
    return (logits / temperature).softmax(dim=1).numpy()
