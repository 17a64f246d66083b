"""Styles of writing, measured on strokes whose slant, width and shape are known."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.render.model_card import make_style_row
from bench.shared import store, trained_networks
from bench.styles import MEASURES, assign_thirds, main, measure_aspect, measure_slant, measure_stroke_width
from inkdigits.data.sets.mnist import load
from inkdigits.training.runs import Run


def draw_bar(degrees: float = 0.0, width: float = 3.0, length: float = 20.0) -> NDArray[np.uint8]:
    """A straight stroke through the middle, leaning right by that many degrees, 1×28×28."""
    half = length / 2 * np.array([np.sin(np.radians(degrees)), -np.cos(np.radians(degrees))])
    canvas = np.zeros((280, 280), np.uint8)
    ends = [tuple(((np.array([14, 14]) + sign * half) * 10).round().astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(canvas, ends[0], ends[1], 255, round(10 * width))
    return cv2.resize(canvas, (28, 28), interpolation=cv2.INTER_AREA)[None]


@pytest.mark.parametrize("degrees", [-30.0, -10.0, 0.0, 20.0])
def test_slant(degrees: float) -> None:
    assert measure_slant(draw_bar(degrees))[0] == pytest.approx(degrees, abs=1.5)


@pytest.mark.parametrize("width", [2.0, 3.0, 5.0])
def test_stroke(width: float) -> None:
    assert measure_stroke_width(draw_bar(width=width, degrees=10))[0] == pytest.approx(width, abs=0.6)


def test_breadth() -> None:
    image = np.zeros((2, 28, 28), np.uint8)
    image[0, 4:24, 10:15] = 255
    image[1, 8:16, 4:24] = 255
    assert measure_aspect(image).tolist() == [5 / 20, 20 / 8]


def test_every_third_has_as_many_of_each_digit() -> None:
    digits = load("train").slice(0, 3000)
    for measure, _, _ in MEASURES.values():
        values = measure(digits.images)
        group = assign_thirds(values, digits.labels)
        assert np.isfinite(values).all()
        for label in range(10):
            counts = np.bincount(group[digits.labels == label], minlength=3)
            assert counts.max() - counts.min() <= 1
            low, middle, high = (values[(group == third) & (digits.labels == label)] for third in range(3))
            assert low.max() <= middle.min() and middle.max() <= high.min()


def test_trained_networks_are_measured_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: Mapping[str, Run]
) -> None:
    """Two runs, of which one is the other: the thirds of a measure make up the whole, and seeds are counted."""
    for seed in (0, 1):
        shutil.copytree(runs["mlp"].folder, tmp_path / f"reader-{seed}")
    monkeypatch.setattr(trained_networks, "WEIGHTS_FOLDER", tmp_path)
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    main()
    kept = store.load("styles")
    assert kept and set(kept["styles"]) == set(MEASURES)
    whole = next(score["accuracy"] for score in runs["mlp"].read_card()["scores"] if score["set"] == "test")
    for parts in kept["styles"].values():
        assert sum(part["n"] for part in parts) == 10_000
        assert sum(part["n"] * part["accuracy"]["mean"] for part in parts) == pytest.approx(10_000 * whole)
        assert [part["median"] for part in parts] == sorted(part["median"] for part in parts)
        assert all(make_style_row(part)[2].endswith("digits, 2 seeds, mean") for part in parts)
