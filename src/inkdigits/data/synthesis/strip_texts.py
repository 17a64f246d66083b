"""What people write in one line beside digits: amounts, dates, times, sums, serial numbers, columns of small numbers.

Every text is made of `inkdigits.alphabet.CHARACTERS`; `~` stands for a word or a letter that is no digit. RAISED says
that the next digit is a power, small and high; it is no character of the text itself. CURRENCY is a sign like $ or €,
and DEGREE the ring of temperatures and angles; both are read as letters. Letters are those of a unit or a name, as
large and as high or low beside the digits as people write them, and read as one `~`. Several spaces are one wide one.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase

from numpy.random import Generator

RAISED = "^"
CURRENCY = "$"
DEGREE = "°"
_UNITS = (
    *("g", "g", "kg", "kg", "mg", "t", "s", "min", "h", "h", "d", "m", "m", "cm", "mm", "km", "km", "ml", "cl", "dl"),
    *("kW", "W", "V", "A", "kWh", "MB", "lb", "oz", "ft", "St", "Stk", "pcs", "z", "b", "p", "q", "y", "n", "Pf"),
)  # an l and an o of their own can't be told from digits
_NAME_LENGTHS = (1, 12)  # lower-case letters, from and up to


def sample_text(rng: Generator) -> str:
    """One line of text, without a space at its ends; now and then empty."""
    draw, limit = rng.random(), 0.0
    for probability, sample in _KINDS:
        limit += probability
        if draw < limit:
            return sample(rng).strip()
    return ""


def sample_integer(rng: Generator) -> str:
    """One to ten digits, often with zeros at the end or one digit over and over, as numbers of daily life have them."""
    count = int(rng.choice(range(1, 11), p=[0.06, 0.12, 0.15, 0.19, 0.18, 0.14, 0.08, 0.04, 0.02, 0.02]))
    digits = [str(digit) for digit in rng.integers(0, 10, count)]
    draw = rng.random()
    if draw < 0.3 and count > 1:
        zeros = int(rng.integers(1, count))
        digits[count - zeros :] = "0" * zeros
    elif draw < 0.38:
        repeated = str(rng.integers(10))
        digits = [repeated if rng.random() < 0.7 else digit for digit in digits]
    return "".join(digits)


def _sample_amount(rng: Generator) -> str:
    """As on cheques and bills: grouped by thousands, with cents, and filled up so that nothing can be added."""
    digits = sample_integer(rng).lstrip("0") or "7"
    mark = str(rng.choice([".", ",", "'", " ", ""], p=[0.32, 0.21, 0.07, 0.04, 0.36]))
    groups = [digits[max(0, end - 3) : end] for end in range(len(digits), 0, -3)][::-1]
    text = mark.join(groups)
    if rng.random() < 0.25:
        text += ("," if mark == "." else ".") + f"{rng.integers(100):02d}"
    draw = rng.random()
    if draw < 0.2:
        text = str(rng.choice([CURRENCY, CURRENCY, f"{CURRENCY} "])) + text
    elif draw < 0.33:
        text = str(rng.choice(["#", "~", "~ ", "=", "-"])) + text
    if rng.random() < 0.35:
        text += str(rng.choice([".-", "-", "=", "--", "/-", ",-", ".=", "#", " =", "/=", "==", " ~", ".", "."]))
    elif rng.random() < 0.08:
        text += str(rng.choice([CURRENCY, f" {CURRENCY}"]))
    return text


def _sample_decimal(rng: Generator) -> str:
    sign = str(rng.choice(["", "-", CURRENCY], p=[0.7, 0.12, 0.18]))
    decimals = "".join(map(str, rng.integers(0, 10, int(rng.integers(1, 4)))))
    unit = str(rng.choice(["", "%", f"{DEGREE}~"], p=[0.7, 0.24, 0.06]))
    return f"{sign}{rng.integers(10 ** int(rng.integers(1, 4)))}{rng.choice(['.', ','])}{decimals}{unit}"


def _sample_temperature(rng: Generator) -> str:
    sign = "-" if rng.random() < 0.15 else ""
    return f"{sign}{rng.integers(10 ** int(rng.integers(1, 4)))}{DEGREE}{'~' if rng.random() < 0.4 else ''}"


def _sample_date(rng: Generator) -> str:
    mark = str(rng.choice(["/", "-", ".", " ", ". "], p=[0.45, 0.2, 0.2, 0.1, 0.05]))
    day, month, year = int(rng.integers(1, 32)), int(rng.integers(1, 13)), int(rng.integers(1900, 2100))
    pad = "02d" if rng.random() < 0.5 else "d"
    year_text = str(year) if rng.random() < 0.6 else f"{year % 100:02d}"
    parts = [f"{day:{pad}}", f"{month:{pad}}"]
    if rng.random() < 0.3:
        parts.reverse()
    return mark.join([*parts, year_text] if rng.random() < 0.85 else [year_text, *parts])


def _sample_fraction(rng: Generator) -> str:
    """As parts of a whole and as marks of a test: one or several, now and then after a whole number."""
    count = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
    fractions = [f"{rng.integers(1, 10 ** int(rng.integers(1, 3)))}/{rng.integers(2, 101)}" for _ in range(count)]
    whole = f"{rng.integers(1, 100)} " if rng.random() < 0.15 else ""
    return whole + " ".join(fractions)


def _sample_time(rng: Generator) -> str:
    text = f"{rng.integers(24)}:{rng.integers(60):02d}"
    return text + f":{rng.integers(60):02d}" if rng.random() < 0.2 else text


def _sample_sum(rng: Generator) -> str:
    space = " " if rng.random() < 0.3 else ""
    numbers = [_sample_operand(rng) for _ in range(int(rng.integers(2, 4)))]
    bracketed = int(rng.integers(1, len(numbers) + 1)) if rng.random() < 0.4 else 0  # so many, from the first on
    text = ("(" if bracketed else "") + numbers[0]
    for index, number in enumerate(numbers[1:], 1):
        text += ")" if index == bracketed else ""
        text += space + str(rng.choice(list("+-×÷/"), p=[0.28, 0.22, 0.25, 0.12, 0.13])) + space + number
    text += ")" if bracketed == len(numbers) else ""
    return text + (f"{space}={space}{rng.integers(10 ** int(rng.integers(1, 5)))}" if rng.random() < 0.7 else "")


def _sample_terms(rng: Generator) -> str:
    """A row of sums that stand in columns: each number with its sign before it, far from the one before."""
    gaps = [" " * int(rng.integers(2, 7)) for _ in range(int(rng.integers(1, 4)))]
    signs = rng.choice(list("+-×÷"), len(gaps), p=[0.5, 0.32, 0.13, 0.05])
    near = " " if rng.random() < 0.2 else ""
    return "".join(f"{gap}{sign}{near}{sample_integer(rng)[:5]}" for gap, sign in zip(gaps, signs, strict=True))


def _sample_operand(rng: Generator) -> str:
    power = f"{RAISED}{rng.choice([2, 2, 3, 3, 4, 5, 6, 7, 8, 9])}" if rng.random() < 0.35 else ""
    return f"{rng.integers(10 ** int(rng.integers(1, 5)))}{power}"


def _sample_columns(rng: Generator) -> str:
    """Several numbers with spaces between, as in a row of a table."""
    length = int(rng.integers(1, 5))
    return " ".join(
        "".join(map(str, rng.integers(0, 10, max(1, length + int(rng.integers(-1, 2))))))
        for _ in range(int(rng.integers(2, 7)))
    )


def sample_comb_text(rng: Generator) -> str:
    """What fills a row of boxes for one character each: a number, perhaps with crosses or dashes in the empty boxes
    before it, or a date."""
    if rng.random() < 0.3:
        return f"{rng.integers(1, 32):02d} {rng.integers(1, 13):02d} {rng.integers(1900, 2100)}"
    filler = str(rng.choice(["", "×", "-"], p=[0.6, 0.3, 0.1]))
    return filler * int(rng.integers(1, 3)) + sample_integer(rng)


def _sample_serial(rng: Generator) -> str:
    """Letters and digits that belong together."""
    digits = "".join(map(str, rng.integers(0, 10, int(rng.integers(2, 8)))))
    text = f"~{digits}" if rng.random() < 0.7 else f"{digits}~"
    return text + "".join(map(str, rng.integers(0, 10, 2))) if rng.random() < 0.15 and text[-1] == "~" else text


def _sample_item(rng: Generator) -> str:
    """One line of a list: its number, with a bracket or a point, and what is listed."""
    mark = str(rng.choice([")", ".", ":", "~)"], p=[0.5, 0.3, 0.1, 0.1]))
    number = "" if mark == "~)" else str(rng.integers(1, 31))
    return f"{number}{mark} {sample_integer(rng)}"


def _sample_quantity(rng: Generator) -> str:
    """A number and its unit, or two, as of hours and minutes."""
    quantities = [
        (sample_integer(rng)[:5] if rng.random() < 0.75 else _sample_decimal(rng).rstrip(f"%~{DEGREE}"))
        + ("" if rng.random() < 0.4 else " ")
        + str(rng.choice(_UNITS))
        for _ in range(1 if rng.random() < 0.75 else 2)
    ]
    return " ".join(quantities)


def _sample_address(rng: Generator) -> str:
    """A town behind its postcode, or a street before its number."""
    name = _sample_name(rng)
    if rng.random() < 0.6:
        return f"{''.join(map(str, rng.integers(0, 10, int(rng.integers(4, 6)))))} {name}"
    suffix = str(rng.choice(["", "a", "b", "c"], p=[0.7, 0.1, 0.1, 0.1]))
    return f"{name} {rng.integers(1, 10 ** int(rng.integers(1, 4)))}{suffix}"


def _sample_name(rng: Generator) -> str:
    small = rng.choice(list(ascii_lowercase), int(rng.integers(*_NAME_LENGTHS)))
    return str(rng.choice(list(ascii_uppercase))) + "".join(small)


def _sample_phone(rng: Generator) -> str:
    """A prefix and a number, parted by a slash, a dash, a bracket or a space."""
    prefix = ("+" if rng.random() < 0.15 else "0" if rng.random() < 0.7 else "") + f"{rng.integers(1, 1000)}"
    number = "".join(map(str, rng.integers(0, 10, int(rng.integers(4, 9)))))
    if rng.random() < 0.15:
        return f"({prefix}) {number}"
    return prefix + str(rng.choice(["/", "/", " / ", "-", " - ", " "])) + number


def _sample_words(rng: Generator) -> str:
    """Words, and perhaps a number beside them."""
    text = " ".join("~" * int(rng.integers(1, 4)))
    draw = rng.random()
    if draw < 0.5:
        number = sample_integer(rng) if rng.random() < 0.65 else _sample_decimal(rng)
        text = f"{text} {number}" if draw < 0.35 else f"{number} {text}"
    return text


_KINDS: tuple[tuple[float, Callable[[Generator], str]], ...] = (
    (0.13, sample_integer),
    (0.16, _sample_amount),
    (0.11, _sample_decimal),
    (0.02, _sample_temperature),
    (0.08, _sample_date),
    (0.03, _sample_fraction),
    (0.02, _sample_time),
    (0.14, _sample_sum),
    (0.03, _sample_terms),
    (0.06, _sample_columns),
    (0.05, _sample_serial),
    (0.02, _sample_item),
    (0.03, _sample_quantity),
    (0.02, _sample_address),
    (0.02, _sample_phone),
    (0.06, _sample_words),
)  # the rest is empty
