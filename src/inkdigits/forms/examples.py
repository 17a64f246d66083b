"""Two forms of our own to try: a mark sheet, whose total is the sum of its questions, and a count form with two sums.

They are drawn on A4 at 150 dots an inch, with the one font that Pillow brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.pixels import Pixels

WIDTH, HEIGHT = 1240, 1754  # pixels
_CELL_WIDTH, _CELL_HEIGHT = 52, 64  # pixels, of a box for one digit
_RULE_PX = 2
_INK, _FAINT = 40, 130  # grey levels
_MARKER_PX, _MARKER_MARGIN = 84, 60
_QUESTIONS, _CANDIDATES = 8, 6
_MARKS_PER_QUESTION = 12
# With a check digit, so that one digit misread makes no other student or station.
_CHECKED = Form(check="luhn")
STUDENTS = tuple(number for number in map(str, range(20_260_100, 20_260_700)) if _CHECKED.fits(number))
STATIONS = tuple(number for number in map(str, range(1_000, 1_600)) if _CHECKED.fits(number))


@dataclass
class _Page:
    """A form that is being drawn."""

    image: Image.Image = field(default_factory=lambda: Image.new("L", (WIDTH, HEIGHT), 255))
    fields: list[dict[str, Any]] = field(default_factory=list)

    def write(self, text: str, x: int, y: int, size: int, grey: int = _INK) -> None:
        ImageDraw.Draw(self.image).text((x, y), text, fill=grey, font=ImageFont.load_default(size))

    def draw_box(self, x: int, y: int, width: int, height: int, grey: int = _INK) -> None:
        ImageDraw.Draw(self.image).rectangle((x, y, x + width, y + height), outline=grey, width=_RULE_PX)

    def add_comb(self, name: str, x: int, y: int, cells: int, **known: Any) -> None:
        """A field of several boxes for a digit each."""
        for cell in range(cells):
            self.draw_box(x + cell * _CELL_WIDTH, y, _CELL_WIDTH, _CELL_HEIGHT, _FAINT)
        box = [x, y, cells * _CELL_WIDTH, _CELL_HEIGHT]
        self.fields.append({"name": name, "box": box, "cells": cells, **known})

    def add_cell(self, name: str, x: int, y: int, width: int, **known: Any) -> None:
        """A field of one box for a whole number."""
        self.draw_box(x, y, width, _CELL_HEIGHT)
        self.fields.append({"name": name, "box": [x, y, width, _CELL_HEIGHT], **known})

    def add_markers(self) -> None:
        """ArUco markers in the corners."""
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
        for number in range(4):
            marker = Image.fromarray(cv2.aruco.generateImageMarker(dictionary, number, _MARKER_PX))
            right, bottom = WIDTH - _MARKER_MARGIN - _MARKER_PX, HEIGHT - _MARKER_MARGIN - _MARKER_PX
            place = (right if number % 2 else _MARKER_MARGIN, bottom if number > 1 else _MARKER_MARGIN)
            self.image.paste(marker, place)


def draw_mark_sheet() -> tuple[Pixels, dict[str, Any]]:
    """The blank of a mark sheet, uint8 H×W, and its template as JSON has it, with `mark-sheet.png` for its blank."""
    page = _Page()
    page.write("Mark sheet", 110, 90, 64)
    page.write("One box for each digit. The total is the sum of all questions.", 110, 180, 28)
    page.write("Student number", 110, 300, 36)
    page.add_comb("id", 470, 280, 8, length=8, required=True)
    for number in range(1, _QUESTIONS + 1):
        y = 340 + 108 * number
        page.write(f"Question {number}", 110, y + 14, 34)
        page.write(f"of {_MARKS_PER_QUESTION}", 640, y + 20, 26, _FAINT)
        page.add_cell(f"q{number}", 470, y, 130, range=f"0..{_MARKS_PER_QUESTION}", required=True)
    page.draw_box(90, 420, 700, 108 * _QUESTIONS + 24, _FAINT)
    page.write("Total", 110, 1372, 44)
    page.add_comb("total", 470, 1364, 3, range=f"0..{_QUESTIONS * _MARKS_PER_QUESTION}", required=True)
    page.write("Faculty of examples · examination office · please use a dark pen", 110, 1600, 26)
    rules = [f"total = q1 + … + q{_QUESTIONS}", "id in roster.csv"]
    return _finish(page, "Mark sheet", "mark-sheet.png", rules)


def draw_count_form() -> tuple[Pixels, dict[str, Any]]:
    """The blank of a count form with markers, uint8 H×W, and its template, with `count-form.png` for its blank."""
    page = _Page()
    page.add_markers()
    page.write("Count of votes", 220, 80, 60)
    page.write("Station", 110, 250, 36)
    page.add_comb("station", 470, 230, 4, length=4, required=True)
    names = ("Alder", "Birch", "Cedar", "Douglas fir", "Elm", "Fig")
    for number, name in enumerate(names, 1):
        y = 270 + 100 * number
        page.write(f"{number}   {name}", 110, y + 14, 34)
        page.add_comb(f"votes{number}", 800, y, 3, required=True)
    sums = [
        ("valid", "Valid votes, sum of 1 to 6"),
        ("invalid", "Invalid votes"),
        ("cast", "Votes cast, valid and invalid"),
    ]
    for number, (field_name, label) in enumerate(sums):
        y = 1040 + 110 * number
        page.write(label, 110, y + 14, 34)
        page.add_comb(field_name, 800 - _CELL_WIDTH, y, 4, required=True)
    page.write("Counted by two. Write each digit into a box of its own, the last one rightmost.", 110, 1480, 28)
    rules = [f"valid = votes1 + … + votes{_CANDIDATES}", "valid + invalid = cast", "station in roster.csv"]
    return _finish(page, "Count form", "count-form.png", rules, markers="4x4_50")


def _finish(page: _Page, name: str, blank: str, rules: list[str], **more: str) -> tuple[Pixels, dict[str, Any]]:
    content = {"name": name, "width": WIDTH, "height": HEIGHT, "blank": blank, **more}
    return np.asarray(page.image), {**content, "fields": page.fields, "rules": rules}


def format_roster() -> str:
    """The roster of the mark sheet's students and of the count form's stations, as CSV."""
    return "\n".join(["id,station", *map(",".join, zip(STUDENTS, STATIONS, strict=True)), ""])


EXAMPLES: dict[str, Callable[[], tuple[Pixels, dict[str, Any]]]] = {
    "mark-sheet": draw_mark_sheet,
    "count-form": draw_count_form,
}
