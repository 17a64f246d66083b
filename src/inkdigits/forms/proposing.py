"""Propose the fields of a form from its blank: printed boxes, combs of boxes for a digit each, the cells of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from inkdigits.marks import Box
from inkdigits.reading.imaging.ink import extract_ink
from inkdigits.reading.imaging.pixels import Pixels

_MIN_HEIGHT, _MAX_HEIGHT = 0.011, 0.09  # of the page's height: of a box to write a number in
_MAX_WIDTH = 0.5  # of the page's width
_MIN_ASPECT, _MAX_ASPECT = 0.45, 8.0  # width by height
_MIN_FILL = 0.86  # of its box that a cell is: what is less is no rectangle
_MAX_COMB_ASPECT = 1.25  # width by height of a box for one digit
_MAX_WALL = 0.25  # of a box's height, between two boxes of a comb
_SAME = 0.12  # of a box's height: so much may neighbours in a comb differ
_WALL_PX, _MAX_WALL_INK = 10, 0.6  # around a box: where there is more ink, it is a hole in something black
_MAX_PRINT = 0.04  # of a box that is printed on: a field is empty on the blank


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place to write a number: its box in pixels of the blank, and how many boxes for a digit each it has, 0 for
    none."""

    box: Box
    cells: int


def propose_fields(blank: Pixels) -> list[Proposal]:
    """What may be fields on a blank, uint8 H×W, upright, from top to bottom and left to right."""
    boxes = _find_boxes(blank)
    free, proposals = sorted(boxes, key=lambda box: (box.x, box.y)), list[Proposal]()
    while free:
        row = [free.pop(0)]
        while (following := next((box for box in free if _continues_comb(row[-1], box)), None)) is not None:
            row.append(following)
            free.remove(following)
        proposals.append(Proposal(Box.around(row), len(row) if len(row) > 1 else 0))
    height = float(np.median([each.box.height for each in proposals])) if proposals else 1.0
    return sorted(proposals, key=lambda each: (round(each.box.y / height), each.box.x))


def _find_boxes(blank: Pixels) -> list[Box]:
    """The empty rectangles that rules enclose."""
    mask = extract_ink(blank).mask
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    height, width = blank.shape
    boxes = []
    for x, y, w, h, area in stats[1:].tolist():
        is_sized = _MIN_HEIGHT * height <= h <= _MAX_HEIGHT * height and w <= _MAX_WIDTH * width
        is_box = is_sized and _MIN_ASPECT <= w / h <= _MAX_ASPECT and area >= _MIN_FILL * w * h
        if is_box and mask[y : y + h, x : x + w].mean() <= _MAX_PRINT:
            wall = mask[max(0, y - _WALL_PX) : y + h + _WALL_PX, max(0, x - _WALL_PX) : x + w + _WALL_PX]
            if wall.sum() <= _MAX_WALL_INK * (wall.size - w * h):
                boxes.append(Box(x, y, w, h))
    return [each for each in boxes if not any(_holds(each, other) for other in boxes)]  # frames are no fields


def _holds(outer: Box, inner: Box) -> bool:
    """Whether another box lies within one."""
    is_across = outer.x <= inner.x and inner.right <= outer.right
    return is_across and outer.y <= inner.y and inner.bottom <= outer.bottom and inner != outer


def _continues_comb(box: Box, other: Box) -> bool:
    """Whether another box is the next one of a comb."""
    margin = _SAME * box.height
    return (
        max(box.width / box.height, other.width / other.height) <= _MAX_COMB_ASPECT
        and 0 <= other.x - box.right <= _MAX_WALL * box.height
        and abs(other.y - box.y) <= margin
        and abs(other.height - box.height) <= margin
        and abs(other.width - box.width) <= 2 * margin
    )


def build_template(name: str, blank_name: str, blank: Pixels) -> dict[str, Any]:
    """A template as JSON has it, with a field for each proposal, to be named and told more of by hand."""
    fields: list[dict[str, Any]] = []
    for number, each in enumerate(propose_fields(blank), 1):
        field: dict[str, Any] = {"name": f"field{number}", "box": each.box.as_list()}
        fields.append(field | ({"cells": each.cells} if each.cells else {}))
    height, width = blank.shape
    return {"name": name, "width": width, "height": height, "blank": blank_name, "fields": fields, "rules": []}
