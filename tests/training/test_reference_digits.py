"""The training digits that are packaged: those of the packaged network, and of it alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.sets.mnist import load
from inkdigits.errors import ModelError
from inkdigits.reading import nearest
from inkdigits.reading.nearest import ARRAY_NAMES, NeighbourIndex
from inkdigits.reading.networks.classifier import PACKAGED_PATH, Classifier
from inkdigits.training.export import export
from inkdigits.training.reference_digits import DIGITS_PER_LABEL, write_nearest
from inkdigits.training.runs import Run


def test_what_is_packaged_belongs_to_the_packaged_network() -> None:
    card = json.loads(PACKAGED_PATH.with_suffix(".json").read_text())
    with np.load(nearest.PACKAGED_PATH, allow_pickle=False) as file:
        assert str(file["network"]) == card["sha256"], "export the reader anew: python -m inkdigits.training.ship"
    assert nearest.PACKAGED_PATH.stat().st_size < 700_000


def test_what_is_packaged_is_what_the_network_sees() -> None:
    digits, network = load("train"), Classifier(threads=1)
    with np.load(nearest.PACKAGED_PATH, allow_pickle=False) as file:
        places, labels, glyphs, small = (file[name] for name in ARRAY_NAMES[1:])
    assert np.array_equal(glyphs, digits.images[places - 1]) and np.array_equal(labels, digits.labels[places - 1])
    assert (
        np.array_equal(np.bincount(labels), np.full(10, DIGITS_PER_LABEL))
        and len(set(places.tolist())) == 10 * DIGITS_PER_LABEL
    )
    some = slice(None, None, 97)
    seen = network.classify(glyphs[some]).embeddings
    cosine = np.sum(
        nearest.normalise_embeddings(seen) * nearest.normalise_embeddings(small[some].astype(np.float32)), axis=1
    )
    assert cosine.min() > 0.999


def test_another_network_sees_the_same_digits_its_own_way(
    runs: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = export(runs["mlp"], tmp_path / "other.onnx")
    network = Classifier(other, threads=1)
    seven = load("train").images[:1]
    embedding = network.classify(seven).embeddings[0]
    shown = NeighbourIndex(network).find_nearest(embedding, 5)
    monkeypatch.setattr(nearest, "PACKAGED_PATH", write_nearest(other))
    kept = NeighbourIndex(network).find_nearest(embedding, 5)
    assert tmp_path / "other.nearest.npz" == nearest.PACKAGED_PATH
    assert kept[0].cosine_similarity == pytest.approx(shown[0].cosine_similarity, abs=0.01)
    assert len({each.mnist_number for each in shown} & {each.mnist_number for each in kept}) >= 3


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 no archive", "cut"])
def test_a_damaged_file_is_told_of(
    content: bytes | str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "reader.nearest.npz"
    if content is not None:
        whole = nearest.PACKAGED_PATH.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if isinstance(content, str) else content)
    network = Classifier(threads=1)
    monkeypatch.setattr(nearest, "PACKAGED_PATH", file)
    with pytest.raises(ModelError, match=r"reader\.nearest\.npz: missing or damaged"):
        NeighbourIndex(network)
