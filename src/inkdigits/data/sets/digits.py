"""The one shape in which labelled digits travel: images, labels, and where they came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError
from inkdigits.glyph import GLYPH_SIDE

NUM_CLASSES = 10
NOT_A_DIGIT = -1  # the label of what is no digit, in a batch


@dataclass(frozen=True)
class Digits:
    """Labelled glyphs: `images` uint8 N×28×28 (ink bright on 0), `labels` int64 N in 0..9, `name` for people.

    Raises DataError when shapes, types or labels are anything else.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    name: str

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE):
            shape = "×".join(map(str, self.images.shape))
            raise DataError(f"{self.name}: images must be uint8 N×28×28, not {self.images.dtype} {shape}.")
        if self.labels.shape != (len(self.images),):
            raise DataError(f"{self.name}: {len(self.images)} images but {len(self.labels)} labels.")
        if len(self.labels) == 0:
            raise DataError(f"{self.name}: the set has no digits.")
        if self.labels.min() < 0 or self.labels.max() >= NUM_CLASSES:
            raise DataError(f"{self.name}: labels must be 0 to 9, but the largest is {self.labels.max()}.")

    def __len__(self) -> int:
        return len(self.labels)

    def slice(self, start: int, stop: int) -> Digits:
        """Images `start` (counted from 0) up to, not including, `stop`."""
        return Digits(self.images[start:stop], self.labels[start:stop], f"{self.name} {start + 1}–{stop}")

    @cached_property
    def sha256(self) -> str:
        """One hash of all pixels and labels, so that a card can say which data it means."""
        return hashlib.sha256(self.images.tobytes() + self.labels.astype(np.uint8).tobytes()).hexdigest()
