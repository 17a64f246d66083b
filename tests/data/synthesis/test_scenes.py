"""Scenes: digits whose boxes are known, near each other or touching, among what is no digit."""

from dataclasses import fields

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis import paper, scenes, signs
from inkdigits.data.synthesis.scenes import Material, Scene, scene
from inkdigits.data.synthesis.sheet import DOUBTFUL, LEAST, MOST, Sheet, beside, written_on
from inkdigits.data.synthesis.strokes import INKED, Strokes
from tests.conftest import FONTS


@pytest.fixture(scope="module")
def strokes() -> Strokes:
    return Strokes.of(load("train").part(0, 200))


@pytest.fixture(scope="module")
def letters() -> Strokes:
    """Some digits in the place of letters: of those that are labelled 1, half."""
    digits = load("train").part(200, 260)
    return Strokes(Strokes.of(digits).fields, np.arange(60) % 2)


@pytest.fixture(scope="module")
def faces() -> list[ImageFont.FreeTypeFont]:
    return signs.fonts([FONTS / "DejaVuSans.ttf"])


def chances(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but writing: no rules, no patterns, no noise, nothing cut off."""
    monkeypatch.setattr(scenes, "_CROPPED", 0)
    monkeypatch.setattr(scenes, "_furnished", lambda *_: None)
    monkeypatch.setattr(paper, "spoilt", lambda ink, *_: ink)


def of_one_hand(monkeypatch: pytest.MonkeyPatch, **changed: float) -> None:
    """Have every scene written by an even hand that is known."""
    even = {each.name: 0.0 for each in fields(scenes._Hand)} | {"height": 40.0, "pen": 4.0, "gap": 0.3, "width": 1.0}
    hand = scenes._Hand(**(even | {"uneven": 0.02} | changed))
    monkeypatch.setattr(scenes._Hand, "drawn", lambda *_: hand)


def test_scenes_are_ink_boxes_and_labels(
    strokes: Strokes, letters: Strokes, faces: list[ImageFont.FreeTypeFont]
) -> None:
    made = [scene(Material(strokes, letters, faces), chances(seed), (128, 256)) for seed in range(40)]
    for each in made:
        assert each.ink.shape == (128, 256) and each.ink.dtype == np.float32
        assert each.ink.min() >= 0 and each.ink.max() <= 1
        assert each.boxes.shape == (len(each.labels), 4) and each.boxes.dtype == np.float32
        assert np.isin(each.labels, (DOUBTFUL, *range(10))).all()
    labels = np.concatenate([each.labels for each in made])
    assert set(range(10)) <= set(labels.tolist()) and (labels == DOUBTFUL).mean() < 0.5


def test_equal_generators_give_equal_scenes(
    strokes: Strokes, letters: Strokes, faces: list[ImageFont.FreeTypeFont]
) -> None:
    for seed in range(10):
        one, two = (scene(Material(strokes, letters, faces), chances(seed)) for _ in range(2))
        assert np.array_equal(one.ink, two.ink) and np.array_equal(one.boxes, two.boxes)
        assert np.array_equal(one.labels, two.labels)
    assert not np.array_equal(
        scene(Material(strokes, letters, faces), chances(1)).ink,
        scene(Material(strokes, letters, faces), chances(2)).ink,
    )


def test_what_is_to_be_found_has_a_size_in_range(strokes: Strokes) -> None:
    for seed in range(40):
        each = scene(Material(strokes), chances(seed))
        longer = each.boxes[each.labels != DOUBTFUL, 2:].max(axis=1, initial=LEAST)
        assert (longer >= LEAST).all() and (longer <= MOST).all()


def whole(each: Scene) -> list[tuple[int, int, int, int]]:
    """The boxes of certain digits that lie fully inside."""
    height, width = each.ink.shape
    certain = each.boxes[each.labels != DOUBTFUL].round().astype(int).tolist()
    return [(x, y, w, h) for x, y, w, h in certain if x >= 0 and y >= 0 and x + w <= width and y + h <= height]


@pytest.mark.usefixtures("clean")
def test_boxes_are_where_the_ink_is(strokes: Strokes) -> None:
    seen = 0
    for seed in range(40):
        each = scene(Material(strokes), chances(seed))
        for x, y, width, height in whole(each):
            part = each.ink[y : y + height, x : x + width]
            assert all(edge.max() > INKED for edge in (part[0], part[-1], part[:, 0], part[:, -1]))
            seen += 1
    assert seen > 100


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(("gap", "most"), [(0.35, 1.0), (-0.1, 0.5)])
def test_touching_digits_touch_and_others_do_not(
    strokes: Strokes, monkeypatch: pytest.MonkeyPatch, gap: float, most: float
) -> None:
    """Digits apart are at least as many connected parts as digits; touching ones hang together."""
    of_one_hand(monkeypatch, gap=gap)
    parts = digits = 0
    for seed in range(12):
        each = scene(Material(strokes), chances(seed))
        parts += cv2.connectedComponents((each.ink > INKED).astype(np.uint8), connectivity=8)[0] - 1
        digits += len(each.labels)
    assert digits > 40
    assert (parts <= most * digits) if gap < 0 else (parts >= 0.9 * digits), (parts, digits)


@pytest.mark.usefixtures("clean")
def test_letters_are_ink_without_labels(letters: Strokes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "_EMPTY", 1.0)
    made = [scene(Material(letters, letters), chances(seed)) for seed in range(20)]
    assert all(len(each.labels) == 0 for each in made)
    assert np.mean([(each.ink > INKED).any() for each in made]) > 0.7


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(("height", "labels"), [(10.0, set()), (18.5, {DOUBTFUL}), (80.0, {DOUBTFUL}), (230.0, set())])
def test_sizes_out_of_range_are_not_labelled(
    strokes: Strokes, monkeypatch: pytest.MonkeyPatch, height: float, labels: set[int]
) -> None:
    of_one_hand(monkeypatch, height=height, pen=height / 10)
    fours = Strokes(strokes.fields[strokes.labels == 4], strokes.labels[strokes.labels == 4])  # as high as wide
    made = [scene(Material(fours), chances(seed), (300, 500)) for seed in range(6)]
    assert any((each.ink > INKED).any() for each in made)
    found = np.concatenate([each.labels for each in made])
    if labels:
        assert (found == DOUBTFUL).mean() > 0.8
    else:
        assert len(found) == 0


def test_a_digit_that_is_cut_off_is_doubtful() -> None:
    sheet = Sheet(np.zeros((100, 100), np.float32))
    ink = np.ones((40, 30), np.float32)
    sheet.lay(ink, 10, 10, 3)
    sheet.lay(ink, 90, 50, 4)
    sheet.lay(ink, -20, 50, 5)
    sheet.lay(ink, 50, 70, 6)  # three quarters are there
    sheet.lay(ink, 200, 10, 7)  # nothing is
    assert sheet.labels == [3, DOUBTFUL, DOUBTFUL, 6]
    assert sheet.found[:2] == [(10, 10, 30, 40), (90, 50, 30, 40)]
    assert sheet.ink[50:90, :10].all() and sheet.ink[50:90, 90:].all() and not sheet.ink[:10].any()


@pytest.mark.parametrize("gap", [0.0, 4.0, 9.0])
def test_a_digit_stands_so_far_from_what_is_nearest(gap: float) -> None:
    """Two strokes that lean to the right, as high as each other: their boxes overlap, their ink does not."""
    leaning = np.zeros((30, 20), np.float32)
    for row in range(30):
        leaning[29 - row, row // 3 : row // 3 + 10] = 1
    edge = np.full(60, -1e9)
    assert beside(edge, leaning, 10, 5.0, gap) == 5.0, "nothing stands there yet"
    written_on(edge, leaning, 10, 5)
    assert edge[10] == 24 and edge[39] == 15 and edge[9] < 0 and edge[40] < 0
    x = round(beside(edge, leaning, 10, 25.0, gap))
    free = [x + int(np.flatnonzero(leaning[row])[0]) - edge[10 + row] for row in range(30)]
    assert gap <= min(free) <= gap + 1
    assert beside(edge, leaning, 100, 35.0, gap) == 35.0 + gap, "below the page nothing is near"
