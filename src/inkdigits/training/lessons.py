"""What a network that learns one person's hand is shown, beside what it knew before: see finetune.py.

Of every batch a part are the person's digits, each label as often as another, some are MNIST's training digits in the
person's style (data/style.py), hard ones oftener than others, the rest MNIST's as they are and things that are no
digits. All are bent a little. A network that has learnt from other hands than MNIST's rehearses these too; the person's
digits are not changed so much that they are another's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data.augment import augment
from inkdigits.data.digits import Digits
from inkdigits.data.nondigits import nondigits
from inkdigits.data.splits import Split
from inkdigits.data.style import change_to, changed
from inkdigits.errors import RunError
from inkdigits.glyph import to_float
from inkdigits.models.build import build
from inkdigits.training.batches import HANDS
from inkdigits.training.evaluate import digit_logits
from inkdigits.training.loop import Start, begin, train
from inkdigits.training.recipes import Recipe

STEPS, BATCH, LR = 90, 128, 1.5e-3
SHARE = 0.3  # of a batch's digits: the person's
STYLED = 0.25  # and of MNIST's in the person's style
POOL = 3_000  # of MNIST's that are written in that style, at most
EASY, MISSED = 0.05, 0.9  # what an easy digit counts for, and a hard one at most, when they are drawn from these
FOLDS = 3
NONDIGITS = 1_000
SEED = 0
NO_NUMBER = "The network could not learn these samples: its loss is no number any more; look at them."


@dataclass(frozen=True)
class Lessons:
    """How a person's digits are learnt, from where on, and what beside them: the same in every fold but for chances.

    `replay` are rehearsed, and `others`, uint8 N×28×28, as what is no digit, where the recipe wants that.
    """

    recipe: Recipe
    weights: Mapping[str, Tensor]
    replay: Digits
    others: NDArray[np.uint8] | None = None

    def learn(self, own: Digits, seed: int) -> nn.Sequential:
        """The network after it learnt from these samples too, by the chances of that seed. Raises RunError when it
        diverges."""
        recipe = replace(self.recipe, seed=seed)
        mixed = mixture(own, self.replay, recipe, network_of(recipe, self.weights))
        state = begin(recipe, Split(mixed, None, ""), torch.device("cpu"), Start(self.weights, self.others))
        train(state, [])
        if not math.isfinite(state.loss.item()):
            raise RunError(NO_NUMBER)
        return state.judged.eval()


def network_of(recipe: Recipe, weights: Mapping[str, Tensor]) -> nn.Sequential:
    """A recipe's network with these weights, ready to be asked. Raises RuntimeError where they do not fit."""
    network = build(recipe.model, hidden=recipe.hidden, width=recipe.width)
    network.load_state_dict(dict(weights))
    return network.eval()


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
        augment="bent" if recipe.augment == "hands" else recipe.augment,
        batch=BATCH,
        steps=STEPS,
        optimizer="adamw",
        lr=LR,
        decay=0.0,
        schedule="onecycle",
        average=0.0,
        seed=SEED,
    )


def mixture(own: Digits, replay: Digits, recipe: Recipe, known: nn.Module) -> Digits:
    """All digits that the steps of a recipe see: the person's over and over, MNIST's in that style, hard ones oftener
    than others, and MNIST's as they are, or half of them in other hands. `known` is the network before it learns.

    Raises RunError where what it says is no number.
    """
    rng = np.random.default_rng(recipe.seed)
    total = cast(int, recipe.steps) * recipe.batch
    some = part(replay, rng.choice(len(replay), min(POOL, total)))
    alike = changed(some, change_to(own, some, rng), rng)
    mine, styled = round(SHARE * total), round(STYLED * total)
    plain = part(replay, rng.choice(len(replay), total - mine - styled))
    parts = (
        part(own, evenly(own.labels, mine, rng)),
        part(alike, rng.choice(len(alike), styled, p=chances(losses(known, alike)))),
        in_hands(plain, recipe.seed) if recipe.nondigits else plain,  # who knows what is no digit has learnt hands
    )
    images, labels = (np.concatenate([getattr(each, name) for each in parts]) for name in ("images", "labels"))
    return Digits(images, labels, own.name)


def in_hands(digits: Digits, seed: int) -> Digits:
    """The digits, half of them in other hands, as towards the end of a first training that varies by hands."""
    images, labels = torch.from_numpy(to_float(digits.images)), torch.from_numpy(digits.labels)
    varied = augment(images, labels, HANDS.calmer(), torch.Generator().manual_seed(seed))
    return Digits((255 * varied[:, 0]).round().byte().numpy(), digits.labels, digits.name)


def losses(network: nn.Module, digits: Digits) -> NDArray[np.float64]:
    """The cross-entropy of every digit, in nats. Raises RunError where it is no number."""
    found = surprises(digit_logits(network, digits).double(), digits).numpy()
    if not np.isfinite(found).all():
        raise RunError(NO_NUMBER)
    return np.asarray(found, np.float64)


def surprises(said: Tensor, digits: Digits) -> Tensor:
    """The cross-entropy, in nats, of each row of logits N×10 on its digit: N, of the dtype of the logits."""
    return F.cross_entropy(said, torch.from_numpy(digits.labels), reduction="none")


def chances(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of each digit of such losses to be drawn: by how much of its probability the network misses, and a
    little more. What is missed wholly may have a wrong label, and counts no more than what is missed by nine tenths."""
    missed = EASY + np.minimum(1 - np.exp(-losses), MISSED)
    return np.asarray(missed / missed.sum(), np.float64)


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
