"""What a number as it is written means: a whole number, a decimal, a date, a time, a fraction; or that nobody can tell.

`1,234` is over a thousand in London and a little over one in Berlin, `3/4` a fraction or a day in April. What can be
read in two ways has no value, unless `ValueRules` say which way is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from numbers import Integral
from typing import Any, Literal, get_args

from inkdigits.errors import UsageError

ValueKind = Literal["integer", "decimal", "amount", "date", "time", "fraction", "expression"]
DecimalMark = Literal["auto", "point", "comma"]
DateOrder = Literal["auto", "dmy", "mdy", "ymd"]

_MAX_DECIMALS = 20
_MAX_CHARACTERS = 200  # of a number that may have a value
_FILLERS = re.compile(r"^(?:[#=]+|--+)|(?<=[0-9])[ .,]*[-=/#]+$|(?<=[0-9])[.,]$")  # before and behind an amount
_BETWEEN_DASHES = re.compile(r"-[^-]*[0-9]-+")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?P<mark>[.,' ])[0-9]{3})(?:(?P=mark)[0-9]{3})*")
_DATE_PARTS = re.compile(r"([0-9]{1,4})(?: ?[-/.]+ ?([0-9]{1,2}) ?[-/.]+ ?| ([0-9]{1,2}) )([0-9]{1,4})")
_BARE_DATE = re.compile(r"[0-9]{8}|[0-9]{6}")
_TIME = re.compile(r"([0-9]{1,2})(?P<mark>[:. ])([0-9]{2})(?:(?P=mark)([0-9]{2}))?")
_FRACTION = re.compile(r"(-?[0-9]+)/([0-9]+)")
_DECIMALS_WEIGHTS: dict[str | None, tuple[float, float, float]] = {  # of a number without decimals, with one, with two
    "amount": (0.5, 0.1, 1.0),
    "decimal": (0.25, 1.0, 1.0),
}
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_LAST_SHORT_YEAR_OF_2000 = 68  # as POSIX has it: 69 to 99 are of the 1900s


@dataclass(frozen=True, slots=True)
class Value:
    """What a number means: `value` is an int, a Decimal, a datetime.date, a datetime.time or a Fraction, as `kind`
    says."""

    kind: Literal["integer", "decimal", "date", "time", "fraction"]
    value: int | Decimal | date | time | Fraction

    def as_dict(self) -> dict[str, Any]:
        """`kind`, and `value` as text: dates and times as ISO 8601 has them."""
        text = self.value.isoformat() if isinstance(self.value, date | time) else str(self.value)
        return {"kind": self.kind, "value": text}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Value:
        """The value that `as_dict` wrote."""
        return cls(value["kind"], _PARSERS[value["kind"]](str(value["value"])))


_WRITTEN_FRACTION = re.compile(r"-?[0-9]{1,200}(?:/[0-9]{1,200})?")


def _read_fraction(text: str) -> Fraction:
    """A fraction as `as_dict` writes it: never with an exponent, which could take hours to raise."""
    if not _WRITTEN_FRACTION.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no fraction")
    return Fraction(text)


_PARSERS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "fraction": _read_fraction,
}


@dataclass(frozen=True, slots=True)
class ValueRules:
    """How numbers are to be understood. Raises UsageError for what makes no sense.

    `kind` is what every number is: integer, decimal, amount (of money: signs that fill it up do not count), date, time,
    fraction, or expression, by which each line is a sum that holds or not; None leaves it to the number. `decimal` is
    the mark before decimals, `decimals` how many there are, `date_order` that of day, month and year.
    """

    kind: ValueKind | None = None
    decimal: DecimalMark = "auto"
    date_order: DateOrder = "auto"
    decimals: int | None = None

    def __post_init__(self) -> None:
        for name, options in (("kind", ValueKind), ("decimal", DecimalMark), ("date_order", DateOrder)):
            if getattr(self, name) not in (*get_args(options), *([None] if name == "kind" else [])):
                raise UsageError(f"{name} is one of {', '.join(get_args(options))}, not {getattr(self, name)!r}.")
        is_count = isinstance(self.decimals, Integral) and 0 <= self.decimals <= _MAX_DECIMALS
        if self.decimals is not None and not is_count:
            raise UsageError(f"A number can have 0 to {_MAX_DECIMALS} decimals, not {self.decimals!r}.")
        if self.date_order != "auto" and self.kind not in (None, "date"):
            raise UsageError(f"A date order tells nothing of numbers of kind {self.kind}; leave one of them out.")
        has_decimals = self.decimal != "auto" or self.decimals is not None
        if has_decimals and self.kind in ("integer", "date", "time", "fraction"):
            raise UsageError(f"A number of kind {self.kind} has no decimals; leave out `decimal` and `decimals`.")

    @property
    def tells_numbers(self) -> bool:
        """Whether they say what every number is."""
        return self.kind not in (None, "expression")

    def parse(self, text: str) -> Value | None:
        """What a number means that is written as `text`; None if it has no meaning by these rules, or several."""
        values = self.list_values(text)
        return values.pop() if len(values) == 1 else None

    def weigh(self, text: str) -> float:
        """How probable it is beforehand, against others, that a number is written like `text`: 0 if it has no meaning.

        Amounts mostly have two decimals or none, and what is called a decimal seldom has none.
        """
        weights = _DECIMALS_WEIGHTS.get(self.kind, (1.0, 1.0, 1.0))
        return max((weights[_count_decimals(value)] for value in self.list_values(text)), default=0.0)

    def list_values(self, text: str) -> set[Value]:
        """All that a text may mean."""
        if "?" in text or len(text) > _MAX_CHARACTERS:
            return set()
        match self.kind:
            case "date":
                return self._list_dates(text)
            case "time":
                return _list_times(text)
            case "fraction":
                return _list_fractions(text)
            case None:
                return self._list_quantities(text) or (self._list_dates(text) if text.count(".") == 2 else set())
            case _:
                return self._list_quantities(text)

    def _list_quantities(self, text: str) -> set[Value]:
        """Whole numbers or decimals, with a plus or minus or without."""
        bare = _FILLERS.sub("", text)
        signs, digits = (["-"], bare[1:]) if bare.startswith("-") else ([""], bare.removeprefix("+"))
        if _BETWEEN_DASHES.fullmatch(text):  # less than nothing, or filled up on both sides
            signs.append("")
        marks = {"auto": ".,", "point": ".", "comma": ","}[self.decimal]
        plain = {value for mark in marks if (value := self._read_with(mark, digits)) is not None}
        return {
            Value("decimal", Decimal(sign + value)) if "." in value else Value("integer", int(sign + value))
            for sign in signs
            for value in plain
        }

    def _read_with(self, mark: str, text: str) -> str | None:
        """Digits with at most one point, if that is what a text is where decimals follow `mark`."""
        whole, found, decimals = text.partition(mark)
        if found and (self.kind == "integer" or not _is_digits(decimals) or not self._may_have(len(decimals))):
            return None
        if not found and self.decimals:
            return None
        if found and not whole:  # `.5`
            return f"0.{decimals}"
        if not _is_digits(whole):
            grouped = _GROUPED.fullmatch(whole)
            if grouped is None or grouped["mark"] == mark:
                return None
            whole = whole.replace(grouped["mark"], "")
        return f"{whole}.{decimals}" if found else whole

    def _may_have(self, decimal_count: int) -> bool:
        """Whether a number may have so many decimals: an amount has one or two."""
        if self.decimals is not None:
            return decimal_count == self.decimals
        return self.kind != "amount" or decimal_count <= 2

    def _list_dates(self, text: str) -> set[Value]:
        orders = ("dmy", "mdy", "ymd") if self.date_order == "auto" else (self.date_order,)
        split = [(order, parts) for order in orders if (parts := _split_date(text, order)) is not None]
        if self.date_order == "auto":  # nobody takes 04/05/06 to begin with the year
            split = [(order, parts) for order, parts in split if order != "ymd" or len(parts["y"]) == 4]
        dates = (_make_date(parts) for _, parts in split)
        return {Value("date", found) for found in dates if found is not None}


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _count_decimals(value: Value) -> int:
    """0, 1 or 2; more count as 1."""
    exponent = value.value.as_tuple().exponent if isinstance(value.value, Decimal) else 0
    return -exponent if exponent in (0, -2) else 1


def _split_date(text: str, order: str) -> dict[str, str] | None:
    """The year, month and day of a date in an order; without signs, two digits for day and month each."""
    if _BARE_DATE.fullmatch(text):
        bounds = accumulate((len(text) - 4 if part == "y" else 2 for part in order), initial=0)
        return {part: text[start:end] for part, (start, end) in zip(order, pairwise(bounds), strict=True)}
    match = _DATE_PARTS.fullmatch(text)
    return dict(zip(order, filter(None, match.groups()), strict=True)) if match else None


def _make_date(parts: Mapping[str, str]) -> date | None:
    """The date of a year, month and day, if there is one in 1900 to 2099."""
    if len(parts["y"]) not in (2, 4) or len(parts["d"]) > 2 or len(parts["m"]) > 2:
        return None
    year = int(parts["y"])
    if len(parts["y"]) == 2:
        year += 2000 if year <= _LAST_SHORT_YEAR_OF_2000 else 1900
    try:
        return date(year, int(parts["m"]), int(parts["d"])) if _FIRST_YEAR <= year <= _LAST_YEAR else None
    except ValueError:
        return None


def _list_times(text: str) -> set[Value]:
    match = _TIME.fullmatch(text)
    if match is None:
        return set()
    hours, minutes, seconds = (int(match[group] or 0) for group in (1, 3, 4))
    return {Value("time", time(hours, minutes, seconds))} if hours < 24 and minutes < 60 and seconds < 60 else set()


def _list_fractions(text: str) -> set[Value]:
    match = _FRACTION.fullmatch(text)
    return {Value("fraction", Fraction(int(match[1]), int(match[2])))} if match and int(match[2]) else set()
