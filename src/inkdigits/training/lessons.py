"""What a network that learns one person's hand is shown, beside what it knew before: see finetune.py.

Of every batch a part are the person's digits, each label as often as another, the rest MNIST's training digits and
things that are no digits. All are varied as at the end of the first training.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data.digits import Digits
from inkdigits.data.nondigits import nondigits
from inkdigits.data.splits import Split
from inkdigits.errors import RunError
from inkdigits.training.loop import Start, begin, train
from inkdigits.training.recipes import Recipe

STEPS, BATCH, LR = 150, 128, 1e-3
SHARE = 0.4  # of a batch's digits: the person's
FOLDS = 3
NONDIGITS = 1_000
SEED = 0


@dataclass(frozen=True)
class Lessons:
    """How a person's digits are learnt, from where on, and what beside them: the same in every fold.

    `replay` are rehearsed, and `others`, uint8 N×28×28, as what is no digit, where the recipe wants that.
    """

    recipe: Recipe
    weights: Mapping[str, Tensor]
    replay: Digits
    others: NDArray[np.uint8] | None = None

    def learn(self, own: Digits) -> nn.Sequential:
        """The network after it learnt from these samples too. Raises RunError when it diverges."""
        mixed, start = mixture(own, self.replay, self.recipe), Start(self.weights, self.others)
        state = begin(self.recipe, Split(mixed, None, ""), torch.device("cpu"), start)
        train(state, [])
        if not math.isfinite(state.loss.item()):
            raise RunError("The network could not learn these samples: its loss is no number any more; look at them.")
        return state.judged.eval()


def lessons_of(recipe: Recipe, weights: Mapping[str, Tensor], replay: Digits, steps: int = STEPS) -> Lessons:
    """The lessons for a network of that recipe with these weights. What is no digit is made without fonts."""
    others = nondigits(NONDIGITS, replay.images, replay.labels, SEED, letters=False) if recipe.nondigits else None
    return Lessons(knobs(recipe).with_knobs(steps=steps), weights, replay, others)


def knobs(recipe: Recipe) -> Recipe:
    """How a network goes on: by its own recipe, for a short while and in smaller steps."""
    return replace(
        recipe,
        name=recipe.name.removesuffix("-finetuned") + "-finetuned",
        about="a network that went on learning from one person's digits",
        split="full",
        samples=None,
        augment="calm" if recipe.augment == "hands" else recipe.augment,  # as its first training ended
        batch=BATCH,
        steps=STEPS,
        optimizer="adamw",
        lr=LR,
        decay=0.0,
        schedule="onecycle",
        average=0.0,
        seed=SEED,
    )


def mixture(own: Digits, replay: Digits, recipe: Recipe) -> Digits:
    """All digits that the steps of a recipe see, each once: the person's over and over, the others drawn by chance."""
    rng = np.random.default_rng(recipe.seed)
    total = cast(int, recipe.steps) * recipe.batch
    mine = evenly(own.labels, round(SHARE * total), rng)
    others = rng.choice(len(replay), total - len(mine))
    images = np.concatenate([own.images[mine], replay.images[others]])
    return Digits(images, np.concatenate([own.labels[mine], replay.labels[others]]), own.name)


def evenly(labels: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` places in `labels`: every label as often as another, and every place of a label."""
    there = np.unique(labels)
    wanted = np.bincount(np.arange(count) % len(there), minlength=len(there))
    parts = [rng.permutation(np.flatnonzero(labels == label)) for label in there]
    return np.concatenate([np.resize(each, n) for each, n in zip(parts, wanted, strict=True)])


def folds(own: Digits) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places to learn from and places held out, three times; every sample is held out once, every label evenly."""
    order = np.argsort(own.labels, kind="stable")
    fold = np.empty(len(own), np.int64)
    fold[order] = np.arange(len(own)) % FOLDS
    for number in range(FOLDS):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def part(own: Digits, places: NDArray[np.int64]) -> Digits:
    """Some of the samples."""
    return Digits(own.images[places], own.labels[places], own.name)
