"""What the network sees, what mattered, and what is nearest: checked against what is known of the digits themselves."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkdigits.data.sets.mnist import load
from inkdigits.errors import UsageError
from inkdigits.reading.inspect import PATCH, blanked, patches, reason
from inkdigits.reading.networks.classifier import Accept, Network
from inkdigits.reading.reader import Reader
from inkdigits.types import Box, Digit

TRAIN = load("train")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(threads=1)


def enlarged(glyph: np.ndarray) -> np.ndarray:
    """A glyph as dark ink on white paper."""
    return 255 - np.kron(glyph, np.ones((5, 5), np.uint8))


def test_the_digit_is_the_one_that_is_read(reader: Reader) -> None:
    for glyph in TRAIN.images[:3]:
        seen, read = reader.inspect(enlarged(glyph)), reader.read_digit(enlarged(glyph))
        assert (seen.digit.digit, seen.digit.accepted, seen.digit.box) == (read.digit, read.accepted, read.box)
        assert seen.digit.confidence == pytest.approx(read.confidence, abs=1e-5)
        assert seen.probabilities.shape == (10,) and seen.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert np.array_equal(seen.glyph, reader.glyph(enlarged(glyph)))


def test_a_glyph_is_taken_as_it_is(reader: Reader) -> None:
    seen = reader.inspect(TRAIN.images[7], normalised=True)
    assert np.array_equal(seen.glyph, TRAIN.images[7]) and seen.digit.box == Box(0, 0, 28, 28)
    assert seen.digit.digit == TRAIN.labels[7]
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
    seen = reader.inspect(zero, normalised=True)
    assert seen.without is not None
    without = blanked(zero, [seen.without.box])
    again = reader.classify(without, normalised=True)
    sure = again.probabilities[0] * again.digitness[0]
    assert (seen.without.digit, seen.without.confidence) == (sure.argmax(), pytest.approx(float(sure.max()), abs=1e-4))
    assert seen.mattered.shape == (28, 28) and 0 < seen.mattered.max() <= 1 and seen.mattered.min() == 0


@given(arrays(np.uint8, (28, 28), elements=st.sampled_from([0, 0, 0, 200])))
def test_patches_cover_all_ink_and_blank_only_themselves(glyph: np.ndarray) -> None:
    boxes = patches(glyph)
    covered = np.zeros((28, 28), bool)
    for box, copy in zip(boxes, blanked(glyph, boxes), strict=True):
        window = np.zeros((28, 28), bool)
        window[box.y : box.bottom, box.x : box.right] = True
        assert window.sum() == PATCH**2 and not copy[window].any() and np.array_equal(copy[~window], glyph[~window])
        covered |= window
    assert covered[glyph > 0].all()


def test_a_training_digit_is_its_own_nearest_neighbour(reader: Reader) -> None:
    first = reader.inspect(TRAIN.images[0], normalised=True).nearest[0]
    place = first.place - 1
    assert np.array_equal(first.glyph, TRAIN.images[place]) and first.label == TRAIN.labels[place]
    itself = reader.inspect(first.glyph, normalised=True).nearest
    assert itself[0].place == first.place and itself[0].likeness > 0.999
    alike = [each.likeness for each in itself]
    assert alike == sorted(alike, reverse=True) and len(itself) == 8


def test_most_neighbours_have_the_label(reader: Reader) -> None:
    for label in range(10):
        glyph = TRAIN.images[int(np.flatnonzero(TRAIN.labels == label)[2])]
        near = Counter(each.label for each in reader.inspect(glyph, normalised=True).nearest)
        assert near[label] >= 6


def test_without_ink_nothing_is_claimed(reader: Reader) -> None:
    seen = reader.inspect(np.full((40, 40), 255, np.uint8))
    assert (seen.why, seen.nearest, seen.without, seen.mattered.max()) == ("no-ink", (), None, 0)


@pytest.mark.parametrize(
    ("confidence", "digitness", "why"),
    [(0.9, 0.99, "accepted"), (0.9, 0.8, "unsure"), (0.6, 0.99, "unsure"), (0.99, 0.4, "no-digit")],
)
def test_the_reason(confidence: float, digitness: float, why: str) -> None:
    accept = Accept(0.75, 0.5)
    accepted = confidence * digitness >= accept.confidence and digitness >= accept.digitness
    digit = Digit(3, confidence, digitness, accepted, Box(0, 0, 1, 1), ())
    assert reason(digit, accept, True) == why


def test_the_layers_of_a_network_are_in_its_order() -> None:
    assert list(Network(threads=1).layers(TRAIN.images[0])) == [f"conv{number}" for number in range(1, 7)]
