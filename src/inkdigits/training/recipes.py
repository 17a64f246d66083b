"""Recipes: every knob of a training in one frozen dataclass, and the recipes that have a name.

A knob's help and bounds stand beside it as `metadata`; the command line makes its options from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any, get_args

from inkdigits.data.sets.splits import SplitName
from inkdigits.errors import UsageError, known_names
from inkdigits.models.build import ARCHITECTURES

OPTIMIZERS = ("adam", "adamw", "muon", "newton")
SCHEDULES = ("constant", "onecycle")
PRECISIONS = ("float32", "bfloat16")
STARTS = ("detector", "transcriber")
AUGMENTATIONS = ("none", "light", "inked", "bent", "hands")


def knob(help: str, default: Any = MISSING, low: float = -math.inf, high: float = math.inf, choices: Any = None) -> Any:
    """A field of Recipe that knows its help text, its bounds and its choices."""
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Recipe:
    """All settings of a run. Raises UsageError, with the reason, for a value that makes no sense."""

    name: str
    about: str
    model: str = knob("the network", choices=tuple(ARCHITECTURES))
    split: SplitName = knob("which training digits: lecture, choosing or full", "full", choices=get_args(SplitName))
    samples: int | None = knob("learn from the first so many digits only", None, low=1)
    hidden: int | None = knob("units of the hidden layer (mlp)", None, low=1, high=10_000)
    width: int | None = knob("channels of the first convolution (cnn)", None, low=1, high=256)
    start: str | None = knob("begin with the layers of this packaged network", None, choices=STARTS)
    batch: int = knob("digits in a step; 0 takes all of them as one batch", 128, low=0)
    steps: int | None = knob("how many steps; by default as many as the epochs need", None, low=1, high=10_000_000)
    epochs: float = knob("how often every digit is seen", 1.0, low=0.001, high=10_000)
    optimizer: str = knob("the optimizer", "adam", choices=OPTIMIZERS)
    lr: float = knob("learning rate, the highest of its schedule", 1e-3, low=1e-8, high=100)
    decay: float = knob("weight decay", 0.0, low=0, high=10)
    schedule: str = knob("how the learning rate goes", "constant", choices=SCHEDULES)
    smoothing: float = knob("label smoothing", 0.0, low=0, high=0.9)
    augment: str = knob("how images are varied while training", "none", choices=AUGMENTATIONS)
    nondigits: float = knob("things that are no digits, for every digit of a batch", 0.0, low=0, high=1)
    average: float = knob("share of the old in the running average of weights; 0: no average", 0.0, low=0, high=0.99999)
    precision: str = knob(
        "arithmetic; bfloat16 is faster, and taken where the processor has it", "float32", choices=PRECISIONS
    )
    seed: int = knob("seed of weights, order and variation", 0, low=0, high=2**31 - 1)

    def __post_init__(self) -> None:
        for each in list_knobs():
            _check_knob(each, getattr(self, each.name))
        for name in ("hidden", "width"):
            owners = [model for model, each in ARCHITECTURES.items() if name in each.knobs]
            if getattr(self, name) is not None and self.model not in owners:
                owner = " and the ".join(owners)
                raise UsageError(f"--{name} is a knob of the {owner}; {self.name} trains the network '{self.model}'.")
        if self.nondigits and not ARCHITECTURES[self.model].digitness:
            able = " and ".join(repr(model) for model, each in ARCHITECTURES.items() if each.digitness)
            raise UsageError(f"Only the network {able} can learn --nondigits; {self.name} trains '{self.model}'.")

    def with_knobs(self, **values: Any) -> Recipe:
        """This recipe with some knobs set otherwise; giving `epochs` alone drops the recipe's own `steps`."""
        if "epochs" in values and "steps" not in values:
            values["steps"] = None
        return replace(self, **values)

    def count_steps(self, digit_count: int) -> int:
        """How many steps the run has when it learns from that many digits."""
        if self.steps is not None:
            return self.steps
        return max(1, round(self.epochs * digit_count / self.compute_batch_size(digit_count)))

    def compute_batch_size(self, digit_count: int) -> int:
        """How many digits a step sees when the run learns from that many."""
        return min(self.batch or digit_count, digit_count)

    def as_dict(self) -> dict[str, Any]:
        """All settings as JSON has them; `start` only where it is given: runs and cards from before do not know it."""
        settings = asdict(self)
        if self.start is None:
            del settings["start"]
        return settings

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> Recipe:
        """The recipe of `as_dict`. Raises UsageError when a setting is unknown or missing."""
        try:
            return cls(**settings)
        except TypeError as error:
            raise UsageError(f"These are not the settings of a recipe ({error}).") from error


def list_knobs() -> list[Any]:
    """The fields of Recipe that can be set on the command line."""
    return [each for each in fields(Recipe) if each.metadata]


def _check_knob(knob_field: Any, value: Any) -> None:
    name, limits = knob_field.name, knob_field.metadata
    if value is None and knob_field.default is None:
        return
    if limits["choices"] is not None:
        if value not in limits["choices"]:
            raise UsageError(f"--{name} must be one of {', '.join(limits['choices'])}, not {value!r}.")
        return
    is_whole = knob_field.type.startswith("int")  # annotations are strings in this file
    if not isinstance(value, int if is_whole else (int, float)) or not limits["low"] <= value <= limits["high"]:
        kind = "a whole number " if is_whole else ""
        raise UsageError(f"--{name} must be {kind}from {limits['low']:g} to {limits['high']:g}, not {value!r}.")


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="lecture-softmax",
            about="the lecture's first network, exactly: 5,000 images as one batch, 1,047 steps",
            model="softmax",
            split="lecture",
            batch=0,
            steps=1047,
        ),
        Recipe(
            name="lecture-mlp",
            about="the lecture's larger network, exactly: 784-20-10, 5,000 images as one batch, 1,000 steps",
            model="mlp",
            split="lecture",
            batch=0,
            steps=1000,
        ),
        Recipe(
            name="softmax",
            about="784 → 10 on all 60,000 in minibatches",
            model="softmax",
            epochs=20,
            lr=5e-3,
            schedule="onecycle",
        ),
        Recipe(
            name="mlp",
            about="784 → 20 → 10 on all 60,000 in minibatches",
            model="mlp",
            epochs=15,
            lr=4e-3,
            schedule="onecycle",
        ),
        Recipe(
            name="instant",
            about="random filters, and a last layer in closed form: 98 % within a second",
            model="instant",
            batch=2000,
            epochs=0.5,
            optimizer="newton",
            lr=1.0,
            decay=1e-5,
            smoothing=0.1,
        ),
        Recipe(
            name="fast",
            about="a small CNN that looks little more than once at every digit: 99 % within seconds",
            model="fast",
            batch=256,
            epochs=1.3,
            optimizer="muon",
            lr=1e-2,
            schedule="onecycle",
            precision="bfloat16",
        ),
        Recipe(
            name="standard",
            about="a small CNN with varied images: more than 99.5 % within a minute",
            model="cnn",
            batch=256,
            epochs=4,
            optimizer="muon",
            lr=1e-2,
            schedule="onecycle",
            augment="light",
            average=0.97,
            precision="bfloat16",
        ),
        Recipe(
            name="best",
            about="the strongest single network: three that learn side by side from varied images, and answer as one",
            model="best",
            batch=128,
            epochs=16,
            optimizer="muon",
            lr=1e-2,
            decay=0.05,
            schedule="onecycle",
            smoothing=0.05,
            augment="inked",
            average=0.99,
            precision="bfloat16",
        ),
        Recipe(
            name="tiny-600",
            about="609 numbers: filters and mixtures used in eight directions",
            model="tiny-600",
            epochs=20,
            optimizer="muon",
            lr=2e-2,
            schedule="onecycle",
            average=0.998,
        ),
        Recipe(
            name="tiny-3k",
            about="2,849 numbers: filters and mixtures used in four directions",
            model="tiny-3k",
            epochs=20,
            optimizer="muon",
            lr=1e-2,
            schedule="onecycle",
            augment="light",
            average=0.998,
            precision="bfloat16",
        ),
        Recipe(
            name="tiny-10k",
            about="9,592 numbers, of the same kind",
            model="tiny-10k",
            epochs=8,
            optimizer="muon",
            lr=1e-2,
            schedule="onecycle",
            augment="light",
            average=0.998,
            precision="bfloat16",
        ),
        Recipe(
            name="lecture-cnn",
            about="what the lecture's 5,000 images suffice for: a CNN, and every image varied each time",
            model="cnn",
            split="lecture",
            batch=128,
            epochs=60,
            optimizer="muon",
            lr=1e-2,
            decay=0.05,
            schedule="onecycle",
            smoothing=0.05,
            augment="bent",
            average=0.998,
            precision="bfloat16",
        ),
        Recipe(
            name="reader",
            about="the network that is packaged: other people's digits, and what is no digit",
            model="reader",
            batch=256,
            epochs=40,
            optimizer="muon",
            lr=3e-3,
            decay=0.05,
            schedule="onecycle",
            augment="hands",
            nondigits=0.2,
            average=0.998,
            precision="bfloat16",
        ),
        Recipe(
            name="detector",
            about="the network that finds digits on a page, packaged as well; it learns from pages of our own writing",
            model="detector",
            split="choosing",
            batch=16,
            steps=30_000,
            optimizer="muon",
            lr=3e-3,
            decay=0.02,
            schedule="onecycle",
            average=0.998,
            precision="bfloat16",
        ),
        Recipe(
            name="transcriber",
            about="the network that reads a whole strip of a page; it learns from lines in MNIST's hands and in others",
            model="transcriber",
            split="choosing",
            start="detector",
            batch=64,
            steps=9_000,
            optimizer="muon",
            lr=3e-3,
            decay=0.02,
            schedule="onecycle",
            average=0.998,
            precision="bfloat16",
        ),
    )
}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises UsageError, with the names there are."""
    if name not in RECIPES:
        raise UsageError(f"There is no recipe '{name}'; {known_names(name, RECIPES)}")
    return RECIPES[name]
