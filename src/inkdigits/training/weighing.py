"""How much the detector's and the classifier's say should count, fitted on scenes of digits the detector never saw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from inkdigits.data.digits import Digits
from inkdigits.data.scenes import DOUBTFUL, Scene
from inkdigits.reading.classify import Network
from inkdigits.reading.detect import Detector, Finds, Weights
from inkdigits.reading.ink import Ink
from inkdigits.reading.locate import once, overlap
from inkdigits.reading.normalise import glyphs_at
from inkdigits.reading.weigh import there_says, weighed, which_says
from inkdigits.training.detection import scenes_of
from inkdigits.training.recipes import Recipe
from inkdigits.types import Classification

SCENES = 600
SAME = 0.5  # overlap of a find with a digit's box, from which on it is that digit
MASK = 0.4  # of full ink: what counts as ink in a scene


def fitted(detector: Detector, network: Network, digits: Digits, recipe: Recipe) -> Weights:
    """The weights with the least cross-entropy on scenes written with `digits`."""
    seen = [_seen(each, detector, network) for each in scenes_of(digits, recipe, SCENES)]
    finds = Finds(*(np.concatenate([getattr(part[0], name) for part in seen]) for name in Finds.__slots__))
    answers = Classification(*(np.concatenate([getattr(part[1], name) for part in seen]) for name in _ANSWERS))
    truth = torch.from_numpy(np.concatenate([part[2] for part in seen]))  # the digit, −1 no digit, −2 doubtful
    right = truth >= 0
    says = torch.from_numpy(which_says(finds, answers))
    which = _least(lambda w: F.cross_entropy(says[right] @ w, truth[right]), [0.5, 0.1, 0.4])
    weights = Weights((which[0], which[1], which[2]), (1, 0, 0, 0))
    clear = truth >= -1
    features = torch.from_numpy(there_says(finds, answers, weighed(finds, answers, weights).probabilities))
    there = _least(
        lambda w: F.binary_cross_entropy_with_logits(features[clear] @ w, right[clear].float()), [1.0, 0.1, 0.1, 0.0]
    )
    return Weights((which[0], which[1], which[2]), (there[0], there[1], there[2], there[3]))


_ANSWERS = ("probabilities", "digitness", "embeddings")


def _seen(of: Scene, detector: Detector, network: Network) -> tuple[Finds, Classification, NDArray[np.int64]]:
    """What both say of one scene, and the truth of every find."""
    finds = once(detector.find(of.ink))
    ink = Ink((of.ink * 255).astype(np.uint8), (of.ink > MASK).astype(np.uint8))
    return finds, network.classify(glyphs_at(finds.boxes, ink)), truth_of(finds, of)


def truth_of(finds: Finds, of: Scene) -> NDArray[np.int64]:
    """The digit that each find is, −1 where there is none, −2 where it is doubtful."""
    truth = np.full(len(finds), -1, np.int64)
    for place, box in enumerate(finds.boxes):
        if len(of.boxes):
            shares = overlap(of.boxes, box)
            best = int(shares.argmax())
            if shares[best] >= SAME:
                truth[place] = of.labels[best] if of.labels[best] != DOUBTFUL else -2
            elif of.labels[best] == DOUBTFUL and shares[best] > 0:
                truth[place] = -2
    return truth


def _least(cost: Callable[[Tensor], Tensor], start: list[float]) -> list[float]:
    """The weights that make a smooth convex cost least, by L-BFGS."""
    weights = torch.tensor(start, requires_grad=True)
    search = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def evaluated() -> Tensor:
        search.zero_grad()
        now = cost(weights)
        now.backward()  # type: ignore[no-untyped-call]
        return now

    search.step(evaluated)  # type: ignore[no-untyped-call]
    return [float(value) for value in weights.detach()]
