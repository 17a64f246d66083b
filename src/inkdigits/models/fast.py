"""The network that learns in seconds: three convolutions, the first of which looks at every other place only."""

from collections import OrderedDict

from torch import nn

from inkdigits.models.cnn import MaxAndMeanPool, conv_block


class FastNet(nn.Sequential):
    """784 pixels → three convolutions → 128 features → 10. No map is larger than 14×14, where the time would go."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                conv1=conv_block(1, 16, kernel=5, stride=2),  # N×1×28×28 → N×16×14×14
                conv2=conv_block(16, 32, pool=True),  # → N×32×7×7
                conv3=conv_block(32, 64),  # → N×64×7×7
                embedding=MaxAndMeanPool(),  # → N×128
                logits=nn.Linear(128, 10),  # → N×10
            )
        )
