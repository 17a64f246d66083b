"""What several commands share: options, what is made of them, an exit code."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from inkdigits.errors import UsageError

if TYPE_CHECKING:
    from inkdigits.reading.arguments import ReadArguments
    from inkdigits.reading.decoding.form import Form
    from inkdigits.reading.imaging.limits import Limits
    from inkdigits.values import ValueRules


class PipeClosedError(Exception):
    """Whoever read our output has gone. No OSError: typer would take it for a failure of its own."""


STOPPED = 130  # the exit code after Ctrl-C, by the shell's custom
MANY = "Many or large pictures"  # a panel of the help

_how = partial(typer.Option, rich_help_panel="How to read")
_form = partial(typer.Option, rich_help_panel="What every number must be")
_many = partial(typer.Option, rich_help_panel=MANY, min=1)

DataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="INKDIGITS_DATA", help="Use other data: IDX files, subfolders 0 … 9, or CSV."),
]
SingleOption = Annotated[bool, _how("--single", help="Each picture is one digit.")]
RegionOption = Annotated[
    str | None, _how("--region", help="Read only this part of each page, in pixels.", metavar="X,Y,W,H")
]
MinConfidenceOption = Annotated[
    float | None,
    _how(
        "--min-confidence",
        help="Show digits with less confidence than this as ?, from 0 to 1; the network's card has the default.",
    ),
]
LengthOption = Annotated[int | None, _form("--length", help="Every number has this many digits.", metavar="N")]
PatternOption = Annotated[
    str | None,
    _form("--pattern", help="Every number fits this pattern; d is a digit, as in 'dd.dd.dddd'.", metavar="PATTERN"),
]
CheckOption = Annotated[
    str | None, _form("--check", help="Every number has this check digit: luhn, verhoeff or mod97.", metavar="NAME")
]
RangeOption = Annotated[
    str | None, _form("--range", help="Every number is in this range, both ends included.", metavar="A..B")
]
KindOption = Annotated[
    str | None,
    _form(
        "--as",
        help="Every number is of this kind: integer, decimal, amount, date, time or fraction; or every line is an "
        "expression, checked as a sum.",
        metavar="KIND",
    ),
]
DecimalOption = Annotated[
    str, _form("--decimal", help="What stands before decimals: point, comma, or auto.", metavar="MARK")
]
DecimalsOption = Annotated[int | None, _form("--decimals", help="Every number has this many decimals.", metavar="N")]
DateOrderOption = Annotated[
    str,
    _form("--date-order", help="The order of day, month and year: dmy, mdy, ymd, or auto.", metavar="ORDER"),
]
SignsOption = Annotated[
    str,
    _how("--signs", help="keep: print points, minus and operators too; drop: digits alone.", metavar="KEEP|DROP"),
]
BoxesOption = Annotated[
    str,
    _how(
        "--boxes",
        help="What printed boxes mean: comb, a row of them is one number; cells, each is a number; auto, as ruled.",
        metavar="KIND",
    ),
]
ModelOption = Annotated[Path | None, _how("--model", help="Use another network, as `inkdigits export` writes it.")]
SecondOption = Annotated[
    bool, _how("--second", help="Ask RapidOCR's network too, if installed: pip install 'inkdigits[second]'.")
]
MaxBytesOption = Annotated[int | None, _many("--max-bytes", help="Refuse larger files (default: 64 MiB).")]
MaxPixelsOption = Annotated[
    int | None, _many("--max-pixels", help="Refuse pages with more pixels (default: 100 million).")
]
MaxPagesOption = Annotated[int | None, _many("--max-pages", help="Refuse files with more pages (default: 200).")]


def build_arguments(
    single: bool,
    region: str | None,
    min_confidence: float | None,
    boxes: str,
    signs: str,
    form: dict[str, Any],
    values: dict[str, Any],
) -> ReadArguments:
    """How each picture is read: `form` and `values` are what is known of numbers, as `Form` and `ValueRules` take it.
    Raises UsageError for what makes no sense."""
    from inkdigits.reading.arguments import check_arguments
    from inkdigits.reading.decoding.cells import check_box_kind
    from inkdigits.reading.decoding.expected import check_sign_choice
    from inkdigits.reading.imaging.region import parse_region

    arguments: ReadArguments = {
        "single": single,
        "region": None if region is None else parse_region(region),
        "form": _build_form(form),
        "min_confidence": min_confidence,
        "boxes": check_box_kind(boxes),
        "values": _build_values(values),
        "signs": check_sign_choice(signs),
    }
    check_arguments(arguments)
    return arguments


def _build_values(rules: dict[str, Any]) -> ValueRules | None:
    """How numbers are understood, if that was said. Raises UsageError for what makes no sense."""
    from inkdigits.values import DateOrder, DecimalMark, ValueKind, ValueRules

    for option, name, choices in (
        ("--as", "kind", get_args(ValueKind)),
        ("--decimal", "decimal", get_args(DecimalMark)),
        ("--date-order", "date_order", get_args(DateOrder)),
    ):
        if rules[name] not in (None, *choices):
            raise UsageError(f"{option} is one of {', '.join(choices)}, not {rules[name]!r}.")
    values = ValueRules(**rules)
    return None if values == ValueRules() else values


def _build_form(rules: dict[str, Any]) -> Form | None:
    """What is known of every number, if anything."""
    if all(value is None for value in rules.values()):
        return None
    from inkdigits.reading.decoding.form import Form

    return Form(**rules)


def build_limits(max_bytes: int | None, max_pixels: int | None, max_pages: int | None) -> Limits:
    """What a picture may cost; the usual where nothing was said."""
    from inkdigits.reading.imaging.limits import Limits

    values = {"bytes": max_bytes, "pixels": max_pixels, "pages": max_pages}
    return Limits(**{name: value for name, value in values.items() if value is not None})
