"""A reader with the packaged network, and MNIST test digits to read with it."""

import numpy as np
import pytest

from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.reading.reader import Reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="session")
def digits() -> Digits:
    """Two of each digit, in order 0 0 1 1 …, from MNIST's test set."""
    test = load("test")
    indices = np.concatenate([np.flatnonzero(test.labels == digit)[:2] for digit in range(10)])
    return Digits(test.images[indices], test.labels[indices], "two of each")
