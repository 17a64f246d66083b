"""The network that reads a strip of a page, from left to right, as a text."""

from collections import OrderedDict

from torch import Tensor, nn

from inkdigits.alphabet import CLASS_COUNT
from inkdigits.models.cnn import conv_block
from inkdigits.models.detector import DetectorNet

STRIP_HEIGHT = 48  # pixels
_CONTEXT_DILATIONS = (1, 2, 4)  # frames


class TranscriberNet(nn.Sequential):
    """Ink N×1×48×W (W a multiple of 16), digits about 30 pixels high → logits N×27×1×W/4, one frame for 4 pixels.

    The classes are those of `inkdigits.alphabet`, class 0 the blank of connectionist temporal classification (Graves
    et al., "Connectionist temporal classification", 2006). Its first layers are those of the detector, so that it can
    begin with what that has learnt; what follows leaves the height and keeps the width. `context` lets a frame see the
    whole number it stands in, so that one digit of a hand helps with the next. A pixel costs about 17,000
    multiply-adds.
    """

    def __init__(self) -> None:
        detector_layers = OrderedDict(DetectorNet().named_children())
        del detector_layers["answers"]
        super().__init__(
            OrderedDict(
                **detector_layers,  # N×1×48×W → N×96×12×W/4
                low1=_lower(96, 128),  # → N×128×6×W/4
                low2=_lower(128, 160),  # → N×160×3×W/4
                column=nn.Sequential(nn.Conv2d(160, 192, (3, 1), bias=False), nn.BatchNorm2d(192), nn.ReLU()),
                line=nn.Sequential(
                    nn.Conv2d(192, 192, (1, 5), padding=(0, 2), bias=False), nn.BatchNorm2d(192), nn.ReLU()
                ),
                context=nn.Sequential(*(_Context(192, dilation) for dilation in _CONTEXT_DILATIONS)),
                frames=nn.Conv2d(192, CLASS_COUNT, 1),
            )
        )


class _Context(nn.Module):
    """N×C×1×T → the same, each frame with what five frames, `dilation` apart, add to it: nothing at first."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        last_norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(last_norm.weight)
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, (1, 5), padding=(0, 2 * dilation), dilation=(1, dilation), bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            last_norm,
        )

    def forward(self, frames: Tensor) -> Tensor:
        out: Tensor = (frames + self.layers(frames)).relu()
        return out


def _lower(in_channels: int, out_channels: int) -> nn.Sequential:
    """A convolution after which the maps are half as high and as wide as before."""
    block = conv_block(in_channels, out_channels)
    block[0] = nn.Conv2d(in_channels, out_channels, 3, stride=(2, 1), padding=1, bias=False)
    return block
