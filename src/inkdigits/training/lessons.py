"""What a network that learns one person's hand is shown, beside what it knew before: see finetune.py.

Of every batch a part are the person's digits, each label as often as another, some are MNIST's training digits in the
person's style (data/style.py), the rest MNIST's as they are and things that are no digits. All are varied as at the end
of the first training.
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
from inkdigits.data.style import styled
from inkdigits.errors import RunError
from inkdigits.training.loop import Start, begin, train
from inkdigits.training.recipes import Recipe

STEPS, BATCH, LR = 150, 128, 1e-3
SHARE = 0.35  # of a batch's digits: the person's
STYLED = 0.15  # and of MNIST's in the person's style
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
    mine = part(own, evenly(own.labels, round(SHARE * total), rng))
    others = part(replay, rng.choice(len(replay), total - len(mine)))
    alike = round(STYLED * total)
    parts = mine, styled(part(others, slice(alike)), own, rng), part(others, slice(alike, None))
    images, labels = (np.concatenate([getattr(each, name) for each in parts]) for name in ("images", "labels"))
    return Digits(images, labels, own.name)


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


def part(own: Digits, places: NDArray[np.int64] | slice) -> Digits:
    """Some of the samples."""
    return Digits(own.images[places], own.labels[places], own.name)
