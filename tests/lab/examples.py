"""What the tests of the lab draw: a few digits, a network's answers to them, the records of a training."""

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from inkdigits.data.sets.digits import Digits


def digits(labels: list[int]) -> Digits:
    """One square of ink for each label, each in a grey of its own, so that a glyph can be told from another."""
    images = np.zeros((len(labels), 28, 28), np.uint8)
    for place in range(len(labels)):
        images[place, 8:20, 8:20] = 10 + place
    return Digits(images, np.array(labels, np.int64), "some digits")


def answers(probabilities: list[dict[int, float]]) -> Tensor:
    """Logits whose softmax is what was asked for; what is left goes to the other digits in equal shares."""
    rows = []
    for wanted in probabilities:
        rest = (1 - sum(wanted.values())) / (10 - len(wanted))
        rows.append([wanted.get(digit, rest) for digit in range(10)])
    return torch.log(torch.tensor(rows))


def records(steps: int = 5, held: bool = True) -> list[dict[str, float | int | None]]:
    """A training of so many reports in which everything gets better."""
    return [
        {
            "step": 10 * place + 1,
            "epoch": float(10 * place + 1),
            "seconds": 0.1 * place,
            "lr": 0.001,
            "train_loss": 2.3 / (place + 1),
            "train_accuracy": 1 - 0.9 / (place + 1),
            "held_loss": 2.4 / (place + 1) if held else None,
            "held_accuracy": 1 - 0.95 / (place + 1) if held else None,
        }
        for place in range(steps)
    ]


def words(axes: Axes) -> list[str]:
    """All that is written in the axes, and their heading."""
    return [axes.get_title(loc="left"), *(text.get_text() for text in axes.texts)]


def picture(axes: Axes) -> NDArray[np.float64]:
    """The array of the axes' first image."""
    return np.asarray(axes.images[0].get_array(), np.float64)
