"""Texts of digits and signs for pages that measure. `^` says that the next digit is raised."""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

RAISED = "^"
POWER_SHARE = 0.15  # of numbers in a sum


def sample_item(rng: Generator) -> str:
    """One number, date, time, sum or the like, without spaces."""
    return _KINDS[int(rng.integers(len(_KINDS)))](rng)


def sample_decimal(mark: str, rng: Generator) -> str:
    """A decimal with one to three decimals."""
    whole, places = int(rng.integers(10 ** int(rng.integers(1, 5)))), int(rng.integers(1, 4))
    return f"{whole}{mark}{rng.integers(10**places):0{places}d}"


def _pick(options: str, rng: Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _make_decimal(rng: Generator) -> str:
    return ("-" if rng.random() < 0.4 else "") + sample_decimal(_pick(".,", rng), rng)


def _make_amount(rng: Generator) -> str:
    groups = [f"{rng.integers(1, 1000)}", *(f"{rng.integers(1000):03d}" for _ in range(int(rng.integers(1, 3))))]
    thousands, cents = [(".", ","), (",", "."), ("'", ".")][int(rng.integers(3))]
    return thousands.join(groups) + (f"{cents}{rng.integers(100):02d}" if rng.random() < 0.5 else "")


def _make_filled_amount(rng: Generator) -> str:
    end = (".-", "-", "/-", "=", ".=", "#", "--")[int(rng.integers(7))]
    return (end if end in ("=", "#") else "") + f"{rng.integers(10, 100_000)}{end}"


def _make_date(rng: Generator) -> str:
    mark, year = _pick("/.-", rng), int(rng.integers(1900, 2100))
    day_and_month = f"{rng.integers(1, 32)}{mark}{rng.integers(1, 13)}{mark}"
    return day_and_month + (f"{year}" if rng.random() < 0.5 else f"{year % 100:02d}")


def _make_time(rng: Generator) -> str:
    seconds = f":{rng.integers(60):02d}" if rng.random() < 0.3 else ""
    return f"{rng.integers(24)}:{rng.integers(60):02d}{seconds}"


def _make_number(rng: Generator) -> str:
    power = f"{RAISED}{rng.integers(2, 5)}" if rng.random() < POWER_SHARE else ""
    return f"{rng.integers(1, 10 ** int(rng.integers(1, 4)))}{power}"


def _make_sum(rng: Generator) -> str:
    text = _make_number(rng)
    for _ in range(int(rng.integers(1, 3))):
        text += _pick("+-×÷", rng) + _make_number(rng)
    return text + (f"={rng.integers(1, 1000)}" if rng.random() < 0.6 else "")


def _make_bracket(rng: Generator) -> str:
    inside = _make_number(rng) + _pick("+-×÷", rng) + _make_number(rng) if rng.random() < 0.7 else _make_number(rng)
    return f"({inside})" + (_pick("×÷+-", rng) + _make_number(rng) if rng.random() < 0.5 else "")


def _make_percentage(rng: Generator) -> str:
    return (sample_decimal(_pick(".,", rng), rng) if rng.random() < 0.4 else str(rng.integers(1, 101))) + "%"


def _make_fraction(rng: Generator) -> str:
    return f"{rng.integers(1, 20)}/{rng.integers(2, 100)}"


def _make_hash(rng: Generator) -> str:
    return f"#{rng.integers(1, 10_000)}"


_KINDS: tuple[Callable[[Generator], str], ...] = (
    *(_make_decimal, _make_amount, _make_amount, _make_filled_amount, _make_date, _make_time, _make_sum, _make_sum),
    *(_make_bracket, _make_percentage, _make_fraction, _make_hash),
)
