"""The training data of fine-tuning: one person's digits mixed with replayed ones; see finetune.py.

A batch holds the person's digits, each label as often as another; MNIST's training digits in the person's style
(data/augmentation/style_transfer.py), hard ones more often than others; and for the rest MNIST's as they are and things
that are no digits. All are bent a little. A network that has learnt other hands than MNIST's rehearses these too; the
person's digits are not changed so much that they become somebody else's.
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

from inkdigits.data.augmentation.augment import augment
from inkdigits.data.augmentation.style_transfer import change_style, fit_style_change
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.splits import Split
from inkdigits.data.synthesis.nondigits import make_nondigits
from inkdigits.errors import RunError
from inkdigits.glyph import to_float
from inkdigits.models.build import build_network
from inkdigits.training.batches import HANDS_SETTINGS
from inkdigits.training.evaluate import predict_digit_logits
from inkdigits.training.loop import WarmStart, create_state, train
from inkdigits.training.recipe import Recipe

STEPS, BATCH, LR = 90, 128, 1.5e-3
OWN_SHARE = 0.3  # of a batch's digits: the person's
STYLED_SHARE = 0.25  # and of MNIST's in the person's style
MAX_STYLED_POOL = 3_000  # of MNIST's that are written in that style, at most
BASE_SAMPLING_WEIGHT, MAX_MISSED_PROBABILITY = (
    0.05,
    0.9,
)  # what an easy digit counts for, and a hard one at most, when they are drawn from these
FOLD_COUNT = 3
NONDIGIT_COUNT = 1_000
SEED = 0
DIVERGED_MESSAGE = "The network could not learn these samples: its loss is not finite; check the samples."


@dataclass(frozen=True)
class ReplayMix:
    """What is replayed beside a person's digits, and the recipe and weights to start from; the same in every fold.

    `replay` are MNIST's digits; `nondigit_images`, uint8 N×28×28, are used where the recipe learns non-digits.
    """

    recipe: Recipe
    weights: Mapping[str, Tensor]
    replay: Digits
    nondigit_images: NDArray[np.uint8] | None = None

    def train_network(self, own: Digits, seed: int) -> nn.Sequential:
        """The network fine-tuned on these samples too, with that seed. Raises RunError when it diverges."""
        recipe = replace(self.recipe, seed=seed)
        mixed_digits = mix_digits(own, self.replay, recipe, restore_network(recipe, self.weights))
        state = create_state(
            recipe, Split(mixed_digits, None, ""), torch.device("cpu"), WarmStart(self.weights, self.nondigit_images)
        )
        train(state, [])
        if not math.isfinite(state.loss.item()):
            raise RunError(DIVERGED_MESSAGE)
        return state.eval_network.eval()


def restore_network(recipe: Recipe, weights: Mapping[str, Tensor]) -> nn.Sequential:
    """A recipe's network with these weights, ready to be asked. Raises RuntimeError where they do not fit."""
    network = build_network(recipe.model, hidden=recipe.hidden, width=recipe.width)
    network.load_state_dict(dict(weights))
    return network.eval()


def build_replay_mix(recipe: Recipe, weights: Mapping[str, Tensor], replay: Digits, steps: int = STEPS) -> ReplayMix:
    """The replay mix for a network of that recipe with these weights. Non-digits are made without fonts."""
    nondigit_images = (
        make_nondigits(NONDIGIT_COUNT, replay.images, replay.labels, SEED, with_letters=False)
        if recipe.nondigits
        else None
    )
    return ReplayMix(make_finetune_recipe(recipe).with_knobs(steps=steps), weights, replay, nondigit_images)


def make_finetune_recipe(recipe: Recipe) -> Recipe:
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


def mix_digits(own: Digits, replay: Digits, recipe: Recipe, network: nn.Module) -> Digits:
    """All digits that the steps of a recipe see: the person's over and over, MNIST's in that style, hard ones oftener
    than others, and MNIST's as they are, or half of them in other hands. `network` is the one before fine-tuning.

    Raises RunError where its loss is not finite.
    """
    rng = np.random.default_rng(recipe.seed)
    total = cast(int, recipe.steps) * recipe.batch
    pool = select_digits(replay, rng.choice(len(replay), min(MAX_STYLED_POOL, total)))
    styled_pool = change_style(pool, fit_style_change(own, pool, rng), rng)
    own_count, styled_count = round(OWN_SHARE * total), round(STYLED_SHARE * total)
    plain_digits = select_digits(replay, rng.choice(len(replay), total - own_count - styled_count))
    parts = (
        select_digits(own, draw_balanced(own.labels, own_count, rng)),
        select_digits(
            styled_pool,
            rng.choice(len(styled_pool), styled_count, p=sampling_weights(predict_nll(network, styled_pool))),
        ),
        augment_style(plain_digits, recipe.seed)
        if recipe.nondigits
        else plain_digits,  # a network that learnt non-digits also learnt other hands
    )
    images, labels = (np.concatenate([getattr(each, name) for each in parts]) for name in ("images", "labels"))
    return Digits(images, labels, own.name)


def augment_style(digits: Digits, seed: int) -> Digits:
    """The digits, half of them in other hands, as towards the end of a first training that varies by hands."""
    images, labels = torch.from_numpy(to_float(digits.images)), torch.from_numpy(digits.labels)
    augmented = augment(images, labels, HANDS_SETTINGS.with_half_plain(), torch.Generator().manual_seed(seed))
    return Digits((255 * augmented[:, 0]).round().byte().numpy(), digits.labels, digits.name)


def predict_nll(network: nn.Module, digits: Digits) -> NDArray[np.float64]:
    """The cross-entropy of every digit, in nats. Raises RunError where it is no number."""
    nll_values = nll(predict_digit_logits(network, digits).double(), digits).numpy()
    if not np.isfinite(nll_values).all():
        raise RunError(DIVERGED_MESSAGE)
    return np.asarray(nll_values, np.float64)


def nll(logits: Tensor, digits: Digits) -> Tensor:
    """The cross-entropy, in nats, of each row of logits N×10 on its digit: N, of the dtype of the logits."""
    return F.cross_entropy(logits, torch.from_numpy(digits.labels), reduction="none")


def sampling_weights(nll_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of drawing each digit, given its NLL: by how much of its probability the network misses, and a
    little more. A digit missed entirely may have a wrong label, and counts no more than one missed by nine tenths."""
    weights = BASE_SAMPLING_WEIGHT + np.minimum(1 - np.exp(-nll_values), MAX_MISSED_PROBABILITY)
    return np.asarray(weights / weights.sum(), np.float64)


def draw_balanced(labels: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` places in `labels`: every label as often as another, and every place of a label."""
    present_labels = np.unique(labels)
    counts = np.bincount(np.arange(count) % len(present_labels), minlength=len(present_labels))
    shuffled_indices = [rng.permutation(np.flatnonzero(labels == label)) for label in present_labels]
    return np.concatenate([np.resize(each, n) for each, n in zip(shuffled_indices, counts, strict=True)])


def split_folds(own: Digits) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places to learn from and places held out, three times; every sample is held out once, every label evenly."""
    order = np.argsort(own.labels, kind="stable")
    fold = np.empty(len(own), np.int64)
    fold[order] = np.arange(len(own)) % FOLD_COUNT
    for number in range(FOLD_COUNT):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def select_digits(digits: Digits, indices: NDArray[np.int64] | slice) -> Digits:
    """Some of the samples."""
    return Digits(digits.images[indices], digits.labels[indices], digits.name)
