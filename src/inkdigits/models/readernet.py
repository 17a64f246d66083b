"""The network that reads pictures: six convolutions, and an eleventh answer, "is it a digit at all"."""

from collections import OrderedDict

from torch import nn

from inkdigits.models.cnn import MaxAndMeanPool, conv_block


class ReaderNet(nn.Sequential):
    """784 pixels → six convolutions → 256 features → ten logits of digits and one of there being a digit."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                conv1=conv_block(1, 16),  # N×1×28×28 → N×16×28×28
                conv2=conv_block(16, 32, pool=True),  # → N×32×14×14
                conv3=conv_block(32, 64),  # → N×64×14×14
                conv4=conv_block(64, 96, pool=True),  # → N×96×7×7
                conv5=conv_block(96, 128),  # → N×128×7×7
                conv6=conv_block(128, 128),  # → N×128×7×7
                embedding=MaxAndMeanPool(),  # → N×256
                logits=nn.Linear(256, 11),  # → N×11
            )
        )
