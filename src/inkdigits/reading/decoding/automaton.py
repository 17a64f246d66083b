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

_MAX_STATES = 50_000  # a larger automaton would take seconds to build
_DEAD_STATE = -1


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
    transitions: NDArray[np.intp]  # Q×10: state and digit → state, -1 where none is left
    accepting: NDArray[np.bool_]  # Q

    def accepts(self, text: str) -> bool:
        """Whether these digits, `0` to `9` only, obey all rules."""
        return any(self._reaches_accepting(start, text) for start in self.starts)

    def _reaches_accepting(self, state: int, text: str) -> bool:
        for digit in text:
            state = int(self.transitions[state, int(digit)])
            if state == _DEAD_STATE:
                return False
        return bool(self.accepting[state])


ANY_DIGITS = Automaton((0,), np.zeros((1, 10), np.intp), np.ones(1, np.bool_))  # any digits, also none


def make_nonempty_rule() -> Rule[bool]:
    """At least one digit."""
    return Rule((False,), lambda _state, _digit: True, lambda state: state)


def make_length_rule(min_digits: int, max_digits: int) -> Rule[int]:
    """From `min_digits` to `max_digits` digits."""
    return Rule(
        (0,), lambda count, _digit: count + 1 if count < max_digits else None, lambda count: count >= min_digits
    )


def build_word_automaton(text: str) -> Automaton:
    """Accepts these digits and nothing else."""
    transitions = np.full((len(text) + 1, 10), _DEAD_STATE, np.intp)
    for index, digit in enumerate(text):
        transitions[index, int(digit)] = index + 1
    return Automaton((0,), transitions, np.arange(len(text) + 1) == len(text))


def build_automaton(rules: Sequence[Rule[Any]]) -> Automaton:
    """The automaton of all rules at once. Raises UsageError when it would be too large."""
    state_numbers: dict[tuple[Any, ...], int] = {}
    starts = [
        state_numbers.setdefault(states, len(state_numbers)) for states in product(*(rule.starts for rule in rules))
    ]
    transitions = []
    todo = list(state_numbers)
    for states in todo:  # grows while it is walked
        transitions.append(
            [_number_states(next_states, state_numbers, todo) for next_states in _follow_digits(rules, states)]
        )
        if len(state_numbers) > _MAX_STATES:
            raise UsageError("This form is too large; give a shorter length, pattern or range.")
    accepting = [all(rule.accepts(s) for rule, s in zip(rules, states, strict=True)) for states in todo]
    return _trim_dead_states(starts, np.array(transitions, np.intp).reshape(-1, 10), np.array(accepting, np.bool_))


def _follow_digits(rules: Sequence[Rule[Any]], states: tuple[Any, ...]) -> Iterator[tuple[Any, ...] | None]:
    """Where each digit leads."""
    for digit in range(10):
        next_states = tuple(rule.step(state, digit) for rule, state in zip(rules, states, strict=True))
        yield None if None in next_states else next_states


def _number_states(
    states: tuple[Any, ...] | None, state_numbers: dict[tuple[Any, ...], int], todo: list[tuple[Any, ...]]
) -> int:
    if states is None:
        return _DEAD_STATE
    if states not in state_numbers:
        state_numbers[states] = len(state_numbers)
        todo.append(states)
    return state_numbers[states]


def _trim_dead_states(starts: list[int], transitions: NDArray[np.intp], accepting: NDArray[np.bool_]) -> Automaton:
    """Without the states from which nothing is ever accepted."""
    alive = accepting.copy()
    while not np.array_equal(grown := alive | np.append(alive, False)[transitions].any(axis=1), alive):
        alive = grown
    # The last one is for _DEAD_STATE itself.
    new_numbers = np.append(np.where(alive, np.cumsum(alive) - 1, _DEAD_STATE), _DEAD_STATE)
    return Automaton(
        tuple(int(new_numbers[s]) for s in starts if alive[s]), new_numbers[transitions][alive], accepting[alive]
    )
