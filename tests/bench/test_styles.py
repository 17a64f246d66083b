"""Styles of writing, measured on strokes whose slant, width and shape are known."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.styles import MEASURES, breadth, slant, stroke, thirds
from inkdigits.data.mnist import load


def bar(degrees: float = 0.0, width: float = 3.0, length: float = 20.0) -> NDArray[np.uint8]:
    """A straight stroke through the middle, leaning right by that many degrees, 1×28×28."""
    half = length / 2 * np.array([np.sin(np.radians(degrees)), -np.cos(np.radians(degrees))])
    canvas = np.zeros((280, 280), np.uint8)
    ends = [tuple(((np.array([14, 14]) + sign * half) * 10).round().astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(canvas, ends[0], ends[1], 255, round(10 * width))
    return cv2.resize(canvas, (28, 28), interpolation=cv2.INTER_AREA)[None]


@pytest.mark.parametrize("degrees", [-30.0, -10.0, 0.0, 20.0])
def test_slant(degrees: float) -> None:
    assert slant(bar(degrees))[0] == pytest.approx(degrees, abs=1.5)


@pytest.mark.parametrize("width", [2.0, 3.0, 5.0])
def test_stroke(width: float) -> None:
    assert stroke(bar(width=width, degrees=10))[0] == pytest.approx(width, abs=0.6)


def test_breadth() -> None:
    image = np.zeros((2, 28, 28), np.uint8)
    image[0, 4:24, 10:15] = 255
    image[1, 8:16, 4:24] = 255
    assert breadth(image).tolist() == [5 / 20, 20 / 8]


def test_every_third_has_as_many_of_each_digit() -> None:
    digits = load("train").part(0, 3000)
    for measure, _, _ in MEASURES.values():
        measured = measure(digits.images)
        group = thirds(measured, digits.labels)
        assert np.isfinite(measured).all()
        for label in range(10):
            counts = np.bincount(group[digits.labels == label], minlength=3)
            assert counts.max() - counts.min() <= 1
            low, middle, high = (measured[(group == place) & (digits.labels == label)] for place in range(3))
            assert low.max() <= middle.min() and middle.max() <= high.min()
