"""Training digits that a network takes for much the same as a glyph: those whose embeddings point the same way.

The packaged file has 1,500 training digits, and their embeddings as the packaged network sees them, in 8 bits.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import ModelError
from inkdigits.reading.networks.classifier import Network
from inkdigits.reading.networks.session import FOLDER

PACKAGED = FOLDER / "reader.nearest.npz"
_DAMAGED = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """A training digit beside a glyph: its label, its place in MNIST's training set (from 1), its own glyph, and how
    alike the network finds them, the cosine of their embeddings."""

    label: int
    place: int
    likeness: float
    glyph: NDArray[np.uint8]


class Nearest:
    """The packaged training digits as a network sees them."""

    def __init__(self, network: Network) -> None:
        """Load them; to another network than the packaged one they are shown first, which takes a quarter of a second.

        Raises ModelError when the file is missing or damaged.
        """
        try:
            with PACKAGED.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                seen_by, self._places, self._labels, self._glyphs, embeddings = (file[name] for name in NAMES)
        except _DAMAGED as error:
            raise ModelError(f"{PACKAGED}: missing or damaged ({error}); install inkdigits again.") from error
        if str(seen_by) != network.sha256:
            embeddings = network.classify(self._glyphs).embeddings
        self._directions = directions(embeddings.astype(np.float32))

    def of(self, embedding: NDArray[np.float32], count: int) -> tuple[Neighbour, ...]:
        """The `count` digits most like an embedding, float32 D, the most alike first."""
        likeness = self._directions @ directions(embedding[np.newaxis])[0]
        best = np.argsort(-likeness, kind="stable")[:count]
        return tuple(
            Neighbour(int(self._labels[at]), int(self._places[at]), float(likeness[at]), self._glyphs[at])
            for at in best
        )


NAMES = ("network", "places", "labels", "glyphs", "embeddings")  # str; int32 N; uint8 N; uint8 N×28×28; int8 N×D


def directions(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Embeddings N×D brought to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.maximum(lengths, np.float32(1e-12)), np.float32)
