"""The training digits that are packaged with a network, to be laid beside what it is shown; see reading/nearest.py."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.data import mnist
from inkdigits.data.digits import CLASSES, Digits
from inkdigits.files import write_atomically
from inkdigits.reading.nearest import NAMES, directions
from inkdigits.reading.networks.classifier import Network

EACH = 150  # digits of every label


def write_nearest(network: Path) -> Path:
    """Choose the digits and write them beside a network (….onnx), as it sees them. Returns the file, ….nearest.npz.

    Raises ModelError when the network cannot be loaded, WriteError.
    """
    seeing, digits = Network(network), mnist.load("train")
    places = spread(digits)
    glyphs = digits.images[places]
    embeddings = directions(seeing.classify(glyphs).embeddings)
    scale = np.abs(embeddings).max(axis=1, keepdims=True, initial=1e-12)  # only the direction matters
    small = np.round(embeddings * (127 / scale)).astype(np.int8)
    labels = digits.labels[places].astype(np.uint8)
    values = (np.array(seeing.sha256), (places + 1).astype(np.int32), labels, glyphs, small)
    file = io.BytesIO()
    np.savez_compressed(file, **dict(zip(NAMES, values, strict=True)))
    target = network.with_suffix(".nearest.npz")
    write_atomically(target, file.getvalue())
    return target


def spread(digits: Digits) -> NDArray[np.intp]:
    """Places of as many digits of every label, drawn by lot, always the same ones, in order."""
    lots = np.random.default_rng(0)
    chosen = [lots.choice(np.flatnonzero(digits.labels == label), EACH, replace=False) for label in range(CLASSES)]
    return np.sort(np.concatenate(chosen))
