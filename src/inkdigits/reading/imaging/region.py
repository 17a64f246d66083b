"""The region of every page that is read: cropped before reading, and the boxes shifted back afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from inkdigits.errors import PictureError, UsageError
from inkdigits.marks import Box
from inkdigits.reading.imaging.picture import Picture
from inkdigits.types import Digit, Line

_Found = TypeVar("_Found", tuple[Line, ...], Digit)
_REGION_PATTERN = re.compile(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", re.ASCII)


def parse_region(text: str) -> Box:
    """`x,y,width,height` as a Box. Raises UsageError when it is no such thing, or holds no pixel."""
    match = _REGION_PATTERN.fullmatch(text)
    box = Box(*map(int, match.groups())) if match else Box(0, 0, 0, 0)
    if box.width < 1 or box.height < 1:
        raise UsageError(f"A region is x,y,width,height in pixels, such as 0,40,600,80, not {text!r}.")
    return box


def crop_page(page: Picture, region: Box | None) -> Picture:
    """The part of the page that lies in the region, all of it without one. Raises PictureError when none does."""
    if region is None:
        return page
    rows, columns = slice(max(0, region.y), max(0, region.bottom)), slice(max(0, region.x), max(0, region.right))
    image = page.image[rows, columns]
    if image.size == 0:
        raise PictureError(
            f"{page.file}: the region {','.join(map(str, region.as_list()))} lies outside the page, which has "
            f"{page.width}×{page.height} pixels; give another."
        )
    return replace(page, image=image)


def shift_boxes(found: _Found, region: Box | None) -> _Found:
    """The lines, or the digit, of a cropped page, with all boxes shifted to pixels of the whole page."""
    if region is None:
        return found
    x, y = max(0, region.x), max(0, region.y)
    return map_boxes(found, lambda box: Box(box.x + x, box.y + y, box.width, box.height))


def map_boxes(found: _Found, change: Callable[[Box], Box]) -> _Found:
    """The lines, or the digit, with every box in them changed."""
    changed: _Found = _map_nested(found, change)
    return changed


def _map_nested(value: Any, change: Callable[[Box], Box]) -> Any:
    """The value with every box in it changed, however deeply nested."""
    if isinstance(value, Box):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_map_nested(each, change) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: _map_nested(getattr(value, field.name), change) for field in fields(value)}
        return replace(value, **changed)
    return value
