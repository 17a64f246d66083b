"""The trained networks that the measurements of the reader are taken from, and what they say of digits.

make weights      trains them: runs/weights/reader-twin on 55,000 images, runs/weights/reader-0, -1, -2 on 60,000
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inkdigits.data.digits import Digits
from inkdigits.training.evaluate import digit_logits
from inkdigits.training.runs import Run, trained_network

FOLDER = Path("runs") / "weights"


def seeds() -> list[Run]:
    """The networks that learnt from all training images, a seed each."""
    return [Run(folder) for folder in sorted(FOLDER.glob("reader-[0-9]*"))]


def probabilities(run: Run, digits: Digits, temperature: float = 1.0) -> NDArray[np.float32]:
    """What a run's network says of digits that are glyphs already: float32 N×10."""
    said: torch.Tensor = digit_logits(trained_network(run), digits)
    return (said / temperature).softmax(dim=1).numpy()
