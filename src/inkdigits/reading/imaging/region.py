"""A part of every page, in pixels of the upright picture: cut out before reading, and its boxes moved back after it."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any

from inkdigits.errors import PictureError, UsageError
from inkdigits.reading.imaging.picture import Picture
from inkdigits.types import Box, Line

_FORM = re.compile(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", re.ASCII)


def region(words: str) -> Box:
    """`x,y,width,height` as a Box. Raises UsageError when it is no such thing, or holds no pixel."""
    match = _FORM.fullmatch(words)
    box = Box(*map(int, match.groups())) if match else Box(0, 0, 0, 0)
    if box.width < 1 or box.height < 1:
        raise UsageError(f"A region is x,y,width,height in pixels, as in 0,40,600,80; not {words!r}.")
    return box


def cut(page: Picture, part: Box) -> Picture:
    """The part of the page that lies in the box. Raises PictureError when none does."""
    if part.x >= page.width or part.y >= page.height or part.right <= 0 or part.bottom <= 0:
        raise PictureError(
            f"{page.file}: the region {','.join(map(str, part.as_list()))} lies outside of the page, which has "
            f"{page.width}×{page.height} pixels; give another."
        )
    rows, columns = slice(max(0, part.y), part.bottom), slice(max(0, part.x), part.right)
    return replace(page, image=page.image[rows, columns])


def moved_back(lines: tuple[Line, ...], part: Box) -> tuple[Line, ...]:
    """Lines found in the part, with boxes in pixels of the whole page."""
    moved: tuple[Line, ...] = _moved(lines, max(0, part.x), max(0, part.y))
    return moved


def _moved(value: Any, x: int, y: int) -> Any:
    """Every box in a value moved, however deep it lies."""
    if isinstance(value, Box):
        return Box(value.x + x, value.y + y, value.width, value.height)
    if isinstance(value, tuple):
        return tuple(_moved(each, x, y) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _moved(getattr(value, field.name), x, y) for field in fields(value)})
    return value
