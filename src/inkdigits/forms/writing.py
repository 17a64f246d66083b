"""What is written in the fields of a registered sheet, cut free of what is printed, and laid out as one page.

The blank's print is known, so it is taken away: only the windows around the fields are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.forms.registration import MIN_DARKNESS, Registration, even_out
from inkdigits.forms.template import Template
from inkdigits.marks import Box
from inkdigits.reading.imaging.pixels import Pixels

_ROW_HEIGHT_PX = 64  # that a field of one line is brought to: its digits are some 38 pixels high then
_MAX_SCALE, _MAX_SHEET_PX = 3.0, 50_000_000  # times that a page is enlarged at most, and to how much
_MARGIN = 0.22  # of a field's height: so far beyond its box people write
_SPACE_PX = 40  # of paper around a field on the page of fields
_PRINT_REACH_PX = 2  # so far off, what is printed may be
MIN_STRENGTH = 60  # of 255: what is fainter is no pen
_MIN_INK, _MIN_SIGN_INK = 0.18, 0.06  # of a field's height: what is smaller is a speck; where there may be points
_MIN_CELL_INK, _MIN_ALIKE_INK = 0.22, 0.6  # of a box's height, or of what is largest in its field: what is written in
_MAX_CELL_INK = 1.5  # of a box's width: what is wider is in two


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """What is written in a field: its picture `crop`, uint8 h×w, and its `ink` without print, dark on white, uint8 h×w
    as well; None where nothing is written. `box` is the field itself, in pixels of its ink: less than that, as people
    write beyond it."""

    crop: Pixels
    ink: Pixels | None
    box: Box


def cut_writing(registration: Registration, grey: Pixels) -> list[Writing]:
    """The writing of each field of a template on a picture, uint8 H×W, that its sheet was found on. Its digits are some
    38 pixels high where a field is of one line."""
    fields, layout = registration.template.fields, _plan(registration.template)
    sheet = registration.rectify(grey, layout.scale)
    return [
        Writing(np.ascontiguousarray(sheet[window]), _keep_field(ink, box, field.has_signs), box)
        for window, box, ink, field in zip(
            layout.windows, layout.boxes, _take_print_away(sheet, layout), fields, strict=True
        )
    ]


def distort(writing: Writing, shear: float, scale: float) -> Writing:
    """The same writing with its ink sheared by so many columns a row, about its middle row, and scaled with all its
    paper, so that nothing is lost at the ends; and so the field's box."""
    if writing.ink is None:
        return writing
    height, width = (round(scale * side) for side in writing.ink.shape)
    affine = np.array([[scale, shear, -shear * writing.ink.shape[0] / 2], [0, scale, 0]], np.float32)
    ink = cv2.warpAffine(writing.ink, affine, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    box = Box(*(round(scale * side) for side in writing.box.as_list()))
    return replace(writing, ink=np.asarray(ink, np.uint8), box=box)


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """How a form's page is looked at: made `scale` times as large, at the fields' `windows` alone; the fields' `boxes`,
    in pixels of these, and where `print`, bool, stands in each."""

    scale: float
    windows: tuple[tuple[slice, slice], ...]
    boxes: tuple[Box, ...]
    prints: tuple[NDArray[np.bool_], ...]


@lru_cache(maxsize=16)
def _plan(template: Template) -> _Layout:
    """How a form is looked at; once for each, as its blank stays the same."""
    largest = float(np.sqrt(_MAX_SHEET_PX / (template.width * template.height)))
    scale = min(_MAX_SCALE, largest, _ROW_HEIGHT_PX / float(np.median([each.box.height for each in template.fields])))
    blank = cv2.resize(template.blank_grey, (round(template.width * scale), round(template.height * scale)))
    windows = tuple(_find_window(each.box, scale, blank.shape) for each in template.fields)
    boxes = tuple(
        _find_in_window(each.box, scale, window) for each, window in zip(template.fields, windows, strict=True)
    )
    printed = (255 - even_out(np.asarray(blank, np.uint8)) > MIN_DARKNESS).astype(np.uint8)
    near = cv2.dilate(printed, np.ones((2 * _PRINT_REACH_PX + 1,) * 2, np.uint8)) > 0
    return _Layout(scale, windows, boxes, tuple(near[window] for window in windows))


def _find_window(box: Box, scale: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The part of a rectified sheet around a field, as far as the page reaches."""
    margin = _MARGIN * box.height
    top, bottom = (round(scale * each) for each in (box.y - margin, box.bottom + margin))
    left, right = (round(scale * each) for each in (box.x - margin, box.right + margin))
    return slice(max(0, top), min(shape[0], bottom)), slice(max(0, left), min(shape[1], right))


def _find_in_window(box: Box, scale: float, window: tuple[slice, slice]) -> Box:
    """A field in pixels of its window."""
    rows, columns = window
    x, y, width, height = (round(scale * side) for side in box.as_list())
    return Box(x - columns.start, y - rows.start, width, height)


def _take_print_away(sheet: Pixels, layout: _Layout) -> list[Pixels]:
    """What was written in each field of a sheet, uint8 H×W, dark on white: its ink without what is on the blank.

    A stroke that crosses a printed rule is closed over it.
    """
    strength = 255 - even_out(sheet)
    filled = [
        _close_over(strength[window], printed) for window, printed in zip(layout.windows, layout.prints, strict=True)
    ]
    strong = np.concatenate([each[each > MIN_STRENGTH] for each in filled])
    full = float(np.percentile(strong, 75)) if len(strong) else 255.0
    return [np.asarray(255 - np.clip(each * (230 / full), 0, 255), np.uint8) for each in filled]


def _close_over(strength: Pixels, printed: NDArray[np.bool_]) -> Pixels:
    """The ink of a field without its print, closed where a stroke crosses that."""
    without, side = np.where(printed, np.uint8(0), strength), 4 * _PRINT_REACH_PX + 5
    closed = np.max(
        [cv2.morphologyEx(without, cv2.MORPH_CLOSE, _make_line(side, degrees)) for degrees in (0, 45, 90, 135)], axis=0
    )
    return np.where(printed, np.minimum(closed, strength), without)


def _make_line(side: int, degrees: int) -> Pixels:
    """A line through the middle of a square, 0 and 1."""
    line, reach = np.zeros((side, side), np.uint8), side // 2
    ends = np.round(reach * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])).astype(int)
    cv2.line(line, (reach - int(ends[0]), reach - int(ends[1])), (reach + int(ends[0]), reach + int(ends[1])), 1)
    return line


def _keep_field(written: Pixels, box: Box, has_signs: bool) -> Pixels | None:
    """The writing of a field without specks, and without what does not reach into its box; None where there is none."""
    mask = (written < 255 - MIN_STRENGTH).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    min_side = (_MIN_SIGN_INK if has_signs else _MIN_INK) * box.height
    low, high = stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    is_within = (high > box.y) & (low < box.bottom)
    keep = is_within & (stats[:, 2:4].max(axis=1) >= min_side)
    keep[0] = False
    if not keep.any():
        return None
    near = cv2.dilate(keep.astype(np.uint8)[labels], np.ones((5, 5), np.uint8))
    return np.where(near > 0, written, np.uint8(255))


def lay_out(inks: Sequence[Pixels]) -> tuple[Pixels, list[Box]]:
    """A page with a field on each line, and where each is."""
    if not inks:
        return np.full((1, 1), 255, np.uint8), []
    width = max(ink.shape[1] for ink in inks) + 2 * _SPACE_PX
    page = np.full((sum(ink.shape[0] + _SPACE_PX for ink in inks) + _SPACE_PX, width), 255, np.uint8)
    slots, y = [], _SPACE_PX
    for ink in inks:
        page[y : y + ink.shape[0], _SPACE_PX : _SPACE_PX + ink.shape[1]] = ink
        slots.append(Box(_SPACE_PX, y, ink.shape[1], ink.shape[0]))
        y += ink.shape[0] + _SPACE_PX
    return page, slots


def find_boxed(page: Pixels, slot: Box, box: Box, cells: int) -> list[Box] | None:
    """What is written in each of a field's printed boxes, left to right, without the empty ones; None where a field
    has none, or something reaches over two. Its `cells` boxes fill its `box`, in pixels of its slot."""
    if not cells:
        return None
    ink = page[slot.y : slot.bottom, slot.x : slot.right]
    _, _, stats, middles = cv2.connectedComponentsWithStats((ink < 255 - MIN_STRENGTH).astype(np.uint8), connectivity=8)
    cell_width = box.width / cells
    parts: dict[int, list[Box]] = {}
    for (x, y, w, h, _), (middle, _) in zip(stats[1:].tolist(), middles[1:].tolist(), strict=True):
        if w > _MAX_CELL_INK * cell_width:
            return None
        place = int(np.clip((middle - box.x) / cell_width, 0, cells - 1))
        parts.setdefault(place, []).append(Box(slot.x + x, slot.y + y, w, h))
    boxed = [Box.around(parts[place]) for place in sorted(parts)]
    sides = [max(each.width, each.height) for each in boxed]
    min_side = min(_MIN_CELL_INK * box.height, _MIN_ALIKE_INK * max(sides, default=0))
    return [each for each, side in zip(boxed, sides, strict=True) if side >= min_side]
