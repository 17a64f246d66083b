"""What the detector learns from: targets of scenes made by hand, a loss that right answers make least, a few steps."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis import nondigits
from inkdigits.data.synthesis.scene_canvas import IGNORE_LABEL
from inkdigits.data.synthesis.scenes import Scene
from inkdigits.errors import DataError
from inkdigits.glyph import to_float
from inkdigits.models.build import build_network
from inkdigits.training import detection, material
from inkdigits.training.detection import (
    BOX_PLANES,
    BOX_UNIT_PIXELS,
    CELL_WEIGHT_PLANE,
    HEATMAP_PLANE,
    HEATMAP_WEIGHT_PLANE,
    LABEL_PLANE,
    NEIGHBOUR_CELL_WEIGHT,
    SceneBatches,
    detection_loss,
    make_target,
    score_detector,
)
from inkdigits.training.loop import State, create_state, train
from inkdigits.training.material import augment_forms
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import load_split, resume, start
from tests.conftest import FONT_FAMILIES

CPU = torch.device("cpu")
TINY = get_recipe("detector").with_knobs(samples=60, batch=4, steps=5, average=0.5)


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch: pytest.MonkeyPatch, bundled_fonts: None, restore_threads: None) -> None:
    """Few fonts, few scenes and digits to score on, and torch's threads as they were."""
    monkeypatch.setattr(detection, "EVAL_BATCHES", 4)
    monkeypatch.setattr(detection, "MAX_EVAL_DIGITS", 100)


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load("train").slice(0, 60)


def make_scene(*boxes: tuple[float, float, float, float], labels: tuple[int, ...]) -> Scene:
    """A scene of 64×96 pixels."""
    return Scene(np.zeros((64, 96), np.float32), np.array(boxes, np.float32).reshape(-1, 4), np.array(labels))


def make_perfect_outputs(drawn_scene: Scene) -> tuple[Tensor, Tensor]:
    """Answers that are surely right, and the target, each with a batch of one."""
    targets = torch.from_numpy(make_target(drawn_scene))[None]
    outputs = torch.zeros(1, 15, *targets.shape[2:])
    outputs[:, 0] = torch.where(targets[:, HEATMAP_PLANE] == 1, 20.0, -20.0)
    outputs[:, 1:11] = 20 * torch.nn.functional.one_hot(targets[:, LABEL_PLANE].long(), 10).movedim(-1, 1)
    outputs[:, 11:] = targets[:, BOX_PLANES]
    return outputs, targets


TWO = make_scene((8, 16, 24, 40), (60, 12, 12, 32), labels=(7, 1))


def test_a_target_says_where_middles_are_which_digit_and_how_large() -> None:
    planes = make_target(TWO)
    assert planes.shape == (8, 16, 24) and planes.dtype == np.float32
    middles = np.argwhere(planes[HEATMAP_PLANE] == 1).tolist()
    assert sorted(middles) == [[6, 16], [8, 4]]  # (66, 28) and (20, 36) over 4, each in its cell, rounded to even
    assert planes[LABEL_PLANE, 8, 4] == 7 and planes[LABEL_PLANE, 6, 16] == 1
    x, y, width, height = planes[BOX_PLANES, 8, 4]
    assert ((4 + 0.5 + x) * 4, (8 + 0.5 + y) * 4) == (20, 36)
    assert (np.exp(width) * BOX_UNIT_PIXELS, np.exp(height) * BOX_UNIT_PIXELS) == (pytest.approx(24), pytest.approx(40))
    assert (planes[HEATMAP_WEIGHT_PLANE] == 1).all()


def test_around_a_middle_the_answers_fade() -> None:
    planes = make_target(TWO)
    around = planes[CELL_WEIGHT_PLANE, 7:10, 3:6]
    assert (
        around[1, 1] == 1 and (np.delete(around.ravel(), 4) <= NEIGHBOUR_CELL_WEIGHT).all() and (around > 0).sum() >= 5
    )
    assert np.count_nonzero(planes[CELL_WEIGHT_PLANE]) <= 18
    assert planes[HEATMAP_PLANE, 8, 4] > planes[HEATMAP_PLANE, 9, 4] > planes[HEATMAP_PLANE, 12, 4]
    assert planes[HEATMAP_PLANE, 0, 23] < 0.01
    for row, column in np.argwhere(planes[CELL_WEIGHT_PLANE, :, :10] > 0):
        x, y = planes[BOX_PLANES, row, column][:2]
        assert ((column + 0.5 + x) * 4, (row + 0.5 + y) * 4) == (20, 36), "all of them tell the same middle"


def test_doubtful_digits_neither_are_found_nor_count_as_none() -> None:
    planes = make_target(make_scene((8, 16, 24, 40), (60, 12, 12, 32), labels=(IGNORE_LABEL, 1)))
    assert not planes[HEATMAP_WEIGHT_PLANE, 5:13, 3:7].any() and planes[HEATMAP_WEIGHT_PLANE, 0].all()
    assert np.argwhere(planes[HEATMAP_PLANE] == 1).tolist() == [[6, 16]]


def test_an_empty_scene_wants_nothing() -> None:
    planes = make_target(make_scene(labels=()))
    assert (
        not planes[HEATMAP_PLANE].any() and not planes[CELL_WEIGHT_PLANE].any() and planes[HEATMAP_WEIGHT_PLANE].all()
    )


def test_the_loss_is_least_for_right_answers() -> None:
    outputs, targets = make_perfect_outputs(TWO)
    lowest, logits, labels = detection_loss(outputs, targets)
    assert 0 <= lowest < 0.01
    assert logits.shape == (2, 10) and sorted(labels.tolist()) == [1, 7]
    assert torch.equal(logits.argmax(dim=1), labels)
    for plane, row, column, change in (
        (0, 8, 4, -25.0),  # a digit is missed
        (0, 2, 20, 25.0),  # one is seen where there is none
        (2, 8, 4, 40.0),  # it is taken for a 1
        (11, 8, 4, 0.5),  # its middle is elsewhere
        (14, 6, 16, 0.3),  # its size is another
    ):
        wrong = outputs.clone()
        wrong[0, plane, row, column] += change
        assert detection_loss(wrong, targets)[0] > lowest + 0.05, (plane, row, column)


def test_what_is_said_of_doubtful_digits_costs_nothing() -> None:
    outputs, targets = make_perfect_outputs(make_scene((8, 16, 24, 40), labels=(IGNORE_LABEL,)))
    lowest = detection_loss(outputs, targets)[0]
    outputs[0, 0, 8, 4] = 20
    assert detection_loss(outputs, targets)[0] == lowest


def test_a_scene_without_digits_has_a_loss_too() -> None:
    outputs, targets = make_perfect_outputs(make_scene(labels=()))
    loss, logits, labels = detection_loss(outputs, targets)
    assert 0 <= loss < 0.01 and logits.shape == (0, 10) and labels.shape == (0,)


def test_batches_depend_on_seed_and_step_only(digits: Digits) -> None:
    one, two = SceneBatches(digits, TINY, CPU), SceneBatches(digits, TINY, CPU)
    ink, targets = one(0)
    assert ink.shape == (4, 1, 128, 256) and ink.dtype == torch.float32 and 0 <= ink.min() <= ink.max() <= 1
    assert targets.shape == (4, 8, 32, 64)
    in_order = [one(step)[0] for step in (1, 2)]
    assert torch.equal(in_order[1], two(2)[0]) and torch.equal(in_order[0], two(1)[0]) and torch.equal(ink, two(0)[0])
    assert not torch.equal(ink, in_order[0])
    other = SceneBatches(digits, TINY.with_knobs(seed=1), CPU)
    assert not torch.equal(ink, other(0)[0])


def test_digits_are_varied_but_stay_themselves(digits: Digits) -> None:
    bent = augment_forms(digits, 0)
    assert np.array_equal(bent.labels, digits.labels) and bent.images.shape == digits.images.shape
    assert np.array_equal(bent.images, augment_forms(digits, 0).images) and not np.array_equal(
        bent.images, digits.images
    )
    assert np.abs(to_float(bent.images) - to_float(digits.images)).mean() < 0.2


def test_a_few_steps_lower_the_loss(digits: Digits) -> None:
    """On the scenes of one batch, whichever they are: from what it begins with to less than two thirds of it."""
    torch.manual_seed(0)
    network = build_network("detector")
    ink, targets = SceneBatches(digits, TINY, CPU)(0)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(25):
        loss, _, _ = detection_loss(network(ink), targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.67 * losses[0]


def test_the_loop_trains_it_and_it_can_be_scored(digits: Digits) -> None:
    state = create_state(TINY, load_split(TINY, None), CPU)
    train(state, [])
    assert state.step == 5 and torch.isfinite(state.loss)
    score = score_detector(state.eval_network, digits, TINY)
    assert score.name == f"scenes of {digits.name}" and score.n > 10 and 0 <= score.accuracy <= 1


def test_a_resumed_training_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    def stop(state: State) -> None:
        state.stop = state.step == 3

    start(TINY, tmp_path / "whole")
    start(TINY, tmp_path / "broken", callbacks=[stop])
    assert not Run(tmp_path / "broken").is_finished
    resume(tmp_path / "broken")
    whole, broken = Run(tmp_path / "whole"), Run(tmp_path / "broken")
    assert whole.weights_path.read_bytes() == broken.weights_path.read_bytes()
    assert whole.read_card()["scores"] == broken.read_card()["scores"]
    assert {each["set"] for each in whole.read_card()["scores"]} == {"train", "held"}, "it chooses: it sees no test set"


def test_a_font_that_is_missing_is_named(digits: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(material, "require_fonts", lambda _: nondigits.require_fonts(FONT_FAMILIES, tmp_path))
    with pytest.raises(DataError, match=r"No font of DejaVuSans, DejaVuSerif is under .*; install"):
        SceneBatches(digits, TINY, CPU)
