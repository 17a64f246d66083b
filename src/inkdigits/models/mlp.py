"""The lecture's second network: a hidden layer of 20 units, 15,910 parameters."""

from collections import OrderedDict

from torch import nn

from inkdigits.models.initial import init_glorot


class MLP(nn.Sequential):
    """784 → `hidden` with relu → 10."""

    def __init__(self, hidden: int = 20) -> None:
        super().__init__(
            OrderedDict(
                pixels=nn.Flatten(),  # N×1×28×28 → N×784
                hidden=nn.Linear(784, hidden),  # → N×hidden
                embedding=nn.ReLU(),
                logits=nn.Linear(hidden, 10),  # → N×10
            )
        )
        init_glorot(self)
