"""The small language of patterns, `--pattern`: which digits a number has, and which signs stand between them.

| written | stands for |
|---|---|
| `d` or `#` | any digit |
| `0` … `9` | that digit |
| `[0-5]`, `[179]`, `[^0]` | one of these digits; one but these |
| `.` `,` `:` `;` `-` `/` `'`, `\\#` | that sign; before the first digit and after the last it may be there or not |
| space | a space, or none |
| `( … )` | belongs together |
| `a\\|b` | one or the other |
| `?` `{3}` `{2,4}` `{2,}` after any of these | at most once; as many times |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from inkdigits.alphabet import DIGIT_CHARACTERS, SPACE
from inkdigits.errors import UsageError
from inkdigits.reading.decoding.automaton import Rule

_LITERALS = frozenset(".,:;-/' ")
_ESCAPED_HASH = "\\#"
_UNSEEN_SIGNS_WEIGHT = 0.2  # of a number without some of the signs that its pattern has
_MAX_PATTERN_CHARS = 200
_MAX_STATES = 5_000  # of the automaton, repeats written out
_MAX_VISITED = 500_000  # states, with those that the same digits may lead to: more would take seconds
_REPEAT_PATTERN = re.compile(r"\?|\{(\d{1,4})(?:(,)(\d{1,4})?)?\}", re.ASCII)
_MANY_REPEATS_PATTERN = re.compile(r"\{(?=[\d,]*\d{5})\d*,?\d*\}", re.ASCII)
_CLASS_PATTERN = re.compile(r"\[(\^?)((?:\d(?:-\d)?)+)\]", re.ASCII)


@dataclass
class _Nfa:
    """A nondeterministic finite automaton: a move takes a digit or a sign, or nothing (epsilon)."""

    pattern: str
    epsilon_moves: list[list[int]] = field(default_factory=list)  # state → states reached without a character
    # state → the state reached by any of these characters
    moves: list[tuple[frozenset[str], int] | None] = field(default_factory=list)

    def add_state(self) -> int:
        if len(self.epsilon_moves) >= _MAX_STATES:
            raise _make_error(self.pattern, "it has too many repeats; use smaller counts")
        self.epsilon_moves.append([])
        self.moves.append(None)
        return len(self.epsilon_moves) - 1

    def close(self, states: Iterable[int], skips_signs: bool) -> frozenset[int]:
        """These states and all that can be reached from them without a character, or with signs at most."""
        found, todo = set(states), list(states)
        while todo:
            state = todo.pop()
            move = self.moves[state]
            by_sign = {move[1]} if skips_signs and move and move[0].isdisjoint(DIGIT_CHARACTERS) else set()
            fresh = (set(self.epsilon_moves[state]) | by_sign) - found
            found |= fresh
            todo += fresh
        return frozenset(found)

    def move(self, states: Iterable[int], character: str) -> frozenset[int]:
        """The states that this character itself leads to from these; none where it leads nowhere."""
        moves = (self.moves[state] for state in states)
        return frozenset(move[1] for move in moves if move and character in move[0])


_NfaBuilder = Callable[[_Nfa, int], int]  # adds part of a pattern from a start state, returns its end state


class Pattern:
    """A pattern that has been understood. Raises UsageError where it is none."""

    def __init__(self, text: str) -> None:
        if len(text) > _MAX_PATTERN_CHARS:
            raise UsageError(
                f"A pattern has at most {_MAX_PATTERN_CHARS} characters, not {len(text)}; use repeats like d{{12}}."
            )
        self._nfa = _Nfa(text)
        self._start = self._nfa.add_state()
        self._end = _Parser(text).parse()(self._nfa, self._start)
        characters = frozenset().union(*(move[0] for move in self._nfa.moves if move))
        self.signs = characters - set(DIGIT_CHARACTERS)  # those that stand anywhere in it, spaces among them

    def make_rule(self) -> Rule[frozenset[int]]:
        """What it says of the digits alone."""
        nfa, end, visited = self._nfa, self._end, 0

        @lru_cache(maxsize=10)  # most digits lead to the same states
        def close(states: frozenset[int]) -> frozenset[int]:
            nonlocal visited
            closed = nfa.close(states, skips_signs=True)
            visited += len(closed)
            if visited > _MAX_VISITED:
                raise _make_error(nfa.pattern, "it can be met in too many ways; use smaller counts")
            return closed

        return Rule(
            (close(frozenset({self._start})),),
            lambda states, digit: close(nfa.move(states, str(digit))) or None,
            lambda states: end in states,
        )

    def weigh(self, text: str) -> float:
        """How well a number fits, from its first digit to its last: 1 where all signs are as they should be, less where
        some are not there, 0 where others are."""
        if self._matches(text, False):
            return 1.0
        return _UNSEEN_SIGNS_WEIGHT if self._matches(text.replace(SPACE, ""), True) else 0.0

    def _matches(self, text: str, skips_signs: bool) -> bool:
        states = self._nfa.close({self._start}, True)
        for character in text:
            states = self._nfa.close(self._nfa.move(states, character), skips_signs)
        return self._end in self._nfa.close(states, True)


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
        if self._pattern.startswith(_ESCAPED_HASH, self._position):
            self._position += len(_ESCAPED_HASH)
            return _match_any("#")
        if match := self._match(_MANY_REPEATS_PATTERN):
            raise _make_error(self._pattern, f"{match[0]} repeats too often; use smaller counts")
        self._position += 1
        if char == "(":
            return self._parse_group()
        if char == SPACE:
            return _repeat(_match_any(SPACE), 0, 1)
        if char in ("d", "#"):
            return _match_any(DIGIT_CHARACTERS)
        if char in _LITERALS | set(DIGIT_CHARACTERS):
            return _match_any(char)
        raise _make_error(
            self._pattern, f"{char!r} is not allowed; use d, 0-9, [0-5], ( | ), ?, {{2,4}}, .,:;-/' and {_ESCAPED_HASH}"
        )

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
        return _match_any("".join(map(str, allowed)))


def _make_error(pattern: str, reason: str) -> UsageError:
    return UsageError(f"{pattern!r} is not a valid pattern: {reason}.")


def _match_any(characters: str) -> _NfaBuilder:
    def build(nfa: _Nfa, start: int) -> int:
        here, end = nfa.add_state(), nfa.add_state()
        nfa.epsilon_moves[start].append(here)
        nfa.moves[here] = (frozenset(characters), end)
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
