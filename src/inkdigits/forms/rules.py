"""Rules between the fields of a form: sums that must come out, and rosters that a number must stand in.

`total = q1 + … + q8`, `valid + invalid = cast`, `2 * wins + draws <= 30`, `id in roster.csv`. Sums are linear: fields
and numbers, times whole numbers, added or subtracted.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import islice
from pathlib import Path

from inkdigits.errors import UsageError, known_names
from inkdigits.files import read_bounded

DEFAULT_WRONG = 0.05  # probability that a writer breaks a rule, by adding wrongly
# A writer who adds wrongly is mostly off by one or two, or a carry is lost or added, either way; other errors are many.
_USUAL_ERRORS = frozenset(map(Fraction, ("0.01", "0.1", "1", "2", "10", "100")))
_USUAL_SHARE, _OTHER_SHARE = 0.12, 0.001  # how probable each usual one and each other one is, if the sum is wrong
_MISREAD = 1e-5  # probability that a digit of which all networks are sure is a certain other one
DEFAULT_MIN_CONFIDENCE = 0.9  # of a field, given the rules, that nobody needs to look at
Amount = int | Decimal | Fraction
_EXACT = Context(prec=1_000)  # digits: more than any sum of fields has
_OPERATORS = ("<=", ">=", "=", "<", ">")
_COMPARISON = re.compile(r"(?P<left>[^<>=]+)(?P<operator><=|>=|=|<|>)(?P<right>[^<>=]+)")
_MEMBERSHIP = re.compile(r"\s*(?P<field>\w+)\s+in\s+(?P<file>\S.*?)\s*")
_TERM = re.compile(r"\s*(?P<sign>[+-])?\s*(?:(?P<factor>\d{1,9})\s*[*×]\s*)?(?P<what>\w+|\.\.\.|…)\s*")
_COUNTED = re.compile(r"(?P<stem>.*?)(?P<count>\d+)")
_MAX_ROSTER_BYTES, _MAX_ROSTER_ROWS = 16 * 2**20, 100_000
_MAX_LISTED = 1_000  # fields that `…` may stand for
_ROUNDS = 50  # of narrowing ranges


@dataclass(frozen=True, slots=True)
class Comparison:
    """Σ `factors[field]` · field + `constant` compared with 0 by `operator`, one of =, <=, >=, <, >.

    `reckoned` is the field that stands for the result of an equation, alone on its side, as the total does; None
    without such a field.
    """

    text: str
    factors: Mapping[str, int]
    constant: int
    operator: str
    reckoned: str | None = None

    def holds(self, values: Mapping[str, Amount]) -> bool:
        """Whether it does, for the values of all its fields."""
        return self.holds_for(self.add_up(values))

    def judge(self, values: Mapping[str, Amount | None]) -> bool | None:
        """The same where some of its fields may have no value: None if one has none."""
        known = self._select_known(values)
        return self.holds(known) if len(known) == len(self.factors) else None

    def _select_known(self, values: Mapping[str, Amount | None]) -> dict[str, Amount]:
        return {name: value for name in self.factors if (value := values[name]) is not None}

    def add_up(self, values: Mapping[str, Amount]) -> Amount:
        """Left side less right side."""
        return sum((factor * Fraction(values[name]) for name, factor in self.factors.items()), Fraction(self.constant))

    def holds_for(self, difference: Amount) -> bool:
        """Whether it does where left side less right side is this much."""
        signs = {"=": (0,), "<=": (-1, 0), ">=": (0, 1), "<": (-1,), ">": (1,)}[self.operator]
        return ((difference > 0) - (difference < 0)) in signs

    def weigh(self, difference: Amount | None, wrong: float) -> tuple[float, float]:
        """How probable it is that left side less right side is this much, None for a field without a value, where the
        writer breaks the rule with probability `wrong`; and how probable, if it is, that the writer did."""
        if difference is not None and self.holds_for(difference):
            return 1 - wrong, 0.0
        is_usual = difference is not None and abs(difference) in _USUAL_ERRORS
        written = wrong * (_USUAL_SHARE if is_usual else _OTHER_SHARE)
        explaining = 0 if difference is None or self.operator != "=" else self._count_explaining(Fraction(difference))
        return written, written / (written + _MISREAD * explaining) if written else 0.0

    def reckon(self, values: Mapping[str, Amount]) -> Fraction | None:
        """What `reckoned` should be by the other fields' values; None where there is no such field."""
        name = self.reckoned
        if name is None:
            return None
        rest = self.add_up({**values, name: 0})
        return Fraction(-rest) / self.factors[name]

    def write_reckoned(self, values: Mapping[str, Amount | None]) -> str | None:
        """The same in digits, where all of its fields have a value."""
        result = self.reckon(self._select_known(values))
        return None if result is None else format_amount(result)

    def _count_explaining(self, difference: Fraction) -> int:
        """The fields of which one digit, read as another, may make this difference."""
        counts = Counter(map(abs, self.factors.values()))  # nearly all are 1, and a decoding asks very often
        return sum(n for factor, n in counts.items() if len(format_amount(difference / factor).strip("-0.")) == 1)

    @property
    def unchecked_doubt(self) -> str:
        """What is told of a field whose text keeps it from being checked."""
        return f"no single number, so not checked: {self.text}"

    @property
    def told_at(self) -> tuple[str, ...]:
        """The fields at which it is told that it does not hold: the total, or all where there is no total."""
        return tuple(self.factors) if self.reckoned is None else (self.reckoned,)


@dataclass(frozen=True, slots=True)
class Membership:
    """The number of `field` stands in a roster, whose `entries` are text, each once."""

    text: str
    field: str
    entries: tuple[str, ...]

    @property
    def file(self) -> str:
        """The name of the roster, as the text has it."""
        match = _MEMBERSHIP.fullmatch(self.text)
        return match["file"] if match else ""


FormRule = Comparison | Membership


def format_amount(amount: Fraction) -> str:
    """A sum of whole numbers and decimals, in digits: `12.5`, or `12`."""
    return f"{_EXACT.divide(amount.numerator, amount.denominator):f}"


def parse_rule(text: str, fields: Sequence[str], folder: Path) -> FormRule:
    """The rule that a text says; rosters lie in `folder`. Raises UsageError for one that cannot be understood."""
    if match := _MEMBERSHIP.fullmatch(text):
        name = _check_field(match["field"], fields, text)
        return Membership(text, name, load_roster(folder / match["file"], name))
    match = _COMPARISON.fullmatch(" ".join(text.split()))
    if match is None:
        raise UsageError(f"{text!r} is not a rule; write `total = q1 + q2`, `q1 + q2 <= 100` or `id in roster.csv`.")
    factors: dict[str, int] = {}
    constant = 0
    sides = [(_parse_terms(match["left"], fields, text), 1), (_parse_terms(match["right"], fields, text), -1)]
    for terms, sign in sides:
        for factor, what in terms:
            if what.isdecimal():
                constant += sign * factor * int(what)
            else:
                factors[what] = factors.get(what, 0) + sign * factor
    factors = {name: factor for name, factor in factors.items() if factor}
    if not factors:
        raise UsageError(f"The rule {text!r} says nothing of any field; name one in it.")
    alone = [terms[0][1] for terms, sign in sides if len(terms) == 1 and factors.get(terms[0][1]) == sign]
    is_sum = match["operator"] == "=" and constant == 0 and len(factors) > 1
    return Comparison(text, factors, constant, match["operator"], alone[0] if is_sum and alone else None)


def _parse_terms(side: str, fields: Sequence[str], text: str) -> list[tuple[int, str]]:
    """The terms of one side, each a factor and a field or number; `…` stands for the fields counted between two."""
    terms: list[tuple[int, str]] = []
    place, awaits_end = 0, False
    while place < len(side):
        match = _TERM.match(side, place)
        if match is None or (terms and match["sign"] is None):
            raise UsageError(
                f"The rule {text!r} cannot be understood from {side[place:].strip()!r} on; see docs/forms.md."
            )
        factor = int(match["factor"] or 1) * (-1 if match["sign"] == "-" else 1)
        what = match["what"]
        if what in ("...", "…"):
            if not terms or match["factor"] or match["sign"] == "-":
                raise UsageError(f"The rule {text!r} has no field + … + field; write the first, and what … stands for.")
            awaits_end = True
        elif what.isdecimal():
            terms.append((factor, what))
        else:
            _check_field(what, fields, text)
            if awaits_end:
                terms += [(factor, each) for each in _count_up(terms[-1][1], what, fields, text)]
                awaits_end = False
            terms.append((factor, what))
        place = match.end()
    if not terms or awaits_end:
        raise UsageError(f"The rule {text!r} has a side that does not end; write a field or a number there.")
    return terms


def _count_up(first: str, last: str, fields: Sequence[str], text: str) -> list[str]:
    """The fields between two that are counted alike: q2 to q7 between q1 and q8."""
    begin, end = _COUNTED.fullmatch(first), _COUNTED.fullmatch(last)
    if begin is None or end is None or begin["stem"] != end["stem"] or int(begin["count"]) >= int(end["count"]):
        raise UsageError(f"In the rule {text!r} … stands between fields that are not counted up, as q1 and q8 are.")
    counts = range(int(begin["count"]) + 1, min(int(end["count"]), int(begin["count"]) + _MAX_LISTED))
    return [_check_field(f"{begin['stem']}{count:0{len(begin['count'])}d}", fields, text) for count in counts]


def _check_field(name: str, fields: Sequence[str], text: str) -> str:
    if name not in fields:
        raise UsageError(f"The rule {text!r} names {name!r}, which is no field; {known_names(name, fields)}")
    return name


def load_roster(path: Path, field: str) -> tuple[str, ...]:
    """The entries of a roster, a CSV file: its column named as the field, or its only one.

    Raises UsageError for a roster that is missing, too large, empty, or has an entry twice.
    """
    data = read_bounded(path, _MAX_ROSTER_BYTES, f"The roster {path}", "make it smaller")
    try:
        written = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        rows = list(islice((row for row in written if any(cell.strip() for cell in row)), _MAX_ROSTER_ROWS + 2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"The roster {path} is no CSV file in UTF-8 ({error}); save it as one.") from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    if field in header:
        column, rows = header.index(field), rows[1:]
    elif len(header) == 1:
        column, rows = 0, rows if header[0].isdecimal() else rows[1:]
    else:
        raise UsageError(f"The roster {path} has no column {field!r}; name one so in its first line.")
    entries = [row[column].strip() for row in rows if len(row) > column and row[column].strip()]
    if not entries or len(entries) > _MAX_ROSTER_ROWS:
        raise UsageError(f"The roster {path} has {len(entries):,} entries; it can have 1 to {_MAX_ROSTER_ROWS:,}.")
    seen: set[str] = set()
    for entry in entries:
        if not entry.isdecimal() or not entry.isascii():
            raise UsageError(f"The roster {path} has {entry!r} in column {field!r}; its entries are digits only.")
        if entry in seen:
            raise UsageError(f"The roster {path} has {entry} twice; strike one of them out.")
        seen.add(entry)
    return tuple(entries)


def check_rules(rules: Sequence[FormRule], ranges: Mapping[str, tuple[int, int]]) -> None:
    """Raise UsageError for rules of which one can never hold: alone, or with the fields' ranges and the other rules.

    Ranges are narrowed by one rule after the other, which finds most contradictions, though not all there can be.
    """
    comparisons = [rule for rule in rules if isinstance(rule, Comparison)]
    by_factors: dict[tuple[tuple[str, int], ...], Comparison] = {}
    for rule in comparisons:
        if rule.operator == "=":
            sign = _sign_of(rule)
            key = tuple(sorted((name, sign * factor) for name, factor in rule.factors.items()))
            other = by_factors.setdefault(key, rule)
            if other is not rule:
                is_same = _sign_of(other) * other.constant == sign * rule.constant
                how = "say the same" if is_same else "contradict each other"
                raise UsageError(f"The rules {other.text!r} and {rule.text!r} {how}; drop one.")
    bounds = {name: (Fraction(low), Fraction(high)) for name, (low, high) in ranges.items()}
    for _ in range(_ROUNDS):
        before = dict(bounds)
        for rule in comparisons:
            _narrow(rule, bounds)
        if bounds == before:
            break


def _sign_of(rule: Comparison) -> int:
    """That of the factor of its first field by name: rules that say the same may have all signs turned."""
    return 1 if min(rule.factors.items())[1] > 0 else -1


def _narrow(rule: Comparison, bounds: dict[str, tuple[Fraction, Fraction]]) -> None:
    """Narrow the ranges of a rule's fields to what the rule allows. Raises UsageError when nothing is left."""
    reach = {name: sorted(factor * end for end in bounds[name]) for name, factor in rule.factors.items()}
    least, most = (rule.constant + sum(ends[side] for ends in reach.values()) for side in (0, 1))
    for name, factor in rule.factors.items():
        low, high = least - reach[name][0], most - reach[name][1]
        lowest, highest = bounds[name]  # factor · field + rest, rest in low..high
        limits = sorted((-low / factor, -high / factor))
        is_at_most = rule.operator in ("<=", "<") if factor > 0 else rule.operator in (">=", ">")
        if rule.operator == "=":
            lowest, highest = max(lowest, limits[0]), min(highest, limits[1])
        elif is_at_most:
            highest = min(highest, limits[1])
        else:
            lowest = max(lowest, limits[0])
        is_strict = rule.operator in ("<", ">")
        if lowest > highest or (is_strict and lowest == highest == (limits[1] if is_at_most else limits[0])):
            raise UsageError(
                f"The rule {rule.text!r} can never hold, by the ranges of its fields and the other rules; change one."
            )
        bounds[name] = lowest, highest
