"""How much the two networks' say counts: fitted on scenes of which the truth is known."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkdigits.data.mnist import load
from inkdigits.data.scenes import DOUBTFUL, Scene
from inkdigits.reading.classify import Network
from inkdigits.reading.detect import Detector, Finds
from inkdigits.reading.weigh import weighed
from inkdigits.training import weighing
from inkdigits.training.detection import scenes_of
from inkdigits.training.recipes import recipe
from inkdigits.training.weighing import fitted, truth_of

RECIPE = recipe("detector")


def finds(*boxes: tuple[float, float, float, float]) -> Finds:
    count = len(boxes)
    where = np.array(boxes, np.float32).reshape(-1, 4)
    return Finds(where, np.ones(count, np.float32), np.full((count, 10), 0.1, np.float32))


def scene(*boxes: tuple[float, float, float, float], labels: tuple[int, ...]) -> Scene:
    return Scene(np.zeros((64, 128), np.float32), np.array(boxes, np.float32).reshape(-1, 4), np.array(labels))


def test_a_find_is_the_digit_that_it_covers_best() -> None:
    there = scene((0, 0, 20, 40), (30, 0, 20, 40), (60, 0, 20, 40), labels=(3, 5, DOUBTFUL))
    found = finds((1, 0, 20, 40), (32, 2, 20, 40), (60, 0, 20, 40), (68, 10, 20, 20), (100, 0, 20, 40), (0, 0, 5, 5))
    assert truth_of(found, there).tolist() == [3, 5, -2, -2, -1, -1]
    assert truth_of(finds(), there).shape == (0,)
    assert truth_of(finds((0, 0, 9, 9)), scene(labels=())).tolist() == [-1]


def test_the_least_of_a_bowl_is_found() -> None:
    low = torch.tensor([2.0, -3.0])
    assert weighing._least(lambda w: ((w - low) ** 2).sum(), [0.0, 0.0]) == pytest.approx([2, -3], abs=1e-3)


@pytest.mark.usefixtures("few_fonts")
def test_the_fitted_weights_are_better_than_either_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the scenes they were fitted to, by the cross-entropy of which digit it is."""
    monkeypatch.setattr(weighing, "SCENES", 12)
    held = load("train").part(55_000, 55_400)
    detector, network = Detector(threads=1), Network(threads=1)
    weights = fitted(detector, network, held, RECIPE)
    assert len(weights.which) == 3 and len(weights.there) == 4
    assert np.isfinite([*weights.which, *weights.there]).all()
    seen = [weighing._seen(each, detector, network) for each in scenes_of(held, RECIPE, 12)]

    def cost(probabilities: list[NDArray[np.float32]]) -> float:
        truths = [truth for *_, truth in seen]
        right = [
            p[truth >= 0][np.arange((truth >= 0).sum()), truth[truth >= 0]]
            for p, truth in zip(probabilities, truths, strict=True)
        ]
        return float(-np.log(np.clip(np.concatenate(right), 1e-6, 1)).mean())

    together = cost([weighed(found, answers, weights).probabilities for found, answers, _ in seen])
    assert together < cost([found.probabilities for found, *_ in seen]) + 1e-6
    assert together < cost([answers.probabilities for _, answers, _ in seen]) + 1e-6
    both = [weighed(found, answers, weights).digitness for found, answers, _ in seen]
    sure, is_digit = np.concatenate(both), np.concatenate([truth for *_, truth in seen]) >= 0
    assert sure[is_digit].mean() > sure[~is_digit].mean() + 0.3
