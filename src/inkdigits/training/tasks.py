"""What a network is trained for: where its batches come from, what its loss is, and how well it does.

The loop knows a task by the protocol `Task` alone. There are three: to say which digit an image is, to find digits on
a page, and to read a strip of a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data.sets.digits import NOT_A_DIGIT, NUM_CLASSES, Digits
from inkdigits.models.build import ARCHITECTURES, TaskName
from inkdigits.training.batches import Batches
from inkdigits.training.detection import SceneBatches, detection_loss, score_detector
from inkdigits.training.evaluate import Score, score_network
from inkdigits.training.recipe import Recipe
from inkdigits.training.transcription import StripBatches, score_transcriber, transcription_loss

DIGITNESS_WEIGHT = 0.3  # of "is it a digit at all", beside "which one"


class BatchSource(Protocol):
    """`source(step)` → inputs and targets of that step, counted from 0, on `device`; a function of seed and step."""

    device: torch.device
    batch_size: int
    batches_per_epoch: int

    def __call__(self, step: int) -> tuple[Tensor, Tensor]: ...


class Task(Protocol):
    """All that differs between trainings of different kinds of networks."""

    def batches(
        self, digits: Digits, recipe: Recipe, device: torch.device, nondigits: NDArray[np.uint8] | None = None
    ) -> BatchSource:
        """Where batches come from; `nondigits`, uint8 N×28×28, are used in place of new ones where there are any."""
        ...

    def loss(self, outputs: Tensor, targets: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor, Tensor]:
        """The loss to minimise, and of the digits of the batch their logits (K×10 or more) and labels (K)."""
        ...

    def validation_digits(self, held: Digits | None) -> Digits | None:
        """The held-out digits that a training looks at as it goes, if it can look at single digits."""
        ...

    def evaluate(self, network: nn.Module, digits: Digits, recipe: Recipe) -> Score:
        """How well a trained network does on these digits."""
        ...


class Classification:
    """Which digit is it? And, for networks with an eleventh logit, is it one at all?"""

    def batches(
        self, digits: Digits, recipe: Recipe, device: torch.device, nondigits: NDArray[np.uint8] | None = None
    ) -> Batches:
        """Images float32 B×1×28×28 in 0..1 and labels int64 B."""
        return Batches(digits, recipe, device, nondigits)

    def loss(self, outputs: Tensor, targets: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor, Tensor]:
        """A network of several networks (models/ensemble.py) gives as many rows for each digit."""
        targets = targets.repeat(len(outputs) // len(targets))
        return classification_loss(outputs, targets, recipe.smoothing), outputs, targets

    def validation_digits(self, held: Digits | None) -> Digits | None:
        """All of them."""
        return held

    def evaluate(self, network: nn.Module, digits: Digits, recipe: Recipe) -> Score:
        """The score of every digit by itself."""
        return score_network(network, digits)


class Detection:
    """Where do digits stand on a page, and which are they?"""

    def batches(
        self, digits: Digits, recipe: Recipe, device: torch.device, nondigits: NDArray[np.uint8] | None = None
    ) -> SceneBatches:
        """Scenes written with the digits, and maps of targets (see detection.py)."""
        return SceneBatches(digits, recipe, device)

    def loss(self, outputs: Tensor, targets: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor, Tensor]:
        """See `detection_loss`."""
        return detection_loss(outputs, targets)

    def validation_digits(self, held: Digits | None) -> None:
        """None: single digits are no page to look at."""
        return

    def evaluate(self, network: nn.Module, digits: Digits, recipe: Recipe) -> Score:
        """Which digit it is, where one is, on scenes that training never draws."""
        return score_detector(network, digits, recipe)


class Transcription:
    """What does it say on this strip of a page?"""

    def batches(
        self, digits: Digits, recipe: Recipe, device: torch.device, nondigits: NDArray[np.uint8] | None = None
    ) -> StripBatches:
        """Strips written with the digits, and their texts (see transcription.py)."""
        return StripBatches(digits, recipe, device)

    def loss(self, outputs: Tensor, targets: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor, Tensor]:
        """See `transcription_loss`."""
        return transcription_loss(outputs, targets)

    def validation_digits(self, held: Digits | None) -> None:
        """None: single digits are no strip to look at."""
        return

    def evaluate(self, network: nn.Module, digits: Digits, recipe: Recipe) -> Score:
        """Which digits they are, on strips that training never draws."""
        return score_transcriber(network, digits, recipe)


TASKS: Mapping[TaskName, Task] = {
    "classification": Classification(),
    "detection": Detection(),
    "transcription": Transcription(),
}


def get_task(recipe: Recipe) -> Task:
    """What the recipe's network is trained for."""
    return TASKS[ARCHITECTURES[recipe.model].task]


def classification_loss(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """The cross-entropy of the digits, N×10 or more logits against N labels.

    A network with an eleventh logit also learns whether there is a digit at all; what is none has the label −1, and
    counts for that logit only.
    """
    digits = labels != NOT_A_DIGIT
    cost = F.cross_entropy(logits[:, :NUM_CLASSES], labels, ignore_index=NOT_A_DIGIT, label_smoothing=smoothing)
    if logits.shape[1] > NUM_CLASSES:
        cost = cost + DIGITNESS_WEIGHT * F.binary_cross_entropy_with_logits(logits[:, NUM_CLASSES], digits.float())
    return cost
