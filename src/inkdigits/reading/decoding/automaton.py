"""Rules that a string of digits obeys, several at once, as one small automaton."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import UsageError

State = TypeVar("State")

_MOST = 50_000  # states; what is larger would take seconds to build
_DEAD = -1


@dataclass(frozen=True, slots=True)
class Rule(Generic[State]):
    """A rule reads digits from left to right; its states are any hashable values.

    It may begin in several `starts`, but no string may be accepted from more than one of them: that is how a rule
    that counts from the right, such as Luhn's, guesses the length at the start and finds out at the end.
    """

    starts: tuple[State, ...]
    step: Callable[[State, int], State | None]  # None: no string that goes on from here is accepted
    accepts: Callable[[State], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Automaton:
    """All rules at once, over Q states from each of which an accepted string can still be reached.

    Every accepted string is accepted from exactly one of the starts, so sums over paths are sums over strings.
    """

    starts: tuple[int, ...]  # none if no string is accepted
    steps: NDArray[np.intp]  # Q×10: state and digit → state, -1 where none is left
    accepting: NDArray[np.bool_]  # Q

    def accepts(self, text: str) -> bool:
        """Whether these digits, `0` to `9` only, obey all rules."""
        return any(self._ends(start, text) for start in self.starts)

    def _ends(self, state: int, text: str) -> bool:
        for digit in text:
            state = int(self.steps[state, int(digit)])
            if state == _DEAD:
                return False
        return bool(self.accepting[state])


def any_digits() -> Rule[bool]:
    """At least one digit."""
    return Rule((False,), lambda _state, _digit: True, lambda state: state)


def counted(least: int, most: int) -> Rule[int]:
    """From `least` to `most` digits."""
    return Rule((0,), lambda count, _digit: count + 1 if count < most else None, lambda count: count >= least)


def word(text: str) -> Automaton:
    """Accepts these digits and nothing else."""
    steps = np.full((len(text) + 1, 10), _DEAD, np.intp)
    for place, digit in enumerate(text):
        steps[place, int(digit)] = place + 1
    return Automaton((0,), steps, np.arange(len(text) + 1) == len(text))


def built(rules: Sequence[Rule[Any]]) -> Automaton:
    """The automaton of all rules at once. Raises UsageError when it would be too large."""
    number: dict[tuple[Any, ...], int] = {}
    starts = [number.setdefault(states, len(number)) for states in product(*(rule.starts for rule in rules))]
    steps = []
    todo = list(number)
    for states in todo:  # grows while it is walked
        steps.append([_numbered(after, number, todo) for after in _after(rules, states)])
        if len(number) > _MOST:
            raise UsageError("The form asked for is too large; give a shorter length, pattern or range.")
    accepting = [all(rule.accepts(s) for rule, s in zip(rules, states, strict=True)) for states in todo]
    return _trimmed(starts, np.array(steps, np.intp).reshape(-1, 10), np.array(accepting, np.bool_))


def _after(rules: Sequence[Rule[Any]], states: tuple[Any, ...]) -> Iterator[tuple[Any, ...] | None]:
    """Where each digit leads."""
    for digit in range(10):
        after = tuple(rule.step(state, digit) for rule, state in zip(rules, states, strict=True))
        yield None if None in after else after


def _numbered(states: tuple[Any, ...] | None, number: dict[tuple[Any, ...], int], todo: list[tuple[Any, ...]]) -> int:
    if states is None:
        return _DEAD
    if states not in number:
        number[states] = len(number)
        todo.append(states)
    return number[states]


def _trimmed(starts: list[int], steps: NDArray[np.intp], accepting: NDArray[np.bool_]) -> Automaton:
    """Without the states from which nothing is ever accepted."""
    alive = accepting.copy()
    while not np.array_equal(more := alive | np.append(alive, False)[steps].any(axis=1), alive):
        alive = more
    place = np.append(np.where(alive, np.cumsum(alive) - 1, _DEAD), _DEAD)  # the last one is for _DEAD itself
    return Automaton(tuple(int(place[s]) for s in starts if alive[s]), place[steps][alive], accepting[alive])
