"""The small language of patterns, `--pattern`: read, and turned into a rule.

| written | stands for |
|---|---|
| `d` or `#` | any digit |
| `0` … `9` | that digit |
| `[0-5]`, `[179]`, `[^0]` | one of these digits; one but these |
| `.` `,` `:` `;` `-` `/` `'` and space | a sign between digits; signs are not read, so it may be there or not |
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
_LONGEST = 200  # characters
_MOST = 5_000  # places in a pattern, repeats written out
_REPEAT = re.compile(r"\?|\{(\d{1,4})(?:(,)(\d{1,4})?)?\}", re.ASCII)
_CLASS = re.compile(r"\[(\^?)((?:\d(?:-\d)?)+)\]", re.ASCII)


@dataclass
class _Places:
    """A nondeterministic automaton in the making: between its places lie digits, or nothing."""

    pattern: str
    free: list[list[int]] = field(default_factory=list)  # place → places reached by no digit
    digits: list[tuple[frozenset[int], int] | None] = field(default_factory=list)  # place → by these digits to there

    def new(self) -> int:
        if len(self.free) >= _MOST:
            raise _wrong(self.pattern, "it has too many repeats; take smaller counts")
        self.free.append([])
        self.digits.append(None)
        return len(self.free) - 1

    def reached(self, places: Iterable[int]) -> frozenset[int]:
        """These places and all that can be reached by no digit."""
        found, todo = set(places), list(places)
        while todo:
            fresh = set(self.free[todo.pop()]) - found
            found |= fresh
            todo += fresh
        return frozenset(found)


_Part = Callable[[_Places, int], int]  # lays the part of a pattern from a place, and says where it ends


def pattern_rule(pattern: str) -> Rule[frozenset[int]]:
    """The rule of a pattern. Raises UsageError when it is none."""
    if len(pattern) > _LONGEST:
        raise UsageError(f"A pattern has at most {_LONGEST} characters, not {len(pattern)}; use repeats like d{{12}}.")
    places = _Places(pattern)
    start = places.new()
    end = _Parser(pattern).whole()(places, start)

    def step(state: frozenset[int], digit: int) -> frozenset[int] | None:
        ways = (places.digits[place] for place in state)
        return places.reached({way[1] for way in ways if way and digit in way[0]}) or None

    return Rule((places.reached({start}),), step, lambda state: end in state)


def literals_of(pattern: str) -> frozenset[str]:
    """The signs between digits that a pattern mentions."""
    return LITERALS & set(re.sub(r"\[[^\]]*\]|\{[^}]*\}", "", pattern))


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> _Part:
        part = self._alternatives()
        if self._at < len(self._pattern):
            raise _wrong(self._pattern, "a ) has no ( before it")
        return part

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _match(self, wanted: re.Pattern[str]) -> re.Match[str] | None:
        found = wanted.match(self._pattern, self._at)
        self._at = found.end() if found else self._at
        return found

    def _alternatives(self) -> _Part:
        parts = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            parts.append(self._sequence())
        return _either(parts)

    def _sequence(self) -> _Part:
        parts = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._single()))
        if not parts:
            raise _wrong(self._pattern, "a part of it is empty")
        return _one_after_another(parts)

    def _repeated(self, part: _Part) -> _Part:
        found = self._match(_REPEAT)
        if not found:
            return part
        low = int(found[1] or 0)
        high = 1 if found[0] == "?" else low if not found[2] else int(found[3]) if found[3] else None
        if high is not None and high < max(low, 1):
            raise _wrong(self._pattern, f"{found[0]} repeats from more to less, or never")
        return _times(part, low, high)

    def _single(self) -> _Part:
        char = self._next()
        if char == "[":
            return self._class()
        self._at += 1
        if char == "(":
            return self._bracketed()
        if char in LITERALS:
            return _one_after_another([])
        if char in ("d", "#"):
            return _digit(frozenset(range(10)))
        if char in tuple("0123456789"):
            return _digit(frozenset({int(char)}))
        raise _wrong(self._pattern, f"{char!r} is no part of one; take d, 0-9, [0-5], ( | ), ?, {{2,4}} and .,:;-/'")

    def _bracketed(self) -> _Part:
        part = self._alternatives()
        if self._next() != ")":
            raise _wrong(self._pattern, "a ( has no ) after it")
        self._at += 1
        return part

    def _class(self) -> _Part:
        found = self._match(_CLASS)
        if not found:
            raise _wrong(self._pattern, "a [ begins no class of digits such as [0-5], [179] or [^0]")
        digits: set[int] = set()
        for first, last in re.findall(r"(\d)(?:-(\d))?", found[2]):
            digits |= set(range(int(first), int(last or first) + 1))
        chosen = frozenset(range(10)) - digits if found[1] else frozenset(digits)
        if not chosen or any(first > last for first, last in re.findall(r"(\d)-(\d)", found[2])):
            raise _wrong(self._pattern, f"no digit is in {found[0]}")
        return _digit(chosen)


def _wrong(pattern: str, why: str) -> UsageError:
    return UsageError(f"{pattern!r} is no pattern: {why}.")


def _digit(digits: frozenset[int]) -> _Part:
    def lay(places: _Places, start: int) -> int:
        here, end = places.new(), places.new()
        places.free[start].append(here)
        places.digits[here] = (digits, end)
        return end

    return lay


def _one_after_another(parts: list[_Part]) -> _Part:
    def lay(places: _Places, start: int) -> int:
        here = places.new()
        places.free[start].append(here)
        for part in parts:
            here = part(places, here)
        return here

    return lay


def _either(parts: list[_Part]) -> _Part:
    def lay(places: _Places, start: int) -> int:
        ends = [part(places, start) for part in parts]
        end = places.new()
        for each in ends:
            places.free[each].append(end)
        return end

    return lay


def _times(part: _Part, low: int, high: int | None) -> _Part:
    """`part` from `low` to `high` times; None for no end."""

    def lay(places: _Places, start: int) -> int:
        end, here = places.new(), start
        for count in range(high if high is not None else low + 1):
            if count >= low:
                places.free[here].append(end)
            fresh = places.new()
            places.free[here].append(fresh)
            here = part(places, fresh)
        places.free[here].append(end if high is not None else fresh)
        if high is None:
            places.free[here].append(end)
        return end

    return lay
