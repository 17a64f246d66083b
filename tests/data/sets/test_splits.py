"""Which digits a training sees: exactly these, and none of them twice."""

import numpy as np
import pytest

from inkdigits.data.sets import mnist
from inkdigits.data.sets.splits import split
from inkdigits.errors import DataError
from tests.helpers import make_digits


@pytest.fixture(scope="module")
def train() -> mnist.Digits:
    return mnist.load("train")


def test_the_lecture_learns_from_1_to_5000_and_looks_at_5001_to_10000(train: mnist.Digits) -> None:
    parts = split(train, "lecture")
    assert np.shares_memory(parts.train.images, train.images)
    assert np.array_equal(parts.train.images, train.images[0:5000])
    assert np.array_equal(parts.train.labels, train.labels[0:5000])
    assert parts.held_out is not None
    assert np.array_equal(parts.held_out.images, train.images[5000:10000])
    assert np.array_equal(parts.held_out.labels, train.labels[5000:10000])
    assert parts.held_out_name == "lecture test"


def test_the_lectures_single_predictions_are_of_7_3_4(train: mnist.Digits) -> None:
    held = split(train, "lecture").held_out
    assert held is not None and held.labels[:3].tolist() == [7, 3, 4]


def test_choosing_keeps_the_last_5000_for_validation(train: mnist.Digits) -> None:
    parts = split(train, "choosing")
    assert np.array_equal(parts.train.images, train.images[:55_000])
    assert parts.held_out is not None
    assert np.array_equal(parts.held_out.images, train.images[55_000:])
    assert np.array_equal(parts.held_out.labels, train.labels[55_000:])
    assert parts.held_out_name == "validation"


def test_full_holds_nothing_back(train: mnist.Digits) -> None:
    parts = split(train, "full")
    assert parts.train is train and parts.held_out is None and parts.held_out_name == ""


def test_too_few_digits() -> None:
    with pytest.raises(DataError, match="needs 10000 digits, but there are 9999"):
        split(make_digits(9999), "lecture")
    with pytest.raises(DataError, match="too few to keep a twelfth"):
        split(make_digits(11), "choosing")
    assert len(split(make_digits(12), "choosing").held_out or []) == 1
