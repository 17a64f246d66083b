"""Activations, occlusion and neighbours: checked against what is known of the digits themselves."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkdigits.data.sets.mnist import load
from inkdigits.errors import UsageError
from inkdigits.marks import Box
from inkdigits.reading.inspect import PATCH_PX, find_patches, find_reason, occlude
from inkdigits.reading.networks.classifier import AcceptThresholds, Classifier
from inkdigits.reading.reader import Reader
from inkdigits.types import Digit

TRAIN = load("train")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(threads=1)


def enlarge(glyph: np.ndarray) -> np.ndarray:
    """A glyph as dark ink on white paper."""
    return 255 - np.kron(glyph, np.ones((5, 5), np.uint8))


def test_the_digit_is_the_one_that_is_read(reader: Reader) -> None:
    for glyph in TRAIN.images[:3]:
        inspection, read = reader.inspect(enlarge(glyph)), reader.read_digit(enlarge(glyph))
        assert (inspection.digit.digit, inspection.digit.accepted, inspection.digit.box) == (
            read.digit,
            read.accepted,
            read.box,
        )
        assert inspection.digit.confidence == pytest.approx(read.confidence, abs=1e-5)
        assert inspection.probabilities.shape == (10,) and inspection.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert np.array_equal(inspection.glyph, reader.extract_glyph(enlarge(glyph)))


def test_a_glyph_is_taken_as_it_is(reader: Reader) -> None:
    inspection = reader.inspect(TRAIN.images[7], normalised=True)
    assert np.array_equal(inspection.glyph, TRAIN.images[7]) and inspection.digit.box == Box(0, 0, 28, 28)
    assert inspection.digit.digit == TRAIN.labels[7]
    with pytest.raises(UsageError, match="28×28, not 30×28"):
        reader.inspect(np.zeros((30, 28), np.uint8), normalised=True)
    with pytest.raises(UsageError, match="from 0 to 1"):
        reader.inspect(TRAIN.images[7], min_confidence=2)


def test_every_layer_answers(reader: Reader) -> None:
    layers = reader.inspect(TRAIN.images[0], normalised=True).layers
    assert list(layers) == [f"conv{number}" for number in range(1, 7)]
    assert [maps.shape[1:] for maps in layers.values()] == [(28, 28), (14, 14), (14, 14), (7, 7), (7, 7), (7, 7)]
    assert all(maps.dtype == np.float32 and maps.max() > 0 for maps in layers.values())


def test_what_mattered_is_where_blanking_hurts(reader: Reader) -> None:
    """Of a 0 with a gap and of a whole one the network is not equally sure, and it says so of that very part."""
    zero = TRAIN.images[int(np.flatnonzero(TRAIN.labels == 0)[0])]
    inspection = reader.inspect(zero, normalised=True)
    assert inspection.strongest_occlusion is not None
    without = occlude(zero, [inspection.strongest_occlusion.box])
    again = reader.classify(without, normalised=True)
    sure = again.probabilities[0] * again.digitness[0]
    assert (inspection.strongest_occlusion.digit, inspection.strongest_occlusion.confidence) == (
        sure.argmax(),
        pytest.approx(float(sure.max()), abs=1e-4),
    )
    assert (
        inspection.occlusion_map.shape == (28, 28)
        and 0 < inspection.occlusion_map.max() <= 1
        and inspection.occlusion_map.min() == 0
    )


@given(arrays(np.uint8, (28, 28), elements=st.sampled_from([0, 0, 0, 200])))
def test_patches_cover_all_ink_and_blank_only_themselves(glyph: np.ndarray) -> None:
    boxes = find_patches(glyph)
    covered = np.zeros((28, 28), bool)
    for box, copy in zip(boxes, occlude(glyph, boxes), strict=True):
        window = np.zeros((28, 28), bool)
        window[box.y : box.bottom, box.x : box.right] = True
        assert window.sum() == PATCH_PX**2 and not copy[window].any() and np.array_equal(copy[~window], glyph[~window])
        covered |= window
    assert covered[glyph > 0].all()


def test_a_training_digit_is_its_own_nearest_neighbour(reader: Reader) -> None:
    first = reader.inspect(TRAIN.images[0], normalised=True).neighbours[0]
    index = first.mnist_number - 1
    assert np.array_equal(first.glyph, TRAIN.images[index]) and first.label == TRAIN.labels[index]
    itself = reader.inspect(first.glyph, normalised=True).neighbours
    assert itself[0].mnist_number == first.mnist_number and itself[0].cosine_similarity > 0.999
    similarities = [each.cosine_similarity for each in itself]
    assert similarities == sorted(similarities, reverse=True) and len(itself) == 8


def test_most_neighbours_have_the_label(reader: Reader) -> None:
    for label in range(10):
        glyph = TRAIN.images[int(np.flatnonzero(TRAIN.labels == label)[2])]
        near = Counter(each.label for each in reader.inspect(glyph, normalised=True).neighbours)
        assert near[label] >= 6


def test_without_ink_nothing_is_claimed(reader: Reader) -> None:
    inspection = reader.inspect(np.full((40, 40), 255, np.uint8))
    assert (
        inspection.reason,
        inspection.neighbours,
        inspection.strongest_occlusion,
        inspection.occlusion_map.max(),
    ) == ("no-ink", (), None, 0)


@pytest.mark.parametrize(
    ("confidence", "digitness", "expected"),
    [(0.9, 0.99, "accepted"), (0.9, 0.8, "unsure"), (0.6, 0.99, "unsure"), (0.99, 0.4, "no-digit")],
)
def test_the_reason(confidence: float, digitness: float, expected: str) -> None:
    thresholds = AcceptThresholds(0.75, 0.5)
    accepted = confidence * digitness >= thresholds.min_confidence and digitness >= thresholds.min_digitness
    digit = Digit(3, confidence, digitness, accepted, Box(0, 0, 1, 1), ())
    assert find_reason(digit, thresholds, True) == expected


def test_the_layers_of_a_network_are_in_its_order() -> None:
    assert list(Classifier(threads=1).compute_activations(TRAIN.images[0])) == [
        f"conv{number}" for number in range(1, 7)
    ]
