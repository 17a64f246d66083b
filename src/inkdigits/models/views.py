"""How a network is shown a digit: set upright, and from nine places. Neither has a number to learn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from inkdigits.models.ensemble import split_at_embedding

MAX_SHEAR = 1.0  # columns a row: 45 degrees
_MIN_MASS = 1e-6  # of the ink, so that an image without any stays as it is


def build_viewing(
    build_network: Callable[[], nn.Sequential], *, upright: bool = True, nine_looks: bool = True
) -> nn.Sequential:
    """A fresh network that is shown its digits so: 784 pixels → `upright` → `embedding`, which is all that comes before
    the answer if there are nine looks → what follows."""
    network = build_network()
    layers = OrderedDict[str, nn.Module]()
    if upright:
        layers["upright"] = Upright()
    if nine_looks:
        features, network = split_at_embedding(network)
        layers["embedding"] = NineLooks(features)
    return nn.Sequential(layers | OrderedDict(network.named_children()))


class Upright(nn.Module):
    """Shear images, float N×1×H×W, bright on 0, until they lean to neither side.

    A digit leans as far as the line that best tells the columns of its ink from their rows: the covariance of both by
    the variance of the rows. Each row moves by as much as that line is off the middle, with linear interpolation. After
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998 (there
    "deslanting").
    """

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        ink = images[:, 0]  # N×H×W
        rows = torch.arange(ink.shape[1], dtype=ink.dtype, device=ink.device)
        columns = torch.arange(ink.shape[2], dtype=ink.dtype, device=ink.device)
        row_ink, column_ink = ink.sum(dim=2), ink.sum(dim=1)  # N×H, N×W
        mass = row_ink.sum(dim=1, keepdim=True).clamp(min=_MIN_MASS)
        from_middle_row = rows - (row_ink * rows).sum(dim=1, keepdim=True) / mass  # N×H
        from_middle_column = columns - (column_ink * columns).sum(dim=1, keepdim=True) / mass  # N×W
        covariance = ((ink * from_middle_column[:, None]).sum(dim=2) * from_middle_row).sum(dim=1)
        variance = (row_ink * from_middle_row.square()).sum(dim=1).clamp(min=_MIN_MASS)
        shear = (covariance / variance).clamp(-MAX_SHEAR, MAX_SHEAR)
        return _sample_rows(ink, columns + (shear[:, None] * from_middle_row)[:, :, None])[:, None]


class NineLooks(nn.Module):
    """The mean of the features of an image as it is and of eight that are moved by a pixel: N×1×H×W → N×D.

    While it learns, a network looks once.
    """

    def __init__(self, features: nn.Sequential) -> None:
        super().__init__()
        self.features = features

    def forward(self, images: Tensor) -> Tensor:
        if self.training:
            return self.features(images)  # type: ignore[no-any-return]
        height, width = images.shape[2:]
        padded = functional.pad(images, (1, 1, 1, 1))
        looks = [padded[:, :, row : row + height, column : column + width] for row in range(3) for column in range(3)]
        if torch.compiler.is_exporting():  # one after another they would make a graph nine times as large
            features: Tensor = self.features(torch.cat(looks))
            return features.reshape(len(looks), -1, features.shape[1]).mean(dim=0)
        return torch.stack([self.features(look) for look in looks]).mean(dim=0)  # each stays in the processor's cache


def _sample_rows(ink: Tensor, positions: Tensor) -> Tensor:
    """What stands at these columns, float N×H×W, of each row of N×H×W; off the image there is nothing."""
    left = positions.floor()
    share = positions - left
    padded = functional.pad(ink, (1, 1))
    last = padded.shape[2] - 1
    left_ink, right_ink = (
        padded.gather(2, (left + offset).clamp(0, last).long()) for offset in (1, 2)
    )  # the padding has moved columns on by one
    return left_ink * (1 - share) + right_ink * share
