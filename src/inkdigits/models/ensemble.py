"""Several networks as one: it says the mean of what its members say."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import reduce

import torch
from torch import Tensor, nn

from inkdigits.errors import UsageError
from inkdigits.glyph import GLYPH_SIDE


class EnsembleNet(nn.Sequential):
    """784 pixels → the members' features side by side → the logarithm of the mean of their ten probabilities.

    The members are of one kind, and have M times D features. After Lakshminarayanan, Pritzel and Blundell, "Simple and
    scalable predictive uncertainty estimation using deep ensembles", 2017.
    """

    def __init__(self, members: Sequence[nn.Sequential]) -> None:
        """Take the members' layers, not copies of them. Raises UsageError as `require_digit_classifier` does."""
        for member in members:
            require_digit_classifier(member)
        split_members = [split_at_embedding(member) for member in members]
        super().__init__(
            OrderedDict(
                embedding=FeatureConcat(features for features, _ in split_members),  # N×1×28×28 → N×MD
                logits=MeanProbability(answer for _, answer in split_members),  # → N×10
            )
        )


def build_ensemble(count: int, build_member: Callable[[], nn.Sequential]) -> EnsembleNet:
    """`count` fresh networks of a kind as one, to be trained together: they see the same images at every step."""
    return EnsembleNet([build_member() for _ in range(count)])


class FeatureConcat(nn.ModuleList):
    """What each of M networks makes of the same images, one after another: N×1×28×28 → N×MD."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([network(images) for network in self], dim=1)


class MeanProbability(nn.ModuleList):
    """The logarithm of the mean of M networks' probabilities, each network's of its own D features: N×MD → N×10.

    While they learn, each answers for itself, so that none relies on another: M times N logits, one network's after
    another's, MN×10. The mean is as exact where all probabilities are tiny: the greatest of each digit is taken out
    before it. (`torch.logsumexp` would do the same, but is exported as an operator that cannot be rounded to 8 bits.)
    """

    def forward(self, features: Tensor) -> Tensor:
        parts = features.chunk(len(self), dim=1)
        logits = [network(part) for network, part in zip(self, parts, strict=True)]
        if self.training:
            return torch.cat(logits)
        log_probabilities: list[Tensor] = [each.log_softmax(dim=1) for each in logits]
        max_log_probabilities = reduce(torch.maximum, log_probabilities)  # N×10
        scaled_probabilities = torch.stack(
            [(each - max_log_probabilities).exp() for each in log_probabilities]
        )  # M×N×10
        return scaled_probabilities.mean(dim=0).log() + max_log_probabilities


def require_digit_classifier(network: nn.Sequential) -> None:
    """Raise UsageError unless a network has an `embedding` and tells the ten digits and nothing else."""
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        is_digit_classifier = (
            hasattr(network, "embedding") and network(torch.zeros(1, 1, GLYPH_SIDE, GLYPH_SIDE)).shape[1] == 10
        )
    network.train(was_training)
    if not is_digit_classifier:
        raise UsageError("Only networks that classify the ten digits can form an ensemble; train another recipe.")


def split_at_embedding(network: nn.Sequential) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers up to `embedding`, and those after it."""
    named = list(network.named_children())
    cut = [name for name, _ in named].index("embedding") + 1
    return nn.Sequential(OrderedDict(named[:cut])), nn.Sequential(OrderedDict(named[cut:]))
