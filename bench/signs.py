"""Signs and values: how well they are read on drawn pages and strips, and on labelled pictures.

    python -m bench.signs --labels DIR:CSV [DIR:CSV ...]    pages of MNIST's test digits, and pictures; kept
    python -m bench.signs --validation --pages 6 --strips 100    of training digits 55,001–60,000; nothing is kept
    python -m bench.signs --pages 0 --strips 0 --labels DIR:CSV --failures    pictures only; nothing is kept

The signs of pages and strips come from a second generator (datasets/sign_pages.py), which shares nothing with the one
that training draws from; `make hands-held-out` fetches what it needs.

A CSV names pictures of its folder DIR in a column `file` and has what stands on them, with signs, in `full`, lines
parted by `|`. What is asked of a picture says its `kind`: of `expr` the lines as written, of `date` dates, of `amount`
decimals where there is a comma, else an amount. A column `value` has the value of a cheque's amount: those pictures are
read as amounts, and once more as they are, to see points and commas where none is; where the eye cannot tell which
signs there are, `full` is empty. These are development sets.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.datasets.held_out_signs import SIGN_CHARACTERS, load_hands
from bench.datasets.sign_pages import SignMaterial, SignPage, draw_decimal, draw_sign_page
from bench.datasets.sign_texts import RAISED
from bench.shared import store
from bench.shared.digit_strings import extract_digits, score_transcriptions, transcribe_pages
from bench.shared.sign_strings import (
    count_false_points,
    normalise_line,
    pair_signs,
    score_lines,
    score_signs,
    write_guess,
)
from inkdigits.data.sets import mnist
from inkdigits.errors import DataError
from inkdigits.reading.reader import Reader
from inkdigits.training.evaluate import load_test_digits
from inkdigits.types import Reading
from inkdigits.values import ValueKind, ValueRules

RESULT_NAME = "signs"
PAGE_COUNT, STRIP_COUNT = 48, 1_000
TOLD_SIGNS = (*SIGN_CHARACTERS, RAISED)


@dataclass(frozen=True)
class LabelledPicture:
    """A picture, its kind and source, what stands on it (None if the eye cannot tell), and the values of its numbers by
    what they are to be read as."""

    path: Path
    kind: str
    source: str
    full: str | None
    read_as: ValueKind | None
    values: tuple[Any, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", action="store_true", help="training digits 55,001–60,000; nothing is kept")
    parser.add_argument("--pages", type=int, default=PAGE_COUNT, help="another number; nothing is kept then")
    parser.add_argument("--strips", type=int, default=STRIP_COUNT, help="another number; nothing is kept then")
    parser.add_argument("--labels", nargs="+", default=[], metavar="DIR:CSV", help="labelled pictures")
    parser.add_argument("--failures", action="store_true", help="print what was read wrong")
    args = parser.parse_args()
    reader = Reader()
    try:
        pictures = [picture for labels in args.labels for picture in load_pictures(*map(Path, labels.split(":")))]
        result = measure_pictures(reader, pictures, args.failures) if pictures else {}
        if args.pages or args.strips:
            digits = mnist.load("train").slice(55_000, 60_000) if args.validation else load_test_digits()
            material = SignMaterial.from_digits(digits, load_hands())
            result |= {"pages": measure_pages(reader, material, args.pages, args.failures)}
            result |= {"strips": measure_strips(reader, material, args.strips, args.failures)}
            result |= {"drawn_with": digits.name, "sha256": digits.sha256}
    except DataError as error:
        sys.exit(str(error))
    print_score(result)
    if args.labels and not args.validation and (args.pages, args.strips) == (PAGE_COUNT, STRIP_COUNT):
        labels_sha256 = [hashlib.sha256(Path(each.split(":")[1]).read_bytes()).hexdigest() for each in args.labels]
        model = {"model": f"{reader.model.name} {reader.model.version}"}
        store.save(RESULT_NAME, result | {"labels_sha256": labels_sha256} | model)


def measure_pages(reader: Reader, material: SignMaterial, count: int, show_failures: bool = False) -> store.Json:
    """Every sign on so many drawn pages, what was taken for what, and the signs by where their forms come from."""
    pairs_by_source: dict[str, Counter[tuple[str, str]]] = {source: Counter() for source in material.hands}
    for number in range(count):
        page = draw_sign_page(material, number)
        for read, truth in zip(match_lines(reader.read(page.image), page), page.lines, strict=True):
            pairs_by_source[page.source] += pair_signs(*("".join(text.split()) for text in (read, truth)))
            if show_failures and normalise_line(read) != normalise_line(truth):
                print(f"page {number}: {truth!r} read {read!r}", flush=True)
    together = score_signs(sum(pairs_by_source.values(), Counter()), TOLD_SIGNS)
    by_source = {source: score_signs(pairs, TOLD_SIGNS)["signs"] for source, pairs in pairs_by_source.items()}
    return {"pages": count} | together | {"by_source": by_source}


def match_lines(reading: Reading, page: SignPage) -> list[str]:
    """What was read on each line of a page, from left to right, with best guesses."""
    parts: list[list[tuple[int, str]]] = [[] for _ in page.lines]
    for line in reading.lines:
        shared = [min(line.box.bottom, bottom) - max(line.box.y, top) for top, bottom in page.extents.tolist()]
        parts[shared.index(max(shared))].append((line.box.x, write_guess(line)))
    return [" ".join(text for _, text in sorted(each)) for each in parts]


def measure_strips(reader: Reader, material: SignMaterial, count: int, show_failures: bool = False) -> store.Json:
    """Decimals: how many are `right` in value when told that they are decimals and by which mark, how many `wrong`
    without a `?`, and how many right ones were `withheld`; how many are `as_written` when nothing is told."""
    score = Counter(right=0, wrong=0, withheld=0, as_written=0)
    for number in range(count):
        image, text = draw_decimal(material, number)
        true = [Decimal(text.replace(",", "."))]
        rules = ValueRules(kind="decimal", decimal="point" if "." in text else "comma")
        plain, told = reader.read(image), reader.read(image, values=rules)
        values = list_values(told)
        right = values == true
        score.update(
            right=right,
            wrong=count_wrong(values, true),
            withheld=not right and list_written_values(told, rules) == true,
            as_written=plain.text == text,
        )
        if show_failures and not right:
            print(f"strip {number}: {text} read {plain.text!r}, told {told.text!r} {values}", flush=True)
    return {"strips": count, **score}


def list_values(reading: Reading) -> list[Any]:
    """The values of all numbers that have one and no `?`."""
    return [number.value.value for number in reading.numbers if number.value is not None and number.accepted]


def list_written_values(reading: Reading, rules: ValueRules) -> list[Any]:
    """The values of all numbers by their texts, also of those that were not sure enough to have one."""
    values = (rules.parse(number.text) for number in reading.numbers)
    return [value.value for value in values if value is not None]


def count_right(read: Sequence[Any], true: Sequence[Any]) -> int:
    """How many of the true values were read."""
    return (Counter(read) & Counter(true)).total()


def count_wrong(read: Sequence[Any], true: Sequence[Any]) -> int:
    """How many values were read that are not there, each true one standing for one of them."""
    return (Counter(read) - Counter(true)).total()


def load_pictures(folder: Path, table: Path) -> Iterator[LabelledPicture]:
    """The pictures of a table that have signs or values. Raises DataError when the table or a picture is missing."""
    if not table.is_file():
        raise DataError(f"{table} is missing; it says for each picture its file and what stands on it.")
    with table.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            kind, full = row.get("kind") or "cheque", row["full"]
            if kind not in ("expr", "date", "amount", "cheque") or not (full or row.get("value")):
                continue
            read_as, values = _find_values(kind, full, row.get("value") or "")
            picture = LabelledPicture(folder / row["file"], kind, row.get("repo") or "", full or None, read_as, values)
            if not picture.path.is_file():
                raise DataError(f"{picture.path} is missing, though {table} names it.")
            yield picture


def _find_values(kind: str, full: str, value: str) -> tuple[ValueKind | None, tuple[Any, ...]]:
    """As what a picture is read, and its values."""
    match kind:
        case "date":
            day, month, year = map(int, re.findall(r"\d+", full))
            return "date", (date(year + 2000 if year < 100 else year, month, day),)
        case "amount" if "," in full:
            return "decimal", tuple(Decimal(line.replace(",", ".")) for line in full.split("|"))
        case "amount":
            return "amount", (int(extract_digits(full)),)
        case "cheque":
            return "amount", (int(value),)
        case _:
            return None, ()


def measure_pictures(reader: Reader, pictures: Sequence[LabelledPicture], show_failures: bool = False) -> store.Json:
    """Sums as written and by their digits, dates' and amounts' values, cheques' values, points where none is."""
    by_kind = {kind: [each for each in pictures if each.kind == kind] for kind in ("expr", "date", "amount", "cheque")}
    values = by_kind["date"] + by_kind["amount"]
    return {
        "sums": measure_sums(reader, by_kind["expr"], show_failures),
        "values": measure_values(reader, values, show_failures),
        "cheques": measure_values(reader, by_kind["cheque"], show_failures),
        "points": measure_points(reader, by_kind["cheque"], show_failures),
    }


def measure_sums(reader: Reader, pictures: Sequence[LabelledPicture], show_failures: bool) -> store.Json:
    """Lines as written, and the digits alone."""
    answers, transcriptions = [], []
    for picture in pictures:
        started = time.perf_counter()
        pages = list(reader.read_pages(picture.path))
        transcription = transcribe_pages(pages, time.perf_counter() - started)
        truth = picture.full or ""
        answers.append((transcription.text, truth, picture.source))
        transcriptions.append((transcription, extract_digits(truth)))
        if show_failures and score_lines(answers[-1:])["whole"] == 0:
            print(f"{picture.path.name}\n  truth {truth!r}\n  read  {transcription.text!r}", flush=True)
    return score_lines(answers) | {"digits": score_transcriptions(transcriptions)}


def measure_values(reader: Reader, pictures: Sequence[LabelledPicture], show_failures: bool) -> store.Json:
    """Pictures with all values right and no other one; values `right`, those `wrong` that are not there, and right ones
    that were `withheld`: the text has them, but was not sure enough."""
    score = Counter(whole=0, values=0, right=0, wrong=0, withheld=0)
    for picture in pictures:
        rules = ValueRules(kind=picture.read_as)
        pages = list(reader.read_pages(picture.path, values=rules))
        read = [value for page in pages for value in list_values(page)]
        written = [value for page in pages for value in list_written_values(page, rules)]
        right, is_whole = count_right(read, picture.values), Counter(read) == Counter(picture.values)
        score.update(
            whole=is_whole,
            values=len(picture.values),
            right=right,
            wrong=count_wrong(read, picture.values),
            withheld=count_right(written, picture.values) - right,
        )
        if show_failures and not is_whole:
            texts = [page.text for page in pages]
            print(f"{picture.path.name} {picture.read_as}: {picture.full} read {texts}, {read}", flush=True)
    return {"pictures": len(pictures), **score}


def measure_points(reader: Reader, pictures: Sequence[LabelledPicture], show_failures: bool) -> store.Json:
    """Points and commas where none is, of pictures whose signs the eye can tell; `left_out` are the others."""
    told = [picture for picture in pictures if picture.full is not None]
    score = Counter(false=0, places=0, pictures_with=0)
    for picture in told:
        text = "".join(write_guess(line) for page in reader.read_pages(picture.path) for line in page.lines)
        false, places = count_false_points(text, picture.full or "")
        score.update(false=false, places=places, pictures_with=int(false > 0))
        if show_failures and normalise_line(text) != normalise_line(picture.full or ""):
            print(f"{picture.path.name}: {picture.full} read {text}{' FALSE POINT' * false}", flush=True)
    return {"pictures": len(told), "left_out": len(pictures) - len(told), **score}


def describe_recall(signs: store.Json) -> str:
    """The recall of all signs together."""
    true, right = (sum(counts[key] for counts in signs.values()) for key in ("true", "right"))
    return f"{right} of {true} signs"


def print_score(result: store.Json) -> None:
    """All figures; of signs, one a line."""
    for name, score in result.items():
        if not isinstance(score, dict):
            continue
        print(name, {key: value for key, value in score.items() if name != "pages" or key == "pages"})
        for sign, counts in score.get("signs", {}).items():
            recall, precision = (counts["right"] / max(1, counts[key]) for key in ("true", "read"))
            print(f"  {sign}  {counts['true']:>4}: recall {100 * recall:5.1f} %   precision {100 * precision:5.1f} %")
        for source, part in score["by_source"].items() if name == "pages" else ():
            print(f"  {source}: {describe_recall(part)}")
        for true, read, count in score.get("mistaken", [])[:40]:
            print(f"  {true or 'nothing':>8} read as {read or 'nothing':<8} {count}")


if __name__ == "__main__":
    main()
