import numpy as np
import pytest

from inkdigits.errors import UsageError
from inkdigits.lab import theme as style
from inkdigits.lab.pictures import pictures
from tests.lab.examples import picture, words


def test_each_image_stands_under_its_caption_on_one_scale() -> None:
    images = [np.eye(4), 3 * np.ones((2, 6)), np.zeros((28, 28), np.uint8)]
    axes = [each for each in pictures(images, ["a", "b", "c"], "Three", columns=2).axes if each.axison]
    assert [words(each)[0] for each in axes] == ["a", "b", "c"]
    assert all(np.array_equal(picture(each), image) for each, image in zip(axes, images, strict=True))
    assert {(each.images[0].norm.vmin, each.images[0].norm.vmax) for each in axes} == {(0.0, 3.0)}
    assert {each.images[0].get_cmap().name for each in axes} == {style.GLYPH.name}


def test_what_is_negative_is_blue_and_nothing_is_paper() -> None:
    (shown,) = (each.images[0] for each in pictures([np.array([[-2.0, 0.0, 1.0]])], ["x"], "One").axes if each.axison)
    below, nothing, above = shown.to_rgba(shown.get_array())[0]
    assert below[2] > below[0] and above[0] > above[2] and min(nothing[:3]) > 0.95


def test_a_glyph_beside_what_is_negative_stays_ink() -> None:
    images = [np.full((28, 28), 7, np.uint8), np.array([[-2.0, 1.0]])]
    glyph, other = (each.images[0] for each in pictures(images, ["a", "b"], "Two").axes if each.axison)
    assert glyph.get_cmap().name == style.GLYPH.name and (glyph.norm.vmin, glyph.norm.vmax) == (0, 255)
    assert other.get_cmap().name == style.AGAINST_FOR.name and other.norm.halfrange == 2


def test_an_empty_image_can_be_drawn() -> None:
    pictures([np.zeros((3, 3))], ["nothing"], "Empty")


@pytest.mark.parametrize(("count", "captions"), [(0, 0), (61, 61), (2, 1)])
def test_what_cannot_be_drawn_is_refused(count: int, captions: int) -> None:
    with pytest.raises(UsageError, match="1 to 60"):
        pictures([np.eye(2)] * count, ["x"] * captions, "Title")
