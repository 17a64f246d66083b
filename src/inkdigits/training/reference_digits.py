"""The training digits that are packaged with a network, to be laid beside what it is shown; see reading/nearest.py."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.files import write_atomically
from inkdigits.reading.nearest import ARRAY_NAMES, normalise_embeddings
from inkdigits.reading.networks.classifier import Classifier

DIGITS_PER_LABEL = 150  # digits of every label


def write_nearest(network_path: Path) -> Path:
    """Choose the digits and write them beside a network (….onnx), as it sees them. Returns the file, ….nearest.npz.

    Raises ModelError when the network cannot be loaded, WriteError.
    """
    network, digits = Classifier(network_path), mnist.load("train")
    indices = sample_balanced_indices(digits)
    glyphs = digits.images[indices]
    embeddings = normalise_embeddings(network.classify(glyphs).embeddings)
    scale = np.abs(embeddings).max(axis=1, keepdims=True, initial=1e-12)  # only the direction matters
    quantised_embeddings = np.round(embeddings * (127 / scale)).astype(np.int8)
    labels = digits.labels[indices].astype(np.uint8)
    values = (np.array(network.sha256), (indices + 1).astype(np.int32), labels, glyphs, quantised_embeddings)
    file = io.BytesIO()
    np.savez_compressed(file, **dict(zip(ARRAY_NAMES, values, strict=True)))
    target = network_path.with_suffix(".nearest.npz")
    write_atomically(target, file.getvalue())
    return target


def sample_balanced_indices(digits: Digits) -> NDArray[np.intp]:
    """Indices of equally many digits of each label, drawn with a fixed seed, in order."""
    rng = np.random.default_rng(0)
    indices = [
        rng.choice(np.flatnonzero(digits.labels == label), DIGITS_PER_LABEL, replace=False)
        for label in range(NUM_CLASSES)
    ]
    return np.sort(np.concatenate(indices))
