"""Paths through a lattice whose digits an automaton accepts, the best first; and the sum of all that give a string."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.decoding.automaton import Automaton
from inkdigits.reading.decoding.lattice import Lattice

_MAX_SCORE_GAP = 16.0  # a path less probable than the best by more than a factor of exp(16) is not tried
_SCORE_TOLERANCE = 1e-6  # of a log probability
_MAX_ENDS = 1000  # of paths that a search comes to

LatticeNumber = tuple[tuple[int, int], ...]  # (hypothesis index, digit), from left to right


@dataclass(frozen=True, slots=True)
class LatticePath:
    """One path through a lattice: its log probability and the number on it, empty if all hypotheses are left out."""

    score: float
    number: LatticeNumber


@dataclass(frozen=True, slots=True, eq=False)
class BackwardScores:
    """The backward scores, log probabilities, of a lattice of N hypotheses and an automaton of Q states.

    `remaining` is float64 (N+2)×(Q+1): the score of all that can follow a hypothesis once it has led to a state; the
    last column, for digits that lead nowhere, is -inf. `total` is the whole lattice's; -inf when nothing is accepted.
    """

    remaining: NDArray[np.float64]
    total: float


def join_digits(number: LatticeNumber) -> str:
    """The digits of a number as text."""
    return "".join(str(digit) for _, digit in number)


def score_backwards(lattice: Lattice, automaton: Automaton) -> BackwardScores:
    """The best of all paths on from every hypothesis and state."""
    size, states, starts = len(lattice.digit_log_probs), len(automaton.transitions), list(automaton.starts)
    remaining = np.full((size, states + 1), -np.inf)
    entry_scores = np.full((size, states), -np.inf)  # of taking this hypothesis next, from this state
    for index in range(size - 2, 0, -1):
        continued_scores = lattice.neighbour_log_probs[index, index + 1 :, np.newaxis] + entry_scores[index + 1 :]
        remaining[index, :-1] = continued_scores.max(axis=0)
        remaining[index, :-1][automaton.accepting] = np.maximum(
            remaining[index, :-1][automaton.accepting], lattice.neighbour_log_probs[index, -1]
        )
        entry_scores[index] = (lattice.digit_log_probs[index] + remaining[index][automaton.transitions]).max(axis=1)
    empty_score = lattice.neighbour_log_probs[0, -1] if automaton.accepting[starts].any() else -np.inf
    first_scores = lattice.neighbour_log_probs[0, 1:, np.newaxis] + entry_scores[1:, starts]
    return BackwardScores(remaining, float(first_scores.max(initial=empty_score)))


def score_strings(lattice: Lattice, strings: Sequence[str]) -> NDArray[np.float64]:
    """The log probability of each of K strings of digits as one number, summed over all paths: float64 K, -inf where
    there is none."""
    totals = np.full(len(strings), -np.inf)
    totals[[not string for string in strings]] = lattice.neighbour_log_probs[0, -1]
    size = len(lattice.digit_log_probs)
    scores = np.full((size, len(strings)), -np.inf)  # of the strings up to a digit that a hypothesis is taken as
    scores[0] = 0
    for position in range(max(map(len, strings), default=0)):
        going_on = np.array([position < len(string) for string in strings])
        digits = [int(string[position]) if position < len(string) else 0 for string in strings]
        moved = scores[:, np.newaxis] + lattice.neighbour_log_probs[:, :, np.newaxis]
        arriving = np.logaddexp.reduce(moved, axis=0)  # (N+2)×K
        scores = np.where(going_on, arriving + lattice.digit_log_probs[:, digits], -np.inf)
        is_last = np.array([position == len(string) - 1 for string in strings])
        ended = np.logaddexp.reduce(scores + lattice.neighbour_log_probs[:, -1:], axis=0)
        totals = np.where(is_last, ended, totals)
    return totals


def find_best_path(lattice: Lattice, automaton: Automaton, backward_scores: BackwardScores) -> LatticePath:
    """The most probable path; there must be one."""
    return next(iterate_paths(lattice, automaton, backward_scores, _SCORE_TOLERANCE))


def iterate_paths(
    lattice: Lattice, automaton: Automaton, backward_scores: BackwardScores, max_score_gap: float = _MAX_SCORE_GAP
) -> Iterator[LatticePath]:
    """Paths, most probable first, that are worse than the best by no more than the gap; a long row's are very many, so
    the search stops after `_MAX_ENDS`.

    Best-first (A*) search: with exact backward scores, every step leads towards the next best end.
    """
    floor, end = backward_scores.total - max_score_gap, len(lattice.digit_log_probs) - 1
    tie_breaker = count(0, -1)  # of equals the latest is expanded first, so that the search ends soon
    heap = [(0.0, 0, _Node(0.0, 0, None, ()))] if backward_scores.total > -np.inf else []
    ends_left = _MAX_ENDS
    while heap and ends_left >= 0:
        node = heapq.heappop(heap)[2]
        if node.index == end:
            yield LatticePath(node.score, node.number)
            continue
        for best_total, next_node in _expand_node(lattice, automaton, backward_scores, node, floor):
            ends_left -= next_node.index == end
            heapq.heappush(heap, (-round(best_total, 7), next(tie_breaker), next_node))


@dataclass(frozen=True, slots=True)
class _Node:
    """The beginning of a path, as far as it has been searched; `state` is None at the start and the end."""

    score: float
    index: int
    state: int | None
    number: LatticeNumber

    def append_digit(self, gain: float, index: int, digit: int, state: int) -> _Node:
        """The path with one more digit."""
        return _Node(self.score + gain, index, state, (*self.number, (index, digit)))


def _expand_node(
    lattice: Lattice,
    automaton: Automaton,
    backward_scores: BackwardScores,
    node: _Node,
    floor: float,
) -> Iterator[tuple[float, _Node]]:
    """Every next step from which an end above `floor` can be reached, with the best such end."""
    for state in automaton.starts if node.state is None else (node.state,):
        yield from _expand_digits(lattice, automaton, backward_scores, node, floor, state)
    last_states = list(automaton.starts) if node.state is None else [node.state]
    score = node.score + float(lattice.neighbour_log_probs[node.index, -1])
    if automaton.accepting[last_states].any() and score >= floor:
        yield score, _Node(score, len(lattice.digit_log_probs) - 1, None, node.number)


def _expand_digits(
    lattice: Lattice,
    automaton: Automaton,
    backward_scores: BackwardScores,
    node: _Node,
    floor: float,
    state: int,
) -> Iterator[tuple[float, _Node]]:
    """Every hypothesis and digit that can come next from this state of the automaton."""
    gains = lattice.neighbour_log_probs[node.index, :, np.newaxis] + lattice.digit_log_probs
    totals = node.score + gains + backward_scores.remaining[:, automaton.transitions[state]]
    for index, digit in np.argwhere(totals >= floor):
        next_state = int(automaton.transitions[state, digit])
        next_node = node.append_digit(float(gains[index, digit]), int(index), int(digit), next_state)
        yield float(totals[index, digit]), next_node
