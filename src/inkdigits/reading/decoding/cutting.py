"""The most probable way to cut a row of digits into numbers, where something is known of every number.

What is known never harms: digits that do not fit it keep their plain reading, which costs something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

MIN_FIT = 0.01  # of the probability of the plain reading: what fits is at least so probable, or the plain one stays
MAX_READINGS = 200  # of a number that are compared
PLAIN_SPLIT = 0.5  # probability that a number ends after a digit, from which on it does where nothing is known
_MISFIT_LOG_PROBABILITY = float(np.log(0.02))  # that a number is not as all are known to be

NumberT = TypeVar("NumberT")


def cut_row(
    count: int, list_numbers: Callable[[int, float], Iterable[tuple[int, NumberT, float]]]
) -> list[NumberT] | None:
    """The numbers of a row of `count` digits, from left to right, that are the most probable together; None if it
    cannot be cut.

    `list_numbers` is given a digit and the score, a log probability, of what is before it. It lists what may be a
    number that begins there: the first digit behind it, the number, and the score of all up to its end.
    """
    best: dict[int, tuple[float, list[NumberT]]] = {0: (0.0, [])}  # of the digits before each one
    for start in range(count):
        if start not in best:
            continue
        before, numbers = best[start]
        for end, number, score in list_numbers(start, before):
            if end not in best or score > best[end][0]:
                best[end] = score, [*numbers, number]
    return best[count][1] if count in best else None


def score_misfit(splits: Sequence[float]) -> float:
    """The log probability of a number that is not as it should be. `splits` are the probabilities that a number ends
    within it: it counts as often as it joins what is plainly several, so that misfits are not joined for their own
    sake."""
    return _MISFIT_LOG_PROBABILITY * (1 + sum(split >= PLAIN_SPLIT for split in splits))
