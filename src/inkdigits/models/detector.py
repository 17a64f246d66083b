"""The network that finds digits on a page: fully convolutional, one answer for every 4×4 pixels."""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional

from inkdigits.models.cnn import conv_block

STRIDE = 4  # pixels on a side that share one answer
OUTPUT_CHANNELS = 15  # a digit's middle is here · which digit, 10 · where its middle is, 2 · how large it is, 2


class DetectorNet(nn.Sequential):
    """Ink N×1×H×W (H and W multiples of 16) → answers N×15×H/4×W/4, for digits about 22 to 66 pixels high.

    The answers of a cell are logits and shares: 0 whether a digit's box has its middle here; 1–10 which digit; 11–12
    the middle's place, x and y, in cells from the cell's own middle; 13–14 the logarithm of the box's width and
    height over 32 pixels. After Zhou, Wang and Krähenbühl, "Objects as points", 2019. A pixel costs about 10,500
    multiply-adds.
    """

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                conv1=conv_block(1, 24, kernel=5, stride=2),  # N×1×H×W → N×24×H/2×W/2
                conv2=conv_block(24, 48, stride=2),  # → N×48×H/4×W/4
                conv3=conv_block(48, 48),
                around=ContextBlock(48, 96, ContextBlock(96, 160, *_build_conv_pair(160)), *_build_conv_pair(96)),
                conv4=conv_block(48, 96),
                answers=nn.Conv2d(96, OUTPUT_CHANNELS, 1),  # → N×15×H/4×W/4
            )
        )
        nn.init.constant_(self.get_parameter("answers.bias")[0], -4.0)  # digits are rare: begin by expecting none


def _build_conv_pair(channels: int) -> list[nn.Sequential]:
    """Two convolutions from `channels` to as many."""
    return [conv_block(channels, channels), conv_block(channels, channels)]


class ContextBlock(nn.Module):
    """Adds to each place what is seen around it: half the resolution, more channels, some layers, and back."""

    def __init__(self, channels: int, inner_channels: int, *layers: nn.Module) -> None:
        super().__init__()
        self.down = conv_block(channels, inner_channels, stride=2)
        self.layers = nn.Sequential(*layers)
        self.back = nn.Conv2d(inner_channels, channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        context = self.back(self.layers(self.down(maps)))
        return maps + functional.interpolate(context, scale_factor=2.0, mode="nearest")
