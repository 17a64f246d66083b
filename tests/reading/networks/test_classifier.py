"""The network that tells digits, as it is packaged; files that are damaged have their tests in test_exported.py."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import ModelError
from inkdigits.reading.networks.classifier import PACKAGED_PATH, Classifier


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packaged network and its card, to be damaged."""
    for suffix in (".onnx", ".json"):
        shutil.copy(PACKAGED_PATH.with_suffix(suffix), tmp_path / f"net{suffix}")
    return tmp_path / "net.onnx"


def test_probabilities_are_probabilities(digits: Digits) -> None:
    classification = Classifier().classify(digits.images)
    assert classification.probabilities.shape == (20, 10) and classification.probabilities.dtype == np.float32
    assert np.allclose(classification.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (
        classification.digitness.shape == (20,)
        and ((classification.digitness >= 0) & (classification.digitness <= 1)).all()
    )
    assert len(classification.embeddings) == 20 and classification.embeddings.dtype == np.float32
    assert np.array_equal(classification.probabilities.argmax(axis=1), digits.labels)


def test_none_and_many_give_as_many_answers(digits: Digits) -> None:
    network = Classifier()
    assert network.classify(digits.images[:0]).probabilities.shape == (0, 10)
    many = network.classify(np.tile(digits.images, (40, 1, 1)))  # 800: more than one batch
    assert np.allclose(many.probabilities[:20], many.probabilities[-20:], atol=1e-5)


def test_temperature_softens(copy: Path, digits: Digits) -> None:
    card = copy.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | {"temperature": 1.0}))
    sharp = Classifier(copy).classify(digits.images).probabilities
    card.write_text(json.dumps(json.loads(card.read_text()) | {"temperature": 4.0}))
    soft = Classifier(copy).classify(digits.images).probabilities
    assert (soft.max(axis=1) < sharp.max(axis=1)).all()


@pytest.mark.parametrize("lacking", ["temperature", "accept"])
def test_a_card_that_lacks_something_is_said(copy: Path, lacking: str) -> None:
    card = json.loads(copy.with_suffix(".json").read_text())
    del card[lacking]
    copy.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match=lacking):
        Classifier(copy)
