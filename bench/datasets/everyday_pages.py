"""Pages with numbers as people write them every day, drawn from frozen seeds: score sheets, bills, time sheets, forms,
sums below one another, readings, lists, notes, squared paper, and a slip on a table.

Each is written in one hand, with the digits of a set and held_out_signs.py's signs; what is printed on it is ruled, and
worded in fonts that training never uses. Then it is turned a little and photographed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.datasets.sheet import Sheet, lay_on_table, take_photo
from bench.datasets.sign_pages import SignMaterial, Writer
from bench.datasets.unseen_words import Faces

SEED = 20_030
HEIGHT_RANGE = (26.0, 44.0)  # pixels: heights of digits

Lines = list[str]


@dataclass(frozen=True)
class EverydayPage:
    """`image` uint8 H×W×3 (red, green, blue), and what is written on it: `text`, a line for each row, spaces between
    numbers. `kind` is one of KINDS."""

    image: NDArray[np.uint8]
    text: str
    kind: str


def draw_everyday_page(material: SignMaterial, faces: Faces, kind: str, number: int) -> EverydayPage:
    """Page `number` (from 0) of a kind. Equal arguments give equal pages."""
    rng = np.random.default_rng([SEED, list(KINDS).index(kind), number])
    sheet = Sheet(Writer.sample(material, number, HEIGHT_RANGE, rng), faces, rng)
    text = "\n".join(KINDS[kind](sheet))
    image = take_photo(sheet)
    return EverydayPage(lay_on_table(image, rng) if kind == "slip" else image, text, kind)


def _write_score_sheet(sheet: Sheet) -> Lines:
    """Names, and narrow columns of small numbers."""
    rng, unit = sheet.rng, sheet.unit
    rows, columns = int(rng.integers(3, 7)), int(rng.integers(5, 12))
    name_width, width, pitch = 5 * unit, unit * rng.uniform(1.7, 2.3), unit * rng.uniform(1.4, 2)
    x, y = sheet.begin_table([name_width, *[width] * columns], rows, pitch)
    lines = []
    for row_end in y[1:]:
        sheet.write_word(x[0] + 0.3 * unit, row_end - 0.2 * unit, name_width - 0.6 * unit)
        numbers = [str(rng.integers(1, 13) if rng.random() < 0.8 else rng.integers(10, 100)) for _ in range(columns)]
        for left, number in zip(x[1:], numbers, strict=False):
            baseline = row_end - 0.2 * unit + rng.normal(0, 0.05) * unit
            sheet.write(number, left + 0.1 * unit, baseline, width - 0.2 * unit, rng.uniform(0.2, 0.8))
        lines.append(" ".join(numbers))
    return lines


def _write_bill(sheet: Sheet) -> Lines:
    """What was bought, how many and for how much; now and then without upright rules."""
    rng, unit = sheet.rng, sheet.unit
    rows, widths = int(rng.integers(3, 8)), [6 * unit, 3 * unit, 5 * unit]
    pitch, mark = unit * rng.uniform(1.4, 2.2), ".,"[int(rng.integers(2))]
    x, y = sheet.begin_table(widths, rows, pitch, column_share=0.85)
    lines = []
    for row_end in y[1:]:
        baseline = sheet.sample_baseline(row_end)
        sheet.write_word(x[0] + 0.3 * unit, baseline, widths[0] - 0.6 * unit)
        cells = [sheet.sample_integer(2), f"{sheet.sample_integer(3)}{mark}{rng.integers(100):02d}"]
        for left, width, cell in zip(x[1:], widths[1:], cells, strict=False):
            sheet.write(cell, left + 0.2 * unit, baseline, width - 0.4 * unit, rng.uniform(0.1, 0.9))
        lines.append(" ".join(cells))
    return lines


def _write_time_sheet(sheet: Sheet) -> Lines:
    """Days, when work began and ended, and how many hours that is."""
    rng, unit = sheet.rng, sheet.unit
    rows, widths = int(rng.integers(4, 9)), [4.2 * unit, 4.6 * unit, 4.6 * unit, 3.6 * unit]
    pitch, mark = unit * rng.uniform(1.4, 2.2), "./"[int(rng.integers(2))]
    x, y = sheet.begin_table(widths, rows, pitch, column_share=0.8)
    lines = []
    for day, row_end in enumerate(y[1:], 1):
        baseline, quarters = sheet.sample_baseline(row_end), rng.choice([0, 15, 30, 45], 2)
        cells = [
            f"{day}{mark}{rng.integers(1, 13)}{mark if mark == '.' else ''}",
            f"{rng.integers(6, 11)}:{quarters[0]:02d}",
            f"{rng.integers(14, 20)}:{quarters[1]:02d}",
            f"{rng.integers(3, 10)}.{rng.choice(['0', '5', '25', '75'])}",
        ]
        for left, width, cell in zip(x, widths, cells, strict=False):
            sheet.write(cell, left + 0.3 * unit, baseline, width - 0.6 * unit, rng.uniform(0.1, 0.7))
        lines.append(" ".join(cells))
    return lines


def _write_form(sheet: Sheet) -> Lines:
    """Labels, and boxes for one digit each, some of them empty: side by side, apart, or marked by ticks only."""
    rng, unit = sheet.rng, sheet.unit
    rows, pitch, box = int(rng.integers(2, 6)), unit * rng.uniform(2.6, 3.6), unit * rng.uniform(1.15, 1.7)
    kind = ("boxes", "ticks", "apart")[int(rng.integers(3))]
    step = box * (1.25 if kind == "apart" else 1)
    sheet.resize(26 * unit, rows * pitch + 4 * unit)
    lines = []
    for row in range(rows):
        top, foot = (2 * unit + row * pitch + offset * unit for offset in (-0.2, 1.35))
        count, start = int(rng.integers(3, 10)), 8.5 * unit
        number = sheet.sample_integer(count)
        sheet.write_word(1.5 * unit, foot - 0.35 * unit, 6 * unit)
        wall_top = foot - 0.65 * unit if kind == "ticks" else top
        for left in (start + index * step for index in range(count)):
            sheet.rule((left, foot), (left + box, foot))
            if kind != "ticks":
                sheet.rule((left, top), (left + box, top))
            for x in (left, left + box):
                sheet.rule((x, wall_top), (x, foot))
        first = count - len(number) if rng.random() < 0.3 else 0
        for index, digit in enumerate(number, first):
            baseline = foot - 0.2 * unit + rng.normal(0, 0.06) * unit
            sheet.write(digit, start + index * step, baseline, box, rng.uniform(0.2, 0.8))
        lines.append(number)
    return lines


def _write_sums(sheet: Sheet) -> Lines:
    """Two numbers below each other, a bar and their sum or difference; several beside each other."""
    rng, unit = sheet.rng, sheet.unit
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(1, 3))
    sheet.resize((8 * columns + 3) * unit, (7.2 * rows + 3) * unit)
    lines = []
    for row in range(rows):
        sums = []
        for column in range(columns):
            first = int(rng.integers(10, 10 ** int(rng.integers(2, 5))))
            second = int(rng.integers(2, first + 1))
            sums.append([str(first), f"+{second}", str(first + second)])
            if rng.random() < 0.5:
                sums[-1] = [str(first), f"-{second}", str(first - second)]
            right, top = (7.5 + 8 * column) * unit, (2.5 + 7.2 * row) * unit
            for offset, text in zip((0, 1.7, 3.9), sums[-1], strict=True):
                sheet.write(text, right - 5 * unit, top + offset * unit, 5 * unit, 1.0)
            bar = top + 2.15 * unit
            sheet.rule((right - 4.5 * unit, bar), (right + 0.3 * unit, bar + rng.normal(0, 0.08) * unit), by_hand=True)
        lines += [" ".join(texts) for texts in zip(*sums, strict=True)]
    return lines


def _write_readings(sheet: Sheet) -> Lines:
    """Dates, and what a meter showed, on plain or ruled paper."""
    rng, unit = sheet.rng, sheet.unit
    rows, pitch, mark = int(rng.integers(4, 11)), unit * rng.uniform(1.6, 2.4), "./-"[int(rng.integers(3))]
    sheet.resize(22 * unit, rows * pitch + 4 * unit)
    reading, is_ruled, lines = int(rng.integers(100, 90_000)), rng.random() < 0.5, []
    for row in range(rows):
        baseline = 3 * unit + row * pitch
        date = f"{1 + 2 * row}{mark}{rng.integers(1, 13)}{mark}{rng.integers(18, 27)}"
        reading += int(rng.integers(5, 99))
        sheet.write(date, 1.5 * unit, baseline)
        sheet.write(str(reading), 13 * unit, baseline + rng.normal(0, 0.05) * unit)
        if is_ruled:
            sheet.rule((0, baseline + 0.1 * unit), (22 * unit, baseline + 0.1 * unit))
        lines.append(f"{date} {reading}")
    return lines


def _write_list(sheet: Sheet) -> Lines:
    """Names with telephone numbers."""
    rng, unit = sheet.rng, sheet.unit
    rows, pitch, is_grouped = int(rng.integers(4, 10)), unit * rng.uniform(1.7, 2.6), rng.random() < 0.5
    sheet.resize(26 * unit, rows * pitch + 4 * unit)
    lines = []
    for row in range(rows):
        baseline = 3 * unit + row * pitch
        name_end = sheet.write_word(1.5 * unit, baseline)
        groups = [(10, 99)] * 4 if is_grouped else [(150, 180), (1_000_000, 9_999_999)]
        number = "0" + " ".join(str(rng.integers(*limits)) for limits in groups)
        sheet.write(number, max(name_end + unit, 9 * unit), baseline)
        lines.append(number)
    return lines


def _write_squares(sheet: Sheet) -> Lines:
    """Numbers of any length on squared paper, whose squares are about as large as digits and not heeded."""
    rng, unit = sheet.rng, sheet.unit
    rows, square = int(rng.integers(3, 8)), unit * rng.uniform(0.9, 1.5)
    pitch = square * int(rng.integers(2, 4))
    width, height = 20 * unit, rows * pitch + 4 * unit
    sheet.resize(width, height)
    for x in np.arange(rng.uniform(0, square), width, square):
        sheet.rule((x, 0), (x, height))
    for y in np.arange(rng.uniform(0, square), height, square):
        sheet.rule((0, y), (width, y))
    lines = []
    for row in range(rows):
        numbers, x = [sheet.sample_integer(5) for _ in range(int(rng.integers(1, 4)))], 1.5 * unit
        for number in numbers:
            x = sheet.write(number, x, 3 * unit + row * pitch) + rng.uniform(1.1, 2) * unit
        lines.append(" ".join(numbers))
    return lines


def _write_note(sheet: Sheet) -> Lines:
    """Numbers, prices, dates and times among words."""
    rng, unit = sheet.rng, sheet.unit
    sheet.resize(18 * unit, 9 * unit)
    lines = []
    for row in range(int(rng.integers(1, 4))):
        baseline, x = (2.5 + 2.2 * row) * unit, 1.2 * unit
        if rng.random() < 0.6:
            x = sheet.write_word(x, baseline, 6 * unit) + 0.8 * unit
        text = (
            sheet.sample_integer(6),
            f"{rng.integers(1, 999)}.{rng.integers(100):02d}",
            f"{rng.integers(1, 32)}/{rng.integers(1, 13)}/{rng.integers(2000, 2030)}",
            f"{rng.integers(1, 24)}:{rng.integers(60):02d}",
        )[int(rng.integers(4))]
        x = sheet.write(text, x, baseline) + 0.7 * unit
        if rng.random() < 0.3 and x < 16 * unit:
            sheet.write_word(x, baseline, 17 * unit - x)
        lines.append(text)
    return lines


def _write_slip(sheet: Sheet) -> Lines:
    """A few numbers on a small sheet."""
    rng, unit = sheet.rng, sheet.unit
    rows = int(rng.integers(1, 5))
    sheet.resize(13 * unit, (1.9 * rows + 3) * unit)
    lines = [
        sheet.sample_integer(6) if rng.random() < 0.7 else f"{rng.integers(1, 999)}.{rng.integers(100):02d}"
        for _ in range(rows)
    ]
    for row, text in enumerate(lines):
        sheet.write(text, 1.2 * unit, (2.2 + 1.9 * row) * unit)
    return lines


KINDS: Mapping[str, Callable[[Sheet], Lines]] = {
    "score sheet": _write_score_sheet, "bill": _write_bill, "time sheet": _write_time_sheet, "form": _write_form,
    "sums": _write_sums, "readings": _write_readings, "list": _write_list, "squared paper": _write_squares,
    "note": _write_note, "slip": _write_slip,
}  # fmt: skip
