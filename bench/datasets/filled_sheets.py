"""Filled sheets as people photograph them: numbers in one hand, some added up wrongly; from aside, in a shadow, upside
down, with a folded corner, as JPEG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.datasets import photo
from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis.sheets import Entry, WritingHands, fill_sheet, lay_on_blank
from inkdigits.forms.examples import EXAMPLES, STATIONS, STUDENTS, format_roster
from inkdigits.forms.template import Template, embed_blank, parse_template

Image = NDArray[np.uint8]
PHOTO_SIZE = (3264, 2448)  # height, width: 8 megapixels
MAX_DEGREES = 20.0  # from aside
TABLE_GREYS = (30, 150)
UPSIDE_DOWN_SHARE, FOLDED_SHARE = 0.25, 0.15
WRONG_EVERY = 10  # sheets: one of so many adds up wrongly
SEED = 23
FOLD_PIXELS = (60, 150)  # of the sheet, along both sides


@dataclass(frozen=True)
class FilledSheet:
    """A photo, uint8 H×W, of a sheet of `template`, what stands in its fields, and which is a wrong sum, if any."""

    photo: NDArray[np.uint8]
    template: Template
    truth: dict[str, str]
    wrong: str | None


def load_examples() -> list[Template]:
    """The templates of the mark sheet and the count form."""
    with TemporaryDirectory() as folder:
        Path(folder, "roster.csv").write_text(format_roster(), encoding="utf-8")
        drawn = [draw() for draw in EXAMPLES.values()]
        return [parse_template(embed_blank(content, blank), Path(folder)) for blank, content in drawn]


def draw_sheets(digits: Digits, numbers: Iterable[int]) -> Iterator[FilledSheet]:
    """Photos of the sheets of these numbers in hands of the set. Equal arguments give equal photos."""
    templates, hands = load_examples(), WritingHands.from_digits(digits)
    for number in numbers:
        rng = np.random.default_rng([SEED, number])
        template = templates[number % len(templates)]
        is_wrong = number % (2 * WRONG_EVERY) in (0, WRONG_EVERY + 1)  # as many of each form
        truth, wrong = sample_numbers(template, is_wrong, rng)
        entries = [Entry(each.box, truth[each.name], each.cells) for each in template.fields]
        ink = fill_sheet(template.blank_grey.shape, entries, hands, rng)
        image = photograph(lay_on_blank(template.blank_grey, ink), rng)
        yield FilledSheet(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8), template, truth, wrong)


def sample_numbers(template: Template, is_wrong: bool, rng: Generator) -> tuple[dict[str, str], str | None]:
    """What is written in each field, and the sum that is wrong, if one is to be."""
    if template.name == "Mark sheet":
        numbers = {f"q{index}": int(rng.integers(0, 13)) for index in range(1, 9)}
        total = sum(numbers.values())
        written = _add_wrongly(total, 96, rng) if is_wrong else total
        texts = {"id": str(rng.choice(STUDENTS)), **{k: str(v) for k, v in numbers.items()}, "total": str(written)}
        return texts, "total" if is_wrong else None
    votes = {f"votes{index}": int(10 ** rng.uniform(0, 2.99)) for index in range(1, 7)}
    valid = sum(votes.values())
    invalid = int(rng.integers(0, 60))
    wrong = str(rng.choice(["valid", "cast"])) if is_wrong else None
    written_valid = _add_wrongly(valid, 9000, rng) if wrong == "valid" else valid
    cast = written_valid + invalid
    sums = {
        "valid": written_valid,
        "invalid": invalid,
        "cast": _add_wrongly(cast, 9999, rng) if wrong == "cast" else cast,
    }
    numbers = {"station": str(rng.choice(STATIONS)), **votes, **sums}
    return {name: str(number) for name, number in numbers.items()}, wrong


def _add_wrongly(total: int, most: int, rng: Generator) -> int:
    """A sum that is off by one, two, ten or a hundred."""
    while True:
        off = int(rng.choice([1, 2, 10, 100], p=[0.45, 0.15, 0.35, 0.05])) * int(rng.choice([-1, 1]))
        if 0 <= total + off <= most:
            return total + off


def photograph(sheet: Image, rng: Generator, size: tuple[int, int] = PHOTO_SIZE) -> Image:
    """A photo, uint8 H×W×3, of a sheet, uint8 H×W, on a table."""
    height, width = size
    paper, shown = _fold(sheet, rng) if rng.random() < FOLDED_SHARE else (sheet, np.full_like(sheet, 255))
    if rng.random() < UPSIDE_DOWN_SHARE:
        paper, shown = (np.ascontiguousarray(np.rot90(each, 2)) for each in (paper, shown))
    matrix = _sample_view(sheet.shape, size, rng)
    tint = np.array([1.0, rng.uniform(0.97, 1), rng.uniform(0.9, 1)], np.float32)
    seen = cv2.warpPerspective(paper, matrix, (width, height), flags=cv2.INTER_LINEAR)
    is_paper = cv2.warpPerspective(shown, matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    table = rng.uniform(*TABLE_GREYS) + rng.normal(0, 4, (height // 8 + 1, width // 8 + 1)).astype(np.float32)
    ground = cv2.resize(table.astype(np.float32), (width, height))
    grey = ground * (1 - is_paper) + seen * np.float32(0.92) * is_paper
    return photo.take_photo(grey[:, :, None] * tint, float(rng.uniform(0.6, 1.8)), rng)


def _sample_view(shape: tuple[int, ...], size: tuple[int, int], rng: Generator) -> NDArray[np.float64]:
    """A homography from a sheet to a photo: tilted by up to 20°, turned a little, all of it seen."""
    tilt, axis, turn = np.radians(rng.uniform(0, MAX_DEGREES)), rng.uniform(0, 2 * np.pi), np.radians(rng.normal(0, 4))
    height, width = shape[:2]
    longest, distance = max(height, width), rng.uniform(1.4, 2.2)  # of the camera, in lengths of the sheet
    rotation, _ = cv2.Rodrigues(tilt * np.array([np.cos(axis), np.sin(axis), 0.0]))
    turned = rotation @ cv2.Rodrigues(np.array([0.0, 0.0, turn]))[0]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    points = np.column_stack([(corners - [width / 2, height / 2]) / longest, np.zeros(4)]) @ turned.T
    seen = points[:, :2] / (distance + points[:, 2:])
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = np.array(size[::-1])
    scale = float(rng.uniform(0.82, 0.95)) * (room / (high - low)).min()
    placed = (seen - (low + high) / 2) * scale + room / 2 + rng.uniform(-0.02, 0.02, 2) * room
    return np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), placed.astype(np.float32)), np.float64)


def _fold(sheet: Image, rng: Generator) -> tuple[Image, Image]:
    """The sheet with a corner folded over, and where there is paper: 255."""
    folded, shown = sheet.copy(), np.full_like(sheet, 255)
    height, width = sheet.shape
    side = int(rng.uniform(*FOLD_PIXELS))
    right, bottom = rng.random() < 0.5, rng.random() < 0.5
    x, y = (width if right else 0), (height if bottom else 0)
    inner = (x + (-side if right else side), y + (-side if bottom else side))
    cv2.fillPoly(shown, [np.array([(x, y), (inner[0], y), (x, inner[1])], np.int32)], 0)
    cv2.fillPoly(folded, [np.array([inner, (inner[0], y), (x, inner[1])], np.int32)], int(rng.uniform(190, 235)))
    return folded, shown
