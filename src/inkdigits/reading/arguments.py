"""The options of reading a picture: what they are, and which make sense."""

from __future__ import annotations

from typing import TypedDict

from inkdigits import glyph
from inkdigits.errors import UsageError
from inkdigits.reading.decoding.cells import BoxKind, check_box_kind
from inkdigits.reading.decoding.form import Form
from inkdigits.types import Box


class ReadArguments(TypedDict, total=False):
    """The options of `read` as one value, for programs that hand them on: `reader.read(picture, **arguments)`."""

    single: bool
    region: Box | None
    form: Form | None
    min_confidence: float | None
    boxes: BoxKind


def check_arguments(
    *,
    single: bool = False,
    region: Box | None = None,
    form: Form | None = None,
    min_confidence: float | None = None,
    boxes: BoxKind = "auto",
) -> None:
    """Raise UsageError for options that contradict each other or make no sense."""
    check_box_kind(boxes)
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise UsageError(f"The minimum confidence must be from 0 to 1, not {min_confidence}.")
    if single and form is not None:
        raise UsageError("A single digit has no form; leave out `single`, or length, pattern, check and range.")


def check_glyph_shape(shape: tuple[int, ...]) -> None:
    """Raise UsageError unless height and width are those of a glyph."""
    if shape != (glyph.GLYPH_SIDE, glyph.GLYPH_SIDE):
        raise UsageError(f"Normalised digits are 28×28, not {shape[0]}×{shape[1]}; leave `normalised` out.")
