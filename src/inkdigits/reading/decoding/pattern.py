"""Parse the small language of patterns, `--pattern`, into a rule.

| written | stands for |
|---|---|
| `d` or `#` | any digit |
| `0` … `9` | that digit |
| `[0-5]`, `[179]`, `[^0]` | one of these digits; one but these |
| `.` `,` `:` `;` `-` `/` `'` and space | a character between digits; it is not read, so it may be there or not |
| `( … )` | belongs together |
| `a\\|b` | one or the other |
| `?` `{3}` `{2,4}` `{2,}` after any of these | at most once; as many times |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from inkdigits.errors import UsageError
from inkdigits.reading.decoding.automaton import Rule

LITERALS = frozenset(".,:;-/' ")
_MAX_PATTERN_CHARS = 200
_MAX_STATES = 5_000  # of the automaton, repeats written out
_REPEAT_PATTERN = re.compile(r"\?|\{(\d{1,4})(?:(,)(\d{1,4})?)?\}", re.ASCII)
_CLASS_PATTERN = re.compile(r"\[(\^?)((?:\d(?:-\d)?)+)\]", re.ASCII)


@dataclass
class _Nfa:
    """A nondeterministic finite automaton in the making: a move takes a digit, or nothing (epsilon)."""

    pattern: str
    epsilon_moves: list[list[int]] = field(default_factory=list)  # state → states reached without a digit
    # state → the state reached by any of these digits
    digit_moves: list[tuple[frozenset[int], int] | None] = field(default_factory=list)

    def add_state(self) -> int:
        if len(self.epsilon_moves) >= _MAX_STATES:
            raise _make_error(self.pattern, "it has too many repeats; use smaller counts")
        self.epsilon_moves.append([])
        self.digit_moves.append(None)
        return len(self.epsilon_moves) - 1

    def epsilon_closure(self, states: Iterable[int]) -> frozenset[int]:
        """These states and all that can be reached from them without a digit."""
        found, todo = set(states), list(states)
        while todo:
            fresh = set(self.epsilon_moves[todo.pop()]) - found
            found |= fresh
            todo += fresh
        return frozenset(found)


_NfaBuilder = Callable[[_Nfa, int], int]  # adds part of a pattern from a start state, returns its end state


def make_pattern_rule(pattern: str) -> Rule[frozenset[int]]:
    """The rule of a pattern. Raises UsageError when it is none."""
    if len(pattern) > _MAX_PATTERN_CHARS:
        raise UsageError(
            f"A pattern has at most {_MAX_PATTERN_CHARS} characters, not {len(pattern)}; use repeats like d{{12}}."
        )
    nfa = _Nfa(pattern)
    start = nfa.add_state()
    end = _Parser(pattern).parse()(nfa, start)

    def step(state: frozenset[int], digit: int) -> frozenset[int] | None:
        moves = (nfa.digit_moves[member] for member in state)
        return nfa.epsilon_closure({move[1] for move in moves if move and digit in move[0]}) or None

    return Rule((nfa.epsilon_closure({start}),), step, lambda state: end in state)


def find_literals(pattern: str) -> frozenset[str]:
    """The literal characters between digits that a pattern mentions."""
    return LITERALS & set(re.sub(r"\[[^\]]*\]|\{[^}]*\}", "", pattern))


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._position = 0

    def parse(self) -> _NfaBuilder:
        builder = self._parse_alternatives()
        if self._position < len(self._pattern):
            raise _make_error(self._pattern, "a ) has no ( before it")
        return builder

    def _peek(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _match(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        match = regex.match(self._pattern, self._position)
        self._position = match.end() if match else self._position
        return match

    def _parse_alternatives(self) -> _NfaBuilder:
        builders = [self._parse_sequence()]
        while self._peek() == "|":
            self._position += 1
            builders.append(self._parse_sequence())
        return _alternate(builders)

    def _parse_sequence(self) -> _NfaBuilder:
        builders = []
        while self._peek() not in ("", "|", ")"):
            builders.append(self._parse_repeat(self._parse_item()))
        if not builders:
            raise _make_error(self._pattern, "one of its parts is empty")
        return _concatenate(builders)

    def _parse_repeat(self, builder: _NfaBuilder) -> _NfaBuilder:
        match = self._match(_REPEAT_PATTERN)
        if not match:
            return builder
        low = int(match[1] or 0)
        high = 1 if match[0] == "?" else low if not match[2] else int(match[3]) if match[3] else None
        if high is not None and high < max(low, 1):
            raise _make_error(self._pattern, f"{match[0]} is not a valid number of repeats")
        return _repeat(builder, low, high)

    def _parse_item(self) -> _NfaBuilder:
        char = self._peek()
        if char == "[":
            return self._parse_class()
        self._position += 1
        if char == "(":
            return self._parse_group()
        if char in LITERALS:
            return _concatenate([])
        if char in ("d", "#"):
            return _match_digit(frozenset(range(10)))
        if char in tuple("0123456789"):
            return _match_digit(frozenset({int(char)}))
        raise _make_error(self._pattern, f"{char!r} is not allowed; use d, 0-9, [0-5], ( | ), ?, {{2,4}} and .,:;-/'")

    def _parse_group(self) -> _NfaBuilder:
        builder = self._parse_alternatives()
        if self._peek() != ")":
            raise _make_error(self._pattern, "a ( has no ) after it")
        self._position += 1
        return builder

    def _parse_class(self) -> _NfaBuilder:
        match = self._match(_CLASS_PATTERN)
        if not match:
            raise _make_error(self._pattern, "a [ must begin a class of digits such as [0-5], [179] or [^0]")
        digits: set[int] = set()
        for first, last in re.findall(r"(\d)(?:-(\d))?", match[2]):
            digits |= set(range(int(first), int(last or first) + 1))
        allowed = frozenset(range(10)) - digits if match[1] else frozenset(digits)
        if not allowed or any(first > last for first, last in re.findall(r"(\d)-(\d)", match[2])):
            raise _make_error(self._pattern, f"no digit matches {match[0]}")
        return _match_digit(allowed)


def _make_error(pattern: str, reason: str) -> UsageError:
    return UsageError(f"{pattern!r} is not a valid pattern: {reason}.")


def _match_digit(digits: frozenset[int]) -> _NfaBuilder:
    def build(nfa: _Nfa, start: int) -> int:
        here, end = nfa.add_state(), nfa.add_state()
        nfa.epsilon_moves[start].append(here)
        nfa.digit_moves[here] = (digits, end)
        return end

    return build


def _concatenate(builders: list[_NfaBuilder]) -> _NfaBuilder:
    def build(nfa: _Nfa, start: int) -> int:
        here = nfa.add_state()
        nfa.epsilon_moves[start].append(here)
        for build_next in builders:
            here = build_next(nfa, here)
        return here

    return build


def _alternate(builders: list[_NfaBuilder]) -> _NfaBuilder:
    def build(nfa: _Nfa, start: int) -> int:
        ends = [build_next(nfa, start) for build_next in builders]
        end = nfa.add_state()
        for each in ends:
            nfa.epsilon_moves[each].append(end)
        return end

    return build


def _repeat(builder: _NfaBuilder, low: int, high: int | None) -> _NfaBuilder:
    """The part that `builder` adds, from `low` to `high` times; None for no limit."""

    def build(nfa: _Nfa, start: int) -> int:
        end, here = nfa.add_state(), start
        for count in range(high if high is not None else low + 1):
            if count >= low:
                nfa.epsilon_moves[here].append(end)
            fresh = nfa.add_state()
            nfa.epsilon_moves[here].append(fresh)
            here = builder(nfa, fresh)
        nfa.epsilon_moves[here].append(end if high is not None else fresh)
        if high is None:
            nfa.epsilon_moves[here].append(end)
        return end

    return build
