"""The network that reads pictures: six convolutions, and an eleventh answer, "is it a digit at all"."""

from collections import OrderedDict

from torch import nn

from inkdigits.models.cnn import MaxAndMean, convolution


class ReaderNet(nn.Sequential):
    """784 pixels → six convolutions → 256 features → ten logits of digits and one of there being a digit."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                conv1=convolution(1, 16),  # N×1×28×28 → N×16×28×28
                conv2=convolution(16, 32, pool=True),  # → N×32×14×14
                conv3=convolution(32, 64),  # → N×64×14×14
                conv4=convolution(64, 96, pool=True),  # → N×96×7×7
                conv5=convolution(96, 128),  # → N×128×7×7
                conv6=convolution(128, 128),  # → N×128×7×7
                embedding=MaxAndMean(),  # → N×256
                logits=nn.Linear(256, 11),  # → N×11
            )
        )
