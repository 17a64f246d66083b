"""Filled sheets, photographed by simulation: found, fields and sheets right, silent errors, wrong additions reported.

    python -m bench.forms                  200 sheets in MNIST's test digits, kept
    python -m bench.forms --validation     in training digits 55,001–60,000: for developing; nothing is kept
    python -m bench.forms --picture        draw docs/pictures/forms.png

Half of the sheets are mark sheets, half count forms (inkdigits.forms.examples), each filled in one hand and
photographed from up to 20° aside, with shadow, blur, noise and JPEG, upside down or with a folded corner
(datasets/filled_sheets.py). On every tenth the writer added wrongly. A field is right when its text is exact and not in
doubt; of a wrong addition the total must be as written, and reported. Nothing is chosen by the kept figures.

More sheets are simulated than can be photographed, to see how often one is accepted as a whole although it is wrong:
other numbers are put on sheets, and every digit is read as a digit of the same kind was on a photo, picked at random
(its ten probabilities). A field whose digits were miscounted on a photo comes again as it was, as often as it was so,
where no sum ties it to others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.datasets.filled_sheets import (
    SEED,
    WRONG_EVERY,
    FilledSheet,
    draw_sheets,
    load_examples,
    sample_numbers,
)
from bench.shared import store
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import Digits
from inkdigits.errors import FormError
from inkdigits.forms.examples import EXAMPLES
from inkdigits.forms.fields import FieldReader, FieldReading, list_likely_texts, weigh_texts
from inkdigits.forms.joint import SheetAnswer, decode_sheet
from inkdigits.forms.reader import read_sheet
from inkdigits.forms.registration import SheetFinder
from inkdigits.forms.template import FormField
from inkdigits.reading.imaging.pixels import encode_png
from inkdigits.training.evaluate import load_test_digits

RESULT_NAME = "forms"
SHEET_COUNT = 200
SIMULATED_COUNT = 5_000
PICTURE_PATH, PICTURED = Path(__file__).parent.parent / "docs" / "pictures" / "forms.png", 11


@dataclass(frozen=True)
class ReadSheet:
    """What became of one: nothing further where it was not found."""

    sheet: FilledSheet
    readings: list[FieldReading] | None
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", action="store_true", help="training digits 55,001–60,000; nothing is kept")
    parser.add_argument("--sheets", type=int, default=SHEET_COUNT, help="another number; nothing is kept then")
    parser.add_argument("--simulated", type=int, default=SIMULATED_COUNT, help="how many; nothing is kept of others")
    parser.add_argument("--picture", action="store_true", help="draw the picture of the docs instead")
    args = parser.parse_args()
    if args.picture:
        draw_picture(mnist.load("train").slice(55_000, 56_000))
        return
    digits = mnist.load("train").slice(55_000, 60_000) if args.validation else load_test_digits()
    read = read_sheets(draw_sheets(digits, range(args.sheets)))
    score = score_sheets(read) | simulate_sheets(read, args.simulated) | time_command(read)
    for name, value in score.items():
        print(f"{name:28} {value:.4f}" if isinstance(value, float) else f"{name:28} {value}")
    if not args.validation and (args.sheets, args.simulated) == (SHEET_COUNT, SIMULATED_COUNT):
        store.save(RESULT_NAME, score | {"drawn_with": digits.name, "sha256": digits.sha256})


def read_sheets(sheets: Iterator[FilledSheet]) -> list[ReadSheet]:
    """Find and read each, with one thread."""
    cv2.setNumThreads(1)
    finder, reader = SheetFinder(load_examples()), FieldReader(threads=1)
    read = []
    for sheet in sheets:
        started = time.perf_counter()
        try:
            registration = finder.find(sheet.photo)
            readings, _ = read_sheet(reader, registration, sheet.photo)
            is_found = registration.template.name == sheet.template.name
        except FormError:
            is_found = False
        read.append(ReadSheet(sheet, readings if is_found else None, time.perf_counter() - started))
    return read


def score_sheets(read: list[ReadSheet]) -> store.Json:
    """Counts over sheets and fields; times are the median a sheet."""
    found = [(each.sheet, each.readings) for each in read if each.readings is not None]
    with_rules = [(sheet, decode_sheet(sheet.template, readings)) for sheet, readings in found]
    without = [(sheet, decode_sheet(sheet.template, readings, with_rules=False)) for sheet, readings in found]
    total_fields = sum(len(each.sheet.truth) for each in read)
    wrong = [each for each in with_rules if each[0].wrong is not None]
    right = [each for each in with_rules if each[0].wrong is None]
    whole = [_count_right(*each) == len(each[0].truth) for each in with_rules]
    return {
        "sheets": len(read),
        "found": len(found),
        "fields": total_fields,
        "fields_right": sum(_count_right(*each) for each in with_rules),
        "sheets_right": sum(whole),
        "accepted": sum(answer.accepted for _, answer in with_rules),
        "silently_wrong": sum(
            answer.accepted and not is_whole for (_, answer), is_whole in zip(with_rules, whole, strict=True)
        ),
        "misread_with_rules": sum(_count_misread(*each) for each in with_rules),
        "misread_without_rules": sum(_count_misread(*each) for each in without),
        "wrong_additions": sum(each.sheet.wrong is not None for each in read),
        "reported": sum(_is_reported(*each) for each in wrong),
        "falsely_reported": sum(bool(answer.broken) for _, answer in right),
        "seconds_a_sheet": float(np.median([each.seconds for each in read])),
    }


def simulate_sheets(read: list[ReadSheet], count: int) -> store.Json:
    """Of `count` sheets of other numbers, whose digits are read as digits on the sheets were: how many are accepted as
    a whole, and how many of these are wrong."""
    templates, accepted, wrong = load_examples(), 0, 0
    places, miscounts, fields = _collect_places(read)
    rng = np.random.default_rng(SEED)
    for number in range(count):
        template = templates[number % len(templates)]
        truth, _ = sample_numbers(template, number % (2 * WRONG_EVERY) in (0, WRONG_EVERY + 1), rng)
        tied = {name for rule in template.comparisons for name in rule.factors}
        readings = []
        for field in template.fields:
            seen = miscounts[field.name] if field.name not in tied else []
            if rng.random() < len(seen) / fields[field.name]:
                miscount, truth[field.name] = seen[rng.integers(len(seen))]
                readings.append(miscount)
            else:
                readings.append(_read_alike(field, truth[field.name], places, rng))
        answer = decode_sheet(template, readings)
        accepted += answer.accepted
        wrong += answer.accepted and any(each.text != truth[each.name] for each in answer.answers)
    return {"simulated": count, "simulated_accepted": accepted, "simulated_silently_wrong": wrong}


def time_command(read: list[ReadSheet]) -> store.Json:
    """Seconds that the command takes for all photos, as JPEG files, with two jobs; `load` is other work and this."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        photos = folder / "photos"
        photos.mkdir()
        for number, each in enumerate(read):
            Image.fromarray(each.sheet.photo).save(photos / f"{number:03}.jpg", quality=95)
        inkdigits = [sys.executable, "-m", "inkdigits", "form"]
        subprocess.run([*inkdigits, "example", folder / "forms", "--sheets", "1"], check=True, capture_output=True)
        first, second = (folder / "forms" / f"{form}.json" for form in EXAMPLES)
        words = [first, photos, "--or", second, "--jobs", "2", "--output", folder / "table.xlsx"]
        started = time.perf_counter()
        subprocess.run([*inkdigits, "read", *words], check=True, capture_output=True)
        return {"command_seconds": time.perf_counter() - started, "load": round(os.getloadavg()[0], 1)}


Places = dict[tuple[bool, str], list[NDArray[np.float64]]]  # whether it is boxed, and the true digit → probabilities
Miscounts = dict[str, list[tuple[FieldReading, str]]]  # of each field: readings of other lengths than their truth


def _collect_places(read: list[ReadSheet]) -> tuple[Places, Miscounts, Counter[str]]:
    """What each digit on the sheets was read as, which fields were miscounted, and how often each field was read."""
    places: Places = defaultdict(list)
    miscounts: Miscounts = defaultdict(list)
    fields: Counter[str] = Counter()
    for each in read:
        for reading in each.readings or []:
            field, truth = reading.field, each.sheet.truth[reading.field.name]
            fields[field.name] += 1
            if len(reading.digits) == len(truth):
                for digit, probabilities in zip(truth, reading.digits, strict=True):
                    places[field.cells > 0, digit].append(probabilities)
            else:
                miscounts[field.name].append((reading, truth))
    return places, miscounts, fields


def _read_alike(field: FormField, truth: str, places: Places, rng: Generator) -> FieldReading:
    """A field with another number, each digit read as one like it was."""
    digits = np.array([own[rng.integers(len(own))] for own in (places[field.cells > 0, digit] for digit in truth)])
    texts = list_likely_texts(digits, 10)
    candidates = weigh_texts(texts, field, {len(truth): 1.0} if field.cells else None)
    return FieldReading(field, candidates, digits, np.zeros((1, 1), np.uint8))


def draw_picture(digits: Digits) -> None:
    """A photo of a sheet, and the same sheet as it was found and read: blue is accepted, red is
    to be looked at, with what it should be by the sum."""
    (sheet,) = draw_sheets(digits, [PICTURED])
    registration = SheetFinder(load_examples()).find(sheet.photo)
    _, answer = read_sheet(FieldReader(), registration, sheet.photo)
    page = Image.fromarray(registration.rectify(sheet.photo)).convert("RGB")
    draw = ImageDraw.Draw(page)
    for field, each in zip(sheet.template.fields, answer.answers, strict=True):
        text = each.text if each.reckoned is None else f"{each.text} ({each.reckoned})"
        colour = (20, 70, 200) if each.accepted else (200, 30, 30)
        x, y = field.box.right + 12, field.box.y + 8
        draw.rectangle((x - 6, y - 6, x + 27 * len(text) + 6, y + 54), fill="white")
        draw.text((x, y), text, fill=colour, font=ImageFont.load_default(44))
    photo_page = Image.fromarray(sheet.photo).convert("RGB")
    photo_page = photo_page.resize((round(photo_page.width * page.height / photo_page.height), page.height))
    both = Image.new("RGB", (photo_page.width + page.width, page.height))
    both.paste(photo_page, (0, 0))
    both.paste(page, (photo_page.width, 0))
    both.thumbnail((1200, 1200))
    PICTURE_PATH.write_bytes(encode_png(np.asarray(both)))


def _count_right(sheet: FilledSheet, answer: SheetAnswer) -> int:
    """Fields with their exact text and no doubt; a wrong sum must be reported as well."""
    return sum(
        each.text == sheet.truth[each.name] and not each.doubts and (each.name != sheet.wrong or bool(each.breaks))
        for each in answer.answers
    )


def _count_misread(sheet: FilledSheet, answer: SheetAnswer) -> int:
    """Fields whose text is another, in doubt or not."""
    return sum(each.text != sheet.truth[each.name] for each in answer.answers)


def _is_reported(sheet: FilledSheet, answer: SheetAnswer) -> bool:
    """Whether the wrong sum is told, with the total as written."""
    return any(
        each.name == sheet.wrong and each.text == sheet.truth[each.name] and each.breaks for each in answer.answers
    )


if __name__ == "__main__":
    main()
