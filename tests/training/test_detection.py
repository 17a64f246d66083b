"""What the detector learns from: targets of scenes made by hand, a loss that right answers make least, a few steps."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from inkdigits.data import nondigits
from inkdigits.data.digits import Digits
from inkdigits.data.mnist import load
from inkdigits.data.scenes import Scene
from inkdigits.data.sheet import DOUBTFUL
from inkdigits.errors import DataError
from inkdigits.glyph import to_float
from inkdigits.models.build import build
from inkdigits.training import detection
from inkdigits.training.detection import (
    BOX,
    HEAT,
    LABEL,
    NEAR,
    UNIT,
    WEIGHT,
    Scenes,
    detection_loss,
    score_of_scenes,
    target,
    varied,
)
from inkdigits.training.loop import State, begin, train
from inkdigits.training.recipes import recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import parts_of, resume, start
from tests.conftest import FAMILIES

CPU = torch.device("cpu")
TINY = recipe("detector").with_knobs(samples=60, batch=4, steps=5, average=0.5)
OWN = 3  # the plane of the weight of label and box


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, few_fonts: None, same_threads: None) -> None:
    """Few fonts, few scenes and digits to be judged by, and torch's threads as they were."""
    monkeypatch.setattr(detection, "JUDGED", 4)
    monkeypatch.setattr(detection, "DIGITS", 100)


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load("train").part(0, 60)


def scene_of(*boxes: tuple[float, float, float, float], labels: tuple[int, ...]) -> Scene:
    """A scene of 64×96 pixels."""
    return Scene(np.zeros((64, 96), np.float32), np.array(boxes, np.float32).reshape(-1, 4), np.array(labels))


def perfect(of: Scene) -> tuple[Tensor, Tensor]:
    """Answers that are surely right, and the target, each with a batch of one."""
    wanted = torch.from_numpy(target(of))[None]
    said = torch.zeros(1, 15, *wanted.shape[2:])
    said[:, 0] = torch.where(wanted[:, HEAT] == 1, 20.0, -20.0)
    said[:, 1:11] = 20 * torch.nn.functional.one_hot(wanted[:, LABEL].long(), 10).movedim(-1, 1)
    said[:, 11:] = wanted[:, BOX]
    return said, wanted


TWO = scene_of((8, 16, 24, 40), (60, 12, 12, 32), labels=(7, 1))


def test_a_target_says_where_middles_are_which_digit_and_how_large() -> None:
    planes = target(TWO)
    assert planes.shape == (8, 16, 24) and planes.dtype == np.float32
    middles = np.argwhere(planes[HEAT] == 1).tolist()
    assert sorted(middles) == [[6, 16], [8, 4]]  # (66, 28) and (20, 36) over 4, each in its cell, rounded to even
    assert planes[LABEL, 8, 4] == 7 and planes[LABEL, 6, 16] == 1
    x, y, width, height = planes[BOX, 8, 4]
    assert ((4 + 0.5 + x) * 4, (8 + 0.5 + y) * 4) == (20, 36)
    assert (np.exp(width) * UNIT, np.exp(height) * UNIT) == (pytest.approx(24), pytest.approx(40))
    assert (planes[WEIGHT] == 1).all()


def test_around_a_middle_the_answers_fade() -> None:
    planes = target(TWO)
    around = planes[OWN, 7:10, 3:6]
    assert around[1, 1] == 1 and (np.delete(around.ravel(), 4) <= NEAR).all() and (around > 0).sum() >= 5
    assert np.count_nonzero(planes[OWN]) <= 18
    assert planes[HEAT, 8, 4] > planes[HEAT, 9, 4] > planes[HEAT, 12, 4]
    assert planes[HEAT, 0, 23] < 0.01
    for row, column in np.argwhere(planes[OWN, :, :10] > 0):
        x, y = planes[BOX, row, column][:2]
        assert ((column + 0.5 + x) * 4, (row + 0.5 + y) * 4) == (20, 36), "all of them tell the same middle"


def test_doubtful_digits_neither_are_found_nor_count_as_none() -> None:
    planes = target(scene_of((8, 16, 24, 40), (60, 12, 12, 32), labels=(DOUBTFUL, 1)))
    assert not planes[WEIGHT, 5:13, 3:7].any() and planes[WEIGHT, 0].all()
    assert np.argwhere(planes[HEAT] == 1).tolist() == [[6, 16]]


def test_an_empty_scene_wants_nothing() -> None:
    planes = target(scene_of(labels=()))
    assert not planes[HEAT].any() and not planes[OWN].any() and planes[WEIGHT].all()


def test_the_loss_is_least_for_right_answers() -> None:
    said, wanted = perfect(TWO)
    least, logits, labels = detection_loss(said, wanted)
    assert 0 <= least < 0.01
    assert logits.shape == (2, 10) and sorted(labels.tolist()) == [1, 7]
    assert torch.equal(logits.argmax(dim=1), labels)
    for plane, row, column, change in (
        (0, 8, 4, -25.0),  # a digit is missed
        (0, 2, 20, 25.0),  # one is seen where there is none
        (2, 8, 4, 40.0),  # it is taken for a 1
        (11, 8, 4, 0.5),  # its middle is elsewhere
        (14, 6, 16, 0.3),  # its size is another
    ):
        wrong = said.clone()
        wrong[0, plane, row, column] += change
        assert detection_loss(wrong, wanted)[0] > least + 0.05, (plane, row, column)


def test_what_is_said_of_doubtful_digits_costs_nothing() -> None:
    said, wanted = perfect(scene_of((8, 16, 24, 40), labels=(DOUBTFUL,)))
    least = detection_loss(said, wanted)[0]
    said[0, 0, 8, 4] = 20
    assert detection_loss(said, wanted)[0] == least


def test_a_scene_without_digits_has_a_loss_too() -> None:
    said, wanted = perfect(scene_of(labels=()))
    cost, logits, labels = detection_loss(said, wanted)
    assert 0 <= cost < 0.01 and logits.shape == (0, 10) and labels.shape == (0,)


def test_batches_depend_on_seed_and_step_only(digits: Digits) -> None:
    one, two = Scenes(digits, TINY, CPU), Scenes(digits, TINY, CPU)
    ink, wanted = one(0)
    assert ink.shape == (4, 1, 128, 256) and ink.dtype == torch.float32 and 0 <= ink.min() <= ink.max() <= 1
    assert wanted.shape == (4, 8, 32, 64)
    in_order = [one(step)[0] for step in (1, 2)]
    assert torch.equal(in_order[1], two(2)[0]) and torch.equal(in_order[0], two(1)[0]) and torch.equal(ink, two(0)[0])
    assert not torch.equal(ink, in_order[0])
    other = Scenes(digits, TINY.with_knobs(seed=1), CPU)
    assert not torch.equal(ink, other(0)[0])


def test_digits_are_varied_but_stay_themselves(digits: Digits) -> None:
    bent = varied(digits, 0)
    assert np.array_equal(bent.labels, digits.labels) and bent.images.shape == digits.images.shape
    assert np.array_equal(bent.images, varied(digits, 0).images) and not np.array_equal(bent.images, digits.images)
    assert np.abs(to_float(bent.images) - to_float(digits.images)).mean() < 0.2


def test_a_few_steps_lower_the_loss(digits: Digits) -> None:
    """On the scenes of one batch, whichever they are: from what it begins with to less than two thirds of it."""
    torch.manual_seed(0)
    network = build("detector")
    ink, wanted = Scenes(digits, TINY, CPU)(0)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    costs = []
    for _ in range(25):
        cost, _, _ = detection_loss(network(ink), wanted)
        optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        costs.append(float(cost.detach()))
    assert costs[-1] < 0.67 * costs[0]


def test_the_loop_trains_it_and_it_can_be_scored(digits: Digits) -> None:
    state = begin(TINY, parts_of(TINY, None), CPU)
    train(state, [])
    assert state.step == 5 and torch.isfinite(state.loss)
    score = score_of_scenes(state.judged, digits, TINY)
    assert score.name == f"scenes of {digits.name}" and score.n > 10 and 0 <= score.accuracy <= 1


def test_a_resumed_training_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    def stop(state: State) -> None:
        state.stop = state.step == 3

    start(TINY, tmp_path / "whole")
    start(TINY, tmp_path / "broken", callbacks=[stop])
    assert not Run(tmp_path / "broken").finished
    resume(tmp_path / "broken")
    whole, broken = Run(tmp_path / "whole"), Run(tmp_path / "broken")
    assert whole.weights.read_bytes() == broken.weights.read_bytes()
    assert whole.card()["scores"] == broken.card()["scores"]
    assert {each["set"] for each in whole.card()["scores"]} == {"train", "held"}, "it chooses: it sees no test set"


def test_a_font_that_is_missing_is_named(digits: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(detection, "installed", lambda _: nondigits.installed(FAMILIES, tmp_path))
    with pytest.raises(DataError, match=r"No font of DejaVuSans, DejaVuSerif is under .*; install"):
        Scenes(digits, TINY, CPU)
