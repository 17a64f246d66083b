"""The options of reading a picture: what they are, and which make sense."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TypedDict, cast

from inkdigits import glyph
from inkdigits.errors import UsageError
from inkdigits.marks import Box
from inkdigits.reading.decoding.cells import BoxKind
from inkdigits.reading.decoding.expected import Expected, SignChoice
from inkdigits.reading.decoding.form import Form
from inkdigits.values import ValueRules


class NumberArguments(TypedDict, total=False):
    """The options that tell of the numbers on a page."""

    form: Form | None
    min_confidence: float | None
    boxes: BoxKind
    values: ValueRules | None
    signs: SignChoice


class ReadArguments(NumberArguments, total=False):
    """The options of `read` as one value, for programs that hand them on: `reader.read(picture, **arguments)`."""

    single: bool
    region: Box | None


def get_number_arguments(arguments: ReadArguments) -> NumberArguments:
    """Those that tell of the numbers, as `Reader.run_stages` takes them."""
    others = {"single", "region"}
    return cast(NumberArguments, {name: value for name, value in arguments.items() if name not in others})


def check_arguments(arguments: ReadArguments) -> ReadArguments:
    """The same options, if they make sense together. Raises UsageError if they do not."""
    check_min_confidence(arguments.get("min_confidence"))
    region, form, values = (arguments.get(name) for name in ("region", "form", "values"))
    if not (isinstance(form, Form | None) and isinstance(values, ValueRules | None)):
        raise UsageError("`form` takes an inkdigits.Form, and `values` inkdigits.ValueRules; give these.")
    is_box = isinstance(region, Box) and all(isinstance(side, Integral) for side in region.as_list())
    if not (region is None or is_box):
        raise UsageError(f"A region is an inkdigits.Box(x, y, width, height) of whole numbers, not {region!r}.")
    expected = get_expected(arguments)
    if arguments.get("single") and expected.form is not None:
        raise UsageError("A single digit has no form; leave out `single`, or length, pattern, check and range.")
    if arguments.get("single") and expected.values is not None:
        raise UsageError("A single digit is no date or amount; leave out `single`, or what numbers mean.")
    return arguments


def check_min_confidence(min_confidence: float | None) -> None:
    """Raise UsageError for what is no probability."""
    if min_confidence is not None and not (isinstance(min_confidence, Real) and 0 <= min_confidence <= 1):
        raise UsageError(f"The minimum confidence must be from 0 to 1, not {min_confidence!r}.")


def get_expected(arguments: NumberArguments) -> Expected:
    """What the options say of the numbers. Raises UsageError as `Expected` does."""
    defaults = Expected()
    return Expected(
        arguments.get("form"),
        arguments.get("values"),
        arguments.get("boxes", defaults.boxes),
        arguments.get("signs", defaults.signs),
    )


def check_glyph_shape(shape: tuple[int, ...]) -> None:
    """Raise UsageError unless height and width are those of a glyph."""
    if shape != (glyph.GLYPH_SIDE, glyph.GLYPH_SIDE):
        raise UsageError(f"Normalised digits are 28×28, not {shape[0]}×{shape[1]}; leave `normalised` out.")
