"""The lecture's first network: one layer, 7,850 parameters. Each digit has one weight for every pixel."""

from collections import OrderedDict

from torch import nn

from inkdigits.models.initial import init_glorot


class Softmax(nn.Sequential):
    """784 → 10. The softmax itself is part of the loss (cross-entropy takes logits)."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                embedding=nn.Flatten(),  # N×1×28×28 → N×784
                logits=nn.Linear(784, 10),  # → N×10
            )
        )
        init_glorot(self)
