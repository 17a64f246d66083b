"""Numbers out of people's own pictures: us, Tesseract and RapidOCR on any folder of labelled pictures.

    python -m bench.reading --pictures DIR                   all that is installed
    python -m bench.reading --pictures DIR --only ours --kinds lines,orand --failures

DIR has a labels.csv with columns file, truth and, if there are several, kind. `truth` is the digits from top to bottom
and from left to right; anything else in it (spaces, `|` between lines) is dropped, and so it is in what is read. A `?`
counts by its best candidate; what is accepted is counted apart, at the default threshold. Pictures of kind `single`,
one digit each, are read both as pages and, by us, as single digits; kind `negative` has an empty truth, so `taken` is
its figure.
Tesseract is shown in the page mode that is best for each kind. These are development sets: things are chosen by them,
no weights are fitted to them.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from pathlib import Path

from bench.peers.ocr import (
    TESSERACT_PAGE_MODES,
    Engine,
    find_version,
    has_rapidocr,
    has_tesseract,
    make_rapidocr,
    make_tesseract,
)
from bench.shared import store
from bench.shared.digit_strings import Transcription, extract_digits, format_row, score_transcriptions, sum_scores
from inkdigits.errors import DataError, InkdigitsError
from inkdigits.reading.reader import Reader

ENGINES = ("ours", "tesseract", "rapidocr")
SUMMED_KINDS = ("lines", "boxes", "table", "expr", "orand")
LabelledPictures = dict[str, list[tuple[str, str]]]  # kind → file and truth of each picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--only", choices=ENGINES)
    parser.add_argument("--kinds", help="some kinds only, parted by commas; nothing is kept then")
    parser.add_argument("--first", type=int, help="so many pictures of each kind; nothing is kept then")
    parser.add_argument("--failures", action="store_true", help="print file, truth and what was read")
    parser.add_argument("--model", type=Path, help="an exported network; by default the packaged one")
    args = parser.parse_args()
    try:
        labels = load_labels(args.pictures, args.kinds.split(",") if args.kinds else None, args.first)
    except DataError as error:
        sys.exit(str(error))
    for name in [args.only] if args.only else ENGINES:
        kinds = measure_engine(name, args.pictures, labels, args.model, args.failures)
        if kinds and not (args.kinds or args.first or args.model):
            engine_version = find_version(name) if name != "ours" else Reader().model.version
            labels_sha256 = hashlib.sha256((args.pictures / "labels.csv").read_bytes()).hexdigest()
            scores = {"kinds": kinds, "together": sum_kinds(kinds)}
            store.save(f"reading-{name}", {"version": engine_version, "labels_sha256": labels_sha256} | scores)


def load_labels(folder: Path, kinds: list[str] | None = None, first: int | None = None) -> LabelledPictures:
    """The pictures of a folder by kind (`all` where its labels.csv has no such column), in the order of its labels.csv.

    Raises DataError when there is no such table, it lacks a column, a picture that it names is missing, or it has none.
    """
    pictures_by_kind: LabelledPictures = {}
    for line in _read_table(folder / "labels.csv"):
        kind = line.get("kind") or "all"
        if kinds is None or kind in kinds:
            pictures_by_kind.setdefault(kind, []).append((line["file"], extract_digits(line["truth"])))
    if missing := [
        file for pictures in pictures_by_kind.values() for file, _ in pictures if not (folder / file).is_file()
    ]:
        raise DataError(f"{folder}: {len(missing)} labelled pictures are missing, {missing[0]} first.")
    if not pictures_by_kind:
        raise DataError(f"{folder}: its labels.csv has no picture of the kinds that are asked for.")
    return {kind: pictures[:first] for kind, pictures in pictures_by_kind.items()}


def _read_table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DataError(f"{path} is missing; it says for each picture its file, truth and kind.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        if not {"file", "truth"} <= set(table.fieldnames or ()):
            raise DataError(f"{path}: columns `file` and `truth` are needed, these are {table.fieldnames}.")
        return list(table)


def measure_engine(
    name: str, folder: Path, labels: LabelledPictures, model: Path | None, show_failures: bool
) -> dict[str, store.Json]:
    """The scores of one engine for every kind, printed as they come; none if the engine is not installed."""
    print(f"\n{name}")
    if (name == "tesseract" and not has_tesseract()) or (name == "rapidocr" and not has_rapidocr()):
        print("not installed, left out")
        return {}
    scores: dict[str, store.Json] = {}
    for kind, engines in _list_variants(name, labels, model).items():
        pictures = labels[kind.partition(" ")[0]]
        score_by_variant = {
            label: score_engine(engine, folder, pictures, show_failures) for label, engine in engines.items()
        }
        label, best = max(score_by_variant.items(), key=lambda item: (item[1]["exact"], -item[1]["edits"]))
        scores[kind] = best | ({"mode": label, "modes": score_by_variant} if len(score_by_variant) > 1 else {})
        print(format_row(kind, best), label if len(score_by_variant) > 1 else "", flush=True)
    print(format_row("together", sum_kinds(scores)))
    return scores


def _list_variants(name: str, labels: LabelledPictures, model: Path | None) -> dict[str, dict[str, Engine]]:
    """For every kind, the ways in which an engine is asked; the best of them counts."""
    if name == "tesseract":
        readers = {f"--psm {mode}": make_tesseract(mode) for mode in TESSERACT_PAGE_MODES}
        return dict.fromkeys(labels, readers)
    if name == "rapidocr":
        engine = make_rapidocr()
        return {kind: {"": engine} for kind in labels}
    reader = Reader(model)
    read = make_our_reader(reader)
    variants = {kind: {"": read} for kind in labels}
    if "single" in labels:
        variants["single --single"] = {"": make_our_reader(reader, single=True)}
    return variants


def make_our_reader(reader: Reader, single: bool = False) -> Engine:
    """Our reader on every page of a picture; a picture that it cannot open reads as nothing."""

    def read(path: Path) -> Transcription:
        start = time.perf_counter()
        try:
            digits = [digit for page in reader.read_pages(path, single=single) for digit in page.digits]
        except InkdigitsError as error:
            print(f"{path.name}: {error}")
            digits = []
        text = "".join(str(digit.digit) for digit in digits)
        return Transcription(text, tuple(digit.accepted for digit in digits), time.perf_counter() - start)

    return read


def score_engine(engine: Engine, folder: Path, pictures: list[tuple[str, str]], show_failures: bool) -> store.Json:
    """One engine on pictures of one kind."""
    transcriptions = [(engine(folder / file), truth) for file, truth in pictures]
    if show_failures:
        for (file, truth), (transcription, _) in zip(pictures, transcriptions, strict=True):
            if transcription.digits != truth:
                print(f"{file}\n  truth {truth}\n  read  {mark_refused(transcription)}")
    return score_transcriptions(transcriptions)


def mark_refused(transcription: Transcription) -> str:
    """What was read, digits that were not accepted followed by `?`."""
    pairs = zip(transcription.digits, transcription.accepted, strict=True)
    return "".join(digit if accepted else f"{digit}?" for digit, accepted in pairs)


def sum_kinds(scores: dict[str, store.Json]) -> store.Json:
    """The kinds of several digits in one score."""
    return sum_scores([scores[kind] for kind in SUMMED_KINDS if kind in scores])


if __name__ == "__main__":
    main()
