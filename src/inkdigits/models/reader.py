"""The network that reads pictures: the CNN with wider late stages, and an eleventh answer, "is it a digit at all"."""

from inkdigits.models.cnn import CNN

CHANNELS = (16, 32, 48, 64, 96, 96)


class ReaderNet(CNN):
    """784 pixels → six convolutions → 192 features → ten logits of digits and one of there being a digit."""

    def __init__(self) -> None:
        super().__init__(channels=CHANNELS, outputs=11)
