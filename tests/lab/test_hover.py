import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from inkdigits.errors import UsageError
from inkdigits.lab.hover import EDGE, SIDE, draw_hover_map
from tests.lab.examples import digits


def drawn(count: int) -> ElementTree.Element:
    points = np.random.default_rng(0).normal(size=(count, 2))
    some = digits([place % 10 for place in range(count)])
    return ElementTree.fromstring(draw_hover_map(points, some.images, some.labels, "some digits"))


def test_there_is_a_point_and_a_picture_for_every_digit_all_inside() -> None:
    svg = drawn(25)
    circles, images = svg.findall(".//circle"), svg.findall(".//image")
    assert len(circles) == len(images) == 25
    for circle in circles:
        assert all(EDGE <= float(circle.get(side, "")) <= SIDE - EDGE for side in ("cx", "cy"))
    for image in images:
        assert 0 <= float(image.get("x", "")) <= SIDE - float(image.get("width", ""))
        assert 0 <= float(image.get("y", "")) <= SIDE - float(image.get("height", ""))


def test_the_picture_is_the_digit_dark_on_white() -> None:
    href = drawn(3).findall(".//image")[2].get("href", "")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(href.partition(",")[2]))).convert("L"))
    assert np.abs(picture.astype(int) - (255 - digits([0, 1, 2]).images[2])).max() <= 1


def test_up_is_up_and_one_point_alone_has_a_place() -> None:
    some = digits([1, 2])
    svg = ElementTree.fromstring(draw_hover_map(np.array([[0.0, 0], [1, 5]]), some.images, some.labels, "two"))
    low, high = (float(circle.get("cy", "")) for circle in svg.findall(".//circle"))
    assert high < low
    assert draw_hover_map(np.zeros((1, 2)), some.images[:1], some.labels[:1], "one")


def test_nothing_is_fetched_and_two_maps_keep_apart() -> None:
    some = digits([1])
    first, second = (draw_hover_map(np.zeros((1, 2)), some.images, some.labels, "one") for _ in range(2))
    assert "http" not in first and "<script" not in first
    assert re.search(r'id="(\w+)"', first) != re.search(r'id="(\w+)"', second)


def test_too_many_or_uneven_are_refused() -> None:
    some = digits([1, 2])
    with pytest.raises(UsageError, match="1 to 2,000 digits"):
        draw_hover_map(np.zeros((1, 2)), some.images, some.labels, "uneven")
