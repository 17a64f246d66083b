"""A recipe: every knob of a training in one frozen dataclass.

A knob's help and bounds stand beside it as `metadata`; the command line makes its options from them.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any, get_args

from inkdigits.data.sets.splits import SplitName
from inkdigits.errors import UsageError
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
