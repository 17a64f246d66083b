"""Which digit of one string stands in the place of which digit of another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def align_strings(strings: Sequence[str], best: str) -> NDArray[np.int64]:
    """`align_digits` for each of K strings: int64 K×n."""
    return np.array([align_digits(string, best) for string in strings], np.int64).reshape(len(strings), len(best))


def align_digits(other: str, best: str) -> list[int]:
    """The digit that `other` has in the place of each of `best`, -1 where it has none, by the least edit distance."""
    costs = np.zeros((len(other) + 1, len(best) + 1), np.int64)
    costs[:, 0], costs[0] = np.arange(len(other) + 1), np.arange(len(best) + 1)
    for i, character in enumerate(other, 1):
        for j, own in enumerate(best, 1):
            costs[i, j] = min(costs[i - 1, j - 1] + (character != own), costs[i - 1, j] + 1, costs[i, j - 1] + 1)
    aligned, i, j = [-1] * len(best), len(other), len(best)
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + (other[i - 1] != best[j - 1]):
            aligned[j - 1] = int(other[i - 1])
            i, j = i - 1, j - 1
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return aligned
