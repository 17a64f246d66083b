"""Frames of what moves: sound SVG, with what is drawn where it belongs."""

import re
from xml.etree import ElementTree

import pytest
import torch

from inkdigits.lab.frames import draw_frame, draw_progress, get_first_weights
from inkdigits.models.build import build_network

SVG = "{http://www.w3.org/2000/svg}"


def points_of(frame: str) -> list[list[tuple[float, float]]]:
    """The points of all lines of a frame, x to the right and y down."""
    lines = ElementTree.fromstring(frame).findall(f"{SVG}polyline")
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+),([\d.-]+)", line.get("points", ""))] for line in lines
    ]


def texts_of(frame: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(frame).iter(f"{SVG}text")]


def test_a_falling_loss_goes_down_and_each_tenth_of_it_by_as_much() -> None:
    frame = draw_frame({"loss": [(1, 1.0), (10, 0.1), (100, 0.01)]}, "A <title>")
    ((x1, y1), (x2, y2), (x3, y3)) = points_of(frame)[0]
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2) and y2 - y1 == pytest.approx(y3 - y2, abs=0.2)
    assert x2 > x1 and y2 > y1
    assert {"A <title>", "step 100", "loss 0.01"} <= set(texts_of(frame))


def test_names_of_lines_that_end_together_do_not_lie_on_each_other() -> None:
    frame = draw_frame({"one": [(1, 2.0), (2, 1.0)], "other": [(1, 2.0), (2, 1.0)]}, "")
    heights = [
        float(text.get("y", "0"))
        for text in ElementTree.fromstring(frame).iter(f"{SVG}text")
        if "o" in (text.text or "")
    ]
    assert abs(heights[0] - heights[1]) >= 14


def test_nothing_and_a_single_point_can_be_drawn() -> None:
    assert points_of(draw_frame({"loss": []}, "")) == []
    assert len(points_of(draw_frame({"loss": [(5, 2.3)]}, ""))[0]) == 1


@pytest.mark.parametrize("name", ["softmax", "mlp", "fast"])
def test_weights_stand_beside_the_lines_and_change_when_they_do(name: str) -> None:
    network = build_network(name, seed=0)
    before = draw_frame({"loss": [(1, 2.0), (2, 1.0)]}, "", pictures=get_first_weights(network))
    image = ElementTree.fromstring(before).find(f"{SVG}image")
    assert image is not None and float(image.get("x", "0")) > max(x for x, _ in points_of(before)[0])
    with torch.no_grad():
        next(iter(network.parameters())).flatten()[:200].neg_()
    assert draw_frame({"loss": [(1, 2.0), (2, 1.0)]}, "", pictures=get_first_weights(network)) != before


def test_weights_of_zero_are_paper_not_an_error() -> None:
    network = build_network("softmax", seed=0)
    with torch.no_grad():
        next(iter(network.parameters())).zero_()
    assert "<image" in draw_frame({}, "", pictures=get_first_weights(network))


def test_progress_is_a_bar_as_long_as_its_share() -> None:
    rows = ElementTree.fromstring(draw_progress("Six trainings", 0.5)).findall(f"{SVG}rect")
    whole, done = (float(row.get("width", "0")) for row in rows[1:])
    assert done == whole / 2
    assert draw_progress("Six trainings", 1) == ""
