import numpy as np
import pytest

from inkdigits.errors import UsageError
from inkdigits.lab.maps import draw_maps, draw_occlusion
from inkdigits.lab.seeds import draw_seeds
from inkdigits.lab.stages import bars, stages
from tests.lab.examples import picture, words


def test_pictures_of_any_size_are_shown_as_they_are() -> None:
    grey, coloured = np.full((10, 30), 200, np.uint8), np.zeros((40, 20, 3), np.uint8)
    figure = stages({"one": grey, "two": coloured}, "two steps", columns=3)
    assert [words(axes)[0] for axes in figure.axes] == ["one", "two", ""]
    assert (picture(figure.axes[0]) == grey).all() and figure.axes[0].images[0].get_clim() == (0, 255)


def test_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="1 to 60 pictures, not 0"):
        stages({}, "none")


def test_the_greatest_bar_stands_out() -> None:
    probabilities = np.full(10, 0.05, np.float32)
    probabilities[7] = 0.55
    figure = bars(probabilities, "a seven")
    colours = [bar.get_facecolor() for bar in figure.axes[0].patches]
    assert [bar.get_height() for bar in figure.axes[0].patches] == pytest.approx(probabilities)
    assert colours.count(colours[7]) == 1
    assert "55.0 %" in words(figure.axes[0])


def test_only_layers_with_maps_are_drawn_the_strongest_of_many() -> None:
    many = np.arange(20, dtype=np.float32)[:, None, None] * np.ones((20, 3, 3), np.float32)
    figure = draw_maps({"conv1": many, "embedding": np.zeros(5, np.float32)}, "maps")
    (row,) = figure.axes
    assert [np.asarray(image.get_array())[0, 0] for image in row.images] == list(range(8, 20))
    assert [image.get_extent()[0] for image in row.images] == [1.25 * index for index in range(12)]
    assert "conv1: 20 maps of 3×3" in words(row)


def test_what_mattered_lies_over_the_digit() -> None:
    glyph, falls = np.zeros((28, 28), np.uint8), np.zeros((28, 28), np.float32)
    falls[3, 4] = 0.5
    _, over = draw_occlusion(glyph, falls, "why").axes
    assert np.asarray(over.images[1].get_array())[3, 4] == 0.5
    assert "50.0 %" in words(over)[0]
    assert draw_occlusion(glyph, 0 * falls, "nothing").axes


def test_seeds_have_dots_and_their_mean() -> None:
    figure = draw_seeds({"a": [0.98, 0.99], "b": [0.97, 0.97, 0.97]}, "chance")
    assert [text.get_text() for text in figure.axes[0].texts] == ["98.50 ± 0.71 %", "97.00 ± 0.00 %"]
    with pytest.raises(UsageError, match="at least two runs"):
        draw_seeds({"a": [0.98]}, "chance")
