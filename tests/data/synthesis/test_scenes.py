"""Scenes: digits whose boxes are known, near each other or touching, among what is no digit."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis import paper, scenes, signs
from inkdigits.data.synthesis.scene_canvas import (
    IGNORE_LABEL,
    MAX_SIDE_PIXELS,
    MIN_SIDE_PIXELS,
    Canvas,
    extend_right_edge,
    find_x_after_gap,
)
from inkdigits.data.synthesis.scenes import Material, Scene, draw_scene
from inkdigits.data.synthesis.strokes import INK_THRESHOLD, Strokes, WritingStyle
from tests.conftest import FONT_FOLDER


@pytest.fixture(scope="module")
def strokes() -> Strokes:
    return Strokes.from_digits(load("train").slice(0, 200))


@pytest.fixture(scope="module")
def letters() -> Strokes:
    """Some digits in the place of letters: of those that are labelled 1, half."""
    digits = load("train").slice(200, 260)
    return replace(Strokes.from_digits(digits), labels=np.arange(60) % 2)


@pytest.fixture(scope="module")
def faces() -> list[ImageFont.FreeTypeFont]:
    return signs.load_fonts([FONT_FOLDER / "DejaVuSans.ttf"])


def make_generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but writing: no rules, no patterns, no noise, nothing cut off."""
    monkeypatch.setattr(scenes, "_CROPPED_SHARE", 0)
    monkeypatch.setattr(scenes, "_add_distractors", lambda *_: None)
    monkeypatch.setattr(paper, "degrade", lambda ink, *_: ink)


def fix_writing_style(monkeypatch: pytest.MonkeyPatch, **overrides: float) -> None:
    """Have every scene written in one even, known style."""
    settings = {each.name: 0.0 for each in fields(WritingStyle)} | {
        "height": 40.0,
        "pen_width": 4.0,
        "gap_ratio": 0.3,
        "stretch": 1.0,
    }
    style = WritingStyle(**(settings | {"size_sd": 0.02} | overrides))
    monkeypatch.setattr(WritingStyle, "sample", lambda *_: style)


def test_scenes_are_ink_boxes_and_labels(
    strokes: Strokes, letters: Strokes, faces: list[ImageFont.FreeTypeFont]
) -> None:
    made = [draw_scene(Material(strokes, letters, faces), make_generator(seed), (128, 256)) for seed in range(40)]
    for each in made:
        assert each.ink.shape == (128, 256) and each.ink.dtype == np.float32
        assert each.ink.min() >= 0 and each.ink.max() <= 1
        assert each.boxes.shape == (len(each.labels), 4) and each.boxes.dtype == np.float32
        assert np.isin(each.labels, (IGNORE_LABEL, *range(10))).all()
    labels = np.concatenate([each.labels for each in made])
    assert set(range(10)) <= set(labels.tolist()) and (labels == IGNORE_LABEL).mean() < 0.5


def test_equal_generators_give_equal_scenes(
    strokes: Strokes, letters: Strokes, faces: list[ImageFont.FreeTypeFont]
) -> None:
    for seed in range(10):
        one, two = (draw_scene(Material(strokes, letters, faces), make_generator(seed)) for _ in range(2))
        assert np.array_equal(one.ink, two.ink) and np.array_equal(one.boxes, two.boxes)
        assert np.array_equal(one.labels, two.labels)
    assert not np.array_equal(
        draw_scene(Material(strokes, letters, faces), make_generator(1)).ink,
        draw_scene(Material(strokes, letters, faces), make_generator(2)).ink,
    )


def test_what_is_to_be_found_has_a_size_in_range(strokes: Strokes) -> None:
    for seed in range(40):
        each = draw_scene(Material(strokes), make_generator(seed))
        longer = each.boxes[each.labels != IGNORE_LABEL, 2:].max(axis=1, initial=MIN_SIDE_PIXELS)
        assert (longer >= MIN_SIDE_PIXELS).all() and (longer <= MAX_SIDE_PIXELS).all()


def find_whole_boxes(each: Scene) -> list[tuple[int, int, int, int]]:
    """The boxes of certain digits that lie fully inside."""
    height, width = each.ink.shape
    certain = each.boxes[each.labels != IGNORE_LABEL].round().astype(int).tolist()
    return [(x, y, w, h) for x, y, w, h in certain if x >= 0 and y >= 0 and x + w <= width and y + h <= height]


@pytest.mark.usefixtures("clean")
def test_boxes_are_where_the_ink_is(strokes: Strokes) -> None:
    checked = 0
    for seed in range(40):
        each = draw_scene(Material(strokes), make_generator(seed))
        for x, y, width, height in find_whole_boxes(each):
            part = each.ink[y : y + height, x : x + width]
            assert all(edge.max() > INK_THRESHOLD for edge in (part[0], part[-1], part[:, 0], part[:, -1]))
            checked += 1
    assert checked > 100


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(("gap", "most"), [(0.35, 1.0), (-0.1, 0.5)])
def test_touching_digits_touch_and_others_do_not(
    strokes: Strokes, monkeypatch: pytest.MonkeyPatch, gap: float, most: float
) -> None:
    """Digits apart are at least as many connected parts as digits; touching ones hang together."""
    fix_writing_style(monkeypatch, gap_ratio=gap)
    parts = digits = 0
    for seed in range(12):
        each = draw_scene(Material(strokes), make_generator(seed))
        parts += cv2.connectedComponents((each.ink > INK_THRESHOLD).astype(np.uint8), connectivity=8)[0] - 1
        digits += len(each.labels)
    assert digits > 40
    assert (parts <= most * digits) if gap < 0 else (parts >= 0.9 * digits), (parts, digits)


@pytest.mark.usefixtures("clean")
def test_letters_are_ink_without_labels(letters: Strokes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "_EMPTY_SHARE", 1.0)
    made = [draw_scene(Material(letters, letters), make_generator(seed)) for seed in range(20)]
    assert all(len(each.labels) == 0 for each in made)
    assert np.mean([(each.ink > INK_THRESHOLD).any() for each in made]) > 0.7


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("height", "labels"), [(10.0, set()), (18.5, {IGNORE_LABEL}), (80.0, {IGNORE_LABEL}), (230.0, set())]
)
def test_sizes_out_of_range_are_not_labelled(
    strokes: Strokes, monkeypatch: pytest.MonkeyPatch, height: float, labels: set[int]
) -> None:
    fix_writing_style(monkeypatch, height=height, pen_width=height / 10)
    is_four = strokes.labels == 4  # as high as wide
    fours = Strokes(strokes.distance_fields[is_four], strokes.labels[is_four], strokes.writers[is_four])
    made = [draw_scene(Material(fours), make_generator(seed), (300, 500)) for seed in range(6)]
    assert any((each.ink > INK_THRESHOLD).any() for each in made)
    found = np.concatenate([each.labels for each in made])
    if labels:
        assert (found == IGNORE_LABEL).mean() > 0.8
    else:
        assert len(found) == 0


def test_a_digit_that_is_cut_off_is_ignored() -> None:
    sheet = Canvas(np.zeros((100, 100), np.float32))
    ink = np.ones((40, 30), np.float32)
    sheet.add_ink(ink, 10, 10, 3)
    sheet.add_ink(ink, 90, 50, 4)
    sheet.add_ink(ink, -20, 50, 5)
    sheet.add_ink(ink, 50, 70, 6)  # three quarters are there
    sheet.add_ink(ink, 200, 10, 7)  # nothing is
    assert sheet.labels == [3, IGNORE_LABEL, IGNORE_LABEL, 6]
    assert sheet.boxes[:2] == [(10, 10, 30, 40), (90, 50, 30, 40)]
    assert sheet.ink[50:90, :10].all() and sheet.ink[50:90, 90:].all() and not sheet.ink[:10].any()


@pytest.mark.parametrize("gap", [0.0, 4.0, 9.0])
def test_a_digit_stands_so_far_from_what_is_nearest(gap: float) -> None:
    """Two strokes that lean to the right, as high as each other: their boxes overlap, their ink does not."""
    leaning = np.zeros((30, 20), np.float32)
    for row in range(30):
        leaning[29 - row, row // 3 : row // 3 + 10] = 1
    edge = np.full(60, -1e9)
    assert find_x_after_gap(edge, leaning, 10, 5.0, gap) == 5.0, "nothing stands there yet"
    extend_right_edge(edge, leaning, 10, 5)
    assert edge[10] == 24 and edge[39] == 15 and edge[9] < 0 and edge[40] < 0
    x = round(find_x_after_gap(edge, leaning, 10, 25.0, gap))
    free = [x + int(np.flatnonzero(leaning[row])[0]) - edge[10 + row] for row in range(30)]
    assert gap <= min(free) <= gap + 1
    assert find_x_after_gap(edge, leaning, 100, 35.0, gap) == 35.0 + gap, "below the page nothing is near"
