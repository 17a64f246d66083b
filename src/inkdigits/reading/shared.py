"""`inkdigits.read` and its siblings: one reader of the packaged networks, built when first needed, for all threads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from threading import Lock

from inkdigits.marks import Box
from inkdigits.reading.decoding.cells import BoxKind
from inkdigits.reading.decoding.expected import SignChoice
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.picture import Source
from inkdigits.reading.reader import Reader
from inkdigits.types import Digit, Reading
from inkdigits.values import ValueRules

_shared_lock = Lock()


def _get_shared_reader() -> Reader:
    with _shared_lock:  # two threads must not build it twice
        return _build_shared_reader()


@cache
def _build_shared_reader() -> Reader:
    return Reader()


def read(
    picture: Source,
    *,
    single: bool = False,
    region: Box | None = None,
    form: Form | None = None,
    min_confidence: float | None = None,
    boxes: BoxKind = "auto",
    values: ValueRules | None = None,
    signs: SignChoice = "keep",
) -> Reading:
    """Read the numbers on a picture of one page, with the packaged networks.

    Args:
        picture: a path, the bytes of a file, or an array: uint8 or uint16, H×W (grey), H×W×3 (RGB) or H×W×4 (RGBA).
        single: the whole picture is one digit.
        region: the part of the page to read, in pixels of the upright picture; all boxes are in these pixels too.
            By default the whole page.
        form: what is known of every number: its length, pattern, check digit, range. Not together with `single`.
        min_confidence: the least confidence, 0..1, with which a digit is accepted; a digit below it is shown as `?`.
            By default what the network's card says.
        boxes: what printed boxes mean, each of which holds a digit: "comb", one row of them is one number, or "cells",
            each is a number of its own, as in a table. "auto" goes by the rules: those of a table run through several
            rows.
        values: how numbers are understood: as dates, amounts, decimals, with which marks; see `ValueRules`. Numbers of
            a known kind are read as what they can be. By default a number has a value where it can mean one thing only.
        signs: "keep" reads points, commas, minus and operators too, "drop" digits alone. Not "drop" with `values`.

    Raises:
        PictureError: the picture cannot be opened, or `region` lies outside it.
        PictureTooLargeError: it has more bytes or pixels than `Limits` allows.
        SeveralPagesError: it has several pages; use `read_pages`.
        UsageError: options that contradict each other or make no sense.
    """
    return _get_shared_reader().read(
        picture,
        single=single,
        region=region,
        form=form,
        min_confidence=min_confidence,
        boxes=boxes,
        values=values,
        signs=signs,
    )


def read_pages(
    picture: Source,
    *,
    name: str | None = None,
    single: bool = False,
    region: Box | None = None,
    form: Form | None = None,
    min_confidence: float | None = None,
    boxes: BoxKind = "auto",
    values: ValueRules | None = None,
    signs: SignChoice = "keep",
) -> Iterator[Reading]:
    """Read a picture page by page (a PDF, a TIFF of several pages, or one page), with the packaged networks.

    Args:
        picture: as in `read`.
        name: what the picture is called in readings and errors; by default its path, or `-`.
        single, region, form, min_confidence, boxes, values, signs: as in `read`, the same for every page.

    Raises:
        PictureError, PictureTooLargeError: as `read`, at the page where it happens.
        UsageError: as `read`, before any page is read.
    """
    return _get_shared_reader().read_pages(
        picture,
        name=name,
        single=single,
        region=region,
        form=form,
        min_confidence=min_confidence,
        boxes=boxes,
        values=values,
        signs=signs,
    )


def read_digit(picture: Source) -> Digit:
    """Read a picture that is one digit with the packaged network; see `Reader.read_digit`."""
    return _get_shared_reader().read_digit(picture)
