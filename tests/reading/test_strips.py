"""Strips of a page: level, straight and of one height, whatever the row, with all that goes on with it."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.sets.mnist import load
from inkdigits.marks import Box
from inkdigits.reading.imaging.ink import Ink
from inkdigits.reading.networks.detector import Detections
from inkdigits.reading.networks.transcriber import Transcriber
from inkdigits.reading.proposals import Proposals
from inkdigits.reading.strips import cut_strips, transcribe_row

NOTHING = Detections(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros((0, 10), np.float32))


def make_page(strength: NDArray[np.uint8], *components: Box, ink_scale: float = 1.0) -> Proposals:
    ink = Ink(strength, (strength > 128).astype(np.uint8))
    return Proposals(NOTHING, np.zeros(0, np.bool_), ink, ink_scale, components, 255.0)


def make_bars(count: int, slope: float, height: int = 60) -> tuple[NDArray[np.uint8], list[Box]]:
    """A page of upright bars, 80 pixels apart, on a sloping line."""
    page: NDArray[np.uint8] = np.zeros((400, 100 + 80 * count), np.uint8)
    boxes = [Box(60 + 80 * i, round(120 + slope * 80 * i), 20, height) for i in range(count)]
    for box in boxes:
        page[box.y : box.bottom, box.x : box.right] = 255
    return page, boxes


@pytest.mark.parametrize("slope", [0.0, 0.2, -0.1])
def test_a_sloping_row_comes_out_level_and_in_the_middle(slope: float) -> None:
    page, boxes = make_bars(6, slope)
    (strip,) = cut_strips(make_page(page), boxes)
    assert strip.ink.shape[0] == 48 and strip.ink.shape[1] % 16 == 0 and strip.ink.dtype == np.float32
    for box in boxes:
        column = strip.ink[:, round((box.centre_x - strip.left) * strip.scale)]
        rows = np.flatnonzero(column > 0.5)
        assert abs(rows.mean() - 23.5) <= 1.5 and abs(len(rows) - 30) <= 2


def test_places_on_a_strip_are_places_on_the_page() -> None:
    page, boxes = make_bars(4, 0.0)
    (strip,) = cut_strips(make_page(cv2.resize(page, None, fx=0.5, fy=0.5), ink_scale=0.5), boxes)
    for box in boxes:
        frame = strip.find_frame(box.centre_x)
        assert strip.find_x(frame) == pytest.approx(box.centre_x)
        assert strip.ink[24, round(4 * frame)] > 0.5
    assert strip.digit_height == pytest.approx(60) and strip.level == pytest.approx(150, abs=1)


def test_ink_that_goes_on_with_the_row_is_on_the_strip_and_fits_on_it() -> None:
    """A tall stroke before the first digit, and none of what stands a line above."""
    page, boxes = make_bars(4, 0.0)
    tall, above = Box(5, 100, 12, 100), Box(5, 10, 20, 50)
    for box in (tall, above):
        page[box.y : box.bottom, box.x : box.right] = 255
    (strip,) = cut_strips(make_page(page, *boxes, tall, above), boxes)
    assert strip.left < tall.x
    column = strip.ink[:, round((tall.x + 6 - strip.left) * strip.scale)]
    assert 30 < (column > 0.5).sum() <= 41


def test_straightened_ink_leans_less_and_stays_in_place_in_the_middle() -> None:
    """A stroke that leans by three columns in ten rows stands upright."""
    page: NDArray[np.uint8] = np.zeros((300, 600), np.uint8)
    for row in range(120, 180):
        page[row, round(300 - 0.3 * (row - 150)) - 3 :][:6] = 255
    box = Box(285, 120, 30, 60)
    upright, leaning = cut_strips(make_page(page), [box] * 2, [(1.0, 0.3), (1.0, 0.0)])
    tops, feet = ([np.flatnonzero(strip.ink[row] > 0.5).mean() for strip in (upright, leaning)] for row in (12, 35))
    assert abs(tops[0] - feet[0]) < 1 and tops[1] - feet[1] > 5
    middles = [np.flatnonzero(strip.ink[23] > 0.5).mean() for strip in (upright, leaning)]
    assert abs(middles[0] - middles[1]) < 1


def test_a_drawn_row_is_transcribed_in_several_views() -> None:
    digits = load("train")
    images = [digits.images[np.flatnonzero(digits.labels == digit)[7]] for digit in (4, 0, 7)]
    page = np.pad(cv2.resize(np.hstack(images), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), 30)
    boxes = [Box(30 + 56 * place + 8, 30 + 8, 40, 40) for place in range(3)]
    transcripts = transcribe_row(Transcriber(threads=1), None, make_page(page), boxes)
    scales = [transcript.strip.scale for transcript in transcripts]
    assert len(scales) > 1 and scales == sorted(scales, reverse=True)
    for transcript in transcripts:
        assert np.allclose(np.exp(transcript.frames).sum(axis=1), 1, atol=1e-4)
        best = transcript.digit_frames.argmax(axis=1)
        spelt = [int(each) - 1 for before, each in zip([0, *best], best, strict=False) if each not in (0, before)]
        assert spelt == [4, 0, 7]


@pytest.mark.parametrize("slope", [0.7, -0.6])
def test_digits_on_stairs_stay_upright(slope: float) -> None:
    """A level stroke as wide as a digit comes out level, at whatever step it is."""
    page: NDArray[np.uint8] = np.zeros((600, 560), np.uint8)
    boxes = [Box(60 + 80 * i, round(300 + slope * 80 * (i - 2.5)) + 8 * (-1) ** i, 50, 60) for i in range(6)]
    for box in boxes:
        page[box.y : box.bottom, box.x : box.x + 10] = page[box.y + 27 : box.y + 33, box.x : box.right] = 255
    (strip,) = cut_strips(make_page(page, *boxes), boxes)
    for box in boxes:
        columns = np.linspace(box.x + 5, box.right - 5, 5)
        rows = [np.flatnonzero(strip.ink[:, round((x - strip.left) * strip.scale)] > 0.5).mean() for x in columns]
        assert np.ptp(rows) <= 1 and abs(np.mean(rows) - 23.5) <= 1.5


@pytest.mark.parametrize(("twin", "is_seen"), [(None, True), (Box(0, 240, 30, 10), False)])
def test_a_minus_far_before_its_number_is_on_the_strip_and_a_bullet_is_not(twin: Box | None, is_seen: bool) -> None:
    page, boxes = make_bars(3, 0.0)
    boxes = [Box(box.x + 60, box.y, box.width, box.height) for box in boxes]
    minus = Box(0, 145, 30, 10)
    (strip,) = cut_strips(make_page(page, *boxes, minus, *([twin] if twin else [])), boxes)
    assert (strip.left < minus.right) == is_seen
