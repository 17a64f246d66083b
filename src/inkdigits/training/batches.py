"""What a step learns from. A batch is a function of the seed and the step alone, so a resumed run sees the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkdigits.data.augmentation.augment import AugmentSettings, augment
from inkdigits.data.augmentation.warp import Warp, warp
from inkdigits.data.sets.digits import NOT_A_DIGIT, Digits
from inkdigits.data.synthesis.nondigits import make_nondigits
from inkdigits.glyph import to_float
from inkdigits.training.recipe import Recipe

LIGHT_WARP = Warp(rotation=8.0, scale=0.08, shear=0.12, shift=1.0, elastic=0.0)
WARPS = {"light": LIGHT_WARP, "inked": replace(LIGHT_WARP, ink=0.5), "bent": Warp()}
HANDS_SETTINGS = AugmentSettings()
CALM_PHASE_SHARE = 0.25  # the end of a run, in which half of the images are plain
NONDIGIT_COUNT = 20_000  # how many are made; they are varied like digits, so that none is seen twice


def seed_generator(seed: int, position: int) -> torch.Generator:
    """Torch's default generator, seeded by the seed and the position in the run only."""
    return torch.default_generator.manual_seed((seed << 32) + position)  # torch.manual_seed costs most of a millisecond


class Batches:
    """`batches(step)` → images float32 B×1×28×28 in 0..1 and labels int64 B, on the device.

    Images are chosen and varied on the CPU, whose random numbers are the same everywhere, and then go to the device.
    Where the recipe wants things that are no digits, they follow the digits of the batch, labelled −1.
    """

    def __init__(
        self, digits: Digits, recipe: Recipe, device: torch.device, nondigit_images: NDArray[np.uint8] | None = None
    ) -> None:
        """`nondigit_images` are non-digits, uint8 N×28×28; by default they are made, which takes fonts."""
        self.recipe, self.device = recipe, device
        self.batch_size = recipe.compute_batch_size(len(digits))
        self.batches_per_epoch = max(1, len(digits) // self.batch_size)
        self.images = torch.from_numpy(to_float(digits.images))
        self.labels = torch.from_numpy(digits.labels)
        if self._is_full_batch:
            self.images, self.labels = self.images.to(device), self.labels.to(device)  # once, not every step
        self._calm_start_step = round((1 - CALM_PHASE_SHARE) * recipe.count_steps(len(digits)))
        self._current_epoch = -1
        self._epoch_order = torch.arange(len(digits))
        if recipe.nondigits:
            if nondigit_images is None:
                nondigit_images = make_nondigits(NONDIGIT_COUNT, digits.images, digits.labels, recipe.seed)
            self._nondigit_images = torch.from_numpy(to_float(nondigit_images))

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of that step, counted from 0."""
        if self._is_full_batch:
            return self.images, self.labels
        epoch, index = divmod(step, self.batches_per_epoch)
        if epoch != self._current_epoch:
            order = torch.randperm(len(self.labels), generator=seed_generator(self.recipe.seed, 1 << 31 | epoch))
            self._current_epoch, self._epoch_order = epoch, order
        indices = self._epoch_order[index * self.batch_size : (index + 1) * self.batch_size]
        images, labels = self._augment_batch(self.images[indices], self.labels[indices], step)
        return images.to(self.device), labels.to(self.device)

    @property
    def _is_full_batch(self) -> bool:
        """Whether every batch is all the digits as they are: nothing to choose, to vary or to copy."""
        return self.batch_size == len(self.labels) and self.recipe.augment == "none" and not self.recipe.nondigits

    def _augment_batch(self, images: Tensor, labels: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Add non-digits and augment the images, as the recipe asks for."""
        generator = seed_generator(self.recipe.seed, step)
        if self.recipe.nondigits:
            count = round(self.recipe.nondigits * len(labels))
            nondigit_images = self._nondigit_images[
                torch.randint(len(self._nondigit_images), (count,), generator=generator)
            ]
            images = torch.cat([images, nondigit_images])
            labels = torch.cat([labels, torch.full((count,), NOT_A_DIGIT)])
        if self.recipe.augment in WARPS:
            images = warp(images, WARPS[self.recipe.augment], generator)
        if self.recipe.augment == "hands":
            images = augment(
                images,
                labels,
                HANDS_SETTINGS.with_half_plain() if step >= self._calm_start_step else HANDS_SETTINGS,
                generator,
            )
        return images, labels
