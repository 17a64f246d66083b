"""The ways through a lattice whose digits an automaton accepts: the best, the sum of all, or one after another."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.automaton import Automaton
from inkdigits.reading.decoding.lattice import Lattice

_WORTH = 16.0  # a way less probable than the best by more than a factor of exp(16) is not tried
_ROUNDING = 1e-6  # of a log probability

Number = tuple[tuple[int, int], ...]  # (piece, digit), from left to right


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a lattice: its log probability and the numbers on it, left to right."""

    score: float
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What lies ahead in a lattice of N pieces for an automaton of Q states, log probabilities.

    `after` is float64 (N+2)×(Q+1): a piece is taken and a state reached by it, what can still come; the last column,
    for digits that lead nowhere, is -inf. `whole` is all of the lattice; -inf when nothing is accepted.
    """

    after: NDArray[np.float64]
    whole: float


def text_of(number: Number) -> str:
    """The digits of a number as text."""
    return "".join(str(digit) for _, digit in number)


def ahead(row: Lattice, form: Automaton, add: np.ufunc) -> Ahead:
    """The best (`add` is np.maximum) or the sum (np.logaddexp) of all ways to go on, from every piece and state."""
    size, states, starts = len(row.taken), len(form.steps), list(form.starts)
    after = np.full((size, states + 1), -np.inf)
    ways = np.full((size, states), -np.inf)  # a piece will be taken next, from this state
    for place in range(size - 2, 0, -1):
        goes_on = (row.passed[place, place + 1 :] + row.on[place, place + 1 :])[:, np.newaxis] + ways[place + 1 :]
        ended = add(_begun(row, ways, place, starts, add), row.passed[place, -1])
        after[place, :-1] = add.reduce(goes_on, axis=0)
        after[place, :-1][form.accepting] = add(after[place, :-1][form.accepting], ended)
        ways[place] = add.reduce(row.taken[place] + after[place][form.steps], axis=1)
    nothing = row.passed[0, -1] if form.accepting[starts].any() else -np.inf
    return Ahead(after, float(add(_begun(row, ways, 0, starts, add), nothing)))


def _begun(row: Lattice, ways: NDArray[np.float64], place: int, starts: list[int], add: np.ufunc) -> float:
    """A new number begins with one of the pieces after this one."""
    costs = row.passed[place, place + 1 :] + row.new[place, place + 1 :]
    return float(add.reduce(costs[:, np.newaxis] + ways[place + 1 :, starts], axis=None, initial=-np.inf))


def best(row: Lattice, form: Automaton, best_ahead: Ahead) -> Path:
    """The most probable way; there must be one."""
    return next(_walk(row, form, best_ahead, _Asked(lambda _text: True, sys.maxsize), _ROUNDING))


def paths(row: Lattice, form: Automaton, best_ahead: Ahead, passes: Callable[[str], bool], most: int) -> Iterator[Path]:
    """Ways on which every number `passes`, most probable first; it is asked about `most` numbers and no more."""
    return _walk(row, form, best_ahead, _Asked(passes, most), _WORTH)


@dataclass(slots=True)
class _Asked:
    """A check of numbers that is asked a limited number of times."""

    passes: Callable[[str], bool]
    left: int

    def __call__(self, text: str) -> bool:
        self.left -= 1
        return self.left >= 0 and self.passes(text)


@dataclass(frozen=True, slots=True)
class _Node:
    """A way through the lattice as far as it has been walked; `state` is None at the beginning and the end."""

    score: float
    place: int
    state: int | None
    numbers: tuple[Number, ...]

    def then(self, gain: float, place: int, digit: int, state: int, new: bool) -> _Node:
        """One digit further."""
        before, last = (self.numbers, ()) if new else (self.numbers[:-1], self.numbers[-1])
        return _Node(self.score + gain, place, state, (*before, (*last, (place, digit))))


def _walk(row: Lattice, form: Automaton, best_ahead: Ahead, asked: _Asked, within: float) -> Iterator[Path]:
    """Best first: as it is known what lies ahead, no step is taken that leads not to the next best end (A*)."""
    floor, end = best_ahead.whole - within, len(row.taken) - 1
    latest = count(0, -1)  # of equals the latest is walked on first, so that it ends soon
    heap = [(0.0, 0, _Node(0.0, 0, None, ()))] if best_ahead.whole > -np.inf else []
    while heap and asked.left >= 0:
        node = heapq.heappop(heap)[2]
        if node.place == end:
            yield Path(node.score, node.numbers)
            continue
        for total, further in _steps(row, form, best_ahead, node, floor, asked):
            heapq.heappush(heap, (-round(total, 7), next(latest), further))


def _steps(
    row: Lattice, form: Automaton, best_ahead: Ahead, node: _Node, floor: float, asked: _Asked
) -> Iterator[tuple[float, _Node]]:
    """Every next step from which an end above `floor` can be reached, with the best such end."""
    if node.state is not None:
        yield from _taking(row, form, best_ahead, node, floor, node.state, False)
    starting = node.state is None
    if not starting and not (form.accepting[node.state] and asked(text_of(node.numbers[-1]))):
        return
    for start in form.starts:
        yield from _taking(row, form, best_ahead, node, floor, start, True)
    if not starting or form.accepting[list(form.starts)].any():
        score = node.score + float(row.passed[node.place, -1])
        if score >= floor:
            yield score, _Node(score, len(row.taken) - 1, None, node.numbers)


def _taking(
    row: Lattice, form: Automaton, best_ahead: Ahead, node: _Node, floor: float, state: int, new: bool
) -> Iterator[tuple[float, _Node]]:
    """Every piece and digit that can come next, the automaton being in this state."""
    costs = row.passed[node.place] + (row.new if new else row.on)[node.place]
    gains = costs[:, np.newaxis] + row.taken
    totals = node.score + gains + best_ahead.after[:, form.steps[state]]
    for place, digit in np.argwhere(totals >= floor):
        further = node.then(float(gains[place, digit]), int(place), int(digit), int(form.steps[state, digit]), new)
        yield float(totals[place, digit]), further
