"""Find the training digits most similar to a glyph, by the cosine of their embeddings.

The packaged file has 1,500 training digits, and their embeddings by the packaged network, in 8 bits.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import ModelError
from inkdigits.reading.networks.classifier import Classifier
from inkdigits.reading.networks.session import WEIGHTS_FOLDER

PACKAGED_PATH = WEIGHTS_FOLDER / "reader.nearest.npz"
_LOAD_ERRORS = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """A training digit similar to a glyph: its label, its number in MNIST's training set (from 1), its own glyph, and
    the cosine of the two embeddings."""

    label: int
    mnist_number: int
    cosine_similarity: float
    glyph: NDArray[np.uint8]


class NeighbourIndex:
    """The packaged training digits, with their embeddings by a network."""

    def __init__(self, network: Classifier) -> None:
        """Load them. Another network than the packaged one embeds them first, which takes a quarter of a second.

        Raises ModelError when the file is missing or damaged.
        """
        try:
            with PACKAGED_PATH.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                embedded_by, self._mnist_numbers, self._labels, self._glyphs, embeddings = (
                    file[name] for name in ARRAY_NAMES
                )
        except _LOAD_ERRORS as error:
            raise ModelError(f"{PACKAGED_PATH}: missing or damaged ({error}); install inkdigits again.") from error
        if str(embedded_by) != network.sha256:
            embeddings = network.classify(self._glyphs).embeddings
        self._unit_embeddings = normalise_embeddings(embeddings.astype(np.float32))

    def find_nearest(self, embedding: NDArray[np.float32], count: int) -> tuple[Neighbour, ...]:
        """The `count` digits most similar to an embedding, float32 D, the most similar first."""
        similarities = self._unit_embeddings @ normalise_embeddings(embedding[np.newaxis])[0]
        nearest = np.argsort(-similarities, kind="stable")[:count]
        return tuple(
            Neighbour(
                int(self._labels[index]),
                int(self._mnist_numbers[index]),
                float(similarities[index]),
                self._glyphs[index],
            )
            for index in nearest
        )


ARRAY_NAMES = ("network", "places", "labels", "glyphs", "embeddings")  # str; int32 N; uint8 N; uint8 N×28×28; int8 N×D


def normalise_embeddings(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale embeddings N×D to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.maximum(lengths, np.float32(1e-12)), np.float32)
