"""What a step learns from. A batch is a function of the seed and the step alone, so a resumed run sees the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkdigits.data.augment import Hands, augment
from inkdigits.data.digits import NOT_A_DIGIT, Digits
from inkdigits.data.nondigits import nondigits
from inkdigits.data.warp import Warp, warp
from inkdigits.glyph import to_float
from inkdigits.training.recipes import Recipe

LIGHT = Warp(rotation=8.0, scale=0.08, shear=0.12, shift=1.0, elastic=0.0)
WARPS = {"light": LIGHT, "inked": replace(LIGHT, ink=0.5), "bent": Warp()}
HANDS = Hands()
CALM = 0.25  # the last share of a run, in which half of the images are plain
NONDIGITS = 20_000  # how many are made; they are varied like digits, so that none is seen twice


def seeded(seed: int, place: int) -> torch.Generator:
    """Torch's own generator, set to a state that depends on the seed and on the place in the run only."""
    return torch.default_generator.manual_seed((seed << 32) + place)  # torch.manual_seed costs most of a millisecond


class Batches:
    """`batches(step)` → images float32 B×1×28×28 in 0..1 and labels int64 B, on the device.

    Images are chosen and varied on the CPU, whose chances are the same everywhere, and then go to the device.
    Where the recipe wants things that are no digits, they follow the digits of the batch, labelled −1.
    """

    def __init__(
        self, digits: Digits, recipe: Recipe, device: torch.device, others: NDArray[np.uint8] | None = None
    ) -> None:
        """`others` are things that are no digits, uint8 N×28×28; by default they are made, which takes fonts."""
        self.recipe, self.device = recipe, device
        self.size = recipe.batch_size(len(digits))
        self.per_epoch = max(1, len(digits) // self.size)
        self.images = torch.from_numpy(to_float(digits.images))
        self.labels = torch.from_numpy(digits.labels)
        if self._always_all:
            self.images, self.labels = self.images.to(device), self.labels.to(device)  # once, not every step
        self._calm_from = round((1 - CALM) * recipe.total_steps(len(digits)))
        self._epoch = -1
        self._order = torch.arange(len(digits))
        if recipe.nondigits:
            if others is None:
                others = nondigits(NONDIGITS, digits.images, digits.labels, recipe.seed)
            self._others = torch.from_numpy(to_float(others))

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of that step, counted from 0."""
        if self._always_all:
            return self.images, self.labels
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            shuffled = torch.randperm(len(self.labels), generator=seeded(self.recipe.seed, 1 << 31 | epoch))
            self._epoch, self._order = epoch, shuffled
        chosen = self._order[place * self.size : (place + 1) * self.size]
        images, labels = self._varied(self.images[chosen], self.labels[chosen], step)
        return images.to(self.device), labels.to(self.device)

    @property
    def _always_all(self) -> bool:
        """Whether every batch is all the digits as they are: nothing to choose, to vary or to copy."""
        return self.size == len(self.labels) and self.recipe.augment == "none" and not self.recipe.nondigits

    def _varied(self, images: Tensor, labels: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """The batch as the recipe wants it seen."""
        chances = seeded(self.recipe.seed, step)
        if self.recipe.nondigits:
            count = round(self.recipe.nondigits * len(labels))
            others = self._others[torch.randint(len(self._others), (count,), generator=chances)]
            images = torch.cat([images, others])
            labels = torch.cat([labels, torch.full((count,), NOT_A_DIGIT)])
        if self.recipe.augment in WARPS:
            images = warp(images, WARPS[self.recipe.augment], chances)
        if self.recipe.augment == "hands":
            images = augment(images, labels, HANDS.calmer() if step >= self._calm_from else HANDS, chances)
        return images, labels
