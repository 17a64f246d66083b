"""Which digits a training learns from, and which it shows while it learns. None of them is ever a test set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import DataError

SplitName = Literal["lecture", "choosing", "full"]
LECTURE_SIZE = 5_000  # the lecture learns from images 1–5000 and looks at images 5001–10000 of the training set
VALIDATION_DIVISOR = 12  # choosing keeps back the last twelfth: 5,000 of MNIST's 60,000


@dataclass(frozen=True)
class Split:
    """`train` is learnt from; `held_out` is looked at while learning (None: nothing is), under the name
    `held_out_name`."""

    train: Digits
    held_out: Digits | None
    held_out_name: str


def split(digits: Digits, name: SplitName) -> Split:
    """Cut the *training* digits of a source.

    lecture: the first 5,000, and the next 5,000 as what the lecture calls its test · choosing: all but the last
    twelfth, which is for validation · full: all, nothing held. Raises DataError when there are too few digits.
    """
    if name == "lecture":
        if len(digits) < 2 * LECTURE_SIZE:
            raise DataError(
                f"{digits.name}: the lecture's split needs {2 * LECTURE_SIZE} digits, but there are {len(digits)}."
            )
        return Split(digits.slice(0, LECTURE_SIZE), digits.slice(LECTURE_SIZE, 2 * LECTURE_SIZE), "lecture test")
    if name == "choosing":
        train_count = len(digits) - len(digits) // VALIDATION_DIVISOR
        if train_count == len(digits):
            raise DataError(f"{digits.name}: {len(digits)} digits are too few to keep a twelfth for validation.")
        return Split(digits.slice(0, train_count), digits.slice(train_count, len(digits)), "validation")
    return Split(digits, None, "")
